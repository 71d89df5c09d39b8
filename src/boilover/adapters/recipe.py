"""A recipe: one TOML file that says how a desk's table becomes the event log, and what escalation is."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError, model_validator

from boilover.adapters.rules import Rule
from boilover.adapters.settings import Delimiter, Encoding, MaybeStatus, TimeFormats, Zone
from boilover.errors import UsageError
from boilover.mistakes import worded
from boilover.schema import STATUSES

TARGETS = {
    "status": "status_changed",
    "priority": "priority_changed",
    "group": "group_changed",
    "assignee": "assignee_changed",
}
"""A *target* is a part of a ticket's state; any other name is a field: its changes are ``field_changed``."""

MAPPED = ("table", "xes")
"""Formats in which nothing is known before a [mapping] says it."""


class TicketTable(BaseModel, frozen=True, extra="forbid"):
    """A second table, one row per ticket."""

    ticket_id: str
    created: str | None = None
    creator: str | None = None
    attributes: dict[str, str] = {}
    final: dict[str, str] = {}
    """Target to the column with its value *today*, which serves only to rebuild the value at creation: it is
    the old value of the first change, or today's where nothing ever changed."""


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
        used = {*self.tickets.attributes.values(), *self.tickets.final.values()}
        return used | {name for name in single if name is not None}


class Recipe(BaseModel, frozen=True, extra="forbid"):
    """One desk's recipe: how its export is read, and what escalated means there.

    Tables and XES need a ``mapping``; the adapter of a system takes ``options``, which it checks itself.
    ``escalation`` is kept as it was read: `boilover.escalation` knows its vocabulary.
    """

    name: str
    title: str = ""
    citation: str = ""
    traps: tuple[str, ...] = ()
    """What misleads whoever reads the source: only a public log has them."""
    format: str = "table"
    mapping: TableMapping | None = None
    options: dict[str, Any] = {}
    escalation: dict[str, Any] = {}

    @model_validator(mode="after")
    def _fits_format(self) -> Recipe:
        if self.mapping is None and self.format in MAPPED:
            raise ValueError(f"format '{self.format}' needs a [mapping]")
        if self.mapping is not None and self.format not in MAPPED:
            raise ValueError(f"format '{self.format}' takes no [mapping]; its settings are [options]")
        return self

    @property
    def reading(self) -> dict[str, str]:
        """The source by its name, with a fingerprint of what decides how it is read; escalations do not.

        Of a system all recipes are of one source, of tables those of one name.
        """
        source = f"{self.format} {self.name}" if self.format in MAPPED else self.format
        told = self.model_dump_json(include={"format", "mapping", "options"}, exclude_defaults=True)
        sorted_ = json.dumps(json.loads(told), sort_keys=True)
        return {source: hashlib.sha256(sorted_.encode("utf-8", "surrogatepass")).hexdigest()}

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
        key, what = worded(error.errors()[0], Recipe)
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise UsageError(f"{source}, key '{key or 'recipe'}': {what}{more}") from error
