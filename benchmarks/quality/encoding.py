"""Aggregation encoding: what a competent peer makes of the same points (Teinemaa et al., TKDD 2019).

A row holds what happened to its ticket up to and including ``as_of``: how often each kind of event, the last value of
each field, hours since the first and the last event, hour and weekday, and what was fixed at creation. Written in
pandas and NumPy; nothing later than ``as_of`` is read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from benchmarks.quality.protocol import Case

KINDS = 120
"""Kinds of events that are counted, the most frequent of the training log."""
WORDS = 25
"""Values of a field or attribute that have a column of their own."""
HOUR = pd.Timedelta(hours=1)


def encode(case: Case) -> npt.NDArray[np.float32]:
    """Return the aggregation encoding, float32 (n_points, n_columns), nothing negative and nothing missing."""
    events = case.events.sort_values(["ticket_id", "seen"], kind="stable", ignore_index=True)
    known = (events["seen"] <= case.cut).to_numpy()
    lo, hi = visible(events, case.points)
    what = kind_of(events)
    value = events["value"] if "value" in events else pd.Series(None, index=events.index, dtype="str")
    kind = what.where(what.isin(["created", "message"]), what + "=" + value.fillna(""))
    parts: list[npt.NDArray[Any]] = [_counts(what, known, lo, hi), _counts(kind, known, lo, hi)]
    parts += [_last(events, name, value, what, known, lo, hi) for name in what[known].unique()]
    seen, as_of = events["seen"], case.points["as_of"]
    since = [(as_of - seen.take(rows).array) / HOUR for rows in (lo, np.maximum(hi - 1, lo))]
    calendar = [as_of.dt.hour, as_of.dt.day_of_week, case.points["age"]]
    parts.append(np.column_stack([np.maximum(column, 0) for column in (*since, *calendar)]))
    parts += attributes(case)
    return np.hstack([part.astype(np.float32) for part in parts])


def visible(
    events: pd.DataFrame, points: pd.DataFrame
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the rows of ``events`` that each point may see, as the first and one past the last."""
    codes, ids = pd.factorize(events["ticket_id"])
    of = pd.Index(ids).get_indexer(points["ticket_id"])
    seen, as_of = (
        moments.dt.as_unit("us").astype("int64").to_numpy() for moments in (events["seen"], points["as_of"])
    )
    span = max(seen.max(), as_of.max()) - min(seen.min(), as_of.min()) + 1
    least = min(seen.min(), as_of.min())
    keys = codes.astype(np.int64) * span + (seen - least)
    hi = np.searchsorted(keys, of.astype(np.int64) * span + (as_of - least), side="right")
    return np.searchsorted(codes, of, side="left"), hi


def kind_of(events: pd.DataFrame) -> pd.Series:
    """Return the kind of each event: its type, and the field where it tells one."""
    if "field" not in events:
        return events["event_type"]
    return events["event_type"].where(
        events["field"].isna(), events["event_type"] + ":" + events["field"].fillna("")
    )


def _counts(
    kind: pd.Series, known: npt.NDArray[np.bool_], lo: npt.NDArray[np.int64], hi: npt.NDArray[np.int64]
) -> npt.NDArray[np.int32]:
    often = kind[known].value_counts().index[:KINDS]
    codes = often.get_indexer(pd.Index(kind))
    columns = []
    for code in range(len(often)):
        counted = np.concatenate(([0], np.cumsum(codes == code, dtype=np.int32)))
        columns.append(counted[hi] - counted[lo])
    return np.column_stack(columns)


def _last(
    events: pd.DataFrame,
    name: str,
    value: pd.Series,
    what: pd.Series,
    known: npt.NDArray[np.bool_],
    lo: npt.NDArray[np.int64],
    hi: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    """Return the last value of a kind of event as indicators of its most frequent values."""
    mine = (what == name).to_numpy()
    row = np.maximum.accumulate(np.where(mine, np.arange(len(events)), -1))
    last = np.where(hi > lo, row[np.maximum(hi - 1, 0)], -1)
    often = value[mine & known].value_counts().index[:WORDS]
    codes = np.append(often.get_indexer(pd.Index(value)), -1)
    return np.where(last >= lo, codes[last], -1)[:, None] == np.arange(len(often))


def attributes(case: Case) -> list[npt.NDArray[Any]]:
    """Return each attribute of a point's ticket as indicators of its most frequent values."""
    tickets = case.tickets.drop_duplicates("ticket_id").set_index("ticket_id")
    early = tickets.index.isin(case.points["ticket_id"][case.past])
    parts = []
    for name in tickets.columns:
        words = tickets[name].astype("str")
        often = words[early].value_counts().index[:WORDS]
        codes = often.get_indexer(pd.Index(words))[tickets.index.get_indexer(case.points["ticket_id"])]
        parts.append(codes[:, None] == np.arange(len(often)))
    return parts
