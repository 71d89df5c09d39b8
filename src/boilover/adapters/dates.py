"""What the dates of a table of tickets tell: something happened to a ticket then."""

from __future__ import annotations

import numpy as np
import pandas as pd

from boilover.adapters.base import Tally
from boilover.adapters.beginnings import LATER
from boilover.adapters.changes import state_block
from boilover.adapters.rows import Births
from boilover.adapters.table_mapping import DATED, TableMapping
from boilover.adapters.times import to_utc


def dated(
    steps: pd.DataFrame, tickets: pd.DataFrame, births: Births, mapping: TableMapping, tally: Tally
) -> pd.DataFrame:
    """Return a step for each date; what cannot be read, or lies before the ticket's creation, is dropped."""
    assert mapping.tickets is not None
    parts = [steps.iloc[:0]]
    for step, (name, column) in enumerate(mapping.tickets.events.items()):
        told = tickets[column].reindex(births.frame.index).reset_index(drop=True)
        times = to_utc(told, mapping.time_format, mapping.timezone, tally)
        unread = times.isna() & told.notna()
        early = times < births.frame["_created"].reset_index(drop=True)
        for reason, odd in (
            (f"{column} is no time in format {' or '.join(mapping.time_format)}", unread),
            (f"{column} lies before the creation of its ticket", early),
        ):
            tally.drop(reason, int(odd.sum()), told[odd].head(1).tolist())
        at = np.flatnonzero(times.notna() & ~early)
        value = pd.Series(None if name in DATED else "true", index=at, dtype="str")
        part = state_block(at, step, None if name in DATED else name, value, value)
        when = times.take(at).reset_index(drop=True)
        part = part.assign(ticket=at, row=-1, phase=LATER, occurred_at=when, observed_at=when, repeat=True)
        parts.append(part.assign(event_type=name) if name in DATED else part)
    return pd.concat(parts, ignore_index=True)
