"""The primitives over a value that events have: its sum, mean, extremes, last and slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from boilover import kernels
from boilover.features.base import Aggregate
from boilover.features.crossing import Need
from boilover.features.filters import Filter, Known
from boilover.features.stream import Told, View
from boilover.features.view import DESK, Sight
from boilover.history import HOUR, Coded, Floats, Numbers
from boilover.times import parse_duration


@dataclass(frozen=True)
class Valued(Aggregate):
    """Base of the primitives that aggregate a value."""

    value: str = ""

    @property
    def subject(self) -> str:
        """The value, and the events where they are not all at which it is known."""
        return self.value if self.where is None else f"{self.value}_of_{self.where.name}"

    @property
    def reads(self) -> Filter:
        """The events at which the value is known, among ``where``."""
        known = Known(self.value)
        return known if self.where is None else self.where & known

    @property
    def told(self) -> tuple[Told, ...]:
        """The value."""
        return (("value", self.value),)


@dataclass(frozen=True)
class Sum(Valued):
    """The sum of a value."""

    verb: ClassVar[str] = "sum"

    def _aggregate(self, view: View) -> Floats:
        return view.total(self.value)


@dataclass(frozen=True)
class Mean(Valued):
    """The mean of a value, NaN over no event.

    With ``shrink`` it is drawn toward the desk's mean over the same window, as if so many more events had had that
    one (empirical Bayes, Efron & Morris 1975): the rate of a small group says little.
    """

    shrink: float | None = None

    verb: ClassVar[str] = "mean"

    @property
    def needs(self) -> tuple[Need, ...]:
        """The events, and those of the whole desk where they draw the mean."""
        desk = () if self.shrink is None else (Need(self.reads, DESK, None, self.told),)
        return (*super().needs, *desk)

    def compute(self, sight: Sight) -> Numbers | Coded:
        """Return the mean for each point."""
        window = None if self.window is None else parse_duration(self.window)
        view = sight.view(self.reads, self.key, window, self.event_key)
        if self.shrink is None:
            return view.asked.scatter(self._aggregate(view))
        desk = sight.view(self.reads, DESK, window)
        prior = view.asked.gather(desk.asked.scatter(self._aggregate(desk)))
        mean = kernels.shrunk(view.total(self.value), view.lo, view.hi, prior, self.shrink)
        return view.asked.scatter(mean)

    def _aggregate(self, view: View) -> Floats:
        return kernels.mean(view.total(self.value), view.lo, view.hi)


@dataclass(frozen=True)
class Max(Valued):
    """The greatest value, NaN over no event."""

    verb: ClassVar[str] = "max"

    def _aggregate(self, view: View) -> Floats:
        return _greatest(view.values(self.value), view)


@dataclass(frozen=True)
class Min(Valued):
    """The least value, NaN over no event."""

    verb: ClassVar[str] = "min"

    def _aggregate(self, view: View) -> Floats:
        return -_greatest(-view.values(self.value), view)


def _greatest(values: Floats, view: View) -> Floats:
    """Return the greatest of ``values`` that each point sees, NaN where it sees none."""
    if view.windowed:
        return kernels.greatest(values, view.first, view.lo, view.hi)
    return kernels.last(kernels.running_greatest(values, view.stream.starts), None, view.lo, view.hi, np.nan)


@dataclass(frozen=True)
class Last(Valued):
    """The last value; with ``where``, the value after the last such event, even if it is then missing."""

    verb: ClassVar[str] = "last"

    @property
    def reads(self) -> Filter:
        """The events of ``where``, or those at which the value is known."""
        return self.where or Known(self.value)

    def _aggregate(self, view: View) -> Numbers:
        return view.last(self.value)


@dataclass(frozen=True)
class Slope(Valued):
    """The least-squares slope of a value over time, per hour; NaN below two moments."""

    verb: ClassVar[str] = "slope"

    def _aggregate(self, view: View) -> Floats:
        offsets, times = view.stream.offsets, view.stream.times
        firsts = np.repeat(offsets[:-1], np.diff(offsets))
        x = (times - times[firsts]) / HOUR
        y = view.values(self.value)
        sx, sy, sxx, sxy = (
            kernels.sum_between(kernels.running_sum(term, view.stream.starts), view.first, view.lo, view.hi)
            for term in (x, y, x * x, x * y)
        )
        n = view.count
        spread = n * sxx - sx * sx
        # Below this, the spread is what is left of rounding: all events share one moment.
        spread[spread <= 1e-9 * n * sxx] = 0
        return np.divide(n * sxy - sx * sy, spread, where=spread > 0, out=np.full(len(n), np.nan))
