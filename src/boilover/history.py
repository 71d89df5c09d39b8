"""A log as plain arrays, sorted by (ticket, time, arrival): what annotations, features, points and labels read."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover import kernels
from boilover.log import EventLog, observed
from boilover.once import Once
from boilover.schema import EVENT_TYPES, ROLES

HOUR = 3_600_000_000
"""Microseconds in an hour: times are int64 microseconds, durations of features are float hours."""

KINDS = {name: code for code, name in enumerate(EVENT_TYPES)}

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Values = npt.NDArray[np.floating[Any]]
"""Numbers of events: float32 where their source is no wider, or where they are small whole numbers."""
Bytes = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Coded:
    """A text column as int32 codes into ``words``; −1 is empty."""

    codes: Codes
    words: tuple[str, ...]

    def where(self, word: str) -> int:
        """Return the code of ``word``, or −2, which no row holds."""
        return self.words.index(word) if word in self.words else -2


@dataclass(frozen=True)
class History:
    """All events of a log in plain arrays, sorted by (ticket, observed_at, arrival).

    ``offsets`` int64 (n_tickets + 1): events of ticket ``i`` are ``offsets[i]:offsets[i + 1]``; a ticket without
    events has none. ``time`` int64 (n_events): when an event became visible, UTC microseconds. ``kind`` int8
    (n_events): position of its type in ``EVENT_TYPES``, −1 for unknown types.
    """

    log: EventLog
    ticket_ids: pa.Array
    offsets: Ints
    time: Ints
    kind: Bytes
    _rows: npt.NDArray[np.int64] | None = None
    _made: Once = field(default_factory=Once, repr=False)

    @classmethod
    def from_log(cls, log: EventLog) -> History:
        """Sort and encode ``log``; a sorted log is recognised and not sorted again.

        Tickets are in the order of their ids, so that sums and ties over many tickets are the same in
        whatever order the rows came.
        """
        time = observed(log.events)
        codes, ticket_ids = _encode(log.events["ticket_id"])
        if not _ascend(ticket_ids):
            by_id = pc.sort_indices(ticket_ids)
            rank = np.empty(len(ticket_ids), dtype=np.int32)
            rank[by_id.to_numpy()] = np.arange(len(rank), dtype=np.int32)
            codes, ticket_ids = rank[codes], ticket_ids.take(by_id)
        rows = None
        if not kernels.ascends(codes, time):
            rows = np.lexsort((time, codes))
            time = time[rows]
        offsets = np.zeros(len(ticket_ids) + 1, dtype=np.int64)
        np.cumsum(np.bincount(codes, minlength=len(ticket_ids)), out=offsets[1:])
        listed = log.tickets["ticket_id"].combine_chunks()
        if not listed.equals(ticket_ids):
            silent = listed.filter(pc.invert(pc.is_in(listed, ticket_ids)))
            ticket_ids = pa.concat_arrays([ticket_ids, silent])
            offsets = np.concatenate((offsets, np.full(len(silent), offsets[-1])))
        types, names = _encode(log.events["event_type"])
        kind = kernels.take(
            np.array([KINDS.get(name, -1) for name in names.to_pylist()], dtype=np.int8), types
        )
        return cls(log, ticket_ids, offsets, time, kind if rows is None else kind[rows], rows)

    @property
    def n_tickets(self) -> int:
        """Number of tickets, those without events included."""
        return len(self.offsets) - 1

    def coded(self, name: str) -> Coded:
        """Return a text column of ``events`` as codes, int32 (n_events); all −1 where the column is absent."""
        coded: Coded = self._made.get(name, lambda: self._code(name))
        return coded

    def numbers(self, name: str) -> Values:
        """Return a numeric or boolean column of ``events`` (n_events), NaN where empty or absent.

        Floats are of the column's own width, measures of text float32; everything else is float64.
        """
        if name not in self.log.events.column_names:
            return np.full(len(self.time), np.nan, dtype=np.float32)
        data = self.log.events[name]
        if not pa.types.is_floating(data.type):
            data = data.cast(pa.float64())
        values = np.concatenate([_floats(chunk) for chunk in data.chunks])
        return values if self._rows is None else kernels.take(values, self._rows)

    def denied(self, name: str) -> npt.NDArray[np.bool_]:
        """Return where a boolean column of ``events`` holds false, bool (n_events)."""
        if name not in self.log.events.column_names:
            return np.zeros(len(self.time), dtype=bool)
        told = self.log.events[name].combine_chunks()
        known = pc.and_kleene(pc.is_valid(told), pc.invert(told))
        values: npt.NDArray[np.bool_] = known.to_numpy(zero_copy_only=False)
        return values if self._rows is None else values[self._rows]

    def instants(self, name: str) -> Ints:
        """Return a time column of ``events`` as int64 microseconds (n_events)."""
        values: Ints = self.log.events[name].cast(pa.int64()).to_numpy()
        return values if self._rows is None else values[self._rows]

    def cells(self, name: str, rows: npt.NDArray[np.integer[Any]]) -> pa.Array:
        """Return a column of ``events`` at ``rows`` (n), null where it is empty or absent; no other row is touched."""
        if name not in self.log.events.column_names:
            return pa.nulls(len(rows), pa.string())
        places = rows if self._rows is None else self._rows[rows]
        return self.log.events[name].take(pa.array(places)).combine_chunks()

    @cached_property
    def ticket(self) -> Codes:
        """The ticket's code of every event, int32 (n_events)."""
        return np.repeat(np.arange(self.n_tickets, dtype=np.int32), np.diff(self.offsets))

    @cached_property
    def roles(self) -> Bytes:
        """Who did it, int8 (n_events): position in ``ROLES``, −1 unknown.

        Where the source does not tell, the ticket's customer_id is the customer and anybody else an agent.
        """
        told = self.coded("actor_role")
        known = np.array([*(ROLES.index(w) if w in ROLES else -1 for w in told.words), -1], dtype=np.int8)
        # The last one is that of code −1: no role told.
        roles: Bytes = kernels.take(known, told.codes)
        actor = self.coded("actor_id")
        unknown = (roles < 0) & (actor.codes >= 0)
        if unknown.any():
            customer = self.attribute("customer_id")
            same = {word: code for code, word in enumerate(customer.words)}
            as_customer = np.array([*(same.get(word, -3) for word in actor.words), -3], dtype=np.int32)
            is_customer = as_customer[actor.codes] == customer.codes[self.ticket]
            roles[unknown] = np.where(is_customer[unknown], ROLES.index("customer"), ROLES.index("agent"))
        return roles

    @cached_property
    def attributes(self) -> pa.Table:
        """The tickets table without ticket_id, in the order of ticket codes."""
        attributes, listed = self.log.tickets.drop_columns(["ticket_id"]), self.log.tickets["ticket_id"]
        if listed.combine_chunks().equals(self.ticket_ids):
            return attributes
        return attributes.take(pc.index_in(self.ticket_ids, listed.combine_chunks()))

    def attribute(self, name: str) -> Coded:
        """Return an attribute fixed at creation as codes, int32 (n_tickets); all −1 where there is none."""
        if name not in self.attributes.column_names:
            return Coded(np.full(self.n_tickets, -1, dtype=np.int32), ())
        coded: Coded = self._made.get(("attribute", name), lambda: _coded(self.attributes[name]))
        return coded

    def find(self, ticket_ids: pa.Array) -> Codes:
        """Return the codes of ``ticket_ids``, −1 where the log does not know the ticket."""
        codes: Codes = pc.index_in(ticket_ids, self.ticket_ids).fill_null(-1).to_numpy(zero_copy_only=False)
        return codes

    @cached_property
    def created(self) -> Ints:
        """When each ticket came into being, int64 microseconds (n_tickets).

        That is when its first created event became visible; its first event where there is none; the far future for
        a ticket without events.
        """
        born = np.full(self.n_tickets, np.iinfo(np.int64).max)
        has_events = np.diff(self.offsets) > 0
        born[has_events] = self.time[self.offsets[:-1][has_events]]
        rows = np.flatnonzero(self.kind == KINDS["created"])[::-1]
        born[self.ticket[rows]] = self.time[rows]
        return born

    @property
    def end(self) -> int:
        """The last moment that the log tells of, microseconds."""
        return int(self.time.max())

    def _code(self, name: str) -> Coded:
        if name not in self.log.events.column_names:
            return Coded(np.full(len(self.time), -1, dtype=np.int32), ())
        coded = _coded(self.log.events[name])
        return coded if self._rows is None else Coded(coded.codes[self._rows], coded.words)


