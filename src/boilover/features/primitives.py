"""The primitives over events: how many, how long ago, how many different.

Those over a value are in `boilover.features.valued`. Each of the ten is one class and one kernel; all else about a
feature is in what it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from boilover import kernels
from boilover.errors import UsageError
from boilover.features.base import Aggregate
from boilover.features.filters import Filter, Known
from boilover.features.stream import Told, View
from boilover.history import HOUR, Floats, Numbers
from boilover.times import parse_duration


@dataclass(frozen=True)
class Count(Aggregate):
    """How many events."""

    verb: ClassVar[str] = "count"

    def _aggregate(self, view: View) -> Numbers:
        return view.count


@dataclass(frozen=True)
class SinceLast(Aggregate):
    """Hours since the last event, or since the moment ``at`` that it tells of (negative while that is to come).

    ``until`` names events that end it: the value is missing once one of them came later.
    """

    at: str | None = None
    until: Filter | None = None

    verb: ClassVar[str] = "hours_since"

    @property
    def subject(self) -> str:
        """The events, and what they tell of."""
        ends = f"_until_{self.until.name}" if self.until else ""
        return (self.at or super().subject) + ends

    @property
    def reads(self) -> Filter:
        """The events, and those that end it."""
        return super().reads | self.until if self.until else super().reads

    @property
    def told(self) -> tuple[Told, ...]:
        """What the event tells of, and whether it ends it."""
        at: tuple[Told, ...] = (("value", self.at),) if self.at else ()
        return (*at, ("passes", self.until)) if self.until else at

    def _aggregate(self, view: View) -> Floats:
        as_of = view.asked.as_of
        if self.at is not None:
            hours: Floats = as_of / HOUR - view.last(self.at)
        else:
            hours = kernels.since_last(view.stream.moments, view.lo, view.hi, as_of, HOUR, view.stream.rows)
        if self.until is not None:
            hours[view.last_passes(self.until)] = np.nan
        return hours


@dataclass(frozen=True)
class Decayed(Aggregate):
    """Events counted, or a value summed, each worth half as much for every ``half_life`` that passed since."""

    half_life: str = "24h"
    value: str | None = None

    verb: ClassVar[str] = "decayed"

    def __post_init__(self) -> None:
        """Refuse a window: the decay is the window."""
        parse_duration(self.half_life)
        if self.window is not None:
            raise UsageError("Decayed takes a half_life and no window")

    @property
    def subject(self) -> str:
        """What decays, and how fast."""
        what = (
            super().subject
            if self.value is None
            else "_of_".join(filter(None, (self.value, super().subject)))
        )
        return f"{what}_{self.half_life}"

    @property
    def reads(self) -> Filter:
        """The events, at which the value is known where there is one."""
        if self.value is None:
            return super().reads
        return Known(self.value) if self.where is None else self.where & Known(self.value)

    @property
    def told(self) -> tuple[Told, ...]:
        """The value, where there is one."""
        return () if self.value is None else (("value", self.value),)

    def _aggregate(self, view: View) -> Floats:
        stream, half_life = view.stream, float(parse_duration(self.half_life))
        values = None if self.value is None else stream.tell(("value", self.value))
        return kernels.decayed(
            values, stream.moments, stream.rows, view.lo, view.hi, view.asked.as_of, half_life
        )


@dataclass(frozen=True)
class Distinct(Aggregate):
    """How many different states: people, groups, assignees."""

    of: str = ""

    verb: ClassVar[str] = "distinct"

    @property
    def subject(self) -> str:
        """The state, and the events."""
        return f"{self.of}_of_{super().subject}" if self.where is not None else self.of

    @property
    def told(self) -> tuple[Told, ...]:
        """The state."""
        return (("codes", self.of),)

    def _aggregate(self, view: View) -> Floats:
        states = view.codes(self.of)
        if self.window is None:
            so_far = kernels.running_distinct(states.codes, len(states.words), view.stream.starts)
            return kernels.last(so_far, None, view.lo, view.hi, 0)
        return kernels.distinct(states.codes, len(states.words), view.first, view.lo, view.hi)
