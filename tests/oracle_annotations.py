"""Annotations told anew from their descriptions: one plain walk per ticket over rows, without arrays."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from boilover.log import EventLog

HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAN = math.nan
MEASURED = ("sentiment", "words", "exclamations", "questions", "shouting", "urgency")
URGENCY = {"low": 1, "normal": 2, "medium": 2, "moderate": 2, "high": 3, "urgent": 4, "critical": 4}

Event = dict[str, Any]


def told(cell: object) -> Any:
    """Return a cell, None where it is empty; times as Python's, which are exact to the microsecond."""
    if cell is None or pd.isna(cell):
        return None
    return cell.to_pydatetime() if isinstance(cell, pd.Timestamp) else cell


def walk(log: EventLog) -> list[Event]:
    """Return every event with its facts, sorted by (ticket_id, time, arrival)."""
    events, tickets = log.to_pandas()
    customers = (
        dict(zip(tickets["ticket_id"], map(told, tickets["customer_id"]), strict=True))
        if "customer_id" in tickets
        else {}
    )
    rows: list[Event] = [
        {name: told(cell) for name, cell in row.items()} | {"arrival": position}
        for position, row in enumerate(events.to_dict("records"))
    ]
    for row in rows:
        row["time"] = row.get("observed_at") or row["occurred_at"]
    rows.sort(key=lambda row: (row["ticket_id"], row["time"], row["arrival"]))
    by_ticket: dict[str, list[Event]] = {}
    for row in rows:
        by_ticket.setdefault(row["ticket_id"], []).append(row)
    for ticket_id, history in by_ticket.items():
        for event in history:
            event["role"] = role(event, customers.get(ticket_id))
        _status(history, log.at_risk_until)
        for step in (_holders, _flow, _messages, _waits, _priority, _promises):
            step(history)
        _outcomes(history, log.at_risk_until)
    return rows


def role(event: Event, customer: str | None) -> str | None:
    if event.get("actor_role") in ("customer", "agent", "bot", "system"):
        return str(event["actor_role"])
    if event.get("actor_id") is None:
        return None
    return "customer" if event["actor_id"] == customer else "agent"


def _status(history: list[Event], until: str) -> None:
    status, deleted, merged, alive, at_risk = "new", False, False, False, True
    for event in history:
        kind, before, was_alive, was_deleted = event["event_type"], status, alive, deleted
        stated = kind == "status_changed"
        if stated:
            known = ("new", "open", "pending", "on_hold", "solved", "closed")
            status = event["value"] if event.get("value") in known else "open"
            deleted = status == "closed" and event.get("raw_value") == "deleted"
        merged = merged or kind == "merged"
        done, was_done = status in ("solved", "closed"), before in ("solved", "closed")
        alive, was_at_risk = not done and not merged, at_risk
        over = {"solved": done, "closed": status == "closed", "escalated": deleted}[until]
        at_risk = not over and not merged
        event |= {
            "status": status,
            "status_entered": stated,
            "reopened": stated and was_done and not was_deleted and not done,
            "solved": stated and done and not was_done,
            "alive": alive,
            "at_risk": at_risk,
            "over": was_at_risk and not at_risk,
            "became_open": alive and not was_alive,
            "ceased_open": was_alive and not alive,
            "waits_on_customer": stated and status == "pending",
        }


def _holders(history: list[Event]) -> None:
    handed_at: set[datetime] = set()
    earlier: dict[str, list[str]] = {"assignee": [], "group": []}
    now: dict[str, str | None] = {"assignee": None, "group": None}
    for event in history:
        for holder in ("assignee", "group"):
            handoff = back = False
            if event["event_type"] == f"{holder}_changed":
                new = now[holder] = event.get("value")
                if new is not None:
                    handoff = bool(earlier[holder]) and earlier[holder][-1] != new
                    back = handoff and new in earlier[holder]
                    earlier[holder].append(new)
            event |= {holder: now[holder], f"{holder}_handoff": handoff, f"{holder}_return": back}
        either = event["assignee_handoff"] or event["group_handoff"]
        event["handoff"] = either and event["time"] not in handed_at
        if either:
            handed_at.add(event["time"])


