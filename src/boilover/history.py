"""A log as plain arrays, sorted by (ticket, time, arrival): what annotations, features, points and labels read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover import kernels
from boilover.coded import Coded as Coded
from boilover.coded import Codes as Codes
from boilover.coded import Encoding, code, denied, floats
from boilover.coded import Numbers as Numbers
from boilover.coded import Values as Values
from boilover.log import EventLog
from boilover.once import Once
from boilover.order import order_of
from boilover.schema import EVENT_TYPES, ROLES

HOUR = 3_600_000_000
"""Microseconds in an hour: times are int64 microseconds, durations of features are float hours."""

KINDS = {name: code for code, name in enumerate(EVENT_TYPES)}
CREATED, ESCALATED = KINDS["created"], KINDS["escalated"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.int8]


@dataclass(frozen=True)
class History:
    """All events of a log in plain arrays, sorted by (ticket, observed_at, arrival).

    ``offsets`` int64 (n_tickets + 1): events of ticket ``i`` are ``offsets[i]:offsets[i + 1]``; a ticket without
    events has none. ``time`` int64 (n_events): when an event became visible, UTC microseconds.
    """

    log: EventLog
    ticket_ids: pa.Array
    offsets: Ints
    time: Ints
    _rows: npt.NDArray[np.int64] | None = None
    lo: int = 0
    """Where the first event stands in the log, if the history is a part of it."""
    _made: Once = field(default_factory=Once, repr=False)

    @classmethod
    def from_log(cls, log: EventLog) -> History:
        """Sort and encode ``log``; a sorted log is recognised and not sorted again."""
        order = order_of(log)
        return cls(log, order.ticket_ids, order.offsets, order.time, order.rows)

    @property
    def n_tickets(self) -> int:
        """Number of tickets, those without events included."""
        return len(self.offsets) - 1

    def coded(self, name: str) -> Coded:
        """Return a text column of ``events`` as codes, int32 (n_events); all −1 where the column is absent."""
        coded: Coded = self._made.get(name, lambda: self._code(name))
        return coded

    def meant(
        self, name: str, meaning: Callable[[str], Any], empty: Any, dtype: npt.DTypeLike
    ) -> npt.NDArray[Any]:
        """Return what the words of a text column of ``events`` mean (n_events), ``empty`` where there is none."""
        if name not in self.log.events.column_names:
            return np.full(len(self.time), empty, dtype=dtype)
        encoding = self.encoding(name)
        if encoding is None:
            coded = self.coded(name)
            values: npt.NDArray[Any] = kernels.take(coded.translated(meaning, empty, dtype), coded.codes)
            return values
        table = encoding.coded(0, 0).translated(meaning, empty, dtype)
        return encoding.meant(self.lo, self.lo + len(self.time), table)

    def numbers(self, name: str, where: npt.NDArray[np.bool_] | None = None) -> Values:
        """Return a numeric or boolean column of ``events`` (n_events), NaN where empty, absent or not ``where``.

        Floats are of the column's own width, measures of text float32; everything else is float64.
        """
        if name not in self.log.events.column_names:
            return np.full(len(self.time), np.nan, dtype=np.float32)
        data = self._column(name)
        if not pa.types.is_floating(data.type):
            data = data.cast(pa.float64())
        return floats(data, where)

    def denied(self, name: str) -> npt.NDArray[np.bool_]:
        """Return where a boolean column of ``events`` holds false, bool (n_events)."""
        if name not in self.log.events.column_names:
            return np.zeros(len(self.time), dtype=bool)
        return denied(self._column(name))

    def instants(self, name: str) -> Ints:
        """Return a time column of ``events`` as int64 microseconds (n_events)."""
        values: Ints = self._column(name).cast(pa.int64()).to_numpy()
        return values

    def cells(self, name: str, rows: npt.NDArray[np.integer[Any]]) -> pa.Array:
        """Return a column of ``events`` at ``rows`` (n), null where it is empty or absent; no other row is touched."""
        if name not in self.log.events.column_names:
            return pa.nulls(len(rows), pa.string())
        places = rows if self._rows is None else self._rows[rows]
        return self.log.events[name].take(pa.array(places)).combine_chunks()

    @cached_property
    def kind(self) -> Bytes:
        """The type of every event, int8 (n_events): its position in ``EVENT_TYPES``, −1 for unknown types."""
        kind: Bytes = self.meant("event_type", _kind, -1, np.int8)
        return kind

    @cached_property
    def ticket(self) -> Codes:
        """The ticket's code of every event, int32 (n_events)."""
        ticket: Codes = kernels.keys_of(self.offsets)
        return ticket

    @cached_property
    def starts(self) -> Bytes:
        """1 at the first event of each ticket, else 0, int8 (n_events)."""
        starts: Bytes = kernels.starts_of(self.offsets)
        return starts

    @cached_property
    def newest(self) -> Ints:
        """When each ticket's last event became visible, int64 (n_tickets); long ago where it has none."""
        latest: Ints = kernels.newest(self.offsets, self.time)
        return latest

    @cached_property
    def roles(self) -> Bytes:
        """Who did it, int8 (n_events): position in ``ROLES``, −1 unknown.

        Where the source does not tell, the ticket's customer_id is the customer and anybody else an agent.
        """
        roles: Bytes = self.meant("actor_role", _role, -1, np.int8)
        actor = self.coded("actor_id")
        unknown = (roles < 0) & (actor.codes >= 0)
        if unknown.any():
            customer = self.attribute("customer_id").codes[self.ticket]
            is_customer = self._customer_of_actor[actor.codes] == customer
            roles[unknown] = np.where(is_customer[unknown], ROLES.index("customer"), ROLES.index("agent"))
        return roles

    @property
    def _customer_of_actor(self) -> Codes:
        """The code that each actor has as a customer, int32 (n_actors + 1), −2 for whoever is none."""
        customers: Codes = self._made.get(
            "customer of actor",
            lambda: self.coded("actor_id").translated(self.attribute("customer_id").where, -2, np.int32),
        )
        return customers

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
        coded: Coded = self._made.get(("attribute", name), lambda: code(self.attributes[name]))
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
        created: Ints = _born(self.offsets, self.time, self.kind)
        return created

    @cached_property
    def begun(self) -> Ints:
        """When each ticket was first told of, int64 microseconds (n_tickets); the far future where it has no event."""
        begun = np.full(self.n_tickets, np.iinfo(np.int64).max)
        told = np.diff(self.offsets) > 0
        begun[told] = self.time[self.offsets[:-1][told]]
        return begun

    @property
    def end(self) -> int:
        """The last moment that the log tells of, microseconds."""
        return int(self.time.max())

    def part(self, first: int, last: int) -> History:
        """Return the history of the tickets ``first`` to ``last``, the latter left out; codes mean the same words."""
        offsets = self.offsets[first : last + 1]
        lo, hi = int(offsets[0]), int(offsets[-1])
        ids = self.ticket_ids.slice(first, last - first)
        return _Part(
            self.log,
            ids,
            offsets - lo,
            self.time[lo:hi],
            self._rows,
            lo,
            whole=self,
            first=first,
        )

    def _column(self, name: str) -> pa.ChunkedArray:
        """Return a column of ``events`` in the order of the history."""
        data = self.log.events[name]
        return data if self._rows is None else data.take(pa.array(self._rows))

    def _code(self, name: str) -> Coded:
        if (encoding := self.encoding(name)) is not None:
            return encoding.coded(self.lo, self.lo + len(self.time))
        return self._coded_whole(name)

    def _coded_whole(self, name: str) -> Coded:
        if name not in self.log.events.column_names:
            return Coded(np.full(len(self.time), -1, dtype=np.int32), ())
        coded = code(self.log.events[name])
        return coded if self._rows is None else Coded(coded.codes[self._rows], coded.words)

    def encoding(self, name: str) -> Encoding | None:
        """Return how a column is encoded, where its rows can be looked up part by part."""
        data = self.log.events[name] if name in self.log.events.column_names else None
        if data is None or self._rows is not None or not pa.types.is_dictionary(data.type):
            return None
        encoding: Encoding = self._made.get(("encoding", name), lambda: Encoding.of(data))
        return encoding


