"""What the readers of desks that are exported as tables of records share: settings, ids, people and words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

from boilover.adapters.ends import Ends, Firsts
from boilover.adapters.export import Export
from boilover.adapters.facts import Facts
from boilover.adapters.record_tables import Schema
from boilover.adapters.settings import Encoding, Status, TimeFormat, Zone
from boilover.adapters.words import Words

Record = Mapping[str, Any]


class RecordSettings(BaseModel, frozen=True, extra="forbid"):
    """The ``[options]`` that are the same in both recipes; see docs/systems."""

    ticket_id: str = "number"
    time_format: TimeFormat = "iso"
    timezone: Zone = "UTC"
    encoding: Encoding = "utf-8"
    statuses: dict[str, Status] = {}
    priorities: dict[str, str] = {}
    fields: dict[str, str] = {}
    """Field, or column, to the part of the state that it tells, beyond those that are known."""
    bots: tuple[str, ...] = ()
    """Users, by name or id, whose messages no person writes."""


S = TypeVar("S", bound=RecordSettings)


@dataclass
class RecordDesk(Generic[S]):
    """What the passes over an export share; what is kept grows with tickets and people, not with history."""

    schema: ClassVar[Schema]
    ticket_word: ClassVar[str]
    """What the system calls a ticket, with its article."""

    export: Export
    facts: Facts
    options: S
    tickets: dict[str, str] = field(default_factory=dict)
    """Id of a record, or number, to the id in the log."""
    customers: dict[str, str] = field(default_factory=dict)
    """Id in the log to the customer."""
    people: dict[str, str] = field(default_factory=dict)
    """Name of a user, where nobody shares it, to the id."""
    shared_names: set[str] = field(default_factory=set)
    groups: dict[str, str] = field(default_factory=dict)
    """Id to name."""
    words: dict[str, Words] = field(default_factory=dict)
    """Vocabularies of parts of the state."""
    firsts: Firsts = field(default_factory=Firsts)
    ends: Ends = field(default_factory=Ends)
    n_history: int = 0
    """Rows of the history."""

    def __post_init__(self) -> None:
        self.ends.time_format = self.firsts.time_format = self.options.time_format

    def records(self, *tables: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (table, record) of some tables of the export."""
        return self.schema.records(self.export, tables, encoding=self.options.encoding)

    def read(self, *passes: Mapping[str, Callable[[Record], None]]) -> None:
        """Give the records of each pass, table to reader, to their readers."""
        for readers in passes:
            for table, record in self.records(*readers):
                readers[table](record)

    def id_in_log(self, number: str | None, key: str | None) -> str | None:
        """Return what the log calls a ticket; without any id it is dropped."""
        ticket = (number or key) if self.options.ticket_id == "number" else (key or number)
        if ticket is None:
            self.export.tally.drop("ticket without number and id")
        return ticket

    def learn_name(self, name: str | None, user_id: str) -> None:
        """Take in what a user is called; a name that several share tells nobody."""
        if name is not None and self.people.setdefault(name, user_id) != user_id:
            self.shared_names.add(name)

    def ticket_of(self, reference: str | None) -> str | None:
        """Return the ticket of an id or number; without tickets in the export every id is one."""
        return self.tickets.get(reference or "") if self.tickets else reference

    def place_of(self, reference: str | None, at: str | None, what: str) -> tuple[str, str] | None:
        """Return ticket and time of a row of the history; None for one without, which is dropped."""
        ticket = self.ticket_of(reference)
        if ticket is not None and at is not None:
            self.n_history += 1
            self.ends.note(ticket, at, None)
            return ticket, at
        reason = "without its time" if at is None else f"of {self.ticket_word} that the export does not hold"
        self.export.tally.drop(f"{what} {reason}", 1, reference, lost=at is None)
        return None

    @property
    def has_history(self) -> bool:
        """Whether the export holds a history of tickets, once that is read."""
        return self.n_history > 0

    def may_tell(self, target: str) -> bool:
        """Say whether today's value of a target is worth telling: with a history it stands for the first one."""
        # Most tickets have an id and a number.
        n_tickets = len(self.tickets) // 2
        return not self.has_history or self.ends.may_be_first(target, n_tickets, self.export.tally)

    def value(self, target: str, word: str | None) -> tuple[str | None, str | None]:
        """Return (value, raw value) of a word in the vocabulary of ``target``."""
        if word is None:
            return None, None
        return self.words[target].read(word) if target in self.words else (self.named(target, word), word)

    def named(self, target: str, word: str) -> str | None:
        """Return a word that is of no vocabulary as the log has it."""
        raise NotImplementedError
