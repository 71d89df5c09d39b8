"""A log as plain arrays, sorted by (ticket, time, arrival): what annotations, features, points and labels read."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover.log import EventLog, observed
from boilover.schema import EVENT_TYPES, ROLES

HOUR = 3_600_000_000
"""Microseconds in an hour: times are int64 microseconds, durations of features are float hours."""

KINDS = {name: code for code, name in enumerate(EVENT_TYPES)}

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
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
    _coded: dict[str, Coded] = field(default_factory=dict, repr=False)

    @classmethod
    def from_log(cls, log: EventLog) -> History:
        """Sort and encode ``log``; a sorted log is recognised and not sorted again.

        Tickets are in the order of their ids, so that sums and ties over many tickets are the same in
        whatever order the rows came.
        """
        ids = log.events["ticket_id"]
        time = observed(log.events)
        runs = _runs(ids) if log.is_sorted else None
        if runs is not None and _ascends(runs[1], time):
            ticket_ids, offsets = runs
            rows = None
        else:
            encoded = _encode(ids)
            n_tickets = len(encoded.dictionary)
            by_id = pc.sort_indices(encoded.dictionary)
            rank = np.empty(n_tickets, dtype=np.int32)
            rank[by_id.to_numpy()] = np.arange(n_tickets, dtype=np.int32)
            codes = rank[encoded.indices.to_numpy()]
            rows = np.lexsort((time, codes))
            time = time[rows]
            offsets = np.concatenate(([0], np.cumsum(np.bincount(codes, minlength=n_tickets)))).astype(
                np.int64
            )
            ticket_ids = encoded.dictionary.take(by_id)
        listed = log.tickets["ticket_id"].combine_chunks()
        silent = listed.filter(pc.invert(pc.is_in(listed, ticket_ids)))
        if len(silent):
            ticket_ids = pa.concat_arrays([ticket_ids, silent])
            offsets = np.concatenate((offsets, np.full(len(silent), offsets[-1])))
        types = _encode(log.events["event_type"])
        kinds = np.array([KINDS.get(name, -1) for name in types.dictionary.to_pylist()], dtype=np.int8)
        kind = kinds[types.indices.to_numpy()]
        return cls(log, ticket_ids, offsets, time, kind if rows is None else kind[rows], rows)

    @property
    def n_tickets(self) -> int:
        """Number of tickets, those without events included."""
        return len(self.offsets) - 1

    def coded(self, name: str) -> Coded:
        """Return a text column of ``events`` as codes, int32 (n_events); all −1 where the column is absent."""
        if name not in self._coded:
            self._coded[name] = self._code(name)
        return self._coded[name]

    def numbers(self, name: str) -> Floats:
        """Return a numeric or boolean column of ``events`` as float64 (n_events), NaN where empty or absent."""
        if name not in self.log.events.column_names:
            return np.full(len(self.time), np.nan)
        data = self.log.events[name].cast(pa.float64())
        values: Floats = data.to_numpy().astype(np.float64, copy=False)
        return values if self._rows is None else values[self._rows]

    def instants(self, name: str) -> Ints:
        """Return a time column of ``events`` as int64 microseconds (n_events)."""
        values: Ints = self.log.events[name].cast(pa.int64()).to_numpy()
        return values if self._rows is None else values[self._rows]

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
        roles = known[told.codes]
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
        rows = pc.index_in(self.ticket_ids, self.log.tickets["ticket_id"].combine_chunks())
        return self.log.tickets.drop_columns(["ticket_id"]).take(rows)

    def attribute(self, name: str) -> Coded:
        """Return an attribute fixed at creation as codes, int32 (n_tickets); all −1 where there is none."""
        if name not in self.attributes.column_names:
            return Coded(np.full(self.n_tickets, -1, dtype=np.int32), ())
        return _coded(self.attributes[name])

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


def _encode(data: pa.ChunkedArray) -> pa.DictionaryArray:
    encoded = data.combine_chunks().dictionary_encode()
    return encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded


def _coded(data: pa.ChunkedArray) -> Coded:
    encoded = _encode(data.cast(pa.string()))
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Coded(codes, tuple(encoded.dictionary.to_pylist()))


def _runs(ids: pa.ChunkedArray) -> tuple[pa.Array, Ints] | None:
    """Return the ticket of each run of equal ids and the runs' offsets; None where ids do not ascend."""
    runs = pc.run_end_encode(ids.combine_chunks(), run_end_type=pa.int64())
    tickets = runs.values
    if not pc.all(pc.less(tickets.slice(0, len(tickets) - 1), tickets.slice(1))).as_py():
        return None
    offsets: Ints = np.concatenate(([0], runs.run_ends.to_numpy())).astype(np.int64)
    return tickets, offsets


def _ascends(offsets: Ints, time: Ints) -> bool:
    """Return whether times never fall within a run."""
    falls = np.flatnonzero(time[1:] < time[:-1]) + 1
    return bool(np.isin(falls, offsets).all())
