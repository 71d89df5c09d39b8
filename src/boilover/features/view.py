"""What points may see of a history: for each point the range of a stream that is visible."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from boilover import kernels
from boilover.annotations import Annotations
from boilover.features.filters import Filter
from boilover.features.stream import Grouped, Stream, Told, View
from boilover.history import Coded, Codes
from boilover.once import Once
from boilover.points import Asked, Points

if TYPE_CHECKING:
    from boilover.features.crossing import Crossing

T = TypeVar("T")

TICKET, DESK = "ticket", "desk"
HOLDERS = ("assignee", "group")


@dataclass(frozen=True)
class Sight:
    """A history, the points asked of it, and the views that features take.

    Sortings of the points are kept for all threads; streams, and what is visible of them, for those who share a
    sight. ``crossing`` holds streams by other keys that were gathered from shards; where there is none, all streams
    are made of ``notes``.
    """

    notes: Annotations
    points: Points
    crossing: Crossing | None = None
    _shared: Once = field(default_factory=Once, repr=False)
    _made: Once = field(default_factory=Once, repr=False)

    def afresh(self) -> Sight:
        """Return a sight of the same points that keeps streams of its own: for one thread, and not for long."""
        return replace(self, _made=Once())

    def view(self, where: Filter, key: str, window: int | None, event_key: str | None = None) -> View:
        """Return what the points see of the events that pass ``where``, by ``key``, within ``window`` microseconds."""
        stream, asked = self.stream(where, event_key or key), self.asked(key)
        if self.crossing is None and (event_key or key) == key == TICKET:
            first, hi, lo = self._of_ticket(stream, where, window)
            return View(stream, asked, first, lo, hi)
        first, hi = self._made.get(
            (where, key, event_key),
            lambda: kernels.visible(
                stream.offsets, stream.moments, stream.latest, asked.keys, asked.as_of, stream.rows
            ),
        )
        lo = first
        if window is not None:
            lo = kernels.within(
                stream.moments, stream.latest, asked.keys, first, hi, asked.as_of, window, stream.rows
            )
        return View(stream, asked, first, lo, hi)

    def _of_ticket(self, stream: Stream, where: Filter, window: int | None) -> tuple[Codes, Codes, Codes]:
        """Return ``first``, ``hi`` and ``lo`` of a view of the ticket's own events.

        What is visible of all of them is found once, and a stream holds what passes its filter of that.
        """
        first, hi = self._visible()
        lo = first if window is None else self._within(window)
        picked = stream.among
        if not isinstance(picked, kernels.Picked):
            return first, hi, lo
        own = self._made.get(("visible", where), lambda: (picked.rank(first), picked.rank(hi)))
        return *own, own[0] if window is None else picked.rank(lo)

    def _visible(self) -> tuple[Codes, Codes]:
        """Return the range of all events of its ticket that each question may see."""
        history, asked = self.notes.history, self.asked(TICKET)
        visible: tuple[Codes, Codes] = self._shared.get(
            "visible",
            lambda: kernels.visible(self._offsets, history.time, history.newest, asked.keys, asked.as_of),
        )
        return visible

    def _within(self, window: int) -> Codes:
        """Return the first of all events of its ticket that each question sees within a window."""
        history, asked = self.notes.history, self.asked(TICKET)
        within: Codes = self._shared.get(
            ("within", window),
            lambda: kernels.within(
                history.time, history.newest, asked.keys, *self._visible(), asked.as_of, window
            ),
        )
        return within

    def stream(self, where: Filter, key: str) -> Stream:
        """Return the events that pass ``where``, sorted by (key, time, ticket, arrival)."""
        make = self._stream if self.crossing is None else self.crossing.stream
        stream: Stream = self._made.get((where, key), lambda: make(where, key))
        return stream

    def _stream(self, where: Filter, key: str) -> Stream:
        history, tell = self.notes.history, partial(tell_of, self.notes)
        if key == TICKET:
            passed = where.mask(self.notes)
            among = Grouped(None, self._offsets) if passed.all() else kernels.Picked(passed, history.offsets)
            return Stream(history.time, history.newest, tell, among)
        own = self.stream(where, TICKET)
        keys = self.event_keys(key, own)
        place, offsets = kernels.in_key_order(keys.codes, len(keys.words), own.times)
        rows = place if own.rows is None else kernels.take(own.rows, place)
        latest = kernels.newest(offsets, history.time, rows)
        return Stream(history.time, latest, tell, Grouped(rows, offsets))

    def once(self, what: Hashable, make: Callable[[], T]) -> T:
        """Return what is the same for all features of these points, and made for the first that asks."""
        made: T = self._shared.get(what, make)
        return made

    def asked(self, key: str) -> Asked:
        """Return the points sorted by (key, as_of); a point without that key sees nothing."""
        asked: Asked = self._shared.get(
            ("asked", key), lambda: Asked.sort(self._keys(key), self.points.as_of)
        )
        return asked

    def _keys(self, key: str) -> Codes:
        return self.point_keys(key).codes if self.crossing is None else self.crossing.asked[key]

    @property
    def now(self) -> Codes:
        """The row of the last event of its ticket that each point sees, −1 where it sees none, int32 (n_points)."""
        now: Codes = self._shared.get("now", self._last_row)
        return now

    def _last_row(self) -> Codes:
        lo, hi = self._visible()
        rows: Codes = self.asked(TICKET).scatter(np.where(hi > lo, hi - np.int32(1), np.int32(-1)))
        return rows

    @property
    def _offsets(self) -> Codes:
        """Where the events of each ticket begin, int32 (n_tickets + 1)."""
        offsets: Codes = self._shared.get("offsets", lambda: self.notes.history.offsets.astype(np.int32))
        return offsets

    def state(self, name: str) -> Coded:
        """Return the state ``name`` of each point's ticket, as codes (n_points)."""
        coded = self.notes.codes(name)
        return Coded(kernels.taken_or(coded.codes, self.now, -1), coded.words)

    def attribute(self, name: str) -> Coded:
        """Return an attribute of each point's ticket, as codes (n_points)."""
        coded = self.notes.history.attribute(name)
        return Coded(kernels.taken_or(coded.codes, self.points.ticket, -1), coded.words)

    def event_keys(self, key: str, own: Stream) -> Coded:
        """Return the key of the events of a stream by ticket; words of tickets are not told."""
        if key == TICKET:
            return Coded(own.keys, ())
        if key == DESK:
            return Coded(np.zeros(len(own.keys), dtype=np.int32), (DESK,))
        if key.removesuffix("_before") in HOLDERS:
            coded = self.notes.codes(key)
            return Coded(own.gather(coded.codes), coded.words)
        coded = self.notes.history.attribute(key)
        return Coded(kernels.take(coded.codes, own.keys), coded.words)

    def point_keys(self, key: str) -> Coded:
        """Return the key of each point; words of tickets are not told."""
        if key == TICKET:
            return Coded(self.points.ticket, ())
        if key == DESK:
            return Coded(np.zeros(len(self.points), dtype=np.int32), (DESK,))
        return self.state(key) if key in HOLDERS else self.attribute(key)


def tell_of(notes: Annotations, told: Told) -> Any:
    """Return what is told of every event of a history."""
    form, what = told
    if isinstance(what, Filter):
        return what.mask(notes)
    return notes.value(what) if form == "value" else notes.codes(what)
