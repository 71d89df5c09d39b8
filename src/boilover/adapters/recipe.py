"""A recipe: one TOML file that says how a desk's table becomes the event log, and what escalation is."""

from __future__ import annotations

import tomllib
import zoneinfo
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from boilover.errors import UsageError
from boilover.schema import EVENT_TYPES, STATUSES

TARGETS = {
    "status": "status_changed",
    "priority": "priority_changed",
    "group": "group_changed",
    "assignee": "assignee_changed",
}
"""A *target* is a part of a ticket's state; any other name is a field: its changes are ``field_changed``."""

MAPPED = ("table", "xes")
"""Formats in which nothing is known before a [mapping] says it."""
MAY_MAP = ("ocel",)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Emit(_Frozen):
    """One event that a row becomes; strings but ``target``, ``event_type`` and ``constant`` name columns."""

    target: str | None = None
    """The part of the state that is set: status, priority, group, assignee or the name of a field."""
    target_from: str | None = None
    """The column that holds the name of the field, for rows of many fields."""
    event_type: str | None = None
    """For what is no change of state: message, csat, merged, …"""
    value: str | None = None
    constant: str | None = None
    old: str | None = None
    """The value before the change: the state at creation is rebuilt from it."""
    number: str | None = None
    text: str | None = None
    public: bool | None = None
    repeat: bool = False
    """Keep an event that sets what is set already: it is an activity, not a state."""
    hidden: bool = False
    """Tell that it changed and not to what: the value is prose."""

    @model_validator(mode="after")
    def _names_one(self) -> Emit:
        if sum(each is not None for each in (self.target, self.target_from, self.event_type)) != 1:
            raise ValueError("give exactly one of target, target_from and event_type")
        if self.event_type is not None and self.event_type not in EVENT_TYPES:
            raise ValueError(f"unknown event_type '{self.event_type}'; there are: {', '.join(EVENT_TYPES)}")
        if self.value is not None and self.constant is not None:
            raise ValueError("give value or constant, not both")
        return self


class Rule(_Frozen):
    """What the rows that ``when`` describes become; a row belongs to the first rule that fits it."""

    when: dict[str, str | tuple[str, ...]] = {}
    """Column to the word, or the words, that it holds; an empty ``when`` fits every row."""
    emit: tuple[Emit, ...] = ()
    ignore: str | None = None
    """Why the rows are left out; they are counted under this reason."""

    @model_validator(mode="after")
    def _does_something(self) -> Rule:
        if bool(self.emit) == bool(self.ignore):
            raise ValueError("give either emit or ignore, the reason why such rows are left out")
        return self


class TicketTable(_Frozen):
    """A second table, one row per ticket."""

    ticket_id: str
    created: str | None = None
    creator: str | None = None
    attributes: dict[str, str] = {}
    final: dict[str, str] = {}
    """Target to the column with its value *today*, which serves only to rebuild the value at creation: it is
    the old value of the first change, or today's where nothing ever changed."""


