"""What became of tickets, at the moment when it became known: the source of rates of customers, queues and owners."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates
from boilover.history import CREATED, ESCALATED, KINDS, Bytes, Values
from boilover.kernels import compiled

Flags = npt.NDArray[np.bool_]


@annotates("any_event", "created", "escalated", "csat_given", "csat", "outcome_known", "outcome")
def outcomes(notes: Annotations) -> dict[str, Flags | Values]:
    """Tell when a ticket's outcome became known: 1 at its first escalation, 0 at its end without one.

    ``created`` and ``escalated`` flag the first such event of a ticket. The end is the first time that it is solved,
    closed or merged. ``csat``: satisfaction, 0 to 1.
    """
    history = notes.history
    created, escalated, known, outcome = _course(history.kind, notes.flag("ceased_open"), history.starts)
    given = history.kind == KINDS["csat"]
    return {
        "any_event": np.ones(len(given), dtype=bool),
        "created": created,
        "escalated": escalated,
        "csat_given": given,
        "csat": kernels.kept(history.numbers("number"), given, np.nan),
        "outcome_known": known,
        "outcome": outcome,
    }


@compiled
def _course(kind: Bytes, ceased: Flags, starts: Bytes) -> tuple[Flags, Flags, Flags, Values]:
    n = len(kind)
    created = np.empty(n, np.bool_)
    escalated = np.empty(n, np.bool_)
    known = np.empty(n, np.bool_)
    outcome = np.empty(n, np.float32)
    is_born = has_escalated = has_ended = False
    for row in range(n):
        goes_on = starts[row] == 0
        is_born, has_escalated, has_ended = is_born & goes_on, has_escalated & goes_on, has_ended & goes_on
        created[row] = (kind[row] == CREATED) & ~is_born
        escalates = (kind[row] == ESCALATED) & ~has_escalated
        ends = ceased[row] & ~has_ended & ~has_escalated & ~escalates
        escalated[row] = escalates
        known[row] = escalates | ends
        outcome[row] = np.float32(1.0) if escalates else (np.float32(0.0) if ends else np.float32(np.nan))
        is_born |= created[row]
        has_escalated |= escalates
        has_ended |= ceased[row]
    return created, escalated, known, outcome
