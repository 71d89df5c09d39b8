"""What points may see: streams of events by key, and for each point the range of them that is visible."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations import Annotations
from boilover.features.filters import Filter
from boilover.history import Coded, Codes, Floats, Ints
from boilover.once import Once
from boilover.points import Asked, Points

T = TypeVar("T")

TICKET, DESK = "ticket", "desk"
HOLDERS = ("assignee", "group")


@dataclass(frozen=True)
class Stream:
    """Events that pass a filter, sorted by (key, time): times, and each key's offsets.

    ``own`` are their rows in the order of the history, and ``place`` is where each event stands among them, where
    that differs: to gather in the order of the history and to sort then is faster than to gather at random.
    """

    own: Codes
    times: Ints
    offsets: Codes
    place: Codes | None = None
    is_whole: bool = False
    """These are all events in the order of the history: what is told of each of them needs no gathering."""

    sums: dict[str, Floats] = field(default_factory=dict, repr=False)
    """Prefix sums of the values that were asked for so far."""

    def gather(self, told: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return what is ``told`` of each event of the history, of each event of the stream."""
        if self.is_whole:
            return told
        gathered: npt.NDArray[Any] = kernels.take(told, self.own)
        return gathered if self.place is None else kernels.take(gathered, self.place)

    @cached_property
    def rows(self) -> Codes:
        """The rows of the events in the history, int32."""
        return self.own if self.place is None else kernels.take(self.own, self.place)


@dataclass(frozen=True)
class View:
    """A stream and what each point may see of it: events ``lo:hi``, of its key's events that begin at ``first``."""

    notes: Annotations
    stream: Stream
    asked: Asked
    first: Codes
    lo: Codes
    hi: Codes

    def values(self, name: str) -> Floats:
        """Return the value ``name`` at each event of the stream, float64."""
        return self.stream.gather(self.notes.value(name)).astype(np.float64, copy=False)

    def total(self, name: str) -> Floats:
        """Return the sum of the value ``name`` over what each point sees, float64."""
        sums = self.stream.sums
        if name not in sums:
            sums[name] = kernels.running_sum(self.values(name), self.stream.offsets)
        return kernels.sum_between(sums[name], self.first, self.lo, self.hi)

    def codes(self, name: str) -> Codes:
        """Return the state ``name`` after each event of the stream, int32."""
        return self.stream.gather(self.notes.codes(name).codes)

    def last(self, values: npt.NDArray[Any], empty: float) -> Floats:
        """Return what ``values``, one per event of the history, hold at the last event that each point sees."""
        return kernels.last(values, self.stream.rows, self.lo, self.hi, empty)

    @property
    def count(self) -> Floats:
        """How many events each point sees, float64."""
        return (self.hi - self.lo).astype(np.float64)


@dataclass(frozen=True)
class Sight:
    """A history, the points asked of it, and the views that features take.

    Sortings of the points are kept for all threads; streams, and what is visible of them, for those who share a
    sight.
    """

    notes: Annotations
    points: Points
    _shared: Once = field(default_factory=Once, repr=False)
    _made: Once = field(default_factory=Once, repr=False)

    def afresh(self) -> Sight:
        """Return a sight of the same points that keeps streams of its own: for one thread, and not for long."""
        return replace(self, _made=Once())

    def view(self, where: Filter, key: str, window: int | None, event_key: str | None = None) -> View:
        """Return what the points see of the events that pass ``where``, by ``key``, within ``window`` microseconds."""
        stream, asked = self.stream(where, event_key or key), self.asked(key)
        first, hi = self._made.get(
            (where, key, event_key),
            lambda: kernels.visible(stream.offsets, stream.times, asked.keys, asked.as_of),
        )
        lo = first if window is None else kernels.within(stream.times, first, hi, asked.as_of, window)
        return View(self.notes, stream, asked, first, lo, hi)

    def stream(self, where: Filter, key: str) -> Stream:
        """Return the events that pass ``where``, sorted by (key, time, ticket, arrival)."""
        return self._made.get((where, key), lambda: self._stream(where, key))

    def _stream(self, where: Filter, key: str) -> Stream:
        history = self.notes.history
        if key == TICKET:
            rows = where.rows(self.notes)
            if len(rows) == len(history.time):
                return Stream(rows, history.time, history.offsets.astype(np.int32), is_whole=True)
            offsets = kernels.offsets_of(kernels.take(history.ticket, rows), history.n_tickets)
            return Stream(rows, kernels.take(history.time, rows), offsets)
        own = self.stream(where, TICKET)
        order = self._made.get(where, lambda: kernels.in_time_order(own.times))
        keys, n_keys = self._event_keys(key, own.own)
        place, offsets = kernels.group_by_key(order, kernels.take(keys, order), n_keys)
        return Stream(own.own, kernels.take(own.times, place), offsets, place)

    def asked(self, key: str) -> Asked:
        """Return the points sorted by (key, as_of); a point without that key sees nothing."""
        return self._shared.get(key, lambda: Asked.sort(self._point_keys(key), self.points.as_of))

    @property
    def now(self) -> Codes:
        """The row of the last event of its ticket that each point sees, −1 where it sees none, int32 (n_points)."""
        return self._shared.get("now", self._last_row)

    def _last_row(self) -> Codes:
        history = self.notes.history
        asked = self.asked(TICKET)
        offsets = history.offsets.astype(np.int32)
        lo, hi = kernels.visible(offsets, history.time, asked.keys, asked.as_of)
        rows: Codes = asked.scatter(np.where(hi > lo, hi - np.int32(1), np.int32(-1)))
        return rows

    def state(self, name: str) -> Coded:
        """Return the state ``name`` of each point's ticket, as codes (n_points)."""
        coded = self.notes.codes(name)
        codes = np.where(self.now >= 0, kernels.take(coded.codes, self.now), np.int32(-1))
        return Coded(codes, coded.words)

    def attribute(self, name: str) -> Coded:
        """Return an attribute of each point's ticket, as codes (n_points)."""
        coded = self.notes.history.attribute(name)
        known = self.points.ticket >= 0
        return Coded(np.where(known, coded.codes[self.points.ticket], np.int32(-1)), coded.words)

    def _event_keys(self, key: str, rows: Codes) -> tuple[Codes, int]:
        """Return the key of each of some events, and how many keys there are."""
        history = self.notes.history
        if key == DESK:
            return np.zeros(len(rows), dtype=np.int32), 1
        if key.removesuffix("_before") in HOLDERS:
            coded = self.notes.codes(key)
            return kernels.take(coded.codes, rows), len(coded.words)
        coded = history.attribute(key)
        return kernels.take(coded.codes, kernels.take(history.ticket, rows)), len(coded.words)

    def _point_keys(self, key: str) -> Codes:
        if key == TICKET:
            return self.points.ticket
        if key == DESK:
            return np.zeros(len(self.points), dtype=np.int32)
        return (self.state(key) if key in HOLDERS else self.attribute(key)).codes
