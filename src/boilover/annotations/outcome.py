"""What became of tickets, at the moment when it became known: the source of rates of customers, queues and owners."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates
from boilover.history import CREATED, ESCALATED, KINDS, Bytes, Ints, Values
from boilover.kernels import compiled

Flags = npt.NDArray[np.bool_]

HAS_ESCALATED, HAS_ENDED = np.uint8(1), np.uint8(2)


@annotates("any_event", "created", "escalated", "csat_given", "csat", "outcome_known", "outcome")
def outcomes(notes: Annotations) -> dict[str, Flags | Values]:
    """Tell when a ticket's outcome became known: 1 at its first escalation, 0 at its end without one.

    ``created`` flags the first created event of a ticket; and its first event of all, which stands for the creation
    until a created event comes, where none came by that moment. ``escalated`` flags the first such event. The end is
    the first time that it is solved, closed or merged. ``csat``: satisfaction, 0 to 1.
    """
    history = notes.history
    starts, ceased = history.starts, notes.flag("ceased_open")
    # One bit each, so that both are carried at once.
    told = (history.kind == ESCALATED) * HAS_ESCALATED | ceased * HAS_ENDED
    until = kernels.so_far(told, starts)
    first = told & ~kernels.before(until, starts, 0)
    escalated = (first & HAS_ESCALATED) > 0
    ends = ((first & HAS_ENDED) > 0) & ((until & HAS_ESCALATED) == 0)
    known = escalated | ends
    given = history.kind == KINDS["csat"]
    return {
        "any_event": np.ones(len(given), dtype=bool),
        "created": _creations(history.offsets, history.time, history.kind),
        "escalated": escalated,
        "csat_given": given,
        "csat": history.numbers("number", given),
        "outcome_known": known,
        "outcome": kernels.kept(escalated.astype(np.float32), known, np.nan),
    }


@compiled
def _creations(offsets: Ints, time: Ints, kind: Bytes) -> Flags:
    """Tell the first created event of each ticket, and its first event where no such came by that moment."""
    born = np.zeros(len(kind), np.bool_)
    for ticket in range(len(offsets) - 1):
        first, end = offsets[ticket], offsets[ticket + 1]
        row = first
        while row < end and kind[row] != CREATED:
            row += 1
        if row < end:
            born[row] = True
        if first < end and (row == end or time[row] > time[first]):
            born[first] = True
    return born
