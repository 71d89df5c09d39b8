"""Neutral tickets as GitHub's REST API would list them: the issues, and a file with the timeline of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from renderers.neutral import NeutralTicket, Step

LOSES = frozenset({"note"})

REPOSITORY = "https://api.github.com/repos/desk/help"
STATUSES = {"new": "triage", "pending": "waiting for customer", "on_hold": "on hold"}
"""What an open issue is by its label; without one it is open."""
REASONS = {"solved": "completed", "closed": "not_planned"}
PRIORITIES = {"low": "P3", "normal": "P2", "high": "P1", "urgent": "P0"}
PAGE = 100


def render(tickets: Sequence[NeutralTicket], folder: Path) -> None:
    """Write pages of issues and, in a folder of their own, timelines."""
    # What came first has the same number in an earlier export.
    issues = [_write(ticket, folder, count(1_000 * int(ticket.ticket_id))) for ticket in tickets]
    for start in range(0, max(len(issues), 1), PAGE):
        _dump(issues[start : start + PAGE], folder / f"issues_page_{start // PAGE:03d}.json")


def _write(ticket: NeutralTicket, folder: Path, ids: Iterator[int]) -> dict[str, Any]:
    opening = ticket.steps[0] if ticket.steps and ticket.steps[0].at == ticket.created else None
    opening = opening if opening is not None and opening.kind == "customer" else None
    timeline = list(_at_creation(ticket, ids))
    state: dict[str, str | None] = {
        name: getattr(ticket, name) for name in ("status", "priority", "group", "assignee")
    }
    for step in ticket.steps[1:] if opening is not None else ticket.steps:
        if step.kind in state:
            timeline += _changed(step, state[step.kind], ids)
            state[step.kind] = step.value
        elif step.kind not in LOSES:
            timeline.append(_comment(step, ticket, next(ids)))
    _dump(timeline, folder / f"{ticket.ticket_id}.json")
    last = max((step.at for step in ticket.steps), default=ticket.created)
    is_closed = state["status"] in REASONS
    return {
        "id": next(ids),
        "number": int(ticket.ticket_id),
        "url": f"{REPOSITORY}/issues/{ticket.ticket_id}",
        "repository_url": REPOSITORY,
        "title": ticket.subject,
        "body": opening.value if opening is not None else None,
        "user": _account(ticket.customer),
        "author_association": "NONE",
        "state": "closed" if is_closed else "open",
        "state_reason": REASONS.get(state["status"] or ""),
        "labels": [],
        "assignees": [_account(state["assignee"])] if state["assignee"] else [],
        "comments": sum(event["event"] == "commented" for event in timeline),
        "created_at": _time(ticket.created),
        "updated_at": _time(last),
        "closed_at": _time(last) if is_closed else None,
    }


def _at_creation(ticket: NeutralTicket, ids: Iterator[int]) -> Iterator[dict[str, Any]]:
    """Give what its author chose in the form."""
    author = Step(ticket.created, "", None, ticket.customer)
    for label in (
        STATUSES.get(ticket.status),
        PRIORITIES[ticket.priority],
        ticket.group and f"team: {ticket.group}",
    ):
        if label:
            yield _event("labeled", author, ids, label={"name": label})
    if ticket.assignee:
        yield _event("assigned", author, ids, assignee=_account(ticket.assignee))


def _changed(step: Step, old: str | None, ids: Iterator[int]) -> Iterator[dict[str, Any]]:
    """Give the events of one change: what comes before what goes."""
    if step.kind == "assignee":
        for kind, person in (("assigned", step.value), ("unassigned", old)):
            if person:
                yield _event(kind, step, ids, assignee=_account(person))
        return
    if step.kind == "status" and step.value in REASONS:
        yield _event("closed", step, ids, state_reason=REASONS[step.value])
    for kind, value in (("labeled", step.value), ("unlabeled", old)):
        label = _label(step.kind, value)
        if label:
            yield _event(kind, step, ids, label={"name": label})
    if step.kind == "status" and old in REASONS and step.value not in REASONS:
        yield _event("reopened", step, ids)


def _label(kind: str, value: str | None) -> str | None:
    if kind == "group":
        return f"team: {value}" if value else None
    return (STATUSES if kind == "status" else PRIORITIES).get(value or "")


def _event(kind: str, step: Step, ids: Iterator[int], **told: Any) -> dict[str, Any]:
    number = next(ids)
    url = f"{REPOSITORY}/issues/events/{number}"
    actor = _account(step.actor) if step.actor else None
    return {"id": number, "url": url, "event": kind, "actor": actor, "created_at": _time(step.at), "commit_id": None,
            "commit_url": None, "performed_via_github_app": None, **told}  # fmt: skip


def _comment(step: Step, ticket: NeutralTicket, number: int) -> dict[str, Any]:
    author = _account(step.actor or "0", is_bot=step.kind == "bot")
    return {
        "id": number,
        "event": "commented",
        "issue_url": f"{REPOSITORY}/issues/{ticket.ticket_id}",
        "actor": author,
        "user": author,
        "author_association": "MEMBER" if step.kind == "reply" else "NONE",
        "body": step.value,
        "created_at": _time(step.at),
        "updated_at": _time(step.at),
    }


def _account(login: str, *, is_bot: bool = False) -> dict[str, Any]:
    return {"login": login, "type": "Bot" if is_bot else "User"}


def _dump(value: object, path: Path) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