def _valid(chunk: pa.Array) -> npt.NDArray[np.bool_]:
    flags: npt.NDArray[np.bool_] = chunk.is_valid().to_numpy(zero_copy_only=False)
    return flags


def _floats(chunk: pa.Array) -> Values:
    """Return floats with NaN for null; pyarrow's own way is several times as slow."""
    width = np.dtype(chunk.type.to_pandas_dtype())
    values = np.frombuffer(chunk.buffers()[1], dtype=width)[chunk.offset : chunk.offset + len(chunk)]
    if not chunk.null_count:
        return values
    return kernels.kept(values, _valid(chunk), np.nan)


def _encode(data: pa.ChunkedArray) -> tuple[Codes, pa.Array]:
    """Return int32 codes of strings, −1 for null, and the words in the order in which they are first told."""
    if not pa.types.is_dictionary(data.type):
        encoded = data.combine_chunks().dictionary_encode()
        return _filled(encoded), encoded.dictionary
    # Chunks that Parquet read from one row group share their dictionary: each is looked up once.
    shared = {_place(chunk): chunk.dictionary for chunk in data.chunks}
    indices, words = _join(pa.concat_arrays(shared.values()))
    ends = np.cumsum([len(each) for each in shared.values()])
    parts = np.split(indices, ends[:-1])
    within = {place: np.append(part, np.int32(-1)) for place, part in zip(shared, parts, strict=True)}
    codes = [kernels.take(within[_place(chunk)], _filled(chunk)) for chunk in data.chunks]
    return np.concatenate(codes), words


