"""Annotations: facts about each event that use only events at or before it in its ticket.

An annotator is a function from `Annotations` to arrays, one value per event, registered under the names that it
yields. It runs when one of them is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.errors import UsageError
from boilover.history import Coded, Codes, History, Values
from boilover.mistakes import listed
from boilover.once import Once

Array = npt.NDArray[Any]
Annotator = Callable[["Annotations"], Mapping[str, "Array | Coded"]]

ANNOTATORS: dict[str, Annotator] = {}


@dataclass(frozen=True)
class Annotations:
    """A history and, on demand, its annotations.

    Flags are bool (n_events), values float64 (n_events) with NaN for missing, codes `Coded` (n_events).
    """

    history: History
    _made: Once = field(default_factory=Once, repr=False)

    def flag(self, name: str) -> npt.NDArray[np.bool_]:
        """Return whether each event is a ``name``, bool (n_events)."""
        return self._get(name, np.ndarray, np.bool_)

    def value(self, name: str) -> Values:
        """Return the value ``name`` after each event, float64, or float32 for measures of text (n_events)."""
        return self._get(name, np.ndarray, np.floating)

    def codes(self, name: str) -> Coded:
        """Return the state ``name`` after each event, as codes (n_events)."""
        return self._get(name, Coded, None)

    def _get(self, name: str, form: type, dtype: type | None) -> Any:
        if name not in ANNOTATORS:
            raise UsageError(f"there is no annotation '{name}'. There are: {listed(name, ANNOTATORS)}")
        annotator = ANNOTATORS[name]
        found = self._made.get(annotator, lambda: self._make(annotator))[name]
        if not isinstance(found, form) or (
            isinstance(found, np.ndarray) and not np.issubdtype(found.dtype, dtype)
        ):
            wanted = "codes" if dtype is None else "flags" if dtype is np.bool_ else "numbers"
            raise UsageError(f"annotation '{name}' holds no {wanted}, one per event")
        return found

    def _make(self, annotator: Annotator) -> Mapping[str, Array | Coded]:
        return annotator(self)

    def part(self, first: int, last: int) -> Annotations:
        """Return the annotations of the tickets ``first`` to ``last``, the latter left out; what is known is shared."""
        lo, hi = int(self.history.offsets[first]), int(self.history.offsets[last])
        return _Part(self.history.part(first, last), whole=self, lo=lo, hi=hi)


@dataclass(frozen=True)
class _Part(Annotations):
    """The annotations of some tickets, whose events are ``lo`` to ``hi`` of the whole."""

    whole: Annotations = field(kw_only=True, repr=False)
    lo: int = field(kw_only=True)
    hi: int = field(kw_only=True)

    def _make(self, annotator: Annotator) -> Mapping[str, Array | Coded]:
        known = self.whole._made.known(annotator)
        if known is None:
            return annotator(self)
        return {
            name: told.part(self.lo, self.hi) if isinstance(told, Coded) else told[self.lo : self.hi]
            for name, told in known.items()
        }


def places(history: History, flags: npt.NDArray[np.bool_]) -> tuple[Codes, Codes]:
    """Return the rows of flags, and their tickets."""
    rows = kernels.set_rows(flags)
    return rows, kernels.keys_at(history.offsets, rows)


def annotates(*names: str) -> Callable[[Annotator], Annotator]:
    """Register a function as the annotator of ``names``; it yields a mapping that holds each of them.

    Write your own in the same way; `boilover.future_edit_test` then guards any feature that uses it.
    """

    def register(annotator: Annotator) -> Annotator:
        for name in names:
            ANNOTATORS[name] = annotator
        return annotator

    return register
