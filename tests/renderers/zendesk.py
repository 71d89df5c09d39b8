"""Write neutral tickets as Zendesk exports them: a page of tickets, pages of audits, one of users."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from renderers.neutral import MESSAGES, NeutralTicket, Step

LOSES: frozenset[str] = frozenset()
FIELDS = {"status": "status", "priority": "priority", "group": "group_id", "assignee": "assignee_id"}
STATUSES = {"on_hold": "hold"}
BOT = "999000"
PAGE = 300
Record = dict[str, Any]


def render(tickets: Sequence[NeutralTicket], folder: Path) -> None:
    """Write ``tickets.json``, ``audits_1.json`` … and ``users.json``."""
    # What came first has the same number in an earlier export.
    audits = [audit for ticket in tickets for audit in _audits(ticket, count(1_000 * int(ticket.ticket_id)))]
    customers = {ticket.customer for ticket in tickets}
    staff = {step.actor for ticket in tickets for step in ticket.steps if step.kind in ("reply", "note")}
    users = [{"id": int(each), "role": "end-user"} for each in sorted(customers)]
    users += [{"id": int(each), "role": "agent"} for each in sorted(staff - customers - {None})]
    users.append({"id": int(BOT), "role": "agent"})
    pages: Record = {
        "tickets": {"tickets": [_ticket(ticket) for ticket in tickets], "end_of_stream": True},
        "users": {"users": users, "count": len(users)},
    }
    for start in range(0, len(audits), PAGE):
        has_more = start + PAGE < len(audits)
        pages[f"audits_{start // PAGE + 1}"] = {
            "audits": audits[start : start + PAGE],
            "meta": {"has_more": has_more, "after_cursor": str(start + PAGE) if has_more else None},
        }
    for name, page in pages.items():
        (folder / f"{name}.json").write_text(json.dumps(page, ensure_ascii=False))


def _ticket(ticket: NeutralTicket) -> Record:
    state = {name: getattr(ticket, name) for name in FIELDS}
    state |= {step.kind: step.value for step in ticket.steps if step.kind in FIELDS}
    last = max((step.at for step in ticket.steps), default=ticket.created)
    return {
        "id": int(ticket.ticket_id),
        "created_at": _time(ticket.created),
        "updated_at": _time(last),
        "subject": ticket.subject,
        "raw_subject": ticket.subject,
        "description": ticket.steps[0].value if ticket.steps else "",
        "requester_id": int(ticket.customer),
        "submitter_id": int(ticket.customer),
        "via": {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}},
        "tags": [],
        "custom_fields": [],
        **{FIELDS[name]: _today(name, value) for name, value in state.items()},
    }


def _today(name: str, value: str | None) -> str | int | None:
    """Return a value as a ticket holds it: ids as numbers there, and as text in audits."""
    return int(value) if value and name in ("group", "assignee") else _word(value)


def _audits(ticket: NeutralTicket, numbers: Iterator[int]) -> Iterator[Record]:
    state = {name: getattr(ticket, name) for name in FIELDS}
    created = {"subject": ticket.subject, "requester_id": ticket.customer}
    created |= {FIELDS[name]: _word(value) for name, value in state.items() if value is not None}
    opening = [
        {"id": next(numbers), "type": "Create", "field_name": name, "value": value}
        for name, value in created.items()
    ]
    steps = list(ticket.steps)
    if steps and steps[0].kind == "customer" and steps[0].at == ticket.created:
        opening.insert(0, _message(steps.pop(0), numbers))
    yield _audit(ticket, ticket.created, ticket.customer, opening, numbers)
    for step in steps:
        if step.kind in MESSAGES:
            event = _message(step, numbers)
        else:
            event = {
                "id": next(numbers),
                "type": "Change",
                "field_name": FIELDS[step.kind],
                "value": _word(step.value),
                "previous_value": _word(state[step.kind]),
            }
            state[step.kind] = step.value
        yield _audit(ticket, step.at, step.actor, [event], numbers, bot=step.kind == "bot")


def _audit(
    ticket: NeutralTicket,
    at: datetime,
    actor: str | None,
    events: list[Record],
    numbers: Iterator[int],
    *,
    bot: bool = False,
) -> Record:
    author = int(BOT) if bot else int(actor) if actor and actor.isdecimal() else -1
    return {
        "id": next(numbers),
        "ticket_id": int(ticket.ticket_id),
        "created_at": _time(at),
        "author_id": author,
        "via": {"channel": "answer_bot" if bot else "web", "source": {"from": {}, "to": {}, "rel": None}},
        "metadata": {"system": {}, "custom": {}},
        "events": events,
    }


def _message(step: Step, numbers: Iterator[int]) -> Record:
    author = int(BOT) if step.kind == "bot" else int(step.actor or -1)
    return {
        "id": next(numbers),
        "type": "Comment",
        "author_id": author,
        "body": step.value,
        "plain_body": step.value,
        "public": MESSAGES[step.kind][1],
    }


def _word(value: str | None) -> str | None:
    return STATUSES.get(value, value) if value is not None else None


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
