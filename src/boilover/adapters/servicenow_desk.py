"""What is known of a ServiceNow desk while its export is read: options, ids, people, groups and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from boilover.adapters.ends import Ends, Firsts
from boilover.adapters.export import Export
from boilover.adapters.facts import Facts
from boilover.adapters.nested import dict_at
from boilover.adapters.servicenow_words import ESCALATIONS, LEVELS, PRIORITY_WORDS, STATES, TARGETS
from boilover.adapters.settings import Encoding, Status, TimeFormat, Zone
from boilover.adapters.words import Words, ident, is_true


class Options(BaseModel, frozen=True, extra="forbid"):
    """The ``[options]`` of a ServiceNow recipe; see docs/systems/servicenow.md."""

    ticket_id: Literal["number", "sys_id"] = "number"
    tables: tuple[str, ...] = ("incident",)
    """The tables whose audit is read, for desks that keep their tickets elsewhere."""
    time_format: TimeFormat = "iso"
    timezone: Zone = "UTC"
    encoding: Encoding = "utf-8"
    statuses: dict[str, Status] = {}
    priorities: dict[str, str] = {}
    fields: dict[str, str] = {}
    """Column to the part of the state that it tells, beyond those that are known."""
    groups: dict[str, str] = {}
    """sys_id of a group to its name."""
    bots: tuple[str, ...] = ()
    """User names whose messages no person writes."""
    pending_reasons: tuple[str, ...] = ("1", "Awaiting Caller")
    """Reasons to hold that wait for the customer."""


@dataclass
class Desk:
    """What the passes over an export share; what is kept grows with tickets and people, not with history."""

    export: Export
    facts: Facts
    options: Options
    tickets: dict[str, str] = field(default_factory=dict)
    """sys_id, or number, of an incident to its id in the log."""
    callers: dict[str, str] = field(default_factory=dict)
    """Id in the log to the caller."""
    people: dict[str, str] = field(default_factory=dict)
    """User name, or name where nobody shares it, to sys_id."""
    shared_names: set[str] = field(default_factory=set)
    bots: set[str] = field(default_factory=set)
    groups: dict[str, str] = field(default_factory=dict)
    firsts: Firsts = field(default_factory=Firsts)
    ends: Ends = field(default_factory=Ends)
    deleted: dict[str, str] = field(default_factory=dict)
    created: dict[str, str] = field(default_factory=dict)
    """Id in the log to when the incident was created, as the export writes it."""

    def __post_init__(self) -> None:
        options = self.options
        self.labels: dict[str, str] = {}
        self.words: dict[str, Words] = {}
        self.targets = {**TARGETS, **options.fields}
        self.pending_reasons = {reason.casefold() for reason in options.pending_reasons}
        self.ends.time_format = self.firsts.time_format = options.time_format
        self.bots.update(name.casefold() for name in options.bots)

    def settle(self) -> None:
        """Fix the vocabularies, when all is learnt: a state of a desk's own is known by its label."""
        tally, options = self.export.tally, self.options
        known = STATES | {word.casefold(): status for word, status in options.statuses.items()}
        own = {
            code: known[label.casefold()] for code, label in self.labels.items() if label.casefold() in known
        }
        self.words = {
            "status": Words(own | known, kind="status", tally=tally),
            "priority": Words({**PRIORITY_WORDS, **options.priorities}, kind="priority", tally=tally),
            "escalation": Words(ESCALATIONS, kind="escalation", tally=tally),
            "impact": Words(LEVELS, kind="impact", tally=tally),
            "urgency": Words(LEVELS, kind="urgency", tally=tally),
        }  # fmt: skip

    def learn_user(self, user: Mapping[str, Any]) -> None:
        """Take in a record of ``sys_user``."""
        user_id, login, name = (cell(user, column) for column in ("sys_id", "user_name", "name"))
        if user_id is None:
            return
        if login is not None:
            self.people[login.casefold()] = user_id
        if name is not None and self.people.setdefault(name.casefold(), user_id) != user_id:
            self.shared_names.add(name.casefold())
        flags = (cell(user, column) for column in ("internal_integration_user", "web_service_access_only"))
        if any(map(is_true, flags)):
            self.bots.add(user_id)

    def learn_group(self, group: Mapping[str, Any]) -> None:
        """Take in a record of ``sys_user_group``."""
        group_id, name = cell(group, "sys_id"), cell(group, "name")
        if group_id is not None and name is not None:
            self.groups[group_id] = name

    def learn_incident(self, incident: Mapping[str, Any]) -> None:
        """Take in the ids of an incident, its creation, its caller and the name of its group."""
        number, key = cell(incident, "number"), cell(incident, "sys_id")
        ticket = (number or key) if self.options.ticket_id == "number" else (key or number)
        if ticket is None:
            self.export.tally.drop("incident without number and sys_id")
            return
        self.tickets.update({each: ticket for each in (number, key) if each is not None})
        created = cell(incident, "sys_created_on")
        if created is not None:
            self.created[ticket] = created
        caller = cell(incident, "caller_id")
        if caller is not None:
            self.callers[ticket] = self.person(caller) or caller
        if label := shown(incident, "state"):
            self.labels[cell(incident, "state") or ""] = label
        if label := shown(incident, "assignment_group"):
            self.groups.setdefault(cell(incident, "assignment_group") or "", label)

    def ticket_of(self, reference: str | None) -> str | None:
        """Return the ticket of a sys_id or number; without incidents in the export every sys_id is one."""
        if reference is None or self.tickets:
            return self.tickets.get(reference or "")
        return reference

    def person(self, word: str | None) -> str | None:
        """Return who a sys_id, a user name or a name stands for, as a sys_id where the export tells it."""
        if word is None or word.casefold() in self.shared_names:
            return word
        return self.people.get(word.casefold(), word)

    def role(self, actor: str | None, login: str | None, ticket: str) -> str | None:
        """Return the role of an actor in a ticket: its caller is the customer, whoever that is elsewhere."""
        if actor is None:
            return None
        if actor in self.bots or (login or "").casefold() in self.bots:
            return "bot"
        if actor == self.callers.get(ticket):
            return "customer"
        return "system" if login == "system" else "agent"

    def value(self, target: str, word: str | None) -> tuple[str | None, str | None]:
        """Return (value, raw value) of a word in the vocabulary of ``target``."""
        if word is None:
            return None, None
        if target in self.words:
            return self.words[target].read(word)
        if target == "assignee":
            return self.person(word), word
        if target == "group":
            return self.options.groups.get(word) or self.groups.get(word, word), word
        return word, None


def shown(record: Mapping[str, Any], column: str) -> str | None:
    """Return what a list shows of a reference or a coded value; None of any other."""
    return ident(dict_at(record, column).get("display_value"))


def cell(record: Mapping[str, Any], column: str) -> str | None:
    """Return a record's value: of a reference the sys_id, of a coded value the code, of an empty one None."""
    held = record.get(column)
    if isinstance(held, dict):
        link = ident(held.get("link"))
        held = held.get("value") or (link.rpartition("/")[2] if link else held.get("display_value"))
    return ident(held)
