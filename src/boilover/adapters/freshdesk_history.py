"""What happened to tickets of Freshdesk: activities, conversations and satisfaction ratings.

::

    {"activities_data": [{"performed_at": "<DD-MM-YYYY HH:MM:SS +0000>", "ticket_id", "performer_type", "performer_id",
                          "activity": {"status": "<label>", "priority": <code>, "group": "<name>", "agent_id", …}}, …]}
    {"id", "ticket_id", "user_id", "body_text", "incoming", "private", "created_at"}
    {"id", "ticket_id", "user_id", "created_at", "ratings": {"default_question": 103}}

An activity tells new values only, has no id, and orders activities of one second by its place in the file.
"""

from __future__ import annotations

from typing import Any

from boilover.adapters.freshdesk_desk import PERFORMERS, RATINGS, Desk, iso_time
from boilover.adapters.words import html_to_text, ident, serial

TARGETS = {
    "status": "status",
    "priority": "priority",
    "group": "group",
    "agent_id": "assignee",
    "ticket_type": "type",
    "issue_type": "type",
    "type": "type",
    "product": "product",
    "tags": "tags",
    "requester": "requester",
}
CREATION = "source"
"""What only the first activity of a ticket sets."""
NO_STATE = frozenset({"source", "note", "automation", "deleted", "spam", "agent", "subject", "description"})


def read_activity(desk: Desk, record: dict[str, Any]) -> None:
    """Tell what one activity set."""
    activity = record.get("activity")
    ticket_id, at = str(ident(record["ticket_id"])), iso_time(record.get("performed_at"))
    if not isinstance(activity, dict):
        desk.export.tally.drop("an activity without content", 1, f"ticket {ticket_id}")
        return
    actor, role = _performer(desk, record, activity)
    if CREATION in activity:
        _create(desk, ticket_id, at, activity, actor, role)
    else:
        desk.partial.add(ticket_id)
    for key, told in activity.items():
        if key in NO_STATE or key in desk.options.merged_by:
            continue
        target = str(TARGETS.get(key) or desk.options.fields.get(key, key))
        value, raw = desk.value(target, told)
        desk.ends.changed.add(target)
        if CREATION in activity:
            desk.facts.at_creation(ticket_id, target, value, raw)
        else:
            desk.facts.change(ticket_id, at, target, value, raw, by=actor, role=role)
        if target == "assignee":
            desk.facts.acted(value, "agent", at)
    if CREATION not in activity:
        _removal(desk, ticket_id, at, activity, actor, role)
    if "note" in activity and not desk.has_messages:
        desk.export.tally.note("notes and replies without their text: export the conversations", 1)
    if any(activity.get(key) for key in desk.options.merged_by):
        desk.facts.event(ticket_id, at, "merged", by=actor, role=role)


def _performer(desk: Desk, record: dict[str, Any], activity: dict[str, Any]) -> tuple[str | None, str | None]:
    actor = ident(record.get("performer_id"))
    kind = ident(record.get("performer_type"))
    if "automation" in activity:
        return actor, "system"
    role = PERFORMERS.get((kind or "user").lower())
    if role is None and kind not in (None, "user"):
        desk.export.tally.meet_one("performer", str(kind))
    return actor, "bot" if actor in desk.options.bots else role


def _create(
    desk: Desk, ticket_id: str, at: Any, activity: dict[str, Any], actor: str | None, role: str | None
) -> None:
    requester, channel = ident(activity.get("requester")), desk.value("source", activity[CREATION])[0]
    desk.whole[ticket_id] = requester
    desk.facts.acted(requester, "customer", at)
    if role is None and actor is not None and actor == requester:
        role = "customer"
    told = {name: value for name, value in {"customer_id": requester, "channel": channel}.items() if value}
    desk.facts.ticket(ticket_id, created=at, by=actor, role=role, first=told, **told)


def _removal(
    desk: Desk, ticket_id: str, at: Any, activity: dict[str, Any], actor: str | None, role: str | None
) -> None:
    """Tell that a ticket was thrown away, or brought back; then with the status that it had, which is not told."""
    for mark in ("deleted", "spam"):
        if mark not in activity or "status" in activity:
            continue
        value, raw = ("closed", mark) if activity[mark] else ("open", "restored")
        desk.facts.change(ticket_id, at, "status", value, raw=raw, by=actor, role=role)


def read_message(desk: Desk, message: dict[str, Any]) -> None:
    """Tell a reply or a note; what comes in is the customer's unless it is private."""
    author = ident(message.get("user_id"))
    incoming, private = message.get("incoming") is True, message.get("private") is True
    role = None
    if author in desk.options.bots:
        role = "bot"
    elif incoming and not private:
        role = "customer"
    elif not incoming and author is not None:
        role = "agent"
        desk.facts.acted(author, role, message.get("created_at"))
    event_id = ident(message.get("id"))
    text = message.get("body_text") or html_to_text(message.get("body"))
    desk.facts.message(
        str(ident(message["ticket_id"])),
        message.get("created_at"),
        text or None,
        public=not private,
        by=author,
        role=role,
        event_id=event_id,
        order=serial(event_id),
    )


def read_rating(desk: Desk, rating: dict[str, Any]) -> None:
    """Tell how satisfied a customer was; scales other than the usual one are counted as unknown."""
    ticket_id = str(ident(rating["ticket_id"]))
    if not desk.knows(ticket_id):
        desk.export.tally.note("ratings of tickets that the export does not hold, left out", 1)
        return
    given = rating["ratings"].get("default_question") if isinstance(rating["ratings"], dict) else None
    score = ident(given)
    if score not in RATINGS:
        desk.export.tally.meet_one("rating", score)
        return
    desk.facts.event(
        ticket_id,
        rating.get("created_at"),
        "csat",
        number=RATINGS[score],
        by=ident(rating.get("user_id")),
        role="customer",
        event_id=f"rating {ident(rating.get('id'))}",
    )