class TableMapping(_Frozen):
    """The ``[mapping]`` of a recipe. Words without a note are columns of the source."""

    shape: Literal["events", "updates"]
    """What a row is: something that happened (``rules`` say what), or the whole state after an update
    (``state`` says where; changes are found by comparing rows). A row that is both may have both."""
    ticket_id: str
    time: str
    time_format: str = "iso"
    """``iso``, ``epoch_s``, ``epoch_ms``, ``epoch_us`` or a strptime format."""
    timezone: str = "UTC"
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
    requester: str | None = None
    """The attribute that holds the customer: an actor who is it acts as customer."""
    created: str | None = None
    """The time of creation; without it, the ticket's first row."""
    creator: str | None = None
    missing: tuple[str, ...] = ()
    """Words that stand for no value."""
    statuses: dict[str, str] = {}
    """Source's word to one of STATUSES; an empty string means that the word tells nothing."""
    priorities: dict[str, str] = {}
    """Source's word to the priority; the key ``""`` is a missing value."""
    state: dict[str, str] = {}
    """Target to column."""
    initial: dict[str, str] = {}
    """Target to the value that it has at creation where no row at creation tells it."""
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
    delimiter: str = ","
    encoding: str = "utf-8"

    @model_validator(mode="after")
    def _is_whole(self) -> TableMapping:
        if self.shape == "events" and not self.rules:
            raise ValueError("shape 'events' needs [[mapping.rules]]")
        if self.shape == "updates" and not self.state:
            raise ValueError("shape 'updates' needs [mapping.state]")
        if self.timezone not in zoneinfo.available_timezones():
            raise ValueError(f"unknown timezone '{self.timezone}'; write a name such as Europe/Berlin")
        if odd := sorted(set(self.statuses.values()) - set(STATUSES) - {""}):
            raise ValueError(f"statuses lead to {odd}; there are: {', '.join(STATUSES)}")
        if self.initial.get("status", "new") not in STATUSES:
            raise ValueError(f"initial status '{self.initial['status']}' is none of {', '.join(STATUSES)}")
        used = self.columns() | (self.ticket_columns() if self.tickets else set())
        if read := sorted(used & set(self.forbidden)):
            raise ValueError(f"columns {read} are both used and forbidden")
        return self

    def columns(self) -> set[str]:
        """Return the columns that the table of events or updates must have."""
        single = (self.ticket_id, self.time, self.event_id, self.actor, self.created, self.creator)
        maps = (self.state, self.counters, self.attributes)
        used = {*self.order, *(name for each in maps for name in each.values()), *self._rule_columns()}
        return used | {name for name in single if name is not None}

    def _rule_columns(self) -> Iterator[str]:
        for rule in self.rules:
            yield from rule.when
            for emit in rule.emit:
                columns = (emit.target_from, emit.value, emit.old, emit.number, emit.text)
                yield from (name for name in columns if name is not None)

    def ticket_columns(self) -> set[str]:
        """Return the columns that the second table must have."""
        if self.tickets is None:
            return set()
        single = (self.tickets.ticket_id, self.tickets.created, self.tickets.creator)
        used = {*self.tickets.attributes.values(), *self.tickets.final.values()}
        return used | {name for name in single if name is not None}


class Recipe(_Frozen):
    """One desk's recipe: how its export is read, and what escalated means there.

    Tables and XES need a ``mapping``; the adapter of a system takes ``options``, which it checks itself.
    ``escalation`` is kept as it was read: `boilover.escalation` knows its vocabulary.
    """

    name: str
    title: str = ""
    citation: str = ""
    format: str = "table"
    mapping: TableMapping | None = None
    options: dict[str, Any] = {}
    escalation: dict[str, Any] = {}

    @model_validator(mode="after")
    def _fits_format(self) -> Recipe:
        if self.mapping is None and self.format in MAPPED:
            raise ValueError(f"format '{self.format}' needs a [mapping]")
        if self.mapping is not None and self.format not in (*MAPPED, *MAY_MAP):
            raise ValueError(f"format '{self.format}' takes no [mapping]; its settings are [options]")
        return self

    @property
    def table(self) -> TableMapping:
        """The mapping of a format that needs one."""
        if self.mapping is None:
            raise UsageError(f"recipe '{self.name}' has no [mapping]")
        return self.mapping


def recipe_names() -> tuple[str, ...]:
    """Return the names of the recipes that ship with the package."""
    folder = resources.files("boilover") / "recipes"
    return tuple(
        sorted(each.name.removesuffix(".toml") for each in folder.iterdir() if each.name.endswith(".toml"))
    )


def load_recipe(name_or_path: str | Path) -> Recipe:
    """Return a shipped recipe by its name, or that of a TOML file; `UsageError` names the wrong key."""
    path = Path(name_or_path)
    if str(name_or_path) in recipe_names():
        return _shipped(str(name_or_path))
    if not path.is_file():
        known = ", ".join(recipe_names())
        raise UsageError(f"no recipe '{name_or_path}': name a TOML file or one of {known}")
    return parse_recipe(path.read_bytes(), name=path.stem, source=str(path))


@cache
def _shipped(name: str) -> Recipe:
    content = (resources.files("boilover") / "recipes" / f"{name}.toml").read_bytes()
    return parse_recipe(content, name=name, source=f"recipe '{name}'")


def parse_recipe(content: bytes, *, name: str, source: str) -> Recipe:
    """Parse the TOML of a recipe; ``name`` is used where the recipe does not give its own."""
    try:
        raw = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{source} is not TOML: {error}") from error
    try:
        return Recipe.model_validate({"name": name, **raw})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "recipe"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        message = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{source}, key '{key}': {message}{more}") from error
