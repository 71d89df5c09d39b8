"""Where tickets stand at some moments, told of the events that are visible there, without annotating every event."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.annotations.status import MERGED, OPEN, SOLVED, STATUS_CHANGED, status_of
from boilover.history import ESCALATED, Bytes, Codes, History
from boilover.kernels import compiled

Flags = npt.NDArray[np.bool_]


def standing(history: History, lo: Codes, hi: Codes) -> tuple[Flags, Flags]:
    """Return whether each ticket is ``alive`` after its events ``lo`` to ``hi``, and whether one has ``escalated`` it.

    ``lo`` is the first event of the ticket, ``hi`` the end of those that are visible; both rise. The first is the
    annotation of that name of the last visible event; of none, it is true.
    """
    stated = history.meant("value", status_of, OPEN, np.int8)
    alive, escalated = _standing(history.kind, stated, lo, hi)
    return alive, escalated


@compiled
def _standing(kind: Bytes, stated: Bytes, lo: Codes, hi: Codes) -> tuple[Flags, Flags]:
    alive = np.empty(len(lo), np.bool_)
    escalated = np.empty(len(lo), np.bool_)
    row, first = 0, -1
    is_open, is_merged, has_escalated = True, False, False
    for point in range(len(lo)):
        if lo[point] != first or hi[point] < row:
            row = first = lo[point]
            is_open, is_merged, has_escalated = True, False, False
        while row < hi[point]:
            changed = kind[row] == STATUS_CHANGED
            is_open = (changed & (stated[row] < SOLVED)) | (is_open & ~changed)
            is_merged |= kind[row] == MERGED
            has_escalated |= kind[row] == ESCALATED
            row += 1
        alive[point] = is_open & ~is_merged
        escalated[point] = has_escalated
    return alive, escalated
