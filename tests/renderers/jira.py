"""Neutral tickets as Jira Cloud's search would export them, with changelog and comments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from renderers.neutral import NeutralTicket, Step

LOSES: frozenset[str] = frozenset()

TEAM = "customfield_10001"
RECIPE = f'format = "jira"\n[options.fields]\n{TEAM} = "Team"\n'
"""What the field is called, only its changes tell, and there may be none."""
STATUSES = {
    "new": ("1", "To Do", "new"),
    "open": ("2", "In Progress", "indeterminate"),
    "pending": ("3", "Waiting for customer", "indeterminate"),
    "on_hold": ("4", "On Hold", "indeterminate"),
    "solved": ("5", "Resolved", "done"),
    "closed": ("6", "Closed", "done"),
}
PRIORITIES = {"low": "Low", "normal": "Medium", "high": "High", "urgent": "Highest"}
PAGE = 20


def render(tickets: Sequence[NeutralTicket], folder: Path) -> None:
    """Write the pages of a search."""
    # What came first has the same number in an earlier export.
    issues = [_issue(ticket, count(1_000 * int(ticket.ticket_id.rpartition("-")[2]))) for ticket in tickets]
    for start in range(0, max(len(issues), 1), PAGE):
        page = {
            "startAt": start,
            "maxResults": PAGE,
            "total": len(issues),
            "issues": issues[start : start + PAGE],
        }
        path = folder / f"search_{start // PAGE:03d}.json"
        path.write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")


def _issue(ticket: NeutralTicket, ids: Iterator[int]) -> dict[str, Any]:
    opening = ticket.steps[0] if ticket.steps and ticket.steps[0].at == ticket.created else None
    opening = opening if opening is not None and opening.kind == "customer" else None
    later = ticket.steps[1:] if opening is not None else ticket.steps
    state = {name: getattr(ticket, name) for name in ("status", "priority", "group", "assignee")}
    histories, comments = [], []
    for step in later:
        if step.kind in state:
            item = _item(step.kind, state[step.kind], step.value)
            state[step.kind] = step.value
            author = _person(step.actor or "0")
            histories.append(
                {"id": str(next(ids)), "author": author, "created": _time(step.at), "items": [item]}
            )
        else:
            comments.append(_comment(step, ticket, str(next(ids))))
    fields = {
        "created": _time(ticket.created),
        "updated": _time(max((step.at for step in ticket.steps), default=ticket.created)),
        "summary": ticket.subject,
        "description": _document(opening.value or "") if opening is not None else None,
        "reporter": _person(ticket.customer, "customer"),
        "creator": _person(ticket.customer, "customer"),
        "issuetype": {"id": "10", "name": "Service Request"},
        "status": _status(state["status"]),
        "priority": {"name": PRIORITIES[state["priority"]]},
        "assignee": _person(state["assignee"]) if state["assignee"] else None,
        TEAM: {"id": state["group"], "name": state["group"]} if state["group"] else None,
        "labels": [],
        "comment": {"comments": comments, "maxResults": len(comments), "total": len(comments), "startAt": 0},
    }
    # The newest save comes first.
    log = {"startAt": 0, "maxResults": 100, "total": len(histories), "histories": histories[::-1]}
    return {"id": str(next(ids)), "key": ticket.ticket_id, "fields": fields, "changelog": log}


def _item(kind: str, old: str | None, new: str | None) -> dict[str, Any]:
    if kind == "group":
        told = {"field": "Team", "fieldtype": "custom", "fieldId": TEAM}
        return told | {"from": old, "fromString": old, "to": new, "toString": new}
    told = {"field": kind, "fieldtype": "jira", "fieldId": kind}
    if kind == "status":
        (old_id, old_name, _), (new_id, new_name, _) = STATUSES[old or "open"], STATUSES[new or "open"]
        return told | {"from": old_id, "fromString": old_name, "to": new_id, "toString": new_name}
    if kind == "priority":
        names = PRIORITIES[old or "normal"], PRIORITIES[new or "normal"]
        return told | {"from": names[0], "fromString": names[0], "to": names[1], "toString": names[1]}
    return told | {
        "from": old,
        "fromString": old and f"Person {old}",
        "to": new,
        "toString": new and f"Person {new}",
    }


def _comment(step: Step, ticket: NeutralTicket, comment_id: str) -> dict[str, Any]:
    kinds = {"customer": "customer", "bot": "app"}
    author = _person(step.actor or ticket.customer, kinds.get(step.kind, "atlassian"))
    return {
        "id": comment_id,
        "author": author,
        "body": _document(step.value or ""),
        "created": _time(step.at),
        "updated": _time(step.at),
        "jsdPublic": step.kind != "note",
    }


def _status(value: str) -> dict[str, Any]:
    status_id, name, category = STATUSES[value]
    return {"id": status_id, "name": name, "statusCategory": {"key": category}}


def _person(person: str, account_type: str = "atlassian") -> dict[str, Any]:
    return {"accountId": person, "displayName": f"Person {person}", "accountType": account_type}


def _document(text: str) -> dict[str, Any]:
    paragraphs = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}
        for line in text.split("\n")
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
