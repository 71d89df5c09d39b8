"""Who holds a ticket: assignee, group, handoffs and returns to an earlier holder."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates, places
from boilover.history import KINDS, Coded, Codes, Ints
from boilover.kernels import compiled

Flags = npt.NDArray[np.bool_]


@annotates(
    "assignee", "group", "assignee_handoff", "group_handoff", "handoff", "assignee_return", "group_return"
)
def ownership(notes: Annotations) -> dict[str, Flags | Coded]:
    """Follow assignee and group of each ticket.

    A *handoff* goes from one holder to another one: the first assignment and unassigning are none, and a change of
    assignee and group at the same instant is one. A *return* is a handoff to somebody who held the ticket before.
    """
    history = notes.history
    told = history.coded("value")
    found: dict[str, Flags | Coded] = {}
    handed: list[Flags] = []
    for holder in ("assignee", "group"):
        changed = history.kind == KINDS[f"{holder}_changed"]
        rows, tickets = places(history, changed)
        handoff, returned = _handed(rows, tickets, told.codes, len(told.words))
        found[holder] = Coded(kernels.carried(told.codes, changed, history.starts, -1), told.words)
        found[f"{holder}_handoff"] = handoff
        found[f"{holder}_return"] = returned
        handed.append(handoff)
    flags = handed[0] | handed[1]
    found["handoff"] = _once(flags, *places(history, flags), history.time)
    return found


@compiled
def _handed(rows: Codes, tickets: Codes, codes: Codes, n_codes: int) -> tuple[Flags, Flags]:
    """Tell handoffs and returns among the ``rows``, of ``tickets``, at which the holder changes."""
    handoff = np.zeros(len(codes), np.bool_)
    returned = np.zeros(len(codes), np.bool_)
    held_in = np.full(n_codes, -1, np.int32)
    last_holder = np.int32(-1)
    for i in range(len(rows)):
        row, ticket = rows[i], tickets[i]
        if i == 0 or ticket != tickets[i - 1]:
            last_holder = np.int32(-1)
        now = codes[row]
        if now >= 0:
            handoff[row] = last_holder >= 0 and now != last_holder
            returned[row] = handoff[row] and held_in[now] == ticket
            held_in[now] = ticket
            last_holder = now
    return handoff, returned


@compiled
def _once(flags: Flags, rows: Codes, tickets: Codes, time: Ints) -> Flags:
    """Keep the first flag of each instant of a ticket; flags stand at ``rows``, in ``tickets``."""
    kept = flags.copy()
    for i in range(1, len(rows)):
        kept[rows[i]] = tickets[i] != tickets[i - 1] or time[rows[i]] != time[rows[i - 1]]
    return kept
