"""What was said on HubSpot tickets: logged emails and notes, and the messages of conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boilover.adapters.facts import Actor
from boilover.adapters.hubspot_desk import Desk
from boilover.adapters.nested import dict_at, dicts_at, text_at
from boilover.adapters.words import html_to_text, ident

ROLES = {"A": "agent", "B": "bot", "V": "customer", "E": "customer", "S": "system", "I": "system"}
"""The letter before the id of an actor of conversations."""
SPOKEN = {"MESSAGE": True, "WELCOME_MESSAGE": True, "COMMENT": False}
"""Type of message to whether the customer sees it; the other types say what became of the thread."""


def tell_engagement(record: Mapping[str, Any], desk: Desk) -> None:
    """Tell an email or a note to each ticket that it is associated with."""
    properties = dict_at(record, "properties")
    tickets = [ident(each.get("id")) for each in dicts_at(record, "associations", "tickets", "results")]
    at = text_at(properties, "hs_timestamp") or text_at(record, "createdAt")
    if not any(tickets) or not at:
        desk.export.tally.drop("email or note of no ticket", 1, record.get("id"))
        return
    is_note = "hs_note_body" in properties
    html = text_at(properties, "hs_note_body") or text_at(properties, "hs_email_html")
    text = text_at(properties, "hs_email_text") or html_to_text(html)
    who = _writer(properties, desk)
    for ticket_id in tickets:
        if ticket_id is not None:
            event_id = f"{ticket_id}/{'note' if is_note else 'email'}/{ident(record.get('id'))}"
            desk.facts.message(ticket_id, at, text, public=not is_note, event_id=event_id, **who)


def _writer(properties: Mapping[str, Any], desk: Desk) -> Actor:
    direction = text_at(properties, "hs_email_direction")
    if direction.startswith("INCOMING"):
        return {"by": ident(properties.get("hs_email_from_email")), "role": "customer"}
    owner = ident(properties.get("hubspot_owner_id")) or desk.person(properties.get("hs_created_by_user_id"))
    is_automatic = text_at(properties, "hs_object_source").startswith("AUTOMATION")
    return {"by": owner, "role": "bot" if is_automatic else "agent"}


def tell_message(record: Mapping[str, Any], desk: Desk) -> None:
    """Tell a message of a conversation to the ticket of its thread."""
    tally = desk.export.tally
    kind = text_at(record, "type") or "MESSAGE"
    if kind not in SPOKEN:
        tally.meet_one("message type", kind)
        return
    ticket_id = desk.threads.get(text_at(record, "conversationsThreadId"))
    if ticket_id is None or not text_at(record, "createdAt"):
        tally.drop("message of a thread without a ticket", 1, record.get("id"))
        return
    text = text_at(record, "text") or html_to_text(text_at(record, "richText"))
    desk.facts.message(
        ticket_id,
        text_at(record, "createdAt"),
        text,
        public=SPOKEN[kind],
        event_id=f"{ticket_id}/message/{ident(record.get('id'))}",
        **_sender(record, desk),
    )


def _sender(record: Mapping[str, Any], desk: Desk) -> Actor:
    senders = dicts_at(record, "senders")
    told = text_at(senders[0], "actorId") if senders else ""
    letter, _, number = (told or text_at(record, "createdBy")).partition("-")
    role = ROLES.get(letter)
    if role is None:
        role = "customer" if record.get("direction") == "INCOMING" else "agent"
    return {"by": desk.person(number) if role == "agent" else ident(number), "role": role}
