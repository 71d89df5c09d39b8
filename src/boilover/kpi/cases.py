"""The life of each ticket in a handful of moments and counts, from the annotations that features read too."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from boilover.annotations import Annotations
from boilover.history import HOUR, Coded, Floats, Ints
from boilover.standing import NEVER, first_escalations

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Cases:
    """n tickets that were created in [since, end]; moments are UTC microseconds, `NEVER` where it did not happen."""

    notes: Annotations
    ticket: npt.NDArray[np.int64]
    """Their codes in the history."""
    end: int

    @classmethod
    def of(cls, notes: Annotations, since: int | None = None) -> Cases:
        """Take the tickets that have events and were created at ``since`` or later."""
        history = notes.history
        some = np.diff(history.offsets) > 0
        if since is not None:
            some &= history.created >= since
        return cls(notes, np.flatnonzero(some & (history.created <= history.end)), history.end)

    def __len__(self) -> int:
        """Return how many tickets there are."""
        return len(self.ticket)

    @cached_property
    def created(self) -> Ints:
        """When each came into being."""
        return self.notes.history.created[self.ticket]

    @cached_property
    def escalated(self) -> Ints:
        """When each escalated first."""
        return first_escalations(self.notes.history)[self.ticket]

    @cached_property
    def has_escalated(self) -> Flags:
        """Which have escalated."""
        return self.escalated < NEVER

    @cached_property
    def followed(self) -> Ints:
        """For how long the log follows each, microseconds."""
        return self.end - self.created

    def first(self, flag: Flags, after: Ints | None = None) -> Ints:
        """Return when each had the first event of a kind, after a moment of its own where that is given."""
        history = self.notes.history
        if after is not None:
            limits = np.full(history.n_tickets, NEVER)
            limits[self.ticket] = after
            flag = flag & (history.time > limits[history.ticket])
        rows = np.flatnonzero(flag)
        return self.of_first(rows, history.time[rows], NEVER)

    def of_first(self, rows: Ints, told: npt.NDArray[Any], empty: float) -> npt.NDArray[Any]:
        """Return what is ``told`` of the first of some events that each had, as they are given; ``empty`` of none."""
        history = self.notes.history
        found = np.full(history.n_tickets, empty, dtype=told.dtype)
        found[history.ticket[rows[::-1]]] = told[::-1]
        return found[self.ticket]

    def count(self, flag: Flags) -> Ints:
        """Return how many events of a kind each had."""
        history = self.notes.history
        return np.bincount(history.ticket[flag], minlength=history.n_tickets)[self.ticket]

    def first_code(self, told: Coded) -> npt.NDArray[np.int32]:
        """Return the first word that each was given, as its code; −1 where none was."""
        rows = np.flatnonzero(told.codes >= 0)
        return self.of_first(rows, told.codes[rows], -1)

    @cached_property
    def open_at_end(self) -> Flags:
        """Which were neither solved, closed nor merged when the log ends."""
        return self.notes.flag("alive")[self.notes.history.offsets[self.ticket + 1] - 1]

    @cached_property
    def resolved(self) -> Ints:
        """When each was solved, closed or merged first."""
        return self.first(self.notes.flag("ceased_open"))

    @cached_property
    def breached(self) -> Ints:
        """When each first missed a service level that ran then."""
        history = self.notes.history
        due = self.notes.value("sla_due") * HOUR
        until = np.append(history.time[1:], self.end)
        until[history.offsets[1:][np.diff(history.offsets) > 0] - 1] = self.end
        # No target runs where due is not a number, and that is never less.
        missed = np.flatnonzero(due < until)
        return self.of_first(missed, np.maximum(due[missed].astype(np.int64), history.time[missed]), NEVER)

    @cached_property
    def promised(self) -> Flags:
        """Which were given a service level at some time."""
        return ~np.isnan(self.due)

    @cached_property
    def due(self) -> Floats:
        """When the first service level of each was to be kept, microseconds, NaN where it was given none."""
        due = self.notes.value("sla_due") * HOUR
        rows = np.flatnonzero(~np.isnan(due))
        return self.of_first(rows, due[rows], np.nan)

    @cached_property
    def satisfaction(self) -> Floats:
        """The last satisfaction score of each, 0 to 1, NaN where there is none."""
        scores = self.notes.value("csat")
        rows = np.flatnonzero(~np.isnan(scores))[::-1]
        return self.of_first(rows, scores[rows], np.nan)
