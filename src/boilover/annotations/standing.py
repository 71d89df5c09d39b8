"""Where tickets stand at some moments, told of the events that are visible there, without annotating every event."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.status import (
    CLOSED,
    MERGED,
    OPEN,
    OVER_FROM,
    STATUS_CHANGED,
    stated_of,
    status_of,
)
from boilover.history import ESCALATED, KINDS, Bytes, Codes, History, Ints
from boilover.kernels import compiled

Flags = npt.NDArray[np.bool_]


def standing(history: History, lo: Codes, hi: Codes) -> tuple[Flags, Flags]:
    """Return whether each ticket is ``at_risk`` after its events ``lo`` to ``hi``, and whether one ``escalated`` it.

    ``lo`` is the first event of the ticket, ``hi`` the end of those that are visible; both rise. The first is the
    annotation of that name of the last visible event; of none, it is true.
    """
    over_from = OVER_FROM[history.log.at_risk_until]
    # Looking for what was deleted is a pass of its own, for nothing where closed tickets are over.
    stated = stated_of(history) if over_from > CLOSED else history.meant("value", status_of, OPEN, np.int8)
    at_risk, escalated = _standing(history.kind, stated, over_from, lo, hi)
    return at_risk, escalated


def is_held(history: History, tickets: Codes, now: Codes, holder: str) -> Flags:
    """Return whether each ticket has a ``holder``, assignee or group, after its event ``now``, −1 for no event."""
    changed = KINDS[f"{holder}_changed"]
    rows = _latest(history.kind, changed, history.offsets, tickets, now)
    held: Flags = kernels.taken_or(history.coded("value").codes, rows, -1) >= 0
    return held


@compiled
def _latest(kind: Bytes, wanted: int, offsets: Ints, tickets: Codes, now: Codes) -> Codes:
    rows = np.full(len(now), -1, np.int32)
    for point in range(len(now)):
        row = now[point]
        if row >= 0:
            first = offsets[tickets[point]]
            while row >= first and kind[row] != wanted:
                row -= 1
            if row >= first:
                rows[point] = row
    return rows


@compiled
def _standing(kind: Bytes, stated: Bytes, over_from: np.int8, lo: Codes, hi: Codes) -> tuple[Flags, Flags]:
    at_risk = np.empty(len(lo), np.bool_)
    escalated = np.empty(len(lo), np.bool_)
    row, first = 0, -1
    is_on, is_merged, has_escalated = True, False, False
    for point in range(len(lo)):
        if lo[point] != first or hi[point] < row:
            row = first = lo[point]
            is_on, is_merged, has_escalated = True, False, False
        while row < hi[point]:
            changed = kind[row] == STATUS_CHANGED
            is_on = (changed & (stated[row] < over_from)) | (is_on & ~changed)
            is_merged |= kind[row] == MERGED
            has_escalated |= kind[row] == ESCALATED
            row += 1
        at_risk[point] = is_on & ~is_merged
        escalated[point] = has_escalated
    return at_risk, escalated
