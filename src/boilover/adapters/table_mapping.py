"""What a recipe says of a table: which of its columns hold what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, field_validator, model_validator

from boilover.adapters.rules import Rule
from boilover.adapters.settings import Delimiter, Encoding, MaybeStatus, TimeFormats, Zone
from boilover.adapters.words import TARGETS
from boilover.schema import EVENT_TYPES, STATUSES

DATED = ("escalated", "merged")
"""Events of which a date tells all."""


class TicketTable(BaseModel, frozen=True, extra="forbid"):
    """A second table, one row per ticket."""

    ticket_id: str
    created: str | None = None
    creator: str | None = None
    attributes: dict[str, str] = {}
    final: dict[str, str] = {}
    """Target to the column with its value *today*, which serves only to rebuild the value at creation: it is
    the old value of the first change, or today's where nothing ever changed."""
    events: dict[str, str] = {}
    """What happened to the column with its time: an event of `DATED`, or a field, which becomes true."""

    @field_validator("events")
    @classmethod
    def _need_no_value(cls, events: dict[str, str]) -> dict[str, str]:
        for name in events:
            if name in TARGETS or (name in EVENT_TYPES and name not in DATED):
                raise ValueError(f"a date tells no {name}; name one of {', '.join(DATED)}, or a field")
        return events


class TableMapping(BaseModel, frozen=True, extra="forbid"):
    """The ``[mapping]`` of a recipe. Words without a note are columns of the source."""

    shape: Literal["events", "updates"]
    """What a row is: something that happened (``rules`` say what), or the whole state after an update
    (``state`` says where; changes are found by comparing rows). A row that is both may have both."""
    ticket_id: str
    time: str
    time_format: TimeFormats = ("iso",)
    """``iso``, ``epoch_s``, ``epoch_ms``, ``epoch_us`` or a strptime format; of several the first that reads a cell."""
    timezone: Zone = "UTC"
    """Where naive times were written. The hour that autumn repeats is taken as its first pass; a time in the
    hour that spring leaves out is moved forward to the first that exists. Both are counted."""
    order: tuple[str, ...] = ()
    """Numbers that order the rows of a ticket; time only breaks their ties."""
    event_id: str | None = None
    actor: str | None = None
    actor_role: Literal["customer", "agent", "bot", "system"] | None = None
    """The role of every actor whom nothing below tells."""
    roles: dict[str, Literal["customer", "agent", "bot", "system"]] = {}
    """Actor to role."""
    role: str | None = None
    """The column that holds the role of the actor, where the source tells it."""
    requester: str | None = None
    """The attribute that holds the customer: an actor who is it acts as customer."""
    created: str | None = None
    """The time of creation; without it, the ticket's first row."""
    creator: str | None = None
    missing: tuple[str, ...] = ()
    """Words that stand for no value."""
    statuses: dict[str, MaybeStatus] = {}
    """Source's word to one of STATUSES; an empty string means that the word tells nothing."""
    priorities: dict[str, str] = {}
    """Source's word to the priority; the key ``""`` is a missing value."""
    state: dict[str, str] = {}
    """Target to column."""
    initial: dict[str, str] = {}
    """Target to the value that it has at creation where no row at creation tells it."""
    carried: tuple[str, ...] = ()
    """Targets of ``state`` that a row without a value leaves as they were; status always is one."""
    optional: tuple[str, ...] = ()
    """Columns that the source may lack: they are read as empty."""
    counters: dict[str, str] = {}
    """Field to a column of numbers that count as the ticket goes on."""
    rules: tuple[Rule, ...] = ()
    attributes: dict[str, str] = {}
    """Attribute to column: the value of the ticket's first row, whatever later rows hold."""
    first: dict[str, str] = {}
    """Attribute to target: the value that the target has at creation."""
    opening: str | None = None
    """The target whose value at creation is the customer's first message."""
    forbidden: dict[str, str] = {}
    """Column to the reason why it is never read."""
    tickets: TicketTable | None = None
    delimiter: Delimiter = ","
    encoding: Encoding = "utf-8"

    @model_validator(mode="after")
    def _is_whole(self) -> TableMapping:
        if self.shape == "events" and not self.rules:
            raise ValueError("shape 'events' needs [[mapping.rules]]")
        if self.shape == "updates" and not self.state:
            raise ValueError("shape 'updates' needs [mapping.state]")
        if self.initial.get("status", "new") not in STATUSES:
            raise ValueError(f"initial status '{self.initial['status']}' is none of {', '.join(STATUSES)}")
        used = self.columns() | (self.ticket_columns() if self.tickets else set())
        if read := sorted(used & set(self.forbidden)):
            raise ValueError(f"columns {read} are both used and forbidden")
        return self

    def columns(self) -> set[str]:
        """Return the columns of the table of events or updates that are read."""
        single = (
            self.ticket_id, self.time, self.event_id, self.actor, self.role, self.created, self.creator,
        )  # fmt: skip
        maps = (self.state, self.counters, self.attributes)
        used = {*self.order, *(name for each in maps for name in each.values()), *self._rule_columns()}
        return used | {name for name in single if name is not None}

    def required(self) -> set[str]:
        """Return those of `columns` that must be there."""
        return self.columns() - set(self.optional)

    def _rule_columns(self) -> Iterator[str]:
        for rule in self.rules:
            yield from rule.when
            for emit in rule.emit:
                columns = (emit.target_from, emit.value, emit.old, emit.number, emit.text)
                yield from (name for name in columns if name is not None)

    def targets(self) -> dict[str, str] | None:
        """Return the targets that are read, each with its column or nothing; None where a column names more of them."""
        emits = [emit for rule in self.rules for emit in rule.emit]
        if any(emit.target_from is not None or emit.event_type == "field_changed" for emit in emits):
            return None
        found = dict.fromkeys(self.initial, "") | {
            each.target: each.value or "" for each in emits if each.target
        }
        second = {} if self.tickets is None else {**self.tickets.events, **self.tickets.final}
        return {**found, **second, **self.counters, **self.state}

    def hidden_targets(self) -> set[str]:
        """Return the targets whose values are prose, as some rule says."""
        hidden: set[str] = set()
        for rule in self.rules:
            for emit in rule.emit:
                if emit.hidden and emit.target is not None:
                    hidden.add(emit.target)
                elif emit.hidden and emit.target_from is not None:
                    words = rule.when.get(emit.target_from, tuple(self.tickets.final) if self.tickets else ())
                    hidden.update([words] if isinstance(words, str) else words)
        return hidden

    def ticket_columns(self) -> set[str]:
        """Return the columns that the second table must have."""
        if self.tickets is None:
            return set()
        single = (self.tickets.ticket_id, self.tickets.created, self.tickets.creator)
        maps = (self.tickets.attributes, self.tickets.final, self.tickets.events)
        used = {column for each in maps for column in each.values()}
        return used | {name for name in single if name is not None}
