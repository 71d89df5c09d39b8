"""Freshdesk: tickets and conversations of its API, the activities export, satisfaction ratings, agents and groups.

::

    [{"id", "created_at", "updated_at", "subject", "description_text", "status": <code>, "priority": <code>, "source",
      "type", "requester_id", "responder_id", "group_id", "company_id", "due_by", "fr_due_by", "is_escalated",
      "fr_escalated", "spam", "deleted", "tags", "custom_fields", "conversations": […]}, …]
    [{"id", "ticket_id", "user_id", "body_text", "incoming", "private", "created_at"}, …]

History comes from activities (`boilover.adapters.freshdesk_history`). A ticket's own fields are today's. ``stats``
tells the end and is never read. ``is_escalated`` means that the resolution was late, not that anybody escalated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from boilover.adapters.export import Export
from boilover.adapters.facts import LAST
from boilover.adapters.freshdesk_desk import OUTBOUND, Desk, Options
from boilover.adapters.freshdesk_history import read_activity, read_message, read_rating
from boilover.adapters.members import Member
from boilover.adapters.nested import dict_at, dicts_at
from boilover.adapters.streams import json_records, weighed
from boilover.adapters.words import html_to_text, ident
from boilover.log import EventLog

SIGNS = {
    rb'"activities_data"\s*:\s*\[': 0.9,
    rb'"performer_type"\s*:': 0.2,
    rb'"fr_due_by"\s*:|"fr_escalated"\s*:': 0.6,
    rb'"responder_id"\s*:': 0.4,
    rb'"description_text"\s*:': 0.2,
    rb'"incoming"\s*:\s*(?:true|false)': 0.5,
    rb'"body_text"\s*:': 0.3,
    rb'"ratings"\s*:\s*\{\s*"default_question"': 0.9,
    rb"\.freshdesk\.com/": 0.4,
    rb'"agent_ids"\s*:|"ticket_scope"\s*:|"occasional"\s*:': 0.5,
}
"""What a Freshdesk export holds near its start, and how much each says."""
LISTS = ("tickets", "conversations", "activities_data", "satisfaction_ratings", "agents", "groups")
TODAY = {
    "status": "status",
    "priority": "priority",
    "group_id": "group",
    "responder_id": "assignee",
    "type": "type",
    "tags": "tags",
}
PROMISES = {"due_by": ("resolution", "is_escalated"), "fr_due_by": ("first_reply", "fr_escalated")}
MESSAGES = re.compile(rb'"incoming"\s*:')
ORDER = {
    rb'"agent_ids"\s*:': 0,
    rb'"activities_data"\s*:\s*\[': 1,
    rb'"ratings"\s*:\s*\{': 3,
}
"""What some lists hold, and when they are read, if not with tickets and conversations. Groups come first, as names are
needed from then on; then activities: of an attribute that is told twice the first counts, which they tell as it was
at creation. Ratings come last: they count only for tickets that are known by then."""
AMONG_TICKETS = 2


class FreshdeskAdapter:
    """Reads exports of Freshdesk."""

    name = "freshdesk"

    def sniff(self, head: bytes) -> float:
        """Return how much of `SIGNS` is there."""
        return weighed(head, SIGNS)

    def read(self, export: Export) -> Iterator[EventLog]:
        """Read all members; raise `InputError` for histories that are cut, unless they may be."""
        options = export.options(Options)
        with export.facts(timezone=options.timezone) as facts:
            has_messages = any(MESSAGES.search(member.head) for member in export.members)
            desk = Desk(export, facts, options, has_messages)
            for member in sorted(export.members, key=_place):
                _read_member(desk, member)
            desk.close()
            yield from facts.logs()


def _place(member: Member) -> int:
    return next((place for sign, place in ORDER.items() if re.search(sign, member.head)), AMONG_TICKETS)


def _read_member(desk: Desk, member: Member) -> None:
    for key, record in json_records(member, LISTS):
        if isinstance(record, dict) and isinstance(record.get("ticket"), dict):
            record = record["ticket"]
        read = _reader(key, record) if isinstance(record, dict) else None
        if read is None:
            desk.export.tally.drop("no ticket, conversation or activity of Freshdesk", 1, _kind(key, record))
        else:
            read(desk, record)


def _kind(key: str, record: Any) -> str:
    return key or (
        ", ".join(sorted(map(str, record))[:4]) if isinstance(record, dict) else type(record).__name__
    )


def _reader(key: str, record: dict[str, Any]) -> Callable[[Desk, dict[str, Any]], None] | None:
    """Return who reads a record, told by its shape; None for what is none of Freshdesk's."""
    if ident(record.get("ticket_id")) is not None:
        if "performed_at" in record:
            return read_activity
        if "ratings" in record:
            return read_rating
        return read_message if "incoming" in record or key == "conversations" else None
    if ident(record.get("id")) is None:
        return None
    if "agent_ids" in record or key == "groups":
        return _read_group
    if "ticket_scope" in record or key == "agents":
        return _read_agent
    return _read_ticket if "status" in record or "requester_id" in record else None


