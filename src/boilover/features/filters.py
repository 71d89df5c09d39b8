"""Filters: which events an aggregate reads. A filter is a small frozen value that tells its own name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boilover.annotations import Annotations
from boilover.errors import UsageError
from boilover.history import KINDS
from boilover.schema import ROLES

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Filter:
    """Base of all filters; combine them with ``&``, ``|`` and ``~``."""

    @property
    def name(self) -> str:
        """The filter's part of a column name."""
        raise NotImplementedError

    def mask(self, notes: Annotations) -> Mask:
        """Return which events pass, bool (n_events)."""
        raise NotImplementedError

    def __and__(self, other: Filter) -> Filter:
        """Return the filter that asks for both."""
        return Both(self, other)

    def __or__(self, other: Filter) -> Filter:
        """Return the filter that asks for either."""
        return Either(self, other)

    def __invert__(self) -> Filter:
        """Return the filter that asks for the contrary."""
        return Not(self)


@dataclass(frozen=True)
class Flag(Filter):
    """Events that an annotation flags, such as ``Flag("reopened")``."""

    flag: str

    @property
    def name(self) -> str:
        """The flag's name."""
        return self.flag

    def mask(self, notes: Annotations) -> Mask:
        """Return the flag."""
        return notes.flag(self.flag)


@dataclass(frozen=True)
class Known(Filter):
    """Events at which a value is known."""

    value: str

    @property
    def name(self) -> str:
        """The value's name."""
        return f"known_{self.value}"

    def mask(self, notes: Annotations) -> Mask:
        """Return where the value is not NaN."""
        values = notes.value(self.value)
        # NaN alone is not what it is: one look at each value instead of two.
        known: Mask = values == values
        return known


@dataclass(frozen=True)
class Match(Filter):
    """Events whose columns hold the given words, such as ``Match("field_changed", field="impact", value="1")``."""

    event_type: str | None = None
    value: str | None = None
    field: str | None = None
    role: str | None = None

    @property
    def name(self) -> str:
        """The words asked for, joined; a type alone is marked: it may be called like a flag."""
        if self.event_type is not None and (self.field, self.value, self.role) == (None, None, None):
            return f"event_{self.event_type}"
        return "_".join(
            word for word in (self.event_type, self.field, self.value, self.role) if word is not None
        )

    def mask(self, notes: Annotations) -> Mask:
        """Return where every given column holds its word."""
        history = notes.history
        passed = np.ones(len(history.time), dtype=bool)
        if self.event_type is not None:
            if self.event_type in KINDS:
                passed &= history.kind == KINDS[self.event_type]
            else:
                coded = history.coded("event_type")
                passed &= coded.codes == coded.where(self.event_type)
        for column, word in (("value", self.value), ("field", self.field)):
            if word is not None:
                coded = history.coded(column)
                passed &= coded.codes == coded.where(word)
        if self.role is not None:
            if self.role not in ROLES:
                raise UsageError(f"'{self.role}' is no role. Roles are {', '.join(ROLES)}")
            passed &= history.roles == ROLES.index(self.role)
        return passed


@dataclass(frozen=True)
class Both(Filter):
    """Events that pass both filters."""

    left: Filter
    right: Filter

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.left.name}_and_{self.right.name}"

    def mask(self, notes: Annotations) -> Mask:
        """Return where both pass."""
        return self.left.mask(notes) & self.right.mask(notes)


@dataclass(frozen=True)
class Either(Filter):
    """Events that pass either filter."""

    left: Filter
    right: Filter

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.left.name}_or_{self.right.name}"

    def mask(self, notes: Annotations) -> Mask:
        """Return where either passes."""
        return self.left.mask(notes) | self.right.mask(notes)


@dataclass(frozen=True)
class Not(Filter):
    """Events that do not pass a filter."""

    inner: Filter

    @property
    def name(self) -> str:
        """The inner name, denied."""
        return f"not_{self.inner.name}"

    def mask(self, notes: Annotations) -> Mask:
        """Return where the inner filter does not pass."""
        return ~self.inner.mask(notes)
