"""What became of tickets, at the moment when it became known: the source of rates of customers, queues and owners."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates
from boilover.history import KINDS, Ints, Values
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
        history.offsets,
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
def _first(create: Flags, escalate: Flags, over: Flags, offsets: Ints) -> tuple[Flags, Flags, Flags, Values]:
    n = len(create)
    created = np.zeros(n, np.bool_)
    escalated = np.zeros(n, np.bool_)
    known = np.zeros(n, np.bool_)
    outcome = np.full(n, np.nan, np.float32)
    for ticket in range(len(offsets) - 1):
        seen_created = seen_escalated = seen_end = False
        for row in range(offsets[ticket], offsets[ticket + 1]):
            if create[row] and not seen_created:
                created[row] = seen_created = True
            if escalate[row] and not seen_escalated:
                escalated[row] = seen_escalated = True
                known[row] = True
                outcome[row] = 1.0
            if over[row] and not seen_end:
                seen_end = True
                if not seen_escalated:
                    known[row] = True
                    outcome[row] = 0.0
    return created, escalated, known, outcome