def _read_group(desk: Desk, group: dict[str, Any]) -> None:
    number, name = ident(group["id"]), ident(group.get("name"))
    if number is not None and name is not None:
        desk.groups.setdefault(number, name)


def _read_agent(desk: Desk, agent: dict[str, Any]) -> None:
    desk.facts.person(str(ident(agent["id"])), "agent")


def _read_ticket(desk: Desk, ticket: dict[str, Any]) -> None:
    ticket_id, created = str(ident(ticket["id"])), ticket.get("created_at")
    desk.listed.add(ticket_id)
    requester, responder = ident(ticket.get("requester_id")), ident(ticket.get("responder_id"))
    channel = desk.value("source", ticket.get("source"))[0]
    desk.facts.acted(requester, "customer", ticket.get("updated_at"))
    desk.facts.acted(responder, "agent", ticket.get("updated_at"))
    # Who wrote first is not told; of an outbound ticket it was no customer.
    author, role = (None, "agent") if channel == OUTBOUND else (requester, "customer")
    desk.facts.ticket(
        ticket_id,
        created=created,
        by=author,
        role=role,
        customer_id=requester,
        account_id=ident(ticket.get("company_id")),
        channel=channel,
        subject=ticket.get("subject") or None,
    )
    text = ticket.get("description_text") or html_to_text(ticket.get("description"))
    desk.facts.opening(ticket_id, created, text or None, public=True, by=author, role=role)
    _tell_today(desk, ticket_id, ticket)
    _tell_promises(desk, ticket_id, ticket)
    for message in dicts_at(ticket, "conversations"):
        read_message(desk, {"ticket_id": ticket_id, **message})


def _tell_today(desk: Desk, ticket_id: str, ticket: dict[str, Any]) -> None:
    seen = ticket.get("updated_at")
    status: tuple[str | None, str | None] = None, None
    for name, target in TODAY.items():
        if ticket.get(name) is not None and desk.may_tell(ticket_id, target):
            told = desk.value(target, ticket[name])
            desk.facts.today(ticket_id, target, *told, at=seen)
            status = told if name == "status" else status
    for name, told in dict_at(ticket, "custom_fields").items():
        target = desk.options.fields.get(name, name)
        if told not in (None, "", []) and desk.may_tell(ticket_id, target):
            desk.facts.today(ticket_id, target, desk.value(target, told)[0], at=seen)
    for mark in ("deleted", "spam"):
        if ticket.get(mark) is True:
            old, old_raw = status
            removed: dict[str, Any] = {"raw": mark, "old": old, "old_raw": old_raw, "order": LAST}
            desk.facts.change(ticket_id, seen, "status", "closed", **removed)


def _tell_promises(desk: Desk, ticket_id: str, ticket: dict[str, Any]) -> None:
    """Keep due times, which move and are today's, as seen at the last update; tell those that were missed."""
    for name, (target, missed) in PROMISES.items():
        due = ticket.get(name)
        if not due:
            continue
        desk.promises.see(ticket_id, name, target, str(due), ticket.get("updated_at"))
        if ticket.get(missed) is True:
            told: dict[str, Any] = {"field": "sla_breached", "value": target, "raw": missed}
            desk.facts.event(ticket_id, due, "field_changed", role="system", **told)
