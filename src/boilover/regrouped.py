"""Tables of whole tickets, put in the order of their ids: what partitions hold becomes one log."""

from __future__ import annotations

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
    pieces = _Pieces(np.concatenate(([0], ends[:-1]))[places], ends[places])
    names = events.column_names
    with kept_memory(), ThreadPoolExecutor(cpu_count()) as pool:
        found = {"ticket_id": pool.submit(pieces.named, ids.take(order))}
        for name in names:
            if name != "ticket_id":
                found[name] = pool.submit(pieces.moved, events[name])
            events = events.drop_columns([name])
        return pa.table({name: found[name].result() for name in names}), tickets


@dataclass(frozen=True)
class _Pieces:
    """Where the events of each ticket begin and end, int64 (n_tickets), in the order that is wanted."""

    first: Ints
    end: Ints

    def named(self, ids: pa.Array) -> pa.Array:
        """Return the id of each event as a code of ``ids``."""
        offsets = np.concatenate(([0], np.cumsum(self.end - self.first)))
        return pa.DictionaryArray.from_arrays(pa.array(kernels.keys_of(offsets)), ids)

    def moved(self, data: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
        """Return a column in the order of tickets."""
        kind, n = data.type, len(data)
        if data.null_count == n:
            return pa.nulls(n, kind)
        if pa.types.is_dictionary(kind):
            encoding = Encoding.of(data)
            codes = self._moved(encoding.codes(0, n))
            return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), encoding.words)
        if not pa.types.is_primitive(kind):
            return self._taken(data)
        if pa.types.is_boolean(kind):
            cells = [bits(chunk.buffers()[1], chunk) for chunk in data.chunks]
            values = np.packbits(self._moved(np.concatenate(cells)), bitorder="little")
        else:
            width = np.dtype(f"i{kind.bit_width // 8}")
            values = self._moved(np.concatenate([stored(chunk, width) for chunk in data.chunks]))
        return pa.Array.from_buffers(kind, n, [self._known(data), pa.py_buffer(values)])

    def _known(self, data: pa.ChunkedArray) -> pa.Buffer | None:
        """Return the bits of the rows that are not null, nothing where none is."""
        if not data.null_count:
            return None
        known = [
            np.ones(len(chunk), np.uint8) if (told := held(chunk)) is None else told for chunk in data.chunks
        ]
        return pa.py_buffer(np.packbits(self._moved(np.concatenate(known)), bitorder="little"))

    def _taken(self, data: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return text in the order of tickets; beyond the 2 GiB of one Arrow array it is taken in blocks."""
        rows = pa.array(self._moved(np.arange(len(data))))
        if data.nbytes < ARROW_LIMIT:
            return data.take(rows)
        whole = data.cast(pa.large_string()).combine_chunks()
        blocks = (rows.slice(start, BLOCK) for start in range(0, len(rows), BLOCK))
        return pa.chunked_array([whole.take(block).cast(pa.string()) for block in blocks])

    def _moved(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        moved: npt.NDArray[Any] = kernels.moved(values, self.first, self.end)
        return moved
