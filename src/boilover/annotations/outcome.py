"""What became of tickets, at the moment when it became known: the source of rates of customers, queues and owners."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates
from boilover.history import ESCALATED, KINDS, Values

Flags = npt.NDArray[np.bool_]

HAS_ESCALATED, HAS_ENDED = np.uint8(1), np.uint8(2)


@annotates("any_event", "created", "escalated", "csat_given", "csat", "outcome_known", "outcome")
def outcomes(notes: Annotations) -> dict[str, Flags | Values]:
    """Tell when a ticket's outcome became known: 1 at its first escalation, 0 at its end without one.

    ``created`` flags a ticket's first event, which stands for its creation where that is told later or never.
    ``escalated`` flags the first such event. The end is the first time that it is solved, closed or merged; under a
    rule that asks about solved tickets, that it is closed or merged; where closed ones are asked about, too, no outcome
    is ever known. ``csat``: satisfaction, 0 to 1.
    """
    history = notes.history
    starts, until_over = history.starts, history.log.at_risk_until
    ended = notes.flag("ceased_open" if until_over == "solved" else "over")
    # One bit each, so that both are carried at once.
    told = (history.kind == ESCALATED) * HAS_ESCALATED | ended * HAS_ENDED
    until = kernels.so_far(told, starts)
    first = told & ~kernels.before(until, starts, 0)
    escalated = (first & HAS_ESCALATED) > 0
    ends = ((first & HAS_ENDED) > 0) & ((until & HAS_ESCALATED) == 0)
    known = (escalated | ends) & (until_over != "escalated")
    given = history.kind == KINDS["csat"]
    return {
        "any_event": np.ones(len(given), dtype=bool),
        "created": starts.view(np.bool_),
        "escalated": escalated,
        "csat_given": given,
        "csat": history.numbers("number", given),
        "outcome_known": known,
        "outcome": kernels.kept(escalated.astype(np.float32), known, np.nan),
    }