@dataclass(frozen=True)
class _Part(History):
    """Some tickets of a whole history, whose first one is its ``first``."""

    whole: History = field(kw_only=True, repr=False)
    first: int = field(kw_only=True)

    def _coded_whole(self, name: str) -> Coded:
        return self.whole.coded(name).part(self.lo, self.lo + len(self.time))

    def encoding(self, name: str) -> Encoding | None:
        return self.whole.encoding(name)

    def attribute(self, name: str) -> Coded:
        return self.whole.attribute(name).part(self.first, self.first + self.n_tickets)

    def cells(self, name: str, rows: npt.NDArray[np.integer[Any]]) -> pa.Array:
        return self.whole.cells(name, rows + self.lo)

    @cached_property
    def attributes(self) -> pa.Table:
        return self.whole.attributes.slice(self.first, self.n_tickets)

    @property
    def _customer_of_actor(self) -> Codes:
        return self.whole._customer_of_actor

    @property
    def end(self) -> int:
        return self.whole.end

    def part(self, first: int, last: int) -> History:
        return self.whole.part(self.first + first, self.first + last)

    def _column(self, name: str) -> pa.ChunkedArray:
        data, n = self.log.events[name], len(self.time)
        return (
            data.slice(self.lo, n)
            if self._rows is None
            else data.take(pa.array(self._rows[self.lo : self.lo + n]))
        )


@kernels.compiled
def _born(offsets: Ints, time: Ints, kind: Bytes) -> Ints:
    born = np.full(len(offsets) - 1, np.iinfo(np.int64).max, np.int64)
    for ticket in range(len(born)):
        first, end = offsets[ticket], offsets[ticket + 1]
        row = first
        while row < end and kind[row] != CREATED:
            row += 1
        if first < end:
            born[ticket] = time[row if row < end else first]
    return born


def _kind(word: str) -> int:
    return KINDS.get(word, -1)


def _role(word: str) -> int:
    return ROLES.index(word) if word in ROLES else -1
