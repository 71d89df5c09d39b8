"""A table of events or of updates (CSV, Parquet), read through a recipe's ``[mapping]``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from boilover.adapters.assemble import build_log
from boilover.adapters.base import Tally
from boilover.adapters.export import Export
from boilover.adapters.recipe import Recipe, TableMapping, load_recipe, recipe_names
from boilover.adapters.sources import read_head
from boilover.adapters.tables import header, is_parquet, read_table, require
from boilover.errors import InputError, UsageError
from boilover.log import EventLog


class TableAdapter:
    """Reads tables. Without a recipe, the shipped recipe whose columns the tables have is used."""

    name = "table"

    def sniff(self, head: bytes) -> float:
        """Return 0.9 for Parquet, 0.5 for text whose first line has cells, else 0."""
        if is_parquet(head):
            return 0.9
        if head.lstrip()[:1] in (b"<", b"{", b"[") or b"\0" in head:
            return 0.0
        return 0.5 if any(mark in head.splitlines()[0] for mark in (b",", b";", b"\t")) else 0.1

    def read(self, export: Export) -> Iterator[EventLog]:
        """Yield the log of the tables, named in any order; which holds the tickets is told from the columns."""
        paths = [member.path for member in export.members]
        recipe = export.recipe or _fitting(paths)
        mapping, tally = recipe.table, export.tally
        export.read_with(recipe)
        first, second = _sort_out(paths, mapping)
        rows = _read_all(first, mapping.columns(), mapping, tally)
        tally.rows += len(rows)
        tally.time_zone = mapping.timezone
        tickets = _read_all(second, mapping.ticket_columns(), mapping, tally) if second else None
        yield build_log(rows, tickets, mapping, tally)


def _columns(path: Path, mapping: TableMapping | None = None) -> list[str]:
    delimiter, encoding = (mapping.delimiter, mapping.encoding) if mapping else (",", "utf-8")
    return header(path, read_head(path), delimiter=delimiter, encoding=encoding)


def _fitting(paths: Sequence[Path]) -> Recipe:
    """Return the one shipped recipe whose columns the first table has."""
    present = set(_columns(paths[0]))
    recipes = [recipe for recipe in map(load_recipe, recipe_names()) if recipe.format == "table"]
    fits = [
        each
        for each in recipes
        if each.table.columns() <= present or (each.table.tickets and each.table.ticket_columns() <= present)
    ]
    if len(fits) != 1:
        known = ", ".join(each.name for each in recipes)
        raise UsageError(
            f"{paths[0].name} is a table, and a table needs a recipe that names its columns: write one with a"
            f" [mapping], or name a shipped one ({known})"
        )
    return fits[0]


def _sort_out(paths: Sequence[Path], mapping: TableMapping) -> tuple[list[Path], list[Path]]:
    """Tell tables of events from tables of tickets by their columns."""
    first, second = [], []
    for path in paths:
        present = _columns(path, mapping)
        fits = mapping.columns() <= set(present)
        if not fits and mapping.tickets is not None and mapping.ticket_columns() <= set(present):
            second.append(path)
            continue
        if not fits:
            require(path, present, _nearer(present, mapping))
        first.append(path)
    if not first:
        problem = f"no table with the columns {', '.join(sorted(mapping.columns()))} is among the files"
        raise InputError(problem, file=paths[0], mend="Name the table of events as well")
    if mapping.tickets is not None and not second:
        problem = (
            f"no table with the columns {', '.join(sorted(mapping.ticket_columns()))} is among the files"
        )
        raise InputError(problem, file=paths[0], mend="Name the table of tickets as well")
    return first, second


def _nearer(present: Sequence[str], mapping: TableMapping) -> set[str]:
    """Return the set of columns, of events or of tickets, of which the larger share is there."""
    both = [mapping.columns(), mapping.ticket_columns()]
    return max((each for each in both if each), key=lambda each: len(each & set(present)) / len(each))


def _read_all(paths: Sequence[Path], columns: set[str], mapping: TableMapping, tally: Tally) -> pd.DataFrame:
    """Concatenate tables; what an earlier file holds already is dropped, so that exports may overlap."""
    frames = [
        read_table(
            path, columns, tally,
            missing=mapping.missing, delimiter=mapping.delimiter, encoding=mapping.encoding,
        )
        for path in paths
    ]  # fmt: skip
    if len(frames) == 1:
        return frames[0]
    for frame in frames:
        frame["_copy"] = frame.groupby(list(frame.columns), dropna=False, sort=False).cumcount()
    rows = pd.concat(frames, ignore_index=True)
    doubled = rows.duplicated()
    tally.rows += int(doubled.sum())
    tally.drop("row of an earlier file", int(doubled.sum()), None, lost=False)
    return rows[~doubled].drop(columns="_copy").reset_index(drop=True)
