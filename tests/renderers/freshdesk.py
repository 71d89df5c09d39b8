"""Write neutral tickets as Freshdesk exports them: tickets, conversations, and the activities export."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from renderers.neutral import NeutralTicket, Step

LOSES = frozenset({"bot", "status:new", "ties"})
"""There is no status before open, and nothing in an export tells programs from agents. Activities have no id: what is
set twice to the same within one second cannot be told from a row that is there twice."""
LABELS = {
    "open": "Open",
    "pending": "Pending",
    "on_hold": "Waiting on Third Party",
    "solved": "Resolved",
    "closed": "Closed",
}
CODES = {"open": 2, "pending": 3, "solved": 4, "closed": 5, "on_hold": 7}
PRIORITIES = {"low": 1, "normal": 2, "high": 3, "urgent": 4}
KEYS = {"status": "status", "priority": "priority", "group": "group", "assignee": "agent_id"}
Record = dict[str, Any]


def render(tickets: Sequence[NeutralTicket], folder: Path) -> None:
    """Write ``tickets.json``, ``conversations.json`` and ``activities.json``."""
    # What came first has the same number in an earlier export.
    said = [
        message for ticket in tickets for message in _messages(ticket, count(1_000 * int(ticket.ticket_id)))
    ]
    done = [activity for ticket in tickets for activity in _activities(ticket)]
    done.sort(key=lambda each: each["at"])
    for each in done:
        each["performed_at"] = each.pop("at").strftime("%d-%m-%Y %H:%M:%S +0000")
    pages = {
        "tickets": [_ticket(ticket) for ticket in tickets],
        "conversations": said,
        "activities": {"metadata": {"activities_count": len(done)}, "activities_data": done},
    }
    for name, page in pages.items():
        if page:
            (folder / f"{name}.json").write_text(json.dumps(page, ensure_ascii=False))


def _steps(ticket: NeutralTicket) -> tuple[str, tuple[Step, ...]]:
    """Return the opening message, which is the ticket's description, and the steps after it."""
    first = ticket.steps[0] if ticket.steps else None
    if first is not None and first.kind == "customer" and first.at == ticket.created:
        return first.value or "", ticket.steps[1:]
    return "", ticket.steps


def _ticket(ticket: NeutralTicket) -> Record:
    state = {name: getattr(ticket, name) for name in KEYS}
    state |= {step.kind: step.value for step in ticket.steps if step.kind in KEYS}
    last = max((step.at for step in ticket.steps), default=ticket.created)
    return {
        "id": int(ticket.ticket_id),
        "subject": ticket.subject,
        "description_text": _steps(ticket)[0],
        "status": CODES[_status(state["status"])],
        "priority": PRIORITIES[state["priority"]],
        "source": 1,
        "requester_id": int(ticket.customer),
        "responder_id": int(state["assignee"]) if state["assignee"] else None,
        "group_id": int(state["group"]) if state["group"] else None,
        "created_at": _time(ticket.created),
        "updated_at": _time(last),
        "due_by": None,
        "fr_due_by": None,
        "is_escalated": False,
        "fr_escalated": False,
        "spam": False,
        "tags": [],
        "custom_fields": {},
    }


def _messages(ticket: NeutralTicket, numbers: Iterator[int]) -> Iterator[Record]:
    for step in _steps(ticket)[1]:
        if step.kind in ("customer", "reply", "note"):
            yield {
                "id": next(numbers),
                "ticket_id": int(ticket.ticket_id),
                "user_id": int(step.actor or ticket.customer),
                "body_text": step.value,
                "incoming": step.kind == "customer",
                "private": step.kind == "note",
                "source": 2 if step.kind == "note" else 0,
                "created_at": _time(step.at),
            }


def _activities(ticket: NeutralTicket) -> Iterator[Record]:
    state = {name: getattr(ticket, name) for name in KEYS}
    created = {KEYS[name]: _value(name, value) for name, value in state.items() if value is not None}
    created |= {"source": 1, "requester": int(ticket.customer)}
    yield _activity(ticket, ticket.created, ticket.customer, created)
    for step in ticket.steps:
        if step.kind in KEYS:
            yield _activity(ticket, step.at, step.actor, {KEYS[step.kind]: _value(step.kind, step.value)})


def _activity(ticket: NeutralTicket, at: datetime, actor: str | None, activity: Record) -> Record:
    known = actor is not None and actor.isdecimal()
    return {
        "at": at,
        "ticket_id": int(ticket.ticket_id),
        "performer_type": "user" if known else "system",
        "performer_id": int(actor) if actor is not None and known else None,
        "activity": activity,
    }


def _value(name: str, value: str | None) -> str | int | None:
    if value is None:
        return None
    if name == "status":
        return LABELS[_status(value)]
    return PRIORITIES[value] if name == "priority" else int(value) if name == "assignee" else value


def _status(value: str) -> str:
    return "open" if value == "new" else value


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
