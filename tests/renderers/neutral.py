"""Tickets that belong to no system: what a renderer writes as a system would, and what its adapter must read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pandas as pd

from boilover.log import EventLog

Told = tuple[datetime, str, str | None, bool | None, str | None, str | None]
"""(occurred_at, event_type, value, is_public, actor_role of messages, text)."""

MESSAGES = {
    "customer": ("customer", True),
    "reply": ("agent", True),
    "note": ("agent", False),
    "bot": ("bot", True),
}
"""Kind of message to the role of its author and whether it is public."""
STATES = ("status", "priority", "group", "assignee")
ORDER = ("created", "status_changed", "priority_changed", "group_changed", "assignee_changed", "message")
"""Of what happens at one instant, only the order among events of one type is compared: systems that keep messages and
changes in different tables tell no more."""


@dataclass(frozen=True)
class Step:
    """One thing that happened: ``at`` in whole seconds of UTC, never before the former step; ties keep their order.

    ``kind`` is a message (customer: of the customer; reply: public, agent; note: internal, agent; bot: public, bot)
    with its text as ``value``, or a change of status, assignee, group or priority to ``value``, never to what it holds.
    """

    at: datetime
    kind: str
    value: str | None
    actor: str | None


@dataclass(frozen=True)
class NeutralTicket:
    """A ticket, its state at creation, and its steps.

    The first step is the customer's opening message at ``created``: the description, in systems that have one. Status
    at creation is open or new; ids of tickets, people and groups are digits.
    """

    ticket_id: str
    created: datetime
    customer: str
    subject: str
    status: str
    priority: str
    group: str | None
    assignee: str | None
    steps: tuple[Step, ...]


def within(tickets: Sequence[NeutralTicket], loses: Collection[str]) -> list[NeutralTicket]:
    """Return the tickets without what a system cannot express.

    ``loses`` holds kinds of steps (``note``), single values of a state (``status:on_hold``, ``assignee:`` for
    unassigning), and ``ties``: then no two steps are at one instant.
    """
    return [_within(ticket, frozenset(loses)) for ticket in tickets]


def _within(ticket: NeutralTicket, loses: frozenset[str]) -> NeutralTicket:
    if f"status:{ticket.status}" in loses:
        ticket = replace(ticket, status="open")
    state = {name: getattr(ticket, name) for name in STATES}
    steps: list[Step] = []
    for step in ticket.steps:
        if step.kind in loses or (step.kind in STATES and f"{step.kind}:{step.value or ''}" in loses):
            continue
        if step.kind in STATES and state[step.kind] == step.value:
            continue
        state[step.kind] = step.value
        if "ties" in loses and steps and step.at <= steps[-1].at:
            step = replace(step, at=steps[-1].at + timedelta(seconds=1))
        steps.append(step)
    return replace(ticket, steps=tuple(steps))


def expected(tickets: Sequence[NeutralTicket], loses: Collection[str] = ()) -> dict[str, list[Told]]:
    """Return what every adapter must give for each ticket."""
    return {ticket.ticket_id: _sorted(_told(ticket, loses)) for ticket in within(tickets, loses)}


def _told(ticket: NeutralTicket, loses: Collection[str]) -> Iterator[Told]:
    yield ticket.created, "created", None, None, None, None
    for name in STATES:
        value = getattr(ticket, name)
        if value is not None and name not in loses:
            yield ticket.created, f"{name}_changed", value, None, None, None
    for step in ticket.steps:
        if step.kind in MESSAGES:
            role, public = MESSAGES[step.kind]
            yield step.at, "message", None, public, role, " ".join((step.value or "").split())
        else:
            yield step.at, f"{step.kind}_changed", step.value, None, None, None


def observed(log: EventLog) -> dict[str, list[Told]]:
    """Return the same of a log; events of other types are left out."""
    events = log.to_pandas()[0]
    events = events[events["event_type"].isin(ORDER)]
    told: dict[str, list[Told]] = {}
    for row in events.to_dict("records"):
        is_message = row["event_type"] == "message"
        seen = row.get("observed_at")
        at = pd.Timestamp(row["occurred_at"] if pd.isna(seen) else seen)
        told.setdefault(str(row["ticket_id"]), []).append(
            (
                at.to_pydatetime().astimezone(UTC),
                str(row["event_type"]),
                None if is_message or pd.isna(row["value"]) else str(row["value"]),
                bool(row["is_public"]) if is_message else None,
                str(row["actor_role"]) if is_message else None,
                " ".join(str(row["text"]).split()) if is_message else None,
            )
        )
    return {ticket: _sorted(rows) for ticket, rows in told.items()}


def _sorted(rows: Iterator[Told] | list[Told]) -> list[Told]:
    return sorted(rows, key=lambda row: (row[0], ORDER.index(row[1])))
