"""How the risk of single tickets went, and what happened to them: some that escalated and some that did not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from boilover.annotations import Annotations
from boilover.history import HOUR, Codes, Floats
from boilover.measuring import Measured
from boilover.points import READY, Points, state_of
from boilover.standing import NEVER, first_escalations

DRAWN = 3
"""Tickets of each kind."""
STEPS = 40
"""Moments between creation and end, beside those of the events."""
MOST_EVENTS = 200
LANES = {
    "customer": ("customer_message",),
    "agent": ("agent_reply",),
    "handoff": ("handoff",),
    "reopened": ("reopened",),
    "priority raised": ("priority_raised",),
}
"""Annotations by the lane in which they are drawn."""


class Course(NamedTuple):
    """One ticket: its risk at some ages in hours, and the ages at which things happened, by lane."""

    ticket_id: str
    ages: Floats
    risk: Floats
    """NaN while it was not at risk, such as solved."""
    events: dict[str, Floats]
    escalated: float | None


def choose(measured: Measured, since: int, rng: np.random.Generator) -> Codes:
    """Draw tickets that began after ``since``, half of them such that escalated; there may be none."""
    history = measured.notes.history
    fresh = np.unique(measured.points.ticket)
    fresh = fresh[history.begun[fresh] > since]
    # Of tickets to which little happened there is nothing to see.
    events = np.diff(history.offsets)[fresh]
    fresh = fresh[events >= np.median(events)] if len(fresh) else fresh
    boiled = first_escalations(measured.notes.history)[fresh] != NEVER
    drawn = [rng.permutation(fresh[which])[:DRAWN] for which in (boiled, ~boiled)]
    return np.concatenate(drawn).astype(np.int32)


def moments(notes: Annotations, tickets: Codes) -> Points:
    """Return moments of the tickets' lives: around events, and in even steps."""
    parts = [_moments(notes, int(ticket)) for ticket in tickets]
    codes = np.repeat(tickets, [len(part) for part in parts]).astype(np.int32)
    return Points(codes, np.concatenate([*parts, np.empty(0, dtype=np.int64)]).astype(np.int64))


def courses(notes: Annotations, points: Points, risk: Floats) -> Sequence[Course]:
    """Return the course of each ticket of ``points`` (n), whose risks (n) these are; the escalated first."""
    if not len(points):
        return []
    shown = np.where(state_of(notes.history, points) == READY, risk, np.nan)
    return [_course(notes, ticket, points, shown) for ticket in dict.fromkeys(points.ticket.tolist())]


def _moments(notes: Annotations, ticket: int) -> npt.NDArray[np.int64]:
    history = notes.history
    times = history.time[history.offsets[ticket] : history.offsets[ticket + 1]][:MOST_EVENTS]
    end = min(int(first_escalations(notes.history)[ticket]) - 1, int(times[-1]))
    steps = np.linspace(times[0], end, STEPS).astype(np.int64)
    # Just before an event and right after it: the risk leaps there.
    found: npt.NDArray[np.int64] = np.unique(np.concatenate([times - 1, times, steps, [end]]))
    return found[(found >= history.begun[ticket]) & (found <= end)]


def _course(notes: Annotations, ticket: int, points: Points, risk: Floats) -> Course:
    history = notes.history
    own = points.ticket == ticket
    born = int(history.begun[ticket])
    rows = np.arange(history.offsets[ticket], history.offsets[ticket + 1])
    escalated = int(first_escalations(notes.history)[ticket])
    ages = (points.as_of[own] - born) / HOUR
    rows = rows[(history.time[rows] - born) / HOUR <= ages[-1]]
    events = {
        lane: (history.time[rows[np.any([notes.flag(flag)[rows] for flag in flags], axis=0)]] - born) / HOUR
        for lane, flags in LANES.items()
    }
    return Course(
        str(history.ticket_ids[ticket].as_py()),
        ages,
        risk[own],
        events,
        None if escalated == NEVER else (escalated - born) / HOUR,
    )
