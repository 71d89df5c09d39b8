"""What is known of a ServiceNow desk while its export is read: options, ids, people, groups and words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from boilover.adapters.nested import dict_at
from boilover.adapters.record_desk import Record, RecordDesk, RecordSettings
from boilover.adapters.servicenow_words import ESCALATIONS, LEVELS, PRIORITY_WORDS, SCHEMA, STATES, TARGETS
from boilover.adapters.words import Words, ident, is_true


class Options(RecordSettings, frozen=True, extra="forbid"):
    """The ``[options]`` of a ServiceNow recipe; see docs/systems/servicenow.md."""

    ticket_id: Literal["number", "sys_id"] = "number"
    tables: tuple[str, ...] = ("incident",)
    """The tables whose audit is read, for desks that keep their tickets elsewhere."""
    groups: dict[str, str] = Field(default_factory=dict)
    """sys_id of a group to its name."""
    pending_reasons: tuple[str, ...] = ("1", "Awaiting Caller")
    """Reasons to hold that wait for the customer."""


@dataclass
class Desk(RecordDesk[Options]):
    """A ServiceNow desk; users go by user name or name, in small letters."""

    schema = SCHEMA
    ticket_word = "an incident"

    bots: set[str] = field(default_factory=set)
    deleted: dict[str, str] = field(default_factory=dict)
    created: dict[str, str] = field(default_factory=dict)
    """Id in the log to when the incident was created, as the export writes it."""
    labels: dict[str, str] = field(default_factory=dict)
    """Code of a state to what a list shows."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.facts.parties()
        self.targets = {**TARGETS, **self.options.fields}
        self.pending_reasons = {reason.casefold() for reason in self.options.pending_reasons}
        self.bots.update(name.casefold() for name in self.options.bots)

    def settle(self) -> None:
        """Fix the vocabularies, when all is learnt: a state of a desk's own is known by its label."""
        tally, options = self.export.tally, self.options
        known = STATES | {word.casefold(): status for word, status in options.statuses.items()}
        own = {
            code: known[label.casefold()] for code, label in self.labels.items() if label.casefold() in known
        }
        kinds = {
            "status": own | known,
            "priority": {**PRIORITY_WORDS, **options.priorities},
            "escalation": ESCALATIONS,
            "impact": LEVELS,
            "urgency": LEVELS,
        }
        self.words = {kind: Words(words, kind=kind, tally=tally) for kind, words in kinds.items()}

    def learn_user(self, user: Record) -> None:
        """Take in a record of ``sys_user``."""
        user_id, login, name = (cell(user, column) for column in ("sys_id", "user_name", "name"))
        if user_id is None:
            return
        if login is not None:
            self.people[login.casefold()] = user_id
        self.learn_name(name and name.casefold(), user_id)
        flags = (cell(user, column) for column in ("internal_integration_user", "web_service_access_only"))
        if any(map(is_true, flags)):
            self.bots.add(user_id)

    def learn_group(self, group: Record) -> None:
        """Take in a record of ``sys_user_group``."""
        group_id, name = cell(group, "sys_id"), cell(group, "name")
        if group_id is not None and name is not None:
            self.groups[group_id] = name

    def learn_incident(self, incident: Record) -> None:
        """Take in the ids of an incident, its creation, its caller and the name of its group."""
        number, key = cell(incident, "number"), cell(incident, "sys_id")
        if (ticket := self.id_in_log(number, key)) is None:
            return
        self.tickets.update({each: ticket for each in (number, key) if each is not None})
        if (created := cell(incident, "sys_created_on")) is not None:
            self.created[ticket] = created
        if label := shown(incident, "state"):
            self.labels[cell(incident, "state") or ""] = label
        if label := shown(incident, "assignment_group"):
            self.groups.setdefault(cell(incident, "assignment_group") or "", label)

    def person(self, word: str | None) -> str | None:
        """Return who a sys_id, a user name or a name stands for, as a sys_id where the export tells it."""
        if word is None or word.casefold() in self.shared_names:
            return word
        return self.people.get(word.casefold(), word)

    def role(self, actor: str | None, login: str | None) -> str | None:
        """Return the role of who is no person: persons are a ticket's caller at the time, or agents."""
        if actor in self.bots or (login or "").casefold() in self.bots:
            return "bot"
        return "system" if login == "system" else None

    def named(self, target: str, word: str) -> str | None:
        """Return a person as an id, a group by its name, and anything else as it is."""
        if target == "assignee":
            return self.person(word)
        if target == "group":
            return self.options.groups.get(word) or self.groups.get(word, word)
        return word


def shown(record: Record, column: str) -> str | None:
    """Return what a list shows of a reference or a coded value; None of any other."""
    return ident(dict_at(record, column).get("display_value"))


def cell(record: Record, column: str) -> str | None:
    """Return a record's value: of a reference the sys_id, of a coded value the code, of an empty one None."""
    held = record.get(column)
    if isinstance(held, dict):
        link = ident(held.get("link"))
        held = held.get("value") or (link.rpartition("/")[2] if link else held.get("display_value"))
    return ident(held)
