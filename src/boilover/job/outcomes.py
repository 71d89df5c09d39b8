"""What became of tickets, read from a log: when they escalated, and since when they are solved."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import pandas as pd
import pyarrow as pa

from boilover.annotations import Annotations
from boilover.flagger.ledger import Ledger, Outcomes
from boilover.points import SOLVED, Points, state_of
from boilover.standing import first_escalations

Beyond = Callable[[Collection[str]], Annotations | None]


def outcomes_of(notes: Annotations, as_of: int, tickets: pd.Index | None = None) -> pd.DataFrame:
    """Return ``ticket_id, escalated_at, resolved_at`` of the tickets to which either happened by ``as_of``.

    Times are UTC microseconds, 0 where it did not happen; ``resolved_at`` is the moment since which a ticket is
    not at risk: solved, closed or merged, as the log's rule says. ``tickets`` limits the answer to some.
    """
    history = notes.history
    escalated = first_escalations(notes.history)
    escalated[escalated > as_of] = 0
    ended = np.flatnonzero(notes.flag("over") & (history.time <= as_of))
    resolved = np.zeros(history.n_tickets, dtype=np.int64)
    resolved[history.ticket[ended]] = history.time[ended]
    every = Points(np.arange(history.n_tickets, dtype=np.int32), np.full(history.n_tickets, as_of))
    # Of a ticket that escalated, the state is that; whether it is solved does not matter any more.
    resolved[state_of(notes.history, every) != SOLVED] = 0
    happened = np.flatnonzero((escalated > 0) | (resolved > 0))
    ids = history.ticket_ids.take(pa.array(happened)).to_pandas()
    frame = pd.DataFrame(
        {"ticket_id": ids, "escalated_at": escalated[happened], "resolved_at": resolved[happened]}
    )
    return frame if tickets is None else frame[frame["ticket_id"].isin(tickets)].reset_index(drop=True)


def settle(
    ledger: Ledger, desk: str, notes: Annotations, as_of: int, *, beyond: Beyond | None = None
) -> Outcomes:
    """Tell the ledger what became of its flags and of the tickets it drew lots for; of what is settled nothing.

    ``beyond`` returns the annotations of tickets that ``notes`` do not tell of.
    """
    asked = pd.Index(ledger.unsettled(desk), dtype="str")
    told = outcomes_of(notes, as_of, asked)
    if beyond is not None:
        known = notes.history.find(pa.array(asked, pa.string())) >= 0
        others = beyond(asked[~known].tolist())
        if others is not None:
            told = pd.concat([told, outcomes_of(others, as_of)]).sort_values("ticket_id", ignore_index=True)
    return ledger.outcomes(desk, told, until=as_of)
