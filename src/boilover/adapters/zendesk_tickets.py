"""Zendesk's records of tickets and users, which hold what is true today.

::

    {"id", "created_at", "updated_at", "subject", "description", "is_public", "status", "priority", "type", "group_id",
     "assignee_id", "requester_id", "submitter_id", "organization_id", "tags": [], "custom_fields": [{"id", "value"}],
     "via": {"channel"}, "comments": [{"id", "author_id", "public", "body", "created_at"}], "audits": []}

The full export holds people as records in place of their numbers, and comments inside of tickets.
"""

from __future__ import annotations

from typing import Any

from boilover.adapters.ends import Today
from boilover.adapters.nested import dict_at, dicts_at
from boilover.adapters.words import ident, serial
from boilover.adapters.zendesk_audits import message_text, read_audit
from boilover.adapters.zendesk_desk import FIELDS, ROLES, Desk, channel_of

TODAY = ("priority", "group_id", "assignee_id", "tags", "type")
EMPTY: tuple[Any, ...] = (None, "", [])


def read_user(desk: Desk, user: dict[str, Any]) -> None:
    """Keep a user's role, which is today's: Zendesk tells no other."""
    role = ROLES.get(str(user.get("role")))
    if role is None:
        desk.export.tally.meet_one("role", str(user.get("role")))
    else:
        desk.roles[str(ident(user["id"]))] = role


def read_ticket(desk: Desk, ticket: dict[str, Any]) -> None:
    """Tell a ticket: the audits and comments inside of it, what was fixed at creation, and what it is today."""
    ticket_id = str(ident(ticket["id"]))
    audits, comments = dicts_at(ticket, "audits"), dicts_at(ticket, "comments")
    # Of an attribute that is told twice the first counts, and audits tell it as it was at creation.
    for audit in audits:
        if isinstance(audit.get("events"), list):
            read_audit(desk, {**audit, "ticket_id": ticket_id})
    desk.listed.add(ticket_id)
    submitter, requester, _ = (_person(desk, ticket, who) for who in ("submitter", "requester", "assignee"))
    desk.facts.acted(requester, "customer", ticket.get("updated_at"))
    desk.facts.ticket(
        ticket_id,
        created=ticket.get("created_at"),
        by=submitter,
        role="customer" if submitter is not None and submitter == requester else None,
        customer_id=requester,
        account_id=_id_of(ticket, "organization"),
        channel=channel_of(ticket),
        subject=ticket.get("raw_subject") or ticket.get("subject") or None,
    )
    _tell_status(desk, ticket_id, ticket)
    _tell_today(desk, ticket_id, ticket)
    if audits:
        return
    # Of a ticket whose history tells its first message, the description is left out.
    if comments:
        desk.facts.opening(ticket_id, ticket.get("created_at"), None, first=True)
    elif ticket.get("description"):
        author, public = submitter or requester, bool(ticket.get("is_public", True))
        at = ticket.get("created_at")
        role = desk.role_of_author(author, channel_of(ticket), requester, public=public, at=at)
        told: dict[str, Any] = {"public": public, "by": author, "role": role}
        desk.facts.opening(ticket_id, at, str(ticket["description"]), **told)
    for comment in comments:
        at = comment.get("created_at", ticket.get("created_at"))
        _tell_comment(desk, ticket_id, at, comment, requester)


def _tell_status(desk: Desk, ticket_id: str, ticket: dict[str, Any]) -> None:
    """Tell the status of today; where the audits do not lead to it, they are cut."""
    status, raw = desk.value("status", ticket.get("status"))
    if status is not None:
        today = Today(status, raw, ident(ticket.get("updated_at")))
        desk.ends.tell(desk.export, desk.facts, ticket_id, today, has_history=ticket_id in desk.whole)


def _tell_today(desk: Desk, ticket_id: str, ticket: dict[str, Any]) -> None:
    seen = ticket.get("updated_at")
    for name in TODAY:
        told = ticket[name] if name in ticket else _id_of(ticket, name.removesuffix("_id"))
        if told not in EMPTY:
            value, raw = desk.value(FIELDS[name], told)
            desk.facts.today(ticket_id, FIELDS[name], value, raw, at=seen)
            if name == "assignee_id":
                desk.facts.acted(value, "agent", seen)
    if not desk.options.fields:
        return
    # Audits tell all fields; of tickets without, only the fields that the recipe names are worth their room.
    for field in dicts_at(ticket, "custom_fields"):
        target = desk.options.fields.get(str(field.get("id")))
        if target is not None and field.get("value") not in EMPTY:
            desk.facts.today(ticket_id, target, desk.value(target, field["value"])[0], at=seen)


def _tell_comment(
    desk: Desk, ticket_id: str, at: Any, comment: dict[str, Any], requester: str | None
) -> None:
    author, event_id = ident(comment.get("author_id")), ident(comment.get("id"))
    public = bool(comment.get("public", True))
    desk.facts.message(
        ticket_id,
        at,
        message_text(comment),
        public=public,
        by=author,
        role=desk.role_of_author(author, channel_of(comment), requester, public=public, at=at),
        event_id=event_id,
        order=serial(event_id),
    )


def _person(desk: Desk, ticket: dict[str, Any], who: str) -> str | None:
    """Return the id of a ticket's person, and keep the role that a record in its place tells."""
    person = ticket.get(who)
    if isinstance(person, dict) and "role" in person and ident(person.get("id")) is not None:
        read_user(desk, person)
    return _id_of(ticket, who)


def _id_of(ticket: dict[str, Any], name: str) -> str | None:
    return ident(ticket.get(f"{name}_id")) or ident(dict_at(ticket, name).get("id"))
