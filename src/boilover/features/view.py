"""What points may see: streams of events by key, and for each point the range of them that is visible."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations import Annotations
from boilover.features.filters import Filter, Flag
from boilover.history import Coded, Codes, Floats, Ints
from boilover.points import Points

TICKET, DESK = "ticket", "desk"
HOLDERS = ("assignee", "group")


@dataclass(frozen=True)
class Stream:
    """Events that pass a filter, sorted by (key, time): their rows in the history, times, and each key's offsets."""

    rows: Ints
    times: Ints
    offsets: Ints


@dataclass(frozen=True)
class Asked:
    """Points sorted by (key, as_of): ``order`` int64 leads back to the order in which they were asked."""

    order: Ints
    keys: Ints
    as_of: Ints

    def scatter(self, result: Floats) -> Floats:
        """Return ``result``, one value per sorted point, in the order in which the points were asked."""
        out = np.empty_like(result)
        out[self.order] = result
        return out


@dataclass(frozen=True)
class View:
    """A stream and what each point may see of it: events ``lo:hi``, of its key's events that begin at ``first``."""

    notes: Annotations
    stream: Stream
    asked: Asked
    first: Ints
    lo: Ints
    hi: Ints

    def values(self, name: str) -> Floats:
        """Return the value ``name`` at each event of the stream, float64."""
        return self.notes.value(name)[self.stream.rows]

    def codes(self, name: str) -> Codes:
        """Return the state ``name`` after each event of the stream, int32."""
        return self.notes.codes(name).codes[self.stream.rows]

    def last(self, values: Floats, empty: float) -> Floats:
        """Return the value at the last visible event of each point, ``empty`` where it sees none."""
        out = np.full(len(self.hi), empty)
        some = self.hi > self.lo
        out[some] = values[self.hi[some] - 1]
        return out

    @property
    def count(self) -> Floats:
        """How many events each point sees, float64."""
        return (self.hi - self.lo).astype(np.float64)


@dataclass(frozen=True)
class Sight:
    """A history, the points asked of it, and the views that features take; streams and sortings are kept."""

    notes: Annotations
    points: Points
    _asked: dict[str, Asked] = field(default_factory=dict, repr=False)

    def view(self, where: Filter, key: str, window: int | None, event_key: str | None = None) -> View:
        """Return what the points see of the events that pass ``where``, by ``key``, within ``window`` microseconds."""
        stream, asked = self.stream(where, event_key or key), self.asked(key)
        first, hi = kernels.visible(stream.offsets, stream.times, asked.keys, asked.as_of)
        lo = first if window is None else kernels.within(stream.times, first, hi, asked.as_of, window)
        return View(self.notes, stream, asked, first, lo, hi)

    def stream(self, where: Filter, key: str) -> Stream:
        """Return the events that pass ``where``, sorted by (key, time, ticket, arrival)."""
        history = self.notes.history
        mask = where.mask(self.notes)
        rows, offsets = kernels.select(mask, history.offsets)
        times = history.time[rows]
        if key != TICKET:
            keys, n_keys = self._event_keys(key)
            order = rows[np.argsort(times, kind="stable")]
            rows, offsets = kernels.group_by_key(keys, order, n_keys)
            times = history.time[rows]
        return Stream(rows, times, offsets)

    def asked(self, key: str) -> Asked:
        """Return the points sorted by (key, as_of); a point without that key sees nothing."""
        if key not in self._asked:
            keys = self._point_keys(key)
            order = np.lexsort((self.points.as_of, keys))
            self._asked[key] = Asked(order, keys[order], self.points.as_of[order])
        return self._asked[key]

    @cached_property
    def now(self) -> Ints:
        """The row of the last event of its ticket that each point sees, −1 where it sees none, int64 (n_points)."""
        history = self.notes.history
        asked = self.asked(TICKET)
        lo, hi = kernels.visible(history.offsets, history.time, asked.keys, asked.as_of)
        out = np.empty(len(hi), dtype=np.int64)
        out[asked.order] = np.where(hi > lo, hi - 1, -1)
        return out

    def state(self, name: str) -> Coded:
        """Return the state ``name`` of each point's ticket, as codes (n_points)."""
        coded = self.notes.codes(name)
        return Coded(np.where(self.now >= 0, coded.codes[self.now], -1).astype(np.int32), coded.words)

    def attribute(self, name: str) -> Coded:
        """Return an attribute of each point's ticket, as codes (n_points)."""
        coded = self.notes.history.attribute(name)
        known = self.points.ticket >= 0
        return Coded(np.where(known, coded.codes[self.points.ticket], -1).astype(np.int32), coded.words)

    def _event_keys(self, key: str) -> tuple[npt.NDArray[np.int32], int]:
        history = self.notes.history
        if key == DESK:
            return np.zeros(len(history.time), dtype=np.int32), 1
        if key.removesuffix("_before") in HOLDERS:
            coded = self.notes.codes(key)
            return coded.codes, len(coded.words)
        coded = history.attribute(key)
        return coded.codes[history.ticket], len(coded.words)

    def _point_keys(self, key: str) -> Ints:
        if key == TICKET:
            return self.points.ticket.astype(np.int64)
        if key == DESK:
            return np.zeros(len(self.points.ticket), dtype=np.int64)
        coded = self.state(key) if key in HOLDERS else self.attribute(key)
        return coded.codes.astype(np.int64)


ANY = Flag("any_event")
