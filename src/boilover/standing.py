"""Where tickets stand at some moments, told of the events that are visible there, without annotating every event."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.history import ESCALATED, KINDS, Bytes, Codes, History, Ints
from boilover.kernels import compiled
from boilover.schema import DELETED, STATUSES

Flags = npt.NDArray[np.bool_]

NEVER = np.iinfo(np.int64).max
STATUS_CODES = {name: code for code, name in enumerate(STATUSES)}
SOLVED = np.int8(STATUS_CODES["solved"])
OPEN = np.int8(STATUS_CODES["open"])
CLOSED = np.int8(STATUS_CODES["closed"])
GONE = np.int8(len(STATUSES))
"""In between only: closed because the ticket was deleted."""
OVER_FROM = {"solved": SOLVED, "closed": CLOSED, "escalated": GONE}
"""The first status in which a ticket is not at risk any more."""
STATUS_CHANGED, MERGED = KINDS["status_changed"], KINDS["merged"]


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


def first_escalations(history: History) -> Ints:
    """Return when each ticket first escalated, int64 microseconds (n_tickets); ``NEVER`` where it did not."""
    rows = np.flatnonzero(history.kind == ESCALATED)
    tickets, first = np.unique(history.ticket[rows], return_index=True)
    times = np.full(history.n_tickets, NEVER)
    times[tickets] = history.time[rows[first]]
    return times


def stated_of(history: History) -> Bytes:
    """Return the status that each event states, int8 (n_events): a place in ``STATUSES``, or ``GONE``."""
    stated: Bytes = history.meant("value", status_of, OPEN, np.int8)
    deleted = history.meant("raw_value", DELETED.__eq__, False, np.bool_)
    if deleted.any():
        stated[(stated == CLOSED) & deleted] = GONE
    return stated


def status_of(word: str) -> int:
    """Return the code of a status; one that the contract does not know counts as open."""
    return STATUS_CODES.get(word, int(OPEN))


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
