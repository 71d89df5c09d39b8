"""What events, people, measures and spans are called in sentences."""

from __future__ import annotations

import re

from boilover.features import Aggregate, Filter, Match
from boilover.features.view import DESK, TICKET

NOUNS = {
    "any_event": ("event", "events"),
    "created": ("new ticket", "new tickets"),
    "escalated": ("escalation", "escalations"),
    "handoff": ("handoff", "handoffs"),
    "assignee_handoff": ("change of assignee", "changes of assignee"),
    "group_handoff": ("change of group", "changes of group"),
    "assignee_return": ("return to an earlier assignee", "returns to an earlier assignee"),
    "group_return": ("return to an earlier group", "returns to an earlier group"),
    "reopened": ("reopening", "reopenings"),
    "status_entered": ("setting of the status", "settings of the status"),
    "waits_on_customer": ("time set to wait for the customer", "times set to wait for the customer"),
    "customer_message": ("customer message", "customer messages"),
    "agent_reply": ("agent reply", "agent replies"),
    "first_reply": ("agent reply", "agent replies"),
    "agent_action": ("action of an agent", "actions of an agent"),
    "internal_note": ("internal note", "internal notes"),
    "bot_message": ("automatic message", "automatic messages"),
    "priority_raised": ("rise of the priority", "rises of the priority"),
    "priority_lowered": ("fall of the priority", "falls of the priority"),
    "joined_group": ("arrival", "arrivals"),
    "joined_assignee": ("arrival", "arrivals"),
    "assignee": ("assignee", "different assignees"),
    "group": ("group", "different groups"),
    "actor": ("party involved", "different parties involved"),
    "status": ("status", "different statuses"),
}
OWNERS = {
    "customer_id": "this customer",
    "account_id": "this account",
    "group": "this queue",
    "assignee": "this assignee",
}
MEASURED = {
    "sentiment": "sentiment of the customer's messages",
    "words": "words from the customer",
    "exclamations": "exclamation marks from the customer",
    "questions": "questions from the customer",
    "shouting": "share of words in capitals",
    "urgency": "words of urgency from the customer",
    "unanswered": "customer messages without an answer",
    "csat": "satisfaction score",
    "priority_level": "level of the priority",
}
PEOPLE = re.compile(
    r"(^|_)(assignee|assigned|agent|agents|owner|actor|operator|rep|resolver|responder|handler|technician|engineer"
    r"|employee|staff|worker|admin)(_|$)|_by($|_id$)"
)
"""Names of columns that tell who of the desk did something: assignee, agent_id, Owner Name, resolvedBy, …"""
UNITS = {"m": "minutes", "h": "h", "d": "days", "w": "weeks"}


def matched(where: Filter | None) -> tuple[str, str] | None:
    """Return what an event that is chosen by its words is called, and several of them."""
    if not isinstance(where, Match):
        return None
    if where.event_type == "status_changed" and where.value:
        return f"time set to ‘{where.value}’", f"times set to ‘{where.value}’"
    if where.event_type == "field_changed" and where.field and not where.value:
        return f"time ‘{where.field}’ was set", f"times ‘{where.field}’ was set"
    if where.event_type and not (where.field or where.value or where.role):
        return f"‘{where.event_type}’", f"times ‘{where.event_type}’"
    return None


def noun(subject: str) -> tuple[str, str]:
    """Return what one and several events of a name are called; by the name where no word is known."""
    return NOUNS.get(subject, (f"‘{plain(subject)}’", f"times ‘{plain(subject)}’"))


def plain(name: str) -> str:
    """Return the name of a column as words."""
    return name.replace("_", " ")


def lately(feature: Aggregate) -> str:
    """Return over which time a feature looks back, empty where over all."""
    return f" in the last {span(feature.window)}" if feature.window else ""


def span(window: str) -> str:
    """Return a window such as ``7d`` as words."""
    number, unit = window[:-1], UNITS[window[-1]]
    return f"{number} {unit.removesuffix('s') if number == '1' else unit}"


def owner(key: str) -> str:
    """Return what a key that tickets share is called."""
    return OWNERS.get(key, f"this {plain(key)}")


def whose(feature: Aggregate) -> str:
    """Return whose events a feature aggregates, empty for the ticket's own and the whole desk's."""
    if feature.key in (TICKET, DESK):
        return ""
    preposition = "at" if feature.subject.startswith("joined_") else "of"
    return f" {preposition} {owner(feature.key)}"


def parted(name: str) -> str:
    """Return a name in lower case, its words joined by one underscore: ``Owner Name`` and ``ownerName`` alike."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


def is_about_people(name: str) -> bool:
    """Return whether a column or state tells who of the desk worked on a ticket."""
    return PEOPLE.search(parted(name)) is not None
