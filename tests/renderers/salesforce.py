"""Write neutral tickets as tables of Salesforce: cases and comments as CSV, history and e-mails as API pages."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from renderers.neutral import MESSAGES, NeutralTicket, Step, within

LOSES = frozenset({"group"})
"""A case has one owner, a queue or a person: what a team holds while a person works on it is not told."""
PAGE = 200
STATUSES = {
    "new": "New",
    "open": "Working",
    "pending": "Waiting on Customer",
    "on_hold": "On Hold",
    "solved": "Resolved",
    "closed": "Closed",
}
PRIORITIES = {"low": "Low", "normal": "Medium", "high": "High", "urgent": "Critical"}
FIELDS = {"status": "Status", "priority": "Priority", "assignee": "Owner"}
NOBODY = "robot0"
"""The automated user who owns what nobody does."""
PREFIXES = {"customer": "portal", "bot": "robot"}
TYPES = {"portal": "CspLitePortal", "robot": "CloudIntegrationUser"}


def render(tickets: Sequence[NeutralTicket], folder: Path) -> None:
    """Write cases, their history, comments and e-mails, and the users."""
    tickets = within(tickets, LOSES)
    history = [row for ticket in tickets for row in _history(ticket)]
    for start in range(0, len(history), PAGE):
        _write_json(
            folder / f"history_{start // PAGE + 1}.json", "CaseHistory", history[start : start + PAGE]
        )
    emails = [_email(t, n, step) for t in tickets for n, step in _messages(t) if _is_email(t, step)]
    comments = [_comment(t, n, step) for t in tickets for n, step in _messages(t) if not _is_email(t, step)]
    if emails:
        _write_json(folder / "emails.json", "EmailMessage", emails)
    _write_csv(folder / "CaseComment.csv", comments)
    _write_csv(folder / "Case.csv", [_case(ticket) for ticket in tickets])
    _write_csv(folder / "User.csv", _users(tickets))


def _case(ticket: NeutralTicket) -> dict[str, str]:
    today = _state(ticket)
    for step in ticket.steps:
        if step.kind in FIELDS:
            today[step.kind] = _word(step.kind, step.value)
    ends = [step.at for step in ticket.steps if step.kind == "status" and step.value == "closed"]
    is_closed = today["status"] == STATUSES["closed"]
    return {
        "Id": _key(ticket),
        "CaseNumber": ticket.ticket_id,
        "CreatedDate": _time(ticket.created),
        "CreatedById": f"portal{ticket.customer}",
        "ContactId": f"contact{ticket.customer}",
        "Status": today["status"],
        "Priority": today["priority"],
        "OwnerId": today["assignee"],
        "Subject": ticket.subject,
        "Description": ticket.steps[0].value or "",
        "Origin": "Web",
        "IsClosed": str(is_closed).lower(),
        "ClosedDate": _time(ends[-1]) if is_closed else "",
        "IsEscalated": "false",
        "LastModifiedDate": _time(ticket.steps[-1].at),
    }


def _history(ticket: NeutralTicket) -> Iterator[dict[str, Any]]:
    state = _state(ticket)
    for number, step in enumerate(ticket.steps):
        if step.kind in MESSAGES:
            continue
        row = {
            "CaseId": _key(ticket),
            "CreatedById": step.actor or NOBODY,
            "CreatedDate": _time(step.at),
            "Field": FIELDS[step.kind],
        }
        old, new = state[step.kind], _word(step.kind, step.value)
        state[step.kind] = new
        if step.kind == "assignee":
            named = {"OldValue": _name(old), "NewValue": _name(new)}
            yield {"Id": f"{_key(ticket)}h{number}n", **row, **named}
        yield {"Id": f"{_key(ticket)}h{number}", **row, "OldValue": old, "NewValue": new}


def _state(ticket: NeutralTicket) -> dict[str, str]:
    return {kind: _word(kind, getattr(ticket, kind)) for kind in FIELDS}


def _word(kind: str, value: str | None) -> str:
    if kind == "assignee":
        return value or NOBODY
    return (STATUSES if kind == "status" else PRIORITIES)[value or ""]


def _messages(ticket: NeutralTicket) -> Iterator[tuple[int, Step]]:
    yield from ((n, step) for n, step in enumerate(ticket.steps) if n and step.kind in MESSAGES)


def _is_email(ticket: NeutralTicket, step: Step) -> bool:
    """Say whether a message is written as an e-mail: none that is internal, or at the same instant as another."""
    at_once = Counter(each.at for _, each in _messages(ticket))
    return step.kind != "note" and at_once[step.at] == 1 and int(ticket.ticket_id) % 2 == 0


def _email(ticket: NeutralTicket, number: int, step: Step) -> dict[str, Any]:
    return {
        "Id": f"{_key(ticket)}e{number}",
        "ParentId": _key(ticket),
        "Incoming": step.kind == "customer",
        "MessageDate": _time(step.at),
        "TextBody": step.value,
        "AutomationType": "Reply" if step.kind == "bot" else None,
        "CreatedById": _author(ticket, step),
    }


def _comment(ticket: NeutralTicket, number: int, step: Step) -> dict[str, str]:
    return {
        "Id": f"{_key(ticket)}c{number}",
        "ParentId": _key(ticket),
        "CommentBody": step.value or "",
        "IsPublished": str(step.kind != "note").lower(),
        "CreatedDate": _time(step.at),
        "CreatedById": _author(ticket, step),
    }


def _users(tickets: Sequence[NeutralTicket]) -> list[dict[str, str]]:
    people = {_author(ticket, step) for ticket in tickets for step in ticket.steps}
    people |= {step.value for t in tickets for step in t.steps if step.kind == "assignee" and step.value}
    people |= {ticket.assignee for ticket in tickets if ticket.assignee}
    people |= {f"portal{ticket.customer}" for ticket in tickets} | {NOBODY}
    return [
        {
            "Id": person,
            "Name": _name(person),
            "UserType": TYPES.get(person.rstrip("0123456789"), "Standard"),
            "ContactId": person.replace("portal", "contact") if person.startswith("portal") else "",
        }
        for person in sorted(people)
    ]


def _author(ticket: NeutralTicket, step: Step) -> str:
    if step.kind == "customer":
        return f"portal{ticket.customer}"
    return PREFIXES.get(step.kind, "") + (step.actor or NOBODY)


def _name(person: str) -> str:
    return f"Person {person}"


def _key(ticket: NeutralTicket) -> str:
    return f"500A{int(ticket.ticket_id):011d}IAA"


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _write_json(path: Path, table: str, records: list[dict[str, Any]]) -> None:
    marked = [{"attributes": {"type": table}, **record} for record in records]
    page = {"totalSize": len(records), "done": True, "records": marked}
    path.write_text(json.dumps(page, indent=1), encoding="utf-8")


def _write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    if rows:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
