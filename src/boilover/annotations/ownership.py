"""Who holds a ticket: assignee, group, handoffs and returns to an earlier holder."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.annotations.base import Annotations, annotates
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
        after, handoff, returned = _hold(changed, told.codes, history.offsets, len(told.words))
        found[holder] = Coded(after, told.words)
        found[f"{holder}_handoff"] = handoff
        found[f"{holder}_return"] = returned
        handed.append(handoff)
    found["handoff"] = _once(handed[0] | handed[1], history.time, history.offsets)
    return found


@compiled
def _hold(changed: Flags, codes: Codes, offsets: Ints, n_codes: int) -> tuple[Codes, Flags, Flags]:
    after = np.full(len(codes), -1, np.int32)
    handoff = np.zeros(len(codes), np.bool_)
    returned = np.zeros(len(codes), np.bool_)
    held_in = np.full(n_codes, -1, np.int64)
    for ticket in range(len(offsets) - 1):
        now = np.int32(-1)
        last_holder = np.int32(-1)
        for row in range(offsets[ticket], offsets[ticket + 1]):
            if changed[row]:
                now = codes[row]
                if now >= 0:
                    handoff[row] = last_holder >= 0 and now != last_holder
                    returned[row] = handoff[row] and held_in[now] == ticket
                    held_in[now] = ticket
                    last_holder = now
            after[row] = now
    return after, handoff, returned


@compiled
def _once(flags: Flags, time: Ints, offsets: Ints) -> Flags:
    """Keep the first flag of each instant of a ticket."""
    kept = flags.copy()
    for ticket in range(len(offsets) - 1):
        last = np.int64(-1)
        for row in range(offsets[ticket], offsets[ticket + 1]):
            if flags[row]:
                kept[row] = last < 0 or time[last] != time[row]
                last = np.int64(row)
    return kept
