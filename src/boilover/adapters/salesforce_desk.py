"""What is known of a Salesforce desk while its export is read: options, ids, users, queues and words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from boilover.adapters.record_desk import Record, RecordDesk, RecordSettings
from boilover.adapters.salesforce_words import FIELDS, PRIORITY_WORDS, SCHEMA, STATUSES, is_key, key
from boilover.adapters.settings import TimeFormat, Zone
from boilover.adapters.times import moment
from boilover.adapters.words import Words, ident, is_true
from boilover.errors import InputError

QUEUE = "00G"
AUTOMATED = {"automatedprocess": "system", "cloudintegrationuser": "bot"}
AGENT_TYPE = "standard"
PARTIES = ("customer_id", "account_id")
"""Attributes of a case that a change of reference tells, too."""


class Options(RecordSettings, frozen=True, extra="forbid"):
    """The ``[options]`` of a Salesforce recipe; see docs/systems/salesforce.md."""

    ticket_id: Literal["number", "id"] = "number"
    report_time_format: TimeFormat | None = None
    """How a report writes times; without it they must be ISO, for day and month cannot be told apart."""
    report_timezone: Zone = "UTC"
    queues: tuple[str, ...] = ()
    """Names of queues, where neither an id nor the table Group tells that an owner is one."""


@dataclass
class Desk(RecordDesk[Options]):
    """A Salesforce desk; its groups are queues."""

    schema = SCHEMA
    ticket_word = "a case"

    roles: dict[str, str] = field(default_factory=dict)
    """Id of a user to the role that the user's type tells."""
    contact_of: dict[str, str] = field(default_factory=dict)
    """Id of a portal user to the contact that it belongs to."""
    mailed: dict[str, datetime] = field(default_factory=dict)
    """Case to when its first e-mail was sent."""
    closing: dict[str, str] = field(default_factory=dict)
    """Words for a status that closes a case."""

    def __post_init__(self) -> None:
        super().__post_init__()
        options = self.options
        self.targets = FIELDS | {name.casefold(): target for name, target in options.fields.items()}
        self._report_zone = ZoneInfo(options.report_timezone)
        self.queue_names = {name.casefold() for name in options.queues}
        self.bots = set(options.bots)

    def mail(self, ticket: str, at: str | None) -> None:
        """Take in an e-mail of a case."""
        time = self._moment(at)
        if time is not None:
            self.mailed[ticket] = min(time, self.mailed.get(ticket, time))

    def opened_by_mail(self, ticket: str, created: str | None) -> bool:
        """Return whether an e-mail is told that a case began with: it was sent by the minute after its creation."""
        time = self._moment(created)
        return (
            time is not None and ticket in self.mailed and self.mailed[ticket] <= time + timedelta(minutes=1)
        )

    def _moment(self, at: str | None) -> datetime | None:
        return moment(at, self.options.time_format, ZoneInfo(self.options.timezone))

    def learn_user(self, user: Record) -> None:
        """Take in a record of ``User``: its type tells customers of a portal and automated users."""
        user_id, name = key(user.get("Id")), ident(user.get("Name"))
        if user_id is None:
            return
        kind = (ident(user.get("UserType")) or AGENT_TYPE).casefold()
        self.roles[user_id] = AUTOMATED.get(kind, "agent" if kind == AGENT_TYPE else "customer")
        if self.bots & {user_id, name, ident(user.get("Username"))}:
            self.roles[user_id] = "bot"
        contact = key(user.get("ContactId"))
        if contact is not None:
            self.contact_of[user_id] = contact
        self.learn_name(name, user_id)

    def learn_group(self, group: Record) -> None:
        """Take in a record of ``Group``, which holds queues among others."""
        group_id, name = key(group.get("Id")), ident(group.get("Name"))
        if group_id is not None and name is not None:
            self.groups[group_id] = name
            self.queue_names.add(name.casefold())

    def learn_case(self, case: Record) -> None:
        """Take in the ids of a case and its contact."""
        number, case_id = ident(case.get("CaseNumber")), key(case.get("Id"))
        if (ticket := self.id_in_log(number, case_id)) is None:
            return
        if case_id is not None:
            self.tickets.setdefault(case_id, ticket)
        if number is not None:
            self.tickets.setdefault(_bare(number), ticket)
        contact, status = key(case.get("ContactId")), ident(case.get("Status"))
        if contact is not None:
            self.customers.setdefault(ticket, contact)
        if status is not None and is_true(case.get("IsClosed")):
            self.closing[status.casefold()] = "closed"

    def settle(self) -> None:
        """Fix the vocabularies, when all is learnt: a status that closes a case is known by that."""
        tally, options = self.export.tally, self.options
        statuses = self.closing | STATUSES | options.statuses
        self.words["status"] = Words(statuses, kind="status", tally=tally)
        self.words["priority"] = Words({**PRIORITY_WORDS, **options.priorities}, kind="priority", tally=tally)

    def ticket_of(self, reference: str | None) -> str | None:
        """Return the ticket of an id or number; without cases in the export every id is one."""
        return super().ticket_of(reference) or self.tickets.get(_bare(reference or ""))

    def is_id(self, word: str | None) -> bool:
        """Say whether a word is the id of a record, not its name."""
        return word is not None and (word in self.roles or word in self.groups or is_key(word))

    def _id(self, word: str | None) -> str | None:
        """Return what may be an id or a name: an id in its long form, a name as it is."""
        return key(word) if self.is_id(word) else word

    def person(self, word: str | None) -> str | None:
        """Return a user's id for the id or the name, and the contact's for a user of a portal."""
        if word is None:
            return None
        user = self._id(word if word in self.shared_names else self.people.get(word, word))
        return None if user is None else self.contact_of.get(user, user)

    def role(self, user: str | None, ticket: str) -> str | None:
        """Return the role of a user in a case; the case's own contact is the customer."""
        if user is None:
            return None
        if user in self.bots:
            return "bot"
        if self.customers.get(ticket) is not None and self.customers.get(ticket) == self.person(user):
            return "customer"
        return self.roles.get(self._id(self.people.get(user, user)) or "", "agent")

    def owner(self, word: str | None) -> tuple[str, str | None]:
        """Return which part of the state an owner is, group or assignee, and its value.

        A queue has its name where the export tells it. What an automated user owns is assigned to nobody.
        """
        owner = self._id(word)
        if owner is None:
            return "assignee", None
        if owner in self.groups or owner.startswith(QUEUE) or owner.casefold() in self.queue_names:
            return "group", self.groups.get(owner, owner)
        person = self.person(owner)
        return "assignee", None if self.roles.get(person or "") in ("system", "bot") else person

    def report_time(self, word: str | None) -> str | None:
        """Return a time of a report, which has it as its reader's locale writes it, with its offset."""
        if word is None:
            return None
        time_format = self.options.report_time_format or "iso"
        read = moment(word, time_format, self._report_zone)
        if read is None:
            mend = 'Set report_time_format in the [options] of a recipe, for instance "%m/%d/%Y %I:%M %p"'
            raise InputError(f"the time of a report is not {time_format}", value=word, mend=mend)
        return read.isoformat()

    def named(self, target: str, word: str) -> str | None:
        """Return an id in its long form, and whether a case is escalated as true or false."""
        if target == "IsEscalated":
            return str(is_true(word)).lower()
        # A number of 15 digits in a field of the desk's own is that of a device.
        return word if word.isdigit() and target not in PARTIES else self._id(word)


def _bare(number: str) -> str:
    return number.lstrip("0") or number
