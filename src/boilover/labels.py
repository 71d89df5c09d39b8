"""Labels: does the ticket escalate within the horizon? They read exactly what features may not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.annotations import Annotations
from boilover.history import Floats, Ints
from boilover.points import Points

NEVER = np.iinfo(np.int64).max


def first_escalations(notes: Annotations) -> Ints:
    """Return when each ticket first escalated, int64 microseconds (n_tickets); ``NEVER`` where it did not."""
    history = notes.history
    rows = np.flatnonzero(notes.flag("escalated"))
    first = np.full(history.n_tickets, NEVER)
    first[history.ticket[rows]] = history.time[rows]
    return first


def label(notes: Annotations, points: Points, horizon: int) -> Floats:
    """Return 1 where the ticket first escalates in (as_of, as_of + horizon], else 0, float64 (n_points).

    NaN is *censored*: nothing happened up to the log's end, which comes before the horizon's. A ticket that
    the log does not know has no label either.
    """
    first = first_escalations(notes)[points.ticket]
    until = points.as_of + horizon
    happened = (first > points.as_of) & (first <= until)
    told = np.where(happened, 1.0, np.where(until <= notes.history.end, 0.0, np.nan))
    return np.where(points.ticket >= 0, told, np.nan)


def is_covered(notes: Annotations, points: Points, horizon: int) -> npt.NDArray[np.bool_]:
    """Return which points have their whole horizon in the log.

    Only these train and evaluate: near the log's end escalations are known and their absence is not, so that keeping
    what is known would lift the rate.
    """
    return points.as_of + horizon <= notes.history.end
