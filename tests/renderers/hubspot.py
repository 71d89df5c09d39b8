"""Write neutral tickets as HubSpot tickets with their history, the pipeline, and the threads of conversations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from renderers.neutral import NeutralTicket, Step

LOSES: frozenset[str] = frozenset()
STAGES = {
    "new": ("88001", "New"),
    "open": ("88002", "Waiting on us"),
    "pending": ("88003", "Waiting on contact"),
    "on_hold": ("88004", "Waiting on third party"),
    "solved": ("88005", "Resolved"),
    "closed": ("88006", "Closed"),
}
PRIORITIES = {"low": "LOW", "normal": "MEDIUM", "high": "HIGH", "urgent": "URGENT"}
PROPERTIES = {
    "status": "hs_pipeline_stage",
    "priority": "hs_ticket_priority",
    "group": "hubspot_team_id",
    "assignee": "hubspot_owner_id",
}
ACTORS = {"customer": "V", "reply": "A", "note": "A", "bot": "B"}


def render(tickets: Sequence[NeutralTicket], folder: Path) -> None:
    """Write pipelines, tickets, threads and messages, a file of each."""
    stages = [
        {"id": number, "label": label, "metadata": {"isClosed": str(status in ("solved", "closed")).lower()}}
        for status, (number, label) in STAGES.items()
    ]
    _write(folder / "pipelines.json", [{"id": "0", "label": "Support Pipeline", "stages": stages}])
    _write(folder / "tickets.json", [_ticket(ticket) for ticket in tickets])
    _write(folder / "threads.json", [_thread(ticket) for ticket in tickets])
    messages = [each for ticket in tickets for each in _messages(ticket)]
    _write(folder / "messages.json", messages)


def _write(path: Path, results: list[dict[str, Any]]) -> None:
    if results:
        path.write_text(json.dumps({"results": results}, indent=1))


def _ticket(ticket: NeutralTicket) -> dict[str, Any]:
    history = {name: _history(ticket, kind) for kind, name in PROPERTIES.items()}
    opening = {"subject": ticket.subject, "content": ticket.steps[0].value}
    history |= {name: [_entry(ticket.created, value, None)] for name, value in opening.items()}
    return {
        "id": ticket.ticket_id,
        "properties": {
            "createdate": _time(ticket.created),
            **{name: entries[0]["value"] for name, entries in history.items() if entries},
        },
        "propertiesWithHistory": {name: entries for name, entries in history.items() if entries},
        "createdAt": _time(ticket.created),
        "updatedAt": _time(ticket.steps[-1].at),
        "archived": False,
        "associations": {"contacts": {"results": [{"id": ticket.customer, "type": "ticket_to_contact"}]}},
    }


def _history(ticket: NeutralTicket, kind: str) -> list[dict[str, Any]]:
    """Return the entries of one property, newest first, as HubSpot does."""
    first = getattr(ticket, kind)
    entries = [] if first is None else [_entry(ticket.created, _word(kind, first), None)]
    steps = [step for step in ticket.steps if step.kind == kind]
    return [*entries, *(_entry(step.at, _word(kind, step.value), step.actor) for step in steps)][::-1]


def _word(kind: str, value: str | None) -> str:
    if kind == "status":
        return STAGES[value or ""][0]
    return PRIORITIES[value or ""] if kind == "priority" else value or ""


def _entry(at: datetime, value: str | None, user: str | None) -> dict[str, Any]:
    who = {"sourceType": "FORM"} if user is None else {"sourceType": "CRM_UI", "updatedByUserId": int(user)}
    return {"value": value, "timestamp": _time(at), **who}


def _thread(ticket: NeutralTicket) -> dict[str, Any]:
    return {
        "id": f"7{ticket.ticket_id}",
        "createdAt": _time(ticket.created),
        "status": "OPEN",
        "threadAssociations": {"associatedTicketId": ticket.ticket_id},
    }


def _messages(ticket: NeutralTicket) -> list[dict[str, Any]]:
    """Return all messages but the opening one, which is the ticket's content."""
    steps = enumerate(ticket.steps)
    return [_message(ticket, number, step) for number, step in steps if number and step.kind in ACTORS]


def _message(ticket: NeutralTicket, number: int, step: Step) -> dict[str, Any]:
    actor = f"{ACTORS[step.kind]}-{step.actor}"
    return {
        "id": f"{ticket.ticket_id}{number:04d}",
        "type": "COMMENT" if step.kind == "note" else "MESSAGE",
        "conversationsThreadId": f"7{ticket.ticket_id}",
        "createdAt": _time(step.at),
        "createdBy": actor,
        "senders": [{"actorId": actor}],
        "direction": "INCOMING" if step.kind == "customer" else "OUTGOING",
        "text": step.value,
    }


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
