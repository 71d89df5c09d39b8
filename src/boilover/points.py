"""Points: questions of the form "this ticket, as of this moment"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover import kernels
from boilover.casting import as_strings
from boilover.conform import from_frame
from boilover.errors import InputError
from boilover.history import HOUR, Codes, Floats, History, Ints
from boilover.standing import first_escalations, standing
from boilover.times import read_iso

AGES = tuple(float(24 * days) for days in (0, 1, 2, 4, 7, 14, 30, 60, 90, 180, 365))
AGES_HOURS = (0.0, 1.0, 8.0, *AGES[1:])
"""Ages in hours at which training asks about each ticket."""
NIGHT_HOUR = 6
DAY = 24 * HOUR

READY, UNKNOWN, NOT_CREATED, ESCALATED, SOLVED, CENSORED = range(6)
REASONS = ("", "unknown ticket", "not yet created", "already escalated", "solved", "censored")


@dataclass(frozen=True)
class Points:
    """``ticket`` int32 (n_points): codes of a `History`, −1 unknown. ``as_of`` int64 (n_points): UTC microseconds."""

    ticket: Codes
    as_of: Ints

    def __len__(self) -> int:
        """Return how many questions there are."""
        return len(self.ticket)

    def take(self, rows: npt.NDArray[np.bool_] | Ints) -> Points:
        """Return the points at ``rows``, a mask or positions."""
        return Points(self.ticket[rows], self.as_of[rows])

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, history: History, *, source: object = None) -> Points:
        """Read points from a frame with columns ticket_id and as_of (times; texts in ISO 8601; UTC where naive)."""
        for column in ("ticket_id", "as_of"):
            if column not in frame.columns:
                held = ", ".join(map(str, frame.columns)) or "none"
                raise InputError(
                    f"required column is missing; there are: {held}",
                    file=source,
                    column=column,
                    mend="Points are rows of ticket_id, as_of",
                )
        times = read_iso(frame["as_of"])
        if times.isna().any():
            row = int(np.argmax(times.isna()))
            raise InputError(
                "cannot be read as time",
                file=source,
                column="as_of",
                row=row + 1,
                value=str(frame["as_of"].iloc[row]),
                mend="Write ISO 8601 such as 2026-03-03T06:00:00Z",
            )
        ids = as_strings(from_frame(frame[["ticket_id"]])["ticket_id"].combine_chunks())
        as_of = np.asarray(times.dt.as_unit("us").astype(np.int64), dtype=np.int64)
        return cls(history.find(ids), as_of)


@dataclass(frozen=True)
class Asked:
    """The different questions that points ask, sorted by (key, as_of).

    ``place`` tells which of them each point asks; none where every point asks its own, in this order.
    """

    place: Codes | None
    keys: Codes
    as_of: Ints

    @classmethod
    def sort(cls, keys: Codes, as_of: Ints) -> Asked:
        """Sort points by their ``keys`` (int32, −1 none) and ``as_of``; those that ask the same are asked once."""
        if kernels.ascends(keys, as_of):
            return cls(None, keys, as_of)
        if as_of.min() == as_of.max():
            occurs = np.diff(kernels.offsets_of(keys + np.int32(1), int(keys.max()) + 2)) > 0
            rank = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
            asked = np.flatnonzero(occurs).astype(np.int32) - np.int32(1)
            return cls(kernels.take(rank, keys + np.int32(1)), asked, np.full(len(asked), as_of[0]))
        # Points without a key come first.
        order, _ = kernels.in_key_order(keys + np.int32(1), int(keys.max()) + 2, as_of)
        first, place = kernels.different(order, keys, as_of)
        return cls(place, kernels.take(keys, first), kernels.take(as_of, first))

    @cached_property
    def first(self) -> Codes | None:
        """A point that asks each question, int32; none where every point asks its own."""
        if self.place is None:
            return None
        first = np.empty(len(self.keys), dtype=np.int32)
        first[self.place] = np.arange(len(self.place), dtype=np.int32)
        return first

    def gather(self, told: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return what is ``told`` of points, for each question that they ask."""
        gathered: npt.NDArray[Any] = told if self.first is None else kernels.take(told, self.first)
        return gathered

    def scatter(self, result: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return ``result``, one value per question, in the order in which the points were asked."""
        if self.place is None:
            return result
        scattered: npt.NDArray[Any] = kernels.take(result, self.place)
        return scattered


def state_of(history: History, points: Points) -> npt.NDArray[np.int8]:
    """Return whether each point can be asked, int8 (n_points): ``READY`` or why not, a position in ``REASONS``."""
    asked = Asked.sort(points.ticket, points.as_of)
    keys, as_of = asked.keys, asked.as_of
    lo, hi = kernels.visible(history.offsets.astype(np.int32), history.time, history.newest, keys, as_of)
    at_risk, escalated = standing(history, lo, hi)
    state = np.full(len(keys), READY, dtype=np.int8)
    state[~at_risk] = SOLVED
    state[escalated] = ESCALATED
    state[hi == lo] = NOT_CREATED
    state[keys < 0] = UNKNOWN
    return asked.scatter(state)


def ages_of(history: History, points: Points) -> Floats:
    """Return how old each ticket is, hours (n_points), counted from its first event."""
    hours: Floats = (points.as_of - history.begun[points.ticket]) / HOUR
    return hours


def fixed_ages(history: History, ages: tuple[float, ...] = AGES_HOURS, until: int | None = None) -> Points:
    """Ask about every ticket at fixed ages, in hours after its first event, while at risk; nothing after ``until``.

    These are the landmarks of van Houwelingen & Putter (2011).
    """
    until = history.end if until is None else until
    born = np.flatnonzero(history.begun <= until)
    steps = np.array([round(age * HOUR) for age in ages], dtype=np.int64)
    as_of = (history.begun[born, None] + steps[None, :]).ravel()
    points = Points(np.repeat(born, len(steps)).astype(np.int32), as_of)
    points = points.take(as_of <= until)
    return points.take(state_of(history, points) == READY)


def nightly(history: History, since: int, until: int, hour: int = NIGHT_HOUR) -> Points:
    """Ask about every ticket at risk on each night from ``since`` to ``until``, at ``hour`` o'clock UTC."""
    first = -(-(since - hour * HOUR) // DAY)
    last = (until - hour * HOUR) // DAY
    born = np.flatnonzero(history.begun <= until)
    start = np.maximum(first, -(-(history.begun[born] - hour * HOUR) // DAY))
    over = ends_of(history)[born]
    stop = np.minimum(last, np.where(over < until, -(-(over - hour * HOUR) // DAY), last))
    nights = np.maximum(stop - start + 1, 0)
    ticket = np.repeat(born, nights).astype(np.int32)
    within = np.arange(nights.sum()) - np.repeat(np.cumsum(nights) - nights, nights)
    points = Points(ticket, (np.repeat(start, nights) + within) * DAY + hour * HOUR)
    return points.take(state_of(history, points) == READY)


def landmarks(history: History, ages: Sequence[float] | None) -> Points:
    """Ask about the past in order of time: at fixed ages in hours, or every night of the log where there are none."""
    points = (
        nightly(history, int(history.time.min()), history.end)
        if ages is None
        else fixed_ages(history, tuple(ages))
    )
    return points.take(np.argsort(points.as_of, kind="stable"))


def tonight(history: History, as_of: int) -> Points:
    """Ask about every ticket that is at risk at ``as_of``, one point each."""
    born = np.flatnonzero(history.begun <= as_of).astype(np.int32)
    points = Points(born, np.full(len(born), as_of, dtype=np.int64))
    return points.take(state_of(history, points) == READY)


def ends_of(history: History) -> Ints:
    """Return the moment after which each ticket is never at risk again, the far future where it still is."""
    first, end = history.offsets[:-1].astype(np.int32), history.offsets[1:].astype(np.int32)
    at_risk, _ = standing(history, first, end)
    over = np.flatnonzero(~at_risk)
    ends = first_escalations(history)
    ends[over] = np.minimum(ends[over], history.time[end[over] - 1])
    return ends
