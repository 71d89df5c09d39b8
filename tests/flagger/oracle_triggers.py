"""Triggers told anew from their descriptions: plain loops over a ticket's visible events."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from oracle_annotations import EPOCH, HOUR, Event, urgency_of

SPANS = {"h": "hours", "d": "days"}


def span(text: str | None) -> timedelta:
    return timedelta(days=99_999) if text is None else timedelta(**{SPANS[text[-1]]: float(text[:-1])})


class Ticket:
    """What a point may see of a ticket, and which topics each text speaks of."""

    def __init__(
        self, events: list[Event], attributes: Mapping[str, Any], now: datetime, says: Mapping[str, set[str]]
    ) -> None:
        self.events = [event for event in events if event["time"] <= now]
        self.attributes, self.now, self.says = attributes, now, says

    def within(self, flag: str, window: str | None = None) -> list[Event]:
        return [event for event in self.events if event[flag] and event["time"] > self.now - span(window)]

    def hours_since(self, *flags: str) -> float:
        times = [event["time"] for flag in flags for event in self.within(flag)]
        return (self.now - max(times)) / HOUR if times else math.nan

    def speaking(self, topic: str, window: str) -> int:
        messages = self.within("customer_message", window)
        return sum(topic in self.says.get(event.get("text") or "", ()) for event in messages)


def fires(name: str, table: Mapping[str, Any], ticket: Ticket) -> bool:
    """Return whether a trigger, as its table sets it, fires for a ticket."""
    window = table.get("within")
    match name:
        case "sla_used":
            moved = ticket.within("sla_moved")
            if not moved or math.isnan(moved[-1]["sla_hours"]):
                return False
            now, start, hours = (ticket.now - EPOCH) / HOUR, moved[-1]["sla_start"], moved[-1]["sla_hours"]
            if hours <= 0:
                return now >= moved[-1]["sla_due"]
            return (now - start) / hours >= table["share"] - 1e-9
        case "no_public_update":
            status = ticket.events[-1]["status"] if ticket.events else None
            return (
                ticket.hours_since("agent_reply", "created") >= table["hours"] and status in table["statuses"]
            )
        case "unresolved":
            word = ticket.events[-1]["priority"] if ticket.events else None
            done = bool(ticket.events) and ticket.events[-1]["status"] in ("solved", "closed")
            return not done and ticket.hours_since("created") >= _limit(table, word)
        case "reopened":
            return len(ticket.within("reopened", window)) >= table["times"]
        case "handoffs":
            return len(ticket.within("handoff", window)) >= table["times"]
        case "returns":
            back = [*ticket.within("assignee_return", window), *ticket.within("group_return", window)]
            return len(back) >= table.get("times", 1)
        case "falling_sentiment":
            heard = [event["sentiment"] for event in ticket.within("customer_message", window)]
            known = [value for value in heard if value is not None and not math.isnan(value)]
            return (
                bool(known)
                and max(known) - known[-1] >= table["fall"] - 1e-6
                and known[-1] <= table["to"] + 1e-6
            )
        case "vip":
            value = ticket.attributes.get(table["attribute"])
            word = str(value).lower() if isinstance(value, bool) else value
            return word in table["values"]
        case "failed_attempts":
            failed = ticket.speaking("failed", window or "30d") + len(
                ticket.within("reopened", window or "30d")
            )
            return failed >= table["messages"]
        case _:
            topic = {"asks_for_manager": "manager"}.get(name, name)
            return ticket.speaking(topic, window or "7d") >= table.get("messages", 1)


def _limit(table: Mapping[str, Any], word: str | None) -> float:
    otherwise = table.get("otherwise", math.inf)
    if word is None:
        return otherwise
    for priority, hours in table["hours"].items():
        if priority.lower() == word.lower().strip():
            return hours
    for priority, hours in table["hours"].items():
        if urgency_of(priority) == urgency_of(word):
            return hours
    return otherwise
