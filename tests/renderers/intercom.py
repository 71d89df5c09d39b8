"""Write neutral tickets as Intercom conversations: pages of a list of whole conversations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from renderers.neutral import NeutralTicket, Step, within

LOSES = frozenset({"priority", "status:new", "status:on_hold", "status:solved", "group:"})
"""A conversation is open, closed or snoozed, and no team is taken from it; its star is no scale of priorities."""
PAGE = 30
PARTS = {"open": "open", "closed": "close", "pending": "snoozed"}
AUTHORS = {"customer": "user", "bot": "bot"}


def render(tickets: Sequence[NeutralTicket], folder: Path) -> None:
    """Write one file per page of conversations."""
    conversations = [_conversation(ticket) for ticket in within(tickets, LOSES)]
    for start in range(0, len(conversations), PAGE):
        page = {"type": "conversation.list", "conversations": conversations[start : start + PAGE]}
        (folder / f"conversations_{start // PAGE + 1}.json").write_text(json.dumps(page, indent=1))


def _conversation(ticket: NeutralTicket) -> dict[str, Any]:
    opening, *steps = ticket.steps
    parts = [*_initial(ticket), *(_part(ticket, n, step) for n, step in enumerate(steps, 10))]
    states = [step.value for step in steps if step.kind == "status"]
    return {
        "type": "conversation",
        "id": ticket.ticket_id,
        "created_at": int(ticket.created.timestamp()),
        "updated_at": int(ticket.steps[-1].at.timestamp()),
        "source": {
            "type": "conversation",
            "delivered_as": "customer_initiated",
            "subject": f"<p>{ticket.subject}</p>",
            "body": _html(opening.value),
            "author": {"type": "user", "id": ticket.customer},
        },
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": ticket.customer}]},
        "state": {"pending": "snoozed"}.get(states[-1] or "", states[-1]) if states else "open",
        "admin_assignee_id": _last(ticket, "assignee"),
        "team_assignee_id": _last(ticket, "group"),
        "conversation_parts": {
            "type": "conversation_part.list",
            "conversation_parts": parts,
            "total_count": len(parts),
        },
    }


def _initial(ticket: NeutralTicket) -> Iterator[dict[str, Any]]:
    for number, (kind, holder) in enumerate((("team", ticket.group), ("admin", ticket.assignee))):
        if holder is not None:
            yield {
                "type": "conversation_part",
                "id": f"{ticket.ticket_id}{number}",
                "part_type": "default_assignment",
                "body": None,
                "created_at": int(ticket.created.timestamp()),
                "assigned_to": {"type": kind, "id": holder},
                "author": {"type": "bot", "id": "0"},
            }


def _part(ticket: NeutralTicket, number: int, step: Step) -> dict[str, Any]:
    part: dict[str, Any] = {
        "type": "conversation_part",
        "id": f"{ticket.ticket_id}{number}",
        "part_type": "comment",
        "body": None,
        "created_at": int(step.at.timestamp()),
        "assigned_to": None,
        "author": {"type": AUTHORS.get(step.kind, "admin"), "id": step.actor},
    }
    if step.kind == "status":
        return part | {"part_type": PARTS[step.value or ""]}
    if step.kind in ("assignee", "group"):
        kind = "admin" if step.kind == "assignee" else "team"
        return part | {
            "part_type": "assignment",
            "assigned_to": None if step.value is None else {"type": kind, "id": step.value},
        }
    return part | {"part_type": "note" if step.kind == "note" else "comment", "body": _html(step.value)}


def _last(ticket: NeutralTicket, kind: str) -> str | None:
    values = [getattr(ticket, kind), *(step.value for step in ticket.steps if step.kind == kind)]
    return values[-1]


def _html(text: str | None) -> str:
    escaped = (text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<p>{escaped}</p>"
