"""What became of tickets, at the moment when it became known: the source of rates of customers, queues and owners."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates
from boilover.history import KINDS, Bytes, Values
from boilover.kernels import compiled

Flags = npt.NDArray[np.bool_]


@annotates("any_event", "created", "escalated", "csat_given", "csat", "outcome_known", "outcome")
def outcomes(notes: Annotations) -> dict[str, Flags | Values]:
    """Tell when a ticket's outcome became known: 1 at its first escalation, 0 at its end without one.

    ``created`` and ``escalated`` flag the first such event of a ticket. The end is the first time that it is solved,
    closed or merged. ``csat``: satisfaction, 0 to 1.
    """
    history = notes.history
    created, escalated, known, outcome = _first(
        history.kind == KINDS["created"],
        history.kind == KINDS["escalated"],
        notes.flag("ceased_open"),
        history.starts,
    )
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
def _first(create: Flags, escalate: Flags, over: Flags, starts: Bytes) -> tuple[Flags, Flags, Flags, Values]:
    n = len(create)
    created = np.empty(n, np.bool_)
    escalated = np.empty(n, np.bool_)
    known = np.empty(n, np.bool_)
    outcome = np.empty(n, np.float32)
    seen_created = seen_escalated = seen_end = False
    for row in range(n):
        goes_on = starts[row] == 0
        seen_created &= goes_on
        seen_escalated &= goes_on
        seen_end &= goes_on
        created[row] = create[row] & ~seen_created
        seen_created |= create[row]
        escalates = escalate[row] & ~seen_escalated
        escalated[row] = escalates
        seen_escalated |= escalate[row]
        ends = over[row] & ~seen_end & ~seen_escalated
        seen_end |= over[row]
        known[row] = escalates | ends
        outcome[row] = 1.0 if escalates else (0.0 if ends else np.nan)
    return created, escalated, known, outcome
