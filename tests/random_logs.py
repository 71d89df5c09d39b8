"""What tests share: random logs full of ties and gaps, points on the edge of events, and the shared data."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd

from boilover.escalation import EscalationRule, declare
from boilover.history import HOUR, History
from boilover.log import EventLog
from boilover.points import Points
from boilover.schema import AtRiskUntil

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
BASE = pd.Timestamp("2026-01-05T06:00Z").value // 1000
DAY = 24 * HOUR
AT_RISK_UNTIL: tuple[AtRiskUntil, ...] = get_args(AtRiskUntil)

TYPES = [
    "message", "message", "message", "status_changed", "status_changed", "assignee_changed", "group_changed",
    "priority_changed", "sla_due", "csat", "field_changed", "escalated", "merged", "created", "chime",
]  # fmt: skip
CHANCES = np.array([14, 14, 14, 12, 12, 10, 8, 8, 5, 3, 5, 1.5, 0.7, 0.6, 4])
VALUES: dict[str, list[str | None]] = {
    "status_changed": ["new", "open", "open", "pending", "on_hold", "solved", "closed", "escalating", None],
    "assignee_changed": ["ann", "bob", "cem", None],
    "group_changed": ["tier 1", "tier 2", "tier 3", None],
    "priority_changed": ["low", "normal", "high", "urgent", "P1", "3 - Moderate", "odd", None],
    "sla_due": ["first_reply", "resolution", None],
    "escalated": ["functional", None],
    "field_changed": ["yes", "no", "3", None],
    "chime": ["ding", None],
}
ACTORS = ["ann", "bob", "cem", "c0", "c1", "c2", "robot", None]
ROLE = ["customer", "agent", "bot", "system", "visitor", None, None, None]
# Steps hit the edges of the windows of 24 hours and 7 days, and stand still often.
STEPS = np.array([0, 0, 0, 0, HOUR // 60, HOUR, 6 * HOUR, DAY, DAY, 3 * DAY, 7 * DAY])


def pick(rng: np.random.Generator, among: list[str | None]) -> str | None:
    """Return one of ``among``: a plain value, not a NumPy scalar."""
    return among[rng.integers(len(among))]


def random_frames(
    seed: int, n_tickets: int = 25, mean_events: int = 14, *, late: bool = True, steps: np.ndarray = STEPS
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return events and tickets as frames, events of different tickets mixed, of one ticket in order."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for ticket in range(n_tickets):
        n_events = 0 if rng.random() < 0.08 else 1 + int(rng.poisson(mean_events))
        now = BASE + int(rng.integers(0, 60)) * DAY
        for position in range(n_events):
            now += int(rng.choice(steps)) if position else 0
            first = position == 0 and rng.random() < 0.85
            rows.append(_row(rng, f"t{ticket:03d}", now, "created" if first else None, late))
    events = pd.DataFrame(rows)
    # Interleave the tickets: the order within each ticket stays.
    events = events.iloc[np.argsort(_interleave(rng, events["ticket_id"].to_numpy()), kind="stable")]
    listed = [f"t{ticket:03d}" for ticket in rng.permutation(n_tickets) if rng.random() < 0.95 or ticket < 2]
    tickets = pd.DataFrame(
        {
            "ticket_id": listed,
            "customer_id": [pick(rng, ["c0", "c1", "c2", None]) for _ in listed],
            "account_id": [pick(rng, ["a0", "a1", None]) for _ in listed],
            "channel": [pick(rng, ["mail", "phone", None]) for _ in listed],
            "subject": [f"{name} does not work" for name in listed],
            "seats": [float(rng.integers(1, 50)) if rng.random() < 0.8 else np.nan for _ in listed],
            "vip": [bool(rng.random() < 0.3) for _ in listed],
        }
    )
    return events.reset_index(drop=True), tickets


def _row(
    rng: np.random.Generator, ticket_id: str, now: int, kind: str | None, late: bool
) -> dict[str, object]:
    kind = kind or str(rng.choice(TYPES, p=CHANCES / CHANCES.sum()))
    is_message, is_late = kind == "message", late and rng.random() < 0.2
    occurred = now - int(rng.integers(1, 48)) * HOUR if is_late else now
    number: float = np.nan
    if kind == "csat" and rng.random() < 0.8:
        number = round(float(rng.random()), 2)
    elif kind == "sla_due":
        number = float(rng.integers(1, 200)) if rng.random() < 0.5 else np.nan
        if np.isnan(number):
            is_late, occurred = True, now + int(rng.integers(-5, 200)) * HOUR
    measured = is_message and rng.random() < 0.8
    return {
        "ticket_id": ticket_id,
        "occurred_at": pd.Timestamp(occurred * 1000, tz="UTC"),
        "observed_at": pd.Timestamp(now * 1000, tz="UTC") if is_late or rng.random() < 0.3 else pd.NaT,
        "event_type": kind,
        "value": pick(rng, VALUES.get(kind, [None])),
        "field": pick(rng, ["impact", "tag", None]) if kind == "field_changed" else None,
        "number": number,
        "actor_id": pick(rng, list(ACTORS)),
        "actor_role": pick(rng, list(ROLE)),
        "is_public": [True, False, None][rng.integers(3)] if is_message else None,
        "text": "it is still broken" if is_message else None,
        "sentiment": round(float(rng.uniform(-1, 1)), 3) if measured else np.nan,
        "words": float(rng.integers(1, 200)) if measured else np.nan,
        "exclamations": float(rng.integers(0, 4)) if measured else np.nan,
        "questions": float(rng.integers(0, 4)) if measured else np.nan,
        "shouting": round(float(rng.random()), 2) if measured else np.nan,
        "urgency": float(rng.integers(0, 3)) if measured else np.nan,
        "event_id": None,
    }  # fmt: skip


def _interleave(rng: np.random.Generator, tickets: np.ndarray) -> np.ndarray:
    """Return places that mix the rows of different tickets at random and keep the order within each."""
    places = rng.random(len(tickets))
    for ticket in np.unique(tickets):
        rows = np.flatnonzero(tickets == ticket)
        places[rows] = np.sort(places[rows])
    return places


def log_of_seed(
    seed: int, n_tickets: int = 25, mean_events: int = 14, *, late: bool = True, steps: np.ndarray = STEPS
) -> EventLog:
    """Return a random log: ties, empty tickets, tickets never created, nulls, unknown words, late events."""
    return EventLog.from_pandas(*random_frames(seed, n_tickets, mean_events, late=late, steps=steps))


def log_at_risk_until(until: AtRiskUntil, seed: int, **options: Any) -> EventLog:
    """Return a random log of which some closed tickets were deleted, under a rule that says how long they are asked."""
    events, tickets = random_frames(seed, **options)
    gone = events["value"].eq("closed") & (np.random.default_rng(seed).random(len(events)) < 0.3)
    events["raw_value"] = np.where(gone, "deleted", None)
    return declare(EventLog.from_pandas(events, tickets), EscalationRule(at_risk_until=until))


def points_of_seed(history: History, seed: int, n_points: int = 120) -> Points:
    """Return points at events, a microsecond beside them, at ends of windows, and of unknown tickets."""
    rng = np.random.default_rng(seed + 1000)
    ticket = rng.integers(-1, history.n_tickets, n_points).astype(np.int32)
    near = history.time[rng.integers(0, len(history.time), n_points)]
    for place in range(n_points):
        lo, hi = (
            history.offsets[ticket[place]],
            history.offsets[ticket[place] + 1] if ticket[place] >= 0 else 0,
        )
        if hi > lo and rng.random() < 0.7:
            near[place] = history.time[rng.integers(lo, hi)]
    shift = rng.choice([0, 0, 0, -1, 1, DAY, DAY - 1, 7 * DAY, 7 * DAY + 1, -30 * DAY, 30 * DAY], n_points)
    return Points(ticket, near + shift)
