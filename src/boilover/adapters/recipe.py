"""A recipe: one TOML file that says how a desk's table becomes the event log, and what escalation is."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError, model_validator

from boilover.adapters.table_mapping import TableMapping as TableMapping
from boilover.adapters.table_mapping import TicketTable as TicketTable
from boilover.errors import UsageError
from boilover.mistakes import worded

MAPPED = ("table", "xes")
"""Formats in which nothing is known before a [mapping] says it."""


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

    @model_validator(mode="after")
    def _declares_what_is_read(self) -> Recipe:
        read = None if self.mapping is None else self.mapping.targets()
        if read is None:
            return self
        for condition in _conditions(self.escalation):
            if "priority_at_least" in condition and "priority" not in read:
                known = ", ".join(f"{name} = '{column}'" if column else name for name, column in read.items())
                problem = f"priority_at_least needs a priority, and the [mapping] reads {known}"
                raise ValueError(f'{problem}: call the column priority, as in state = {{ priority = "…" }}')
            named = [name for name, column in read.items() if column == condition.get("field")]
            if named and condition["field"] not in read:
                asked = (
                    "priority_at_least or priority_raised"
                    if named == ["priority"]
                    else f"field = '{named[0]}'"
                )
                problem = (
                    f"field = '{condition['field']}' is a column, which the [mapping] reads as {named[0]}"
                )
                raise ValueError(f"{problem}: write {asked}")
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


def _conditions(table: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the conditions of an ``[escalation]`` table, as far as it is one: `boilover.escalation` checks it."""
    for key, held in table.items():
        if isinstance(held, dict):
            yield from _conditions(held)
        elif key in ("any", "all") and isinstance(held, list):
            yield from (each for each in held if isinstance(each, dict))


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