def _flow(history: list[Event]) -> None:
    """A ticket is at a holder while it is open and held; joining and leaving are where that changes."""
    for holder in ("assignee", "group"):
        at: str | None = None
        held: str | None = None
        for event in history:
            before, at = at, event[holder] if event["alive"] else None
            event[f"joined_{holder}"] = at is not None and at != before
            event[f"left_{holder}"] = before is not None and at != before
            event[f"{holder}_before"], held = held, event[holder]


def _messages(history: list[Event]) -> None:
    for event in history:
        message, by = event["event_type"] == "message", event["role"]
        internal = event.get("is_public") is not None and not event["is_public"]
        event |= {
            "customer_message": message and by == "customer",
            "agent_reply": message and by == "agent" and not internal,
            "internal_note": message and internal and by != "customer",
            "bot_message": message and by == "bot",
            "agent_action": by == "agent",
            "actor": event.get("actor_id"),
            "new_value": event.get("value"),
        }
        for name in MEASURED:
            measured = event.get(name) if event["customer_message"] else None
            event[name] = NAN if measured is None else float(measured)


def _waits(history: list[Event]) -> None:
    asked: list[datetime] = []
    replies = 0
    for event in history:
        event |= {"wait_began": False, "wait_ended": False, "response_gap": NAN, "first_reply": False}
        if event["customer_message"]:
            event["wait_began"] = not asked
            asked.append(event["time"])
        if event["agent_reply"] or event["solved"]:
            event["wait_ended"] = bool(asked)
            if asked and event["agent_reply"]:
                event["response_gap"] = (event["time"] - asked[0]) / HOUR
            asked = []
        if event["agent_reply"]:
            replies += 1
            event["first_reply"] = replies == 1
        event["unanswered"] = float(len(asked))


def urgency_of(word: str | None) -> float:
    if word is None:
        return NAN
    numbered = re.match(r"[pP]?(\d)\b", word.strip())
    return 5.0 - int(numbered[1]) if numbered else float(URGENCY.get(word.strip().lower(), NAN))


def _priority(history: list[Event]) -> None:
    word, level = None, NAN
    for event in history:
        raised = lowered = False
        if event["event_type"] == "priority_changed":
            word = event.get("value")
            new = urgency_of(word)
            if not math.isnan(new):
                raised, lowered, level = new > level, new < level, new
        event |= {
            "priority": word,
            "priority_level": level,
            "priority_raised": raised,
            "priority_lowered": lowered,
        }


def _promises(history: list[Event]) -> None:
    running: dict[str, tuple[float, float]] = {}
    before: float | None = None
    for event in history:
        if event["event_type"] == "sla_due":
            word = (event.get("value") or "").lower()
            target = "reply" if "reply" in word or "response" in word else "resolution"
            occurred, hours = (event["occurred_at"] - EPOCH) / HOUR, event.get("number")
            running[target] = (
                ((event["time"] - EPOCH) / HOUR, occurred) if hours is None else (occurred, occurred + hours)
            )
        if event["agent_reply"]:
            running.pop("reply", None)
        if not event["alive"]:
            running.clear()
        # Where both fall due together, the resolution counts.
        start, due = min(running.values(), key=lambda pair: pair[1], default=(NAN, NAN))
        if len(running) == 2 and running["reply"][1] == running["resolution"][1]:
            start, due = running["resolution"]
        now = None if math.isnan(due) else due
        event |= {"sla_moved": now != before, "sla_start": start, "sla_due": due, "sla_hours": due - start}
        before = now


def _outcomes(history: list[Event], until: str) -> None:
    seen: set[str] = set()
    for event in history:
        kind = event["event_type"]
        event |= {"any_event": True, "outcome_known": False, "outcome": NAN}
        event["created"] = event is history[0]
        event["escalated"] = kind == "escalated" and kind not in seen
        if event["escalated"]:
            seen.add(kind)
        if event["escalated"] and until != "escalated":
            event |= {"outcome_known": True, "outcome": 1.0}
        if event["ceased_open" if until == "solved" else "over"] and "end" not in seen:
            seen.add("end")
            if "escalated" not in seen and until != "escalated":
                event |= {"outcome_known": True, "outcome": 0.0}
        event["csat_given"] = kind == "csat"
        given = event.get("number") if kind == "csat" else None
        event["csat"] = NAN if given is None else float(given)
