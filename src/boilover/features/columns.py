"""Features that are no aggregates: states, attributes, the calendar, and two ways to combine features."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from boilover import kernels
from boilover.errors import UsageError
from boilover.features.base import Feature
from boilover.features.crossing import Need
from boilover.features.filters import Match
from boilover.features.view import TICKET, Sight
from boilover.history import HOUR, Coded, Floats, Ints, Numbers
from boilover.points import DAY

NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True)
class OfTicket(Feature):
    """Base of features that read nothing of other tickets."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """Nothing."""
        return ()


@dataclass(frozen=True)
class State(OfTicket):
    """The state that the ticket is in, as a category: status, assignee, group, priority."""

    of: str

    @property
    def name(self) -> str:
        """The state's own name."""
        return self.of

    def compute(self, sight: Sight) -> Coded:
        """Return the state after the last event that each point sees."""
        return sight.state(self.of)


@dataclass(frozen=True)
class FieldState(OfTicket):
    """The last value of a field that can change, as a category."""

    field: str

    @property
    def name(self) -> str:
        """The field's name, set apart from attributes."""
        return f"field_{self.field}"

    def compute(self, sight: Sight) -> Coded:
        """Return the field's value after the last change that each point sees."""
        view = sight.view(Match("field_changed", field=self.field), "ticket", None)
        last = view.last_code("new_value")
        return Coded(view.asked.scatter(last.codes), last.words)


@dataclass(frozen=True)
class Attribute(OfTicket):
    """An attribute fixed at creation: a category, or a number where the tickets table holds numbers."""

    column: str

    @property
    def name(self) -> str:
        """The attribute's name, set apart from states."""
        return f"ticket_{self.column}"

    def compute(self, sight: Sight) -> Numbers | Coded:
        """Return the attribute of each point's ticket."""
        attributes = sight.notes.history.attributes
        if self.column in attributes.column_names and is_number(attributes[self.column].type):
            values = attributes[self.column].cast(pa.float64()).to_numpy()
            return np.where(sight.points.ticket >= 0, values[sight.points.ticket], np.nan)
        return sight.attribute(self.column)


@dataclass(frozen=True)
class Calendar(OfTicket):
    """Hour of the day (with its fraction) or day of the week (0 Monday), UTC, of the point or of the creation.

    That is the ticket's first event; NaN where none is visible.
    """

    part: Literal["hour", "weekday"]
    of: Literal["now", "creation"] = "now"

    @property
    def name(self) -> str:
        """The part, and of what."""
        return f"{self.part}_of_{self.of}"

    def compute(self, sight: Sight) -> Floats:
        """Return the part of each point's moment."""
        moments = sight.points.as_of
        if self.of == "creation":
            moments = _creation(sight)
        told: Floats = _hour(moments) if self.part == "hour" else _weekday(moments)
        return told


def _creation(sight: Sight) -> Ints:
    """Return when each point's ticket came into being; `NEVER` where the point sees no event."""
    moments: Ints = np.where(sight.now >= 0, sight.notes.history.begun[sight.points.ticket], NEVER)
    return moments


@kernels.compiled
def _hour(moments: Ints) -> Floats:
    out = np.empty(len(moments), np.float64)
    for i in range(len(moments)):
        out[i] = np.nan if moments[i] == NEVER else (moments[i] - moments[i] // DAY * DAY) / HOUR
    return out


@kernels.compiled
def _weekday(moments: Ints) -> Floats:
    out = np.empty(len(moments), np.float64)
    for i in range(len(moments)):
        # 1970-01-01 was a Thursday.
        out[i] = np.nan if moments[i] == NEVER else (moments[i] // DAY + 3) % 7
    return out


@dataclass(frozen=True)
class Combined(Feature):
    """Base of features made of two others."""

    left: Feature
    right: Feature

    @property
    def shares(self) -> Hashable:
        """What the left feature reads."""
        return self.left.shares

    @property
    def needs(self) -> tuple[Need, ...] | None:
        """What both read; that is not told where one of them is no aggregate and the other crosses tickets."""
        both = [each.needs for each in (self.left, self.right)]
        told = tuple(need for needs in both if needs is not None for need in needs)
        whole = all(both) or (None not in both and all(need.key == TICKET for need in told))
        return told if whole else None

    def _operands(self, sight: Sight) -> tuple[Floats, Floats]:
        left, right = self.left.compute(sight), self.right.compute(sight)
        if isinstance(left, Coded) or isinstance(right, Coded):
            raise UsageError(f"{self.name} combines a category; only numbers can be combined")
        return left.astype(np.float64, copy=False), right.astype(np.float64, copy=False)


@dataclass(frozen=True)
class Difference(Combined):
    """The left feature less the right one."""

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.left.name}_less_{self.right.name}"

    def compute(self, sight: Sight) -> Floats:
        """Return the difference for each point."""
        left, right = self._operands(sight)
        return left - right


@dataclass(frozen=True)
class Ratio(Combined):
    """The left feature over the right one, NaN where the right one is 0."""

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.left.name}_per_{self.right.name}"

    def compute(self, sight: Sight) -> Floats:
        """Return the ratio for each point."""
        left, right = self._operands(sight)
        return np.divide(left, right, where=right != 0, out=np.full_like(left, np.nan))


def is_number(kind: pa.DataType) -> bool:
    """Return whether a column of this type is a numeric feature, not a category."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))
