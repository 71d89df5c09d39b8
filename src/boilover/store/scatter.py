"""Pieces are parted by the partitions that their tickets belong to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from boilover.checking import mend
from boilover.conform import plain
from boilover.identity import Keys, ticket_keys
from boilover.log import EventLog
from boilover.partitions import Manifest, Partition, all_there, read_part
from boilover.schema import Violation
from boilover.store.attributes import marked
from boilover.store.leaves import Codes, leaf_names, months
from boilover.store.pile import Pile
from boilover.store.settle import whole


def scatter(
    folder: Path, manifest: Manifest, pieces: Iterable[EventLog], staging: Path
) -> tuple[dict[str, Pile], tuple[Violation, ...]]:
    """Put each ticket of each piece on the pile of its partition: that of its first import."""
    index = _Index(folder, manifest.partitions)
    piles: dict[str, Pile] = {}
    mended: list[Violation] = []
    for told in pieces:
        piece = mend(EventLog(whole(told.events), plain(told.tickets)))
        mended += piece.warnings
        listed = marked(piece.tickets, told.at_creation)
        leaf = index.leaves(piece.events, listed["ticket_id"].combine_chunks())
        rows = pc.index_in(piece.events["ticket_id"].combine_chunks(), listed["ticket_id"].combine_chunks())
        events, of_events = _grouped(piece.events, leaf[rows.to_numpy(zero_copy_only=False)])
        listed, of_tickets = _grouped(listed, leaf)
        for code in np.unique(leaf).tolist():
            name = index.names[code]
            pile = piles.setdefault(name, Pile(staging / f"{name}.pile"))
            pile.put(_run(events, of_events, code), _run(listed, of_tickets, code))
    return piles, _summed(mended)


def _grouped(table: pa.Table, codes: Codes) -> tuple[pa.Table, Codes]:
    order = np.argsort(codes, kind="stable")
    return table.take(pa.array(order)), codes[order]


def _run(table: pa.Table, codes: Codes, code: int) -> pa.Table:
    start, stop = np.searchsorted(codes, [code, code + 1])
    return table.slice(start, stop - start)


class _Index:
    """The partition of every ticket that is known, by the hash of its id."""

    def __init__(self, folder: Path, partitions: Iterable[Partition]) -> None:
        self.names = [each.name for each in partitions]
        with all_there():
            keys = [
                ticket_keys(read_part(folder, "tickets", each.tickets, ["ticket_id"])["ticket_id"])
                for each in partitions
            ]
        self.keys: Keys = np.empty(0, dtype=np.uint64)
        self.codes: Codes = np.empty(0, dtype=np.int64)
        if keys:
            self._add(np.concatenate(keys), np.repeat(np.arange(len(keys)), [len(each) for each in keys]))

    def leaves(self, events: pa.Table, ids: pa.Array) -> Codes:
        """Return the code of each ticket's partition; a ticket that is not known gets one."""
        keys = ticket_keys(ids)
        unknown = np.flatnonzero(~np.isin(keys, self.keys))
        month = months(events, ids)[unknown]
        codes = np.empty(len(unknown), dtype=np.int64)
        for name in np.unique(month).tolist():
            own = np.flatnonzero(month == name)
            for leaf, rows in leaf_names(name, keys[unknown[own]], self.names):
                codes[own[rows]] = self._code(leaf)
        self._add(keys[unknown], codes)
        return self.codes[np.searchsorted(self.keys, keys)]

    def _code(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)

    def _add(self, keys: Keys, codes: Codes) -> None:
        keys, codes = np.concatenate([self.keys, keys]), np.concatenate([self.codes, codes])
        order = np.argsort(keys, kind="stable")
        self.keys, self.codes = keys[order], codes[order]


def _summed(found: Iterable[Violation]) -> tuple[Violation, ...]:
    """Return warnings of many pieces, one of each kind with their count; the first of each tells its place."""
    firsts: dict[tuple[str | None, ...], Violation] = {}
    counts: Counter[tuple[str | None, ...]] = Counter()
    for each in found:
        kind = (each.table, each.column, each.mend)
        firsts.setdefault(kind, each)
        counts[kind] += each.count
    return tuple(replace(each, count=counts[kind]) for kind, each in firsts.items())
