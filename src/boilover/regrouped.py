"""Tables of whole tickets, put in the order of their ids: what partitions hold becomes one log."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover import kernels
from boilover.coded import Encoding, bits, held, runs, stored
from boilover.memory import kept_memory

ARROW_LIMIT = 2**31 - 1
BLOCK = 100_000

Ints = npt.NDArray[np.int64]


def by_ticket(events: pa.Table, tickets: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return both tables in the order of ticket ids; each ticket's events stand in one piece, their ids encoded.

    Columns of events are given up one by one: where nobody else holds ``events``, few are held twice at a time.
    """
    listed = tickets["ticket_id"].combine_chunks()
    if not len(events):
        return events, tickets.take(pc.sort_indices(listed))
    ids, ends = runs(events["ticket_id"])
    order = pc.sort_indices(ids)
    tickets = tickets.take(order if listed.equals(ids.cast(listed.type)) else pc.sort_indices(listed))
    places = order.to_numpy()
    if (places[1:] > places[:-1]).all():
        return events, tickets
    pieces = _Pieces.of(np.concatenate(([0], ends)), places)
    names = events.column_names
    with kept_memory(), ThreadPoolExecutor(cpu_count()) as pool:
        found = {"ticket_id": pool.submit(pieces.named, ids.take(order), places)}
        for name in names:
            if name != "ticket_id":
                found[name] = pool.submit(pieces.moved, events[name])
            events = events.drop_columns([name])
        return pa.table({name: found[name].result() for name in names}), tickets


@dataclass(frozen=True)
class _Pieces:
    """Where the events of each ticket begin, as they are and last their number, and where they go, int64."""

    first: Ints
    to: Ints

    @classmethod
    def of(cls, first: Ints, places: Ints) -> _Pieces:
        """Tell where tickets go whose ``places`` are in the order that is wanted."""
        to = np.empty(len(places), np.int64)
        to[places] = _begun(np.diff(first)[places])[:-1]
        return cls(first, to)

    def named(self, ids: pa.Array, places: Ints) -> pa.Array:
        """Return the id of each event as a code of ``ids``, which are in the order that is wanted."""
        codes = kernels.keys_of(_begun(np.diff(self.first)[places]))
        return pa.DictionaryArray.from_arrays(pa.array(codes), ids)

    def moved(self, data: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
        """Return a column in the order of tickets."""
        kind, n = data.type, len(data)
        if data.null_count == n:
            return pa.nulls(n, kind)
        if pa.types.is_dictionary(kind):
            encoding = Encoding.of(data)
            spans = zip(encoding.starts[:-1].tolist(), encoding.starts[1:].tolist(), strict=True)
            codes = self._put((encoding.codes(*span) for span in spans), np.int32)
            held = pa.array(codes, mask=codes < 0) if data.null_count else pa.array(codes)
            return pa.DictionaryArray.from_arrays(held, encoding.words)
        if not pa.types.is_primitive(kind):
            return self._taken(data)
        if pa.types.is_boolean(kind):
            values = _packed(self._put((bits(each.buffers()[1], each) for each in data.chunks), np.uint8))
        else:
            width = np.dtype(f"i{kind.bit_width // 8}")
            values = pa.py_buffer(self._put((stored(each, width) for each in data.chunks), width))
        return pa.Array.from_buffers(kind, n, [self._known(data), values])

    def _known(self, data: pa.ChunkedArray) -> pa.Buffer | None:
        """Return the bits of the rows that are not null, nothing where none is."""
        if not data.null_count:
            return None
        told = ((held(each), len(each)) for each in data.chunks)
        known = (np.ones(n, np.uint8) if flags is None else flags for flags, n in told)
        return _packed(self._put(known, np.uint8))

    def _taken(self, data: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return text in the order of tickets; beyond the 2 GiB of one Arrow array it is taken in blocks."""
        rows = pa.array(self._put([np.arange(len(data))], np.int64))
        if data.nbytes < ARROW_LIMIT:
            return data.take(rows)
        whole = data.cast(pa.large_string()).combine_chunks()
        blocks = (rows.slice(start, BLOCK) for start in range(0, len(rows), BLOCK))
        return pa.chunked_array([whole.take(block).cast(pa.string()) for block in blocks])

    def _put(self, chunks: Iterable[npt.NDArray[Any]], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return what the chunks of a column hold in the order of tickets; only one of them is held at a time."""
        out, start = np.empty(self.first[-1], dtype), 0
        for values in chunks:
            kernels.put(values, out, start, self.first, self.to)
            start += len(values)
        return out


def _begun(lengths: Ints) -> Ints:
    """Return where pieces of these lengths begin, one behind the other, and last where they end."""
    return np.concatenate(([0], np.cumsum(lengths)))


def _packed(flags: npt.NDArray[np.uint8]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(flags, bitorder="little"))
