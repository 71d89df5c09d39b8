"""What customers and agents of Freshdesk said: conversations and satisfaction ratings.

::

    {"id", "ticket_id", "user_id", "body_text", "incoming", "private", "created_at"}
    {"id", "ticket_id", "user_id", "created_at", "ratings": {"default_question": 103}}
"""

from __future__ import annotations

from typing import Any

from boilover.adapters.freshdesk_desk import Desk
from boilover.adapters.freshdesk_words import RATINGS
from boilover.adapters.words import html_to_text, ident, serial


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
        desk.staff.add(author)
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
