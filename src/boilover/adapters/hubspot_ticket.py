"""One HubSpot ticket: every property that has a history is told change by change, oldest first.

The oldest entry of a property is its value at creation if it was written then, else the first change. A property
without a history is told as it was seen at the last update. Times spent, counts of mails and dates of entry that
HubSpot computes are properties too: they tell the end, and none of them is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from boilover.adapters.ends import LONG_AGO
from boilover.adapters.facts import Actor
from boilover.adapters.hubspot_desk import Desk, Entry
from boilover.adapters.hubspot_sla import tell_sla
from boilover.adapters.nested import dict_at, dicts_at, text_at
from boilover.adapters.times import moment
from boilover.adapters.words import ident

HISTORY_LIMIT = 20
"""The API gives at most this many values of a property of a ticket."""
AT_ONCE = timedelta(milliseconds=900)
"""Properties are written one after the other when a ticket is created."""
TARGETS = (
    ("hs_pipeline_stage", "status"),
    ("hs_pipeline_stage", "stage"),
    ("hs_ticket_priority", "priority"),
    ("hubspot_owner_id", "assignee"),
    ("hs_pipeline", "pipeline"),
    ("hs_ticket_category", "category"),
    ("hs_resolution", "resolution"),
)
"""Property to what it sets: a stage is both a status and a word of the desk's own."""
ATTRIBUTES = {"channel": "source_type", "subject": "subject"}
"""What is fixed at creation to the property whose oldest value tells it."""
OTHERWISE = frozenset(
    {
        "closed_date", "content", "createdate", "first_agent_reply_date", "hubspot_owner_assigneddate",
        "last_engagement_date", "last_reply_date", "notes_last_contacted", "notes_last_updated",
        "notes_next_activity_date", "num_contacted_notes", "num_notes", "source_ref", "source_type", "subject",
        "time_to_close", "time_to_first_agent_reply",
    }
)  # fmt: skip
"""Properties without the prefix of HubSpot's own that are told in another way, or tell the end."""
CUSTOMER_SOURCES = frozenset({"FORM", "EMAIL", "CONVERSATIONS", "CHATFLOW", "MEETINGS", "CALLS", "FEEDBACK"})
AGENT_SOURCES = frozenset({"CRM_UI", "CRM_UI_BULK_ACTION", "MOBILE_IOS", "MOBILE_ANDROID", "SIDEKICK"})


def tell_ticket(record: Mapping[str, Any], desk: Desk) -> None:
    """Tell the creation of a ticket, its changes, its due times, and its end where it was archived or merged."""
    tally, properties = desk.export.tally, dict_at(record, "properties")
    ticket_id = ident(record.get("id")) or ident(properties.get("hs_object_id"))
    created = text_at(properties, "createdate") or text_at(record, "createdAt")
    if ticket_id is None or not created:
        tally.drop("ticket without id or time of creation", 1, ticket_id)
        return
    held = dict_at(record, "propertiesWithHistory")
    histories = {name: _oldest_first(dicts_at(held, name)) for name in held}
    _tell_creation(ticket_id, created, record, histories, desk)
    if histories:
        desk.facts.history(ticket_id)
    else:
        tally.note("tickets without the history of their properties")
    seen = text_at(record, "updatedAt") or text_at(properties, "hs_lastmodifieddate")
    for name, target in _targets(properties, histories, desk):
        if histories.get(name):
            _tell_history(ticket_id, created, name, target, histories[name], desk)
        elif properties.get(name) not in (None, ""):
            told = _read(target, text_at(properties, name), desk)
            desk.facts.seen(ticket_id, target, *told, at=seen or created)
    tell_sla(ticket_id, histories, desk)
    _tell_merges(histories.get("hs_merged_object_ids", []), desk)
    if record.get("archived") is True and text_at(record, "archivedAt"):
        desk.facts.change(ticket_id, text_at(record, "archivedAt"), "status", "closed", raw="deleted")


def _oldest_first(entries: Sequence[Entry]) -> list[Entry]:
    """Sort by time; of one time the later in the list, which HubSpot writes newest first, comes first."""
    oldest = list(reversed(entries))
    oldest.sort(key=lambda entry: _moment(text_at(entry, "timestamp")))
    return oldest


