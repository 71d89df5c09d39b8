"""Streams of events by key, and what points see of them: ranges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.features.filters import Filter
from boilover.history import Bytes, Coded, Codes, Floats, Ints, Values
from boilover.points import Asked

Told = tuple[Literal["value", "codes", "passes"], str | Filter]
"""What is told of each event: the value or the state of an annotation's name, or whether it passes a filter."""
Tell = Callable[[Told], Any]
"""Returns what is told of events: an array, or `Coded` for a state."""


@dataclass(frozen=True)
class Grouped:
    """Events by key: where each stands among those that were gathered, none where that is the same order, int32."""

    rows: Codes | None
    offsets: Codes


@dataclass(frozen=True)
class Stream:
    """Events that pass a filter, sorted by (key, time).

    ``moments`` are the times, and ``tell`` returns what else is told, of events in the order in which they were
    gathered; ``among`` tells where the events of the stream stand among those. No event of a key is later than
    ``latest`` tells of it.
    """

    moments: Ints
    latest: Ints
    tell: Tell
    among: kernels.Picked | Grouped
    sums: dict[str, Floats] = field(default_factory=dict, repr=False)
    """Prefix sums of the values that were asked for so far."""

    @property
    def rows(self) -> Codes | None:
        """Where each event stands among those that were gathered, int32; none where that is the same order."""
        return self.among.rows

    @property
    def offsets(self) -> Codes:
        """Where the events of each key begin, int32 (n_keys + 1)."""
        offsets: Codes = self.among.offsets
        return offsets

    @property
    def places(self) -> Codes:
        """Where each event of the stream stands among those that were gathered, int32 (n_events)."""
        return np.arange(len(self.moments), dtype=np.int32) if self.rows is None else self.rows

    @cached_property
    def times(self) -> Ints:
        """When each event of the stream was."""
        return self.gather(self.moments)

    @cached_property
    def starts(self) -> Bytes:
        """1 at the first event of each key, else 0, int8 (n_events)."""
        starts: Bytes = kernels.starts_of(self.offsets)
        return starts

    @cached_property
    def keys(self) -> Codes:
        """The key of each event, int32 (n_events)."""
        keys: Codes = kernels.keys_of(self.offsets)
        return keys

    def gather(self, told: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return what is ``told`` of each event, in the order of the stream."""
        gathered: npt.NDArray[Any] = told if self.rows is None else kernels.take(told, self.rows)
        return gathered


@dataclass(frozen=True)
class View:
    """A stream and what each point may see of it: events ``lo:hi``, of its key's events that begin at ``first``."""

    stream: Stream
    asked: Asked
    first: Codes
    lo: Codes
    hi: Codes

    def values(self, name: str) -> Floats:
        """Return the value ``name`` at each event of the stream, float64."""
        return self.stream.gather(self.stream.tell(("value", name))).astype(np.float64, copy=False)

    def total(self, name: str) -> Floats:
        """Return the sum of the value ``name`` over what each point sees, float64."""
        stream = self.stream
        if name not in stream.sums:
            told = stream.tell(("value", name))
            stream.sums[name] = kernels.running_sum(told, stream.starts, stream.rows)
        return kernels.sum_between(stream.sums[name], self.first, self.lo, self.hi)

    def codes(self, name: str) -> Coded:
        """Return the state ``name`` after each event of the stream, as codes."""
        coded = self.stream.tell(("codes", name))
        return Coded(self.stream.gather(coded.codes), coded.words)

    def last(self, name: str) -> Values:
        """Return the value ``name`` at the last event that each point sees, NaN where it sees none."""
        return self._last(self.stream.tell(("value", name)), np.nan)

    def last_code(self, name: str) -> Coded:
        """Return the state ``name`` after the last event that each point sees, as codes, −1 where it sees none."""
        coded = self.stream.tell(("codes", name))
        return Coded(self._last(coded.codes, -1), coded.words)

    def last_passes(self, where: Filter) -> npt.NDArray[np.bool_]:
        """Return whether the last event that each point sees passes a filter; false where it sees none."""
        return self._last(self.stream.tell(("passes", where)), False)

    @property
    def windowed(self) -> bool:
        """Whether points may not see the first events of their key."""
        return self.lo is not self.first

    @property
    def count(self) -> Codes:
        """How many events each point sees, int32."""
        counts: Codes = self.hi - self.lo
        return counts

    def _last(self, told: npt.NDArray[Any], empty: float) -> npt.NDArray[Any]:
        return kernels.last(told, self.stream.rows, self.lo, self.hi, empty)
