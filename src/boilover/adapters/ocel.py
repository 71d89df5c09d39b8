"""Object-centric event logs (OCEL 2.0), JSON, SQLite or XML, of which one type of object is the ticket.

An event belongs to every ticket that it is related to: it becomes an activity, its attributes changes of fields, the
people and teams that it is related to its actor and the ticket's group. An attribute of the ticket that is dated later
than its beginning is a change; `boilover.adapters.ocel_source` tells the shape of the records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from boilover.adapters.export import Export
from boilover.adapters.facts import Actor, Facts
from boilover.adapters.nested import dicts_at, text_at
from boilover.adapters.ocel_source import SQLITE_MAGIC, records_of
from boilover.adapters.ocel_xml import is_xml
from boilover.adapters.settings import Status, Zone
from boilover.adapters.words import TARGETS, Words, ident
from boilover.errors import UsageError
from boilover.log import EventLog

TICKETS = ("ticket", "case", "incident", "issue", "request", "conversation", "complaint", "problem")
"""Object types that are taken for the ticket where none is named, the surest first."""
PEOPLE = {
    "customer": "customer", "contact": "customer", "client": "customer", "requester": "customer", "user": "customer",
    "agent": "agent", "employee": "agent", "resource": "agent", "technician": "agent", "staff": "agent",
    "bot": "bot", "system": "system",
}  # fmt: skip
GROUPS = ("team", "group", "queue", "department")
MARKS = (b'"objectTypes"', b'"eventTypes"', b'"objectId"', b'"ocel:')


class Options(BaseModel, frozen=True, extra="forbid"):
    """What the types and attributes of a log mean; names are compared without case."""

    ticket: str | None = None
    """The object type that is the ticket; guessed when one of `TICKETS`, or the only one, is there."""
    people: dict[str, str] = PEOPLE
    """Object type to role: who is related to an event did it."""
    groups: tuple[str, ...] = GROUPS
    """Object types of which an event gives the ticket to the one that it is related to."""
    attributes: dict[str, str] = {}
    """Attribute, of tickets or events, to status, priority, group, assignee or the name of a field; those named so
    need no entry, and an empty string leaves one out."""
    statuses: dict[str, Status] = {}
    """Word to status."""
    text: str = "text"
    """The attribute of an event that makes it a message: its text."""
    public: str = "public"
    """The attribute of a message that says whether the customer sees it; without it, it is public."""
    timezone: Zone = "UTC"
    """Where times without an offset were written."""


@dataclass
class Log:
    """What is known of the objects while events are told."""

    facts: Facts
    export: Export
    options: Options
    types: dict[str, str] = field(default_factory=dict)
    """Object to its type, in small letters."""
    tickets: str = ""

    def __post_init__(self) -> None:
        self.statuses = Words(self.options.statuses, kind="status", tally=self.export.tally)
        self.people = {kind.casefold(): role for kind, role in self.options.people.items()}
        self.groups = {kind.casefold() for kind in self.options.groups}

    def target(self, name: str) -> str:
        """Return what an attribute sets; empty where nothing."""
        folded = name.casefold()
        return self.options.attributes.get(name, folded if folded in TARGETS else name)

    def change(self, ticket_id: str, at: Any, name: str, value: Any, **who: Any) -> None:
        """Tell that an attribute was set; without a time, at creation."""
        target, word = self.target(name), _word(value)
        raw = None
        if target == "status":
            word, raw = self.statuses.read(word)
        if target and at is None:
            self.facts.at_creation(ticket_id, target, word, raw=raw)
        elif target:
            self.facts.change(ticket_id, at, target, word, raw=raw, **who)


class OcelAdapter:
    """Reads OCEL 2.0 as JSON, SQLite or XML."""

    name = "ocel"

    def sniff(self, head: bytes) -> float:
        """Return 1 for a database or XML with the names of OCEL, less for JSON with them and any other database."""
        if is_xml(head):
            return 1.0
        if head.startswith(SQLITE_MAGIC):
            return 1.0 if b"ocel_" in head else 0.3
        is_json = head.lstrip()[:1] == b"{"
        return 0.97 if is_json and sum(mark in head for mark in MARKS) >= 2 else 0.0

    def read(self, export: Export) -> Iterator[EventLog]:
        """Read which objects there are, then tickets and events."""
        options = export.options(Options)
        with export.facts(timezone=options.timezone) as facts:
            log = Log(facts, export, options)
            for member in export.members:
                for record in records_of(member, "objects"):
                    if (own := ident(record.get("id"))) is not None:
                        log.types[own] = text_at(record, "type").casefold()
            log.tickets = _ticket_type(set(log.types.values()), options)
            facts.history()
            for member in export.members:
                for record in records_of(member, "objects", "events"):
                    _tell(record, log)
            yield from facts.logs()


def _ticket_type(types: set[str], options: Options) -> str:
    """Return the type that is the ticket; raise `UsageError` naming those that there are."""
    known = ", ".join(sorted(types)) or "none"
    if options.ticket is not None:
        if options.ticket.casefold() not in types:
            raise UsageError(f"no object is of type '{options.ticket}', the ticket; there are: {known}")
        return options.ticket.casefold()
    others = types - set(GROUPS) - set(PEOPLE)
    guesses = [kind for kind in TICKETS if kind in types] or sorted(others)
    if len(guesses) != 1 and guesses[:1] != ["ticket"]:
        raise UsageError(
            f"which object type is the ticket? Say it with the option ticket; there are: {known}"
        )
    return guesses[0]


def _tell(record: Mapping[str, Any], log: Log) -> None:
    if "time" in record:
        _tell_event(record, log)
    elif text_at(record, "type").casefold() == log.tickets and (own := ident(record.get("id"))) is not None:
        _tell_ticket(own, record, log)


def _tell_ticket(ticket_id: str, record: Mapping[str, Any], log: Log) -> None:
    """Tell a ticket, what its attributes were at the beginning and became, and the people that it belongs to."""
    customers = (own for own, kind in _related(record, log) if log.people.get(kind) == "customer")
    log.facts.ticket(ticket_id, customer_id=next(customers, None))
    for attribute in dicts_at(record, "attributes"):
        at = text_at(attribute, "time")
        dated = None if not at or at.startswith("1970-01-01") else at
        log.change(ticket_id, dated, text_at(attribute, "name"), attribute.get("value"))


def _tell_event(record: Mapping[str, Any], log: Log) -> None:
    """Tell an event to each ticket that it is related to."""
    related = _related(record, log)
    tickets = [own for own, kind in related if kind == log.tickets]
    if not tickets:
        log.export.tally.note("events of no ticket, left out")
        return
    people = ((own, log.people[kind]) for own, kind in related if kind in log.people)
    by, role = next(people, (None, None))
    who = Actor(by=by, role=role)
    values = {text_at(each, "name"): each.get("value") for each in dicts_at(record, "attributes")}
    at, own = record.get("time"), ident(record.get("id"))
    text, public = _word(values.pop(log.options.text, None)), values.pop(log.options.public, None)
    for ticket_id in dict.fromkeys(tickets):
        key = f"{ticket_id}/{own}"
        if text is not None:
            shown = str(public).casefold() not in ("false", "0", "no")
            log.facts.message(ticket_id, at, text, public=shown, event_id=f"{key}/text", **who)
        kind = text_at(record, "type")
        log.facts.event(
            ticket_id, at, "field_changed", field="activity", value=kind, event_id=f"{key}/activity", **who
        )
        for name, value in values.items():
            log.change(ticket_id, at, name, value, event_id=f"{key}/{name}", **who)
        groups = [group for group, kind in related if kind in log.groups]
        if groups:
            log.facts.change(ticket_id, at, "group", groups[0], event_id=f"{key}/*group", **who)


def _related(record: Mapping[str, Any], log: Log) -> list[tuple[str, str]]:
    """Return the objects that a record is related to, with their types."""
    found = [ident(each.get("objectId")) for each in dicts_at(record, "relationships")]
    return [(own, log.types[own]) for own in found if own is not None and own in log.types]


def _word(value: Any) -> str | None:
    if value is None or isinstance(value, bool):
        return None if value is None else str(value).lower()
    return ident(value) if isinstance(value, int | float) else str(value).strip() or None
