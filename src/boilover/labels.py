"""Labels: does the ticket escalate within the horizon? They read exactly what features may not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.history import Floats, History
from boilover.points import Points
from boilover.standing import first_escalations


def label(history: History, points: Points, horizon: int) -> Floats:
    """Return 1 where the ticket first escalates in (as_of, as_of + horizon], else 0, float64 (n_points).

    NaN is *censored*: nothing happened up to the log's end, which comes before the horizon's. A ticket that
    the log does not know has no label either.
    """
    first = first_escalations(history)[points.ticket]
    until = points.as_of + horizon
    happened = (first > points.as_of) & (first <= until)
    told = np.where(happened, 1.0, np.where(until <= history.end, 0.0, np.nan))
    return np.where(points.ticket >= 0, told, np.nan)


def is_covered(history: History, points: Points, horizon: int) -> npt.NDArray[np.bool_]:
    """Return which points have their whole horizon in the log.

    Only these train and evaluate: near the log's end escalations are known and their absence is not, so that keeping
    what is known would lift the rate.
    """
    return points.as_of + horizon <= history.end
