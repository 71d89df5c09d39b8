"""Write neutral tickets as tables of ServiceNow: the audit as pages of the API, the journal and the users as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from renderers.neutral import MESSAGES, NeutralTicket, Step, within

LOSES: frozenset[str] = frozenset()
PAGE = 200
CODES = {
    "new": ("1", ""),
    "open": ("2", ""),
    "pending": ("3", "1"),
    "on_hold": ("3", "4"),
    "solved": ("6", ""),
    "closed": ("7", ""),
}
"""Status to state and hold_reason."""
PRIORITIES = {"urgent": "1", "high": "2", "normal": "3", "low": "4"}
COLUMNS = {"priority": "priority", "group": "assignment_group", "assignee": "assigned_to"}
ELEMENTS = {"customer": "comments", "reply": "comments", "note": "work_notes", "bot": "comments"}
PREFIXES = {"customer": "c", "bot": "b"}
"""Of the ids of people who are no agents."""
State = dict[str, str]


def render(tickets: Sequence[NeutralTicket], folder: Path) -> None:
    """Write incidents, audit, journal and users."""
    tickets = within(tickets, LOSES)
    audits = [row for ticket in tickets for row in _audit(ticket)]
    for start in range(0, len(audits), PAGE):
        _write_json(folder / f"sys_audit_{start // PAGE + 1}.json", audits[start : start + PAGE])
    _write_json(folder / "incident.json", [_incident(ticket) for ticket in tickets])
    _write_csv(folder / "sys_journal_field.csv", [row for ticket in tickets for row in _journal(ticket)])
    _write_csv(folder / "sys_user.csv", _users(tickets))


def _incident(ticket: NeutralTicket) -> dict[str, Any]:
    *_, today = _states(ticket)
    caller = _person("customer", ticket.customer)
    return {
        "sys_id": _key(ticket),
        "number": ticket.ticket_id,
        "short_description": ticket.subject,
        "description": ticket.steps[0].value,
        "sys_created_on": _time(ticket.created),
        "sys_created_by": f"user.{caller}",
        "sys_updated_on": _time(ticket.steps[-1].at),
        "sys_mod_count": str(len(ticket.steps) - 1),
        "opened_by": _reference("sys_user", caller),
        "caller_id": _reference("sys_user", caller),
        "state": today["state"],
        "hold_reason": today["hold_reason"],
        "priority": today["priority"],
        "assignment_group": _reference("sys_user_group", today["assignment_group"]),
        "assigned_to": _reference("sys_user", today["assigned_to"]),
        "reopen_count": "0",
        "made_sla": "true",
    }


def _audit(ticket: NeutralTicket) -> Iterator[dict[str, str]]:
    changes = [step for step in ticket.steps if step.kind not in MESSAGES]
    states = list(_states(ticket))
    for number, (step, before, after) in enumerate(zip(changes, states, states[1:], strict=False)):
        for column in before:
            if before[column] != after[column]:
                yield {
                    "sys_id": f"{_key(ticket)}a{number}{column}",
                    "tablename": "incident",
                    "documentkey": _key(ticket),
                    "fieldname": column,
                    "oldvalue": before[column],
                    "newvalue": after[column],
                    "user": f"user.{step.actor or ''}" if step.actor else "system",
                    "sys_created_on": _time(step.at),
                }


def _states(ticket: NeutralTicket) -> Iterator[State]:
    """Yield the state at creation, and after each change."""
    code, reason = CODES[ticket.status]
    state = {
        "state": code,
        "hold_reason": reason,
        "priority": PRIORITIES[ticket.priority],
        "assignment_group": ticket.group or "",
        "assigned_to": ticket.assignee or "",
    }
    yield state
    for step in ticket.steps:
        if step.kind in MESSAGES:
            continue
        if step.kind == "status":
            code, reason = CODES[step.value or ""]
            state = state | {"state": code, "hold_reason": reason}
        else:
            value = PRIORITIES[step.value or ""] if step.kind == "priority" else step.value or ""
            state = state | {COLUMNS[step.kind]: value}
        yield state


def _journal(ticket: NeutralTicket) -> Iterator[dict[str, str]]:
    messages = [step for step in ticket.steps[1:] if step.kind in MESSAGES]
    for number, step in enumerate(messages):
        yield {
            "sys_id": f"{_key(ticket)}j{number}",
            "element": ELEMENTS[step.kind],
            "element_id": _key(ticket),
            "name": "incident",
            "value": step.value or "",
            "sys_created_on": _time(step.at),
            "sys_created_by": f"user.{_author(ticket, step)}",
        }


def _users(tickets: Sequence[NeutralTicket]) -> list[dict[str, str]]:
    agents = {step.actor for ticket in tickets for step in ticket.steps if step.kind not in PREFIXES}
    others = {_author(t, step) for t in tickets for step in t.steps if step.kind in PREFIXES}
    others |= {_person("customer", ticket.customer) for ticket in tickets}
    everyone = sorted(others | {agent for agent in agents if agent})
    return [
        {
            "sys_id": person,
            "user_name": f"user.{person}",
            "name": f"Person {person}",
            "web_service_access_only": str(person.startswith("b")).lower(),
        }
        for person in everyone
    ]


def _author(ticket: NeutralTicket, step: Step) -> str:
    return _person(step.kind, ticket.customer if step.kind == "customer" else step.actor or "0")


def _person(kind: str, number: str) -> str:
    return PREFIXES.get(kind, "") + number


def _key(ticket: NeutralTicket) -> str:
    return f"{int(ticket.ticket_id):032x}"


def _reference(table: str, key: str) -> dict[str, str] | str:
    return {"link": f"https://desk.example/api/now/table/{table}/{key}", "value": key} if key else ""


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")


def _write_json(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps({"result": records}, indent=1), encoding="utf-8")


def _write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    if rows:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
