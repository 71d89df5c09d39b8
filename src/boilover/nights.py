"""The last nights of a training window: how often open tickets come to a risk when all are asked every night."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boilover.annotations import Annotations
from boilover.history import HOUR
from boilover.points import DAY, NIGHT_HOUR, Points, nightly
from boilover.split import Split

NIGHTS = 28
"""So many nights at the most are asked: whole weeks, for weekends differ."""
LEAST_NIGHTS = 4
MOST_POINTS = 100_000
"""Of more questions, those of evenly spaced tickets are asked."""


@dataclass(frozen=True)
class Nightly:
    """Questions about ``share`` of the tickets that were at risk on each of some nights, by ticket and time."""

    points: Points
    share: float


def last_nights(notes: Annotations, cut: Split) -> Nightly | None:
    """Ask about open tickets on the last nights of a calibration slice, labels or no labels.

    None where the slice is shorter than `LEAST_NIGHTS`. Tickets older than a slice that was cut by tickets were learnt
    from: what they come to is a little too sure.
    """
    end, hour = notes.history.end, NIGHT_HOUR * HOUR
    since = max(cut.calibrate, ((end - hour) // DAY - NIGHTS + 1) * DAY + hour)
    points = nightly(notes.history, since, end)
    if len(np.unique(points.as_of)) < LEAST_NIGHTS:
        return None
    step = -(-len(points) // MOST_POINTS)
    return Nightly(points.take(points.ticket % step == 0), 1.0 / step)