def _join(words: pa.Array) -> tuple[Codes, pa.Array]:
    """Return codes of words and the different ones among them; sorted words, as ticket ids are, need no look-up."""
    if not _ascend(words):
        encoded = words.dictionary_encode()
        return encoded.indices.to_numpy(), encoded.dictionary
    fresh = np.ones(len(words), dtype=bool)
    fresh[1:] = pc.not_equal(words.slice(0, len(words) - 1), words.slice(1)).to_numpy(zero_copy_only=False)
    return np.cumsum(fresh, dtype=np.int32) - np.int32(1), words.filter(pa.array(fresh))


def _ascend(words: pa.Array) -> bool:
    """Return whether no word is less than the one before it."""
    return pc.all(pc.less_equal(words.slice(0, len(words) - 1), words.slice(1))).as_py() is not False


def _filled(encoded: pa.DictionaryArray) -> Codes:
    indices = encoded.indices
    told = np.frombuffer(indices.buffers()[1], dtype=np.int32)[indices.offset : indices.offset + len(indices)]
    codes: Codes = kernels.kept(told, _valid(indices), -1) if indices.null_count else told
    return codes


def _place(chunk: pa.DictionaryArray) -> tuple[int, int, int]:
    """Return where in memory the words of a chunk are."""
    words = chunk.dictionary
    return words.buffers()[2].address if words.buffers()[2] else 0, words.offset, len(words)


def _coded(data: pa.ChunkedArray) -> Coded:
    if not pa.types.is_dictionary(data.type):
        data = data.cast(pa.string())
    codes, words = _encode(data)
    return Coded(codes, tuple(words.to_pylist()))
