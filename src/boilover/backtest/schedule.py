"""Which nights are replayed, and on which of them a model is trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boilover.errors import InputError, UsageError
from boilover.history import HOUR, Ints
from boilover.points import DAY, NIGHT_HOUR

NIGHTS = 60
"""So many nights are replayed where nobody says how many."""


@dataclass(frozen=True)
class Schedule:
    """Moments in UTC microseconds: ``nights`` (n), ``trained`` (m) and which of these models serves each night."""

    nights: Ints
    trained: Ints
    model: npt.NDArray[np.int64]

    def served(self, model: int) -> Ints:
        """Return the places of the nights that a model serves."""
        return np.flatnonzero(self.model == model)


def schedule(
    begin: int,
    end: int,
    retrain: int,
    *,
    nights: int | None = None,
    since: int | None = None,
    until: int | None = None,
) -> Schedule:
    """Return the nights at 06:00 UTC of a log that tells of ``begin`` to ``end``, microseconds.

    The last ``nights`` up to ``until`` (the log's end), or those from ``since`` on. A model is trained on the first
    night, and again on every night on which the last one is ``retrain`` microseconds old.

    Raises `UsageError` where both are given, `InputError` where no night is left.
    """
    if nights is not None and since is not None:
        raise UsageError("--nights and --since exclude each other: both say where the replay begins")
    if nights is not None and nights < 1:
        raise UsageError(f"{nights} nights: give at least 1")
    last = _night(min(end, end if until is None else until))
    first = last - ((nights or NIGHTS) - 1) * DAY if since is None else _night(since - 1) + DAY
    found = np.arange(max(first, _night(begin) + DAY), last + 1, DAY, dtype=np.int64)
    if not len(found):
        raise InputError(
            "the log tells of no night to replay",
            mend="Name nights between the log's first event and its last",
        )
    trained, model = [int(found[0])], []
    for night in found.tolist():
        if night - trained[-1] >= retrain:
            trained.append(night)
        model.append(len(trained) - 1)
    return Schedule(found, np.array(trained, dtype=np.int64), np.array(model, dtype=np.int64))


def _night(moment: int) -> int:
    """Return the last night at or before a moment."""
    return (moment - NIGHT_HOUR * HOUR) // DAY * DAY + NIGHT_HOUR * HOUR
