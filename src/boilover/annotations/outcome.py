"""What became of tickets, at the moment when it became known: the source of rates of customers, queues and owners."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates, places
from boilover.history import KINDS, Codes, History, Values
from boilover.kernels import compiled

Flags = npt.NDArray[np.bool_]


@annotates("any_event", "created", "escalated", "csat_given", "csat", "outcome_known", "outcome")
def outcomes(notes: Annotations) -> dict[str, Flags | Values]:
    """Tell when a ticket's outcome became known: 1 at its first escalation, 0 at its end without one.

    ``created`` and ``escalated`` flag the first such event of a ticket. The end is the first time that it is solved,
    closed or merged. ``csat``: satisfaction, 0 to 1.
    """
    history = notes.history
    created = _first(history, history.kind == KINDS["created"])
    escalated = _first(history, history.kind == KINDS["escalated"])
    known, outcome = _outcome(
        *places(history, escalated),
        *places(history, _first(history, notes.flag("ceased_open"))),
        history.n_tickets,
        len(created),
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


def _first(history: History, flags: Flags) -> Flags:
    """Keep the first flag of each ticket."""
    rows, tickets = places(history, flags)
    kept = np.zeros(len(flags), dtype=bool)
    kept[rows[np.append(True, tickets[1:] != tickets[:-1])[: len(rows)]]] = True
    return kept


@compiled
def _outcome(
    escalations: Codes, escalated: Codes, ends: Codes, ended: Codes, n_tickets: int, n_events: int
) -> tuple[Flags, Values]:
    """Tell outcomes by the rows and tickets of first escalations, and of first ends."""
    known = np.zeros(n_events, np.bool_)
    outcome = np.full(n_events, np.nan, np.float32)
    first = np.full(n_tickets, n_events, np.int32)
    for i in range(len(escalations)):
        row = escalations[i]
        first[escalated[i]] = row
        known[row] = True
        outcome[row] = 1.0
    for i in range(len(ends)):
        row = ends[i]
        if row < first[ended[i]]:
            known[row] = True
            outcome[row] = 0.0
    return known, outcome
