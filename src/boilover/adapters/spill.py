"""Facts on disk: a batch of rows becomes an Arrow table, whose rows are put away by their ticket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from boilover.adapters.base import UNFIT_ID, Tally
from boilover.adapters.shards import MOST_SHARDS, Shards
from boilover.adapters.times import to_utc
from boilover.conform import unfit_ids

TICKET, ATTRIBUTE, FIRST, HISTORY, TODAY, AT_CREATION, CHANGE, MESSAGE, EVENT = range(9)
"""Kinds of facts; from `CHANGE` on, what happened at a time."""
SHARD = 64 << 20
BATCH = 32_768
BATCH_TEXT = 16 << 20
"""Facts are put away when there are so many of them, or so many characters of messages."""


class Fact(NamedTuple):
    """One thing that an adapter tells, with times as the source writes them."""

    ticket_id: str
    kind: int
    at: Any = None
    target: str | None = None
    value: str | None = None
    by: str | None = None
    role: str | None = None
    event_id: str | None = None
    order: int | None = None
    raw: str | None = None
    old: str | None = None
    old_raw: str | None = None
    text: str | None = None
    public: bool | None = None
    event_type: str | None = None
    number: float | None = None
    seen: Any = None


STRING = pa.string()
TYPES = {
    "kind": pa.int8(),
    "at": pa.int64(),
    "order": pa.int64(),
    "public": pa.bool_(),
    "number": pa.float64(),
    "seen": pa.int64(),
}
FACTS = pa.schema({name: TYPES.get(name, STRING) for name in Fact._fields})
"""``at`` and ``seen`` are UTC microseconds."""


class Spill:
    """Appends batches of facts to a file per shard; all facts of a ticket go to one shard, in the order of telling."""

    def __init__(self, tally: Tally, folder: Path, *, content: int, time_format: str, timezone: str) -> None:
        self._tally = tally
        self._time_format, self._timezone = time_format, timezone
        n_shards = min(MOST_SHARDS, 1 + content // SHARD)
        self._shards = Shards(folder, FACTS.names, key="ticket_id", n_shards=n_shards)
        self._rows: list[Fact] = []
        self._text = 0

    def add(self, fact: Fact) -> None:
        """Take a fact; one without a ticket or a readable time is dropped and counted."""
        self._rows.append(fact)
        self._text += len(fact.text or "")
        if len(self._rows) >= BATCH or self._text >= BATCH_TEXT:
            self._put_away()

    def _put_away(self) -> None:
        rows, self._rows, self._text = self._rows, [], 0
        if not rows:
            return
        batch = self._usable(self._table(rows), rows)
        self._tally.rows += int(np.isin(batch["kind"].to_numpy(), (TICKET, CHANGE, MESSAGE, EVENT)).sum())
        self._shards.add(batch)

    def shards(self) -> Iterator[pa.Table]:
        """Yield the facts of each shard, in the order of telling, and remove its file."""
        self._put_away()
        self.close()
        for number in range(self._shards.n_shards):
            yield from self._shards.tables(number)

    def close(self) -> None:
        """Finish the files."""
        self._shards.close()

    def _table(self, rows: Sequence[Fact]) -> pa.Table:
        columns = [list(column) for column in zip(*rows, strict=True)]
        arrays = []
        for place, field in enumerate(FACTS):
            if field.name in ("at", "seen"):
                arrays.append(self._instants(columns[place]))
            elif field.type == STRING:
                arrays.append(strings(columns[place]))
            else:
                arrays.append(pa.array(columns[place], type=field.type))
        return pa.table(arrays, schema=FACTS)

    def _instants(self, values: list[Any]) -> pa.Array:
        told = [place for place, value in enumerate(values) if value is not None]
        instants = np.zeros(len(values), dtype=np.int64)
        known = np.zeros(len(values), dtype=bool)
        if told:
            raw = pd.Series([_readable(values[place]) for place in told])
            times = to_utc(raw, self._time_format, self._timezone, self._tally)
            known[told] = times.notna().to_numpy()
            instants[told] = times.astype("int64").to_numpy()
        return pa.array(instants, mask=~known)

    def _usable(self, batch: pa.Table, rows: Sequence[Fact]) -> pa.Table:
        kind = batch["kind"].to_numpy()
        timeless = (kind >= CHANGE) & batch["at"].combine_chunks().is_null().to_numpy(zero_copy_only=False)
        nameless = batch["ticket_id"].combine_chunks().is_null().to_numpy(zero_copy_only=False)
        unfit = unfit_ids(batch["ticket_id"]).to_numpy()
        for reason, odd in (
            ("no ticket id", nameless),
            (UNFIT_ID, unfit),
            ("no readable time", timeless & ~nameless & ~unfit),
        ):
            if odd.any():
                ticket, _, at, *_ = rows[int(np.argmax(odd))]
                example = f"ticket {ticket}" if at is None else f"ticket {ticket}, time {at!r}"
                self._tally.drop(reason, int(odd.sum()), example)
        odd = timeless | nameless | unfit
        return batch.filter(pa.array(~odd)) if odd.any() else batch


def _readable(value: Any) -> Any:
    """Return a time as it is, but for halves of surrogate pairs, which pandas refuses to hold."""
    is_odd = isinstance(value, str) and not value.isascii()
    return value.encode("utf-8", "replace").decode() if is_odd else value


def strings(values: list[Any]) -> pa.Array:
    """Return words as an array of strings; numbers, lists and objects, which JSON holds anywhere, as they are written.

    Halves of surrogate pairs, which UTF-8 cannot hold, become ``?``.
    """
    try:
        return pa.array(values, type=STRING)
    except (UnicodeEncodeError, pa.ArrowTypeError, pa.ArrowInvalid):
        clean = [
            None if value is None else str(value).encode("utf-8", "replace").decode() for value in values
        ]
        return pa.array(clean, type=STRING)