def _moment(text: str) -> datetime:
    return moment(text) or LONG_AGO


def _targets(
    properties: Mapping[str, Any], histories: Mapping[str, list[Entry]], desk: Desk
) -> Iterator[tuple[str, str]]:
    """Yield the properties that are read, each with what it sets."""
    yield from (*TARGETS, (desk.options.group, "group"))
    known = {name for name, _ in TARGETS} | {desk.options.group}
    for name in {**properties, **histories}:
        is_read = name in desk.options.fields or (histories.get(name) and _is_own(name, desk))
        if is_read and name not in known:
            yield name, name


def _is_own(name: str, desk: Desk) -> bool:
    """Say whether a property was added by the portal, which alone knows what it means."""
    return not name.startswith("hs_") and name not in OTHERWISE and name not in desk.options.ignore


def _read(target: str, value: str, desk: Desk) -> tuple[str | None, str | None]:
    stage = ident(value)
    if target in ("status", "stage") and stage is not None:
        return desk.status(stage) if target == "status" else (desk.label(stage), stage)
    if target == "priority":
        return desk.priorities.read(value)
    return ident(value) if target in ("assignee", "group") else value or None, None


def _tell_history(
    ticket_id: str, created: str, name: str, target: str, entries: Sequence[Entry], desk: Desk
) -> None:
    since = [_moment(text_at(entry, "timestamp")) - _moment(created) for entry in entries]
    if len(entries) >= HISTORY_LIMIT and since[0] > AT_ONCE:
        desk.export.cut(ticket_id, f"only the latest {len(entries)} values of {name} are there")
    for number, entry in enumerate(entries):
        at, told = text_at(entry, "timestamp"), _read(target, text_at(entry, "value"), desk)
        if number == 0 and since[0] <= AT_ONCE:
            desk.facts.at_creation(ticket_id, target, *told)
        else:
            desk.facts.change(ticket_id, at, target, *told, **actor(entry, desk))


def actor(entry: Entry, desk: Desk) -> Actor:
    """Return who wrote an entry: a person, or HubSpot itself."""
    source = text_at(entry, "sourceType")
    by = desk.person(entry.get("updatedByUserId"))
    if by is not None or source in AGENT_SOURCES:
        return {"by": by, "role": "agent"}
    return {"by": None, "role": "customer" if source in CUSTOMER_SOURCES else "system" if source else None}


def _tell_creation(
    ticket_id: str,
    created: str,
    record: Mapping[str, Any],
    histories: Mapping[str, list[Entry]],
    desk: Desk,
) -> None:
    def first(name: str) -> str:
        entries = histories.get(name)
        return text_at(entries[0], "value") if entries else text_at(record, "properties", name)

    contacts = [ident(each.get("id")) for each in dicts_at(record, "associations", "contacts", "results")]
    companies = [ident(each.get("id")) for each in dicts_at(record, "associations", "companies", "results")]
    customer = next(iter(contacts), None)
    stages = histories.get("hs_pipeline_stage")
    who = actor(stages[0], desk) if stages else Actor(by=None, role=None)
    if who["role"] == "customer":
        who["by"] = customer
    desk.facts.ticket(
        ticket_id,
        created=created,
        customer_id=customer,
        account_id=next(iter(companies), None),
        channel=first("source_type") or None,
        subject=first("subject") or None,
        first={name for name, told in ATTRIBUTES.items() if told in histories},
        **who,
    )
    told: dict[str, Any] = {"first": "content" in histories, "by": customer, "role": "customer"}
    desk.facts.opening(ticket_id, created, first("content") or None, public=True, **told)


def _tell_merges(entries: Sequence[Entry], desk: Desk) -> None:
    """Tell the end of the tickets that were merged into this one."""
    merged: set[str] = set()
    for entry in entries:
        held = {each for each in map(ident, text_at(entry, "value").split(";")) if each}
        for ticket_id in sorted(held - merged):
            desk.facts.event(ticket_id, text_at(entry, "timestamp"), "merged", **actor(entry, desk))
        merged |= held
