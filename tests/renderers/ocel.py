"""Write neutral tickets as an object-centric event log: OCEL 2.0 as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from renderers.neutral import MESSAGES, STATES, NeutralTicket, Step

LOSES: frozenset[str] = frozenset()
BEGINNING = "1970-01-01T00:00:00Z"
PEOPLE = {"customer": "customer", "bot": "bot"}


def render(tickets: Sequence[NeutralTicket], folder: Path) -> None:
    """Write one log of tickets and of the people who act on them."""
    events = [event for ticket in tickets for event in _events(ticket)]
    people = {
        (step.actor or "", PEOPLE.get(step.kind, "agent")) for ticket in tickets for step in ticket.steps
    }
    objects = [_object(ticket) for ticket in tickets]
    objects += [_person(own, kind) for own, kind in sorted(people)]
    strings = [{"name": name, "type": "string"} for name in STATES]
    log = {
        "objectTypes": [{"name": name, "attributes": []} for name in ("agent", "bot", "customer")]
        + [{"name": "ticket", "attributes": strings}],
        "eventTypes": [
            {"name": name, "attributes": []} for name in sorted({each["type"] for each in events})
        ],
        "objects": objects,
        "events": events,
    }
    (folder / "log.json").write_text(json.dumps(log))


def _object(ticket: NeutralTicket) -> dict[str, Any]:
    told = {name: getattr(ticket, name) for name in STATES}
    return {
        "id": ticket.ticket_id,
        "type": "ticket",
        "attributes": [
            {"name": name, "time": BEGINNING, "value": value}
            for name, value in told.items()
            if value is not None
        ],
        "relationships": [{"objectId": f"customer-{ticket.customer}", "qualifier": "reported by"}],
    }


def _person(own: str, kind: str) -> dict[str, Any]:
    return {"id": f"{kind}-{own}", "type": kind, "attributes": [], "relationships": []}


def _events(ticket: NeutralTicket) -> list[dict[str, Any]]:
    return [_event(ticket, number, step) for number, step in enumerate(ticket.steps)]


def _event(ticket: NeutralTicket, number: int, step: Step) -> dict[str, Any]:
    attributes = [{"name": step.kind, "value": step.value}]
    if step.kind in MESSAGES:
        attributes = [
            {"name": "text", "value": step.value},
            {"name": "public", "value": MESSAGES[step.kind][1]},
        ]
    return {
        "id": f"{ticket.ticket_id}-{number}",
        "type": f"{step.kind} told" if step.kind in MESSAGES else f"{step.kind} changed",
        "time": step.at.isoformat(),
        "attributes": attributes,
        "relationships": [
            {"objectId": ticket.ticket_id, "qualifier": "ticket"},
            {"objectId": f"{PEOPLE.get(step.kind, 'agent')}-{step.actor}", "qualifier": "by"},
        ],
    }
