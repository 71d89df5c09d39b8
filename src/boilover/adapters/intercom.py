"""Intercom conversations, as the API gives them: single ones, lists, search results, JSON or NDJSON.

::

    {id, created_at, updated_at (epoch seconds), state, priority, admin_assignee_id, team_assignee_id,
     source{type, subject, body, delivered_as, author{type, id}}, contacts{contacts[{id}]},
     tags{tags[{name, applied_at}]}, sla_applied{sla_name, sla_status}, conversation_rating{rating, created_at},
     conversation_parts{conversation_parts[], total_count}}

The parts are in `boilover.adapters.intercom_parts`. A list or search result has no parts: it tells the state of
each conversation at its last update and nothing of the way there. ``statistics`` counts the whole life: never read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from boilover.adapters.export import Export
from boilover.adapters.intercom_parts import Reader, actor, tell_part, tell_tags
from boilover.adapters.nested import dict_at, dicts_at, number_at, text_at
from boilover.adapters.settings import Status
from boilover.adapters.streams import is_json, json_records
from boilover.adapters.words import html_to_text, ident
from boilover.log import EventLog

AUTOMATED = ("automated", "operator_initiated")
"""How a message is delivered that an admin signs and nobody wrote for this customer."""
PART_LIMIT = 500
"""The API gives at most the latest 500 parts of a conversation."""
MARKS = (b'"conversation_parts"', b'"conversation.list"', b'"admin_assignee_id"', b'"team_assignee_id"')


class Options(BaseModel, frozen=True, extra="forbid"):
    """What a workspace may mean otherwise than Intercom does."""

    closed: Status = "closed"
    """The status of a closed conversation."""
    snoozed: Status = "pending"
    """The status of a snoozed conversation: most wait for the customer."""
    custom_attributes: tuple[str, ...] = ()
    """Custom attributes of which today's value is read as seen at the last update; without this only changes that
    the parts tell are read."""


class IntercomAdapter:
    """Reads conversations with their parts."""

    name = "intercom"

    def sniff(self, head: bytes) -> float:
        """Return 0.95 for JSON with the names of conversations and their parts."""
        if not is_json(head):
            return 0.0
        return 0.95 if any(mark in head for mark in MARKS) else 0.0

    def read(self, export: Export) -> Iterator[EventLog]:
        """Read every conversation of every file."""
        options = export.options(Options)
        with export.facts(time_format="epoch_s") as facts:
            to = Reader(facts, export.tally, {"closed": options.closed, "snoozed": options.snoozed})
            for member in export.members:
                for _, record in json_records(member, ("conversations", "data")):
                    _tell(record, to, export, options)
            yield from facts.logs()


def _tell(record: Any, to: Reader, export: Export, options: Options) -> None:
    ticket_id = ident(dict_at(record).get("id"))
    if ticket_id is None or record.get("created_at") is None:
        export.tally.drop("record that is no conversation", 1, ticket_id)
        return
    _tell_opening(ticket_id, record, to)
    listed = record.get("conversation_parts")
    parts = dicts_at(listed, "conversation_parts")
    parts.sort(key=lambda part: number_at(part, "created_at"))
    is_whole = listed is not None and not _is_cut(record, len(parts))
    if is_whole:
        to.facts.history(ticket_id)
    elif listed is not None:
        export.cut(ticket_id, f"only {len(parts)} of its parts are there")
    else:
        export.tally.note("conversations without their parts, as lists and searches give them")
    told: dict[str, str | None] = {}
    for part in parts:
        told |= tell_part(ticket_id, part, to)
    tell_tags(ticket_id, record, parts, to.facts)
    _tell_today(ticket_id, record, to, told, is_whole=is_whole)
    _tell_attributes(ticket_id, record, to, options)
    _tell_rating(ticket_id, record, parts, to)


def _is_cut(record: Mapping[str, Any], held: int) -> bool:
    listed = number_at(record, "conversation_parts", "total_count")
    counted = number_at(record, "statistics", "count_conversation_parts")
    return listed > held or (held == PART_LIMIT and counted > held)


def _tell_opening(ticket_id: str, record: Mapping[str, Any], to: Reader) -> None:
    """Tell the creation and the message that opened the conversation."""
    source = dict_at(record, "source") or dict_at(record, "conversation_message")
    who = actor(dict_at(source, "author"), to.tally)
    if who["role"] == "agent" and source.get("delivered_as") in AUTOMATED:
        who["role"] = "bot"
    contacts = [ident(contact.get("id")) for contact in dicts_at(record, "contacts", "contacts")]
    to.facts.ticket(
        ticket_id,
        created=record["created_at"],
        customer_id=who["by"] if who["role"] == "customer" else next(iter(contacts), None),
        channel=text_at(source, "type") or None,
        subject=html_to_text(text_at(source, "subject")) or None,
        **who,
    )
    to.facts.at_creation(ticket_id, "status", "open")
    if body := html_to_text(text_at(source, "body")):
        event_id = f"{ticket_id}/source"
        to.facts.message(ticket_id, record["created_at"], body, public=True, event_id=event_id, **who)


def _tell_today(
    ticket_id: str, record: Mapping[str, Any], to: Reader, told: Mapping[str, str | None], *, is_whole: bool
) -> None:
    """Tell the state that the record shows; what the parts do not lead to was seen at the last update."""
    seen = record.get("updated_at")
    for target, key in (("assignee", "admin_assignee_id"), ("group", "team_assignee_id")):
        if key in record:
            holder = ident(record[key])
            to.facts.today(ticket_id, target, None if holder == "0" else holder, at=seen)
    status, raw = to.statuses.read(text_at(record, "state"))
    if status is not None and status != told.get("status", "open" if is_whole else None):
        to.facts.seen(ticket_id, "status", status, raw, at=seen)
    priority, raw = to.priorities.read(text_at(record, "priority"))
    if priority is not None and "priority" not in told:
        to.facts.at_creation(ticket_id, "priority", "normal", raw="not_priority")
        if priority != "normal":
            to.facts.seen(ticket_id, "priority", priority, raw, at=seen)
    sla = dict_at(record, "sla_applied")
    if sla.get("sla_status") == "missed" and "sla_breached" not in told:
        to.facts.seen(ticket_id, "sla_breached", "any", text_at(sla, "sla_name") or None, at=seen)


def _tell_attributes(ticket_id: str, record: Mapping[str, Any], to: Reader, options: Options) -> None:
    held = dict_at(record, "custom_attributes")
    for name in options.custom_attributes:
        if isinstance(value := held.get(name), str | int | float | bool):
            to.facts.seen(ticket_id, name, str(value), at=record.get("updated_at"))


def _tell_rating(
    ticket_id: str, record: Mapping[str, Any], parts: Sequence[Mapping[str, Any]], to: Reader
) -> None:
    """Tell the satisfaction; ``created_at`` is when the rating was asked for: it became known after that."""
    rating = dict_at(record, "conversation_rating")
    score, asked = rating.get("rating"), rating.get("created_at")
    if not isinstance(score, int | float) or asked is None:
        return
    given = [part.get("created_at") for part in parts if "rating" in text_at(part, "part_type")]
    to.facts.event(
        ticket_id,
        asked,
        "csat",
        number=(score - 1) / 4,
        by=ident(dict_at(rating, "contact").get("id")),
        role="customer",
        event_id=f"{ticket_id}/rating",
        seen=rating.get("updated_at") or (given[-1] if given else record.get("updated_at")),
    )
