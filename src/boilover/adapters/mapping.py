"""A table of events or of updates (CSV, Parquet), read through a recipe's ``[mapping]``.

Rows are read in blocks and put away on disk by ticket; then the tickets of one shard after the other are assembled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from boilover.adapters.assemble import assemble
from boilover.adapters.blocks import header, is_parquet, read_blocks, require
from boilover.adapters.export import Export
from boilover.adapters.members import Member
from boilover.adapters.recipe import Recipe, load_recipe, recipe_names
from boilover.adapters.shards import Shards, shards_for
from boilover.adapters.table_mapping import TableMapping
from boilover.csv_faults import delimiter_in
from boilover.errors import InputError, UsageError, shorten
from boilover.log import EventLog
from boilover.scratch import scratch

LOGS_OWN = {"observed_at", "raw_value"}
"""Columns of the event log that the recipe for tables does not read: without them it would tell more, and earlier."""
SHOWN = 8
"""Columns of a table that no recipe fits, in the message that says so."""


class TableAdapter:
    """Reads tables. Without a recipe, the shipped one whose columns they have is used: `table` fits the log's own."""

    name = "table"

    def sniff(self, head: bytes) -> float:
        """Return 0.9 for Parquet, 0.5 for text whose first line has cells, else 0."""
        if is_parquet(head):
            return 0.9
        if head.lstrip()[:1] in (b"<", b"{", b"[") or b"\0" in head:
            return 0.0
        first = head.splitlines()[0]
        # A script, or JSON that lost its beginning: its words are no names of columns, which an error may quote.
        if b'":' in first:
            return 0.0
        return 0.5 if any(mark in first for mark in (b",", b";", b"\t")) else 0.1

    def read(self, export: Export) -> Iterator[EventLog]:
        """Yield the log of the tables, named in any order; which holds the tickets is told from the columns."""
        recipe = export.recipe or fitting(export.members)
        mapping = recipe.table
        _check_columns(export.members, recipe)
        export.read_with(recipe)
        first, second = sort_out(export.members, mapping)
        n_shards = shards_for(sum(member.content for member in export.members))
        with scratch() as folder:
            rows = Shards(
                folder / "rows", sorted(mapping.columns()), key=mapping.ticket_id, n_shards=n_shards
            )
            _put_away(first, mapping.columns(), mapping, rows)
            tickets = None
            if mapping.tickets is not None:
                columns, key = mapping.ticket_columns(), mapping.tickets.ticket_id
                tickets = Shards(folder / "tickets", sorted(columns), key=key, n_shards=n_shards)
                _put_away(second, columns, mapping, tickets)
            yield from assemble(rows, tickets, mapping, export.tally)


def _check_columns(members: Sequence[Member], recipe: Recipe) -> None:
    """Raise `InputError` for a table of the event log's own columns that says when they were known."""
    for member in members if recipe.name == TableAdapter.name else ():
        for column in LOGS_OWN.intersection(header(member)):
            mend = "Put it as events.csv or events.parquet into a folder of its own, and name that folder"
            raise InputError("is read of a log's folder alone", file=member.name, column=column, mend=mend)


def _put_away(members: Sequence[Member], columns: set[str], mapping: TableMapping, shards: Shards) -> None:
    try:
        for number, member in enumerate(members):
            for block in read_blocks(member, columns, mapping):
                shards.add(block, file=number)
    finally:
        shards.close()


def fitting(members: Sequence[Member]) -> Recipe:
    """Return the one shipped recipe whose columns the first table has."""
    columns = header(members[0])
    present = set(columns)
    recipes = [recipe for recipe in map(load_recipe, recipe_names()) if recipe.format == TableAdapter.name]
    fits = [
        each
        for each in recipes
        if each.table.required() <= present or (each.table.tickets and each.table.ticket_columns() <= present)
    ]
    fits = [each for each in fits if each.name != TableAdapter.name] or fits
    if len(fits) != 1:
        known = ", ".join(each.name for each in recipes)
        mark = delimiter_in(columns) or ","
        cells = columns if mark == "," else columns[0].split(mark)
        found = ", ".join(shorten(cell) for cell in cells[:SHOWN]) + ", …" * (len(cells) > SHOWN)
        key = "" if mark == "," else f" and delimiter = {json.dumps(mark)}"
        raise UsageError(
            f"{members[0].path.name} is a table ({found}), and a table needs a recipe that names its columns: write one"
            f" with a [mapping]{key}, as docs/configuration.md shows under Recipe, or name a shipped one for tables"
            f" ({known})"
        )
    return fits[0]


def sort_out(members: Sequence[Member], mapping: TableMapping) -> tuple[list[Member], list[Member]]:
    """Tell tables of events from tables of tickets by their columns; a table with those of both may be both."""
    first, second, both = [], [], []
    for member in members:
        present = header(member, delimiter=mapping.delimiter, encoding=mapping.encoding)
        fits = mapping.required() <= set(present)
        if not fits and mapping.tickets is not None and mapping.ticket_columns() <= set(present):
            second.append(member)
            continue
        if not fits:
            require(member.name, present, _nearer(present, mapping))
        first.append(member)
        columns = mapping.ticket_columns()
        both += [member] if columns and columns <= set(present) else []
    second = second or both
    for found, columns, what in (
        (first, mapping.required(), "events"),
        (second, mapping.ticket_columns(), "tickets"),
    ):
        if columns and not found:
            problem = f"no table with the columns {', '.join(sorted(columns))} is among the files"
            mend = f"Name the table of {what} as well: give the folder that holds both, not one file of it"
            raise InputError(problem, file=members[0].name, mend=mend)
    return first, second


def _nearer(present: Sequence[str], mapping: TableMapping) -> set[str]:
    """Return the set of columns, of events or of tickets, of which the larger share is there."""
    both = [mapping.required(), mapping.ticket_columns()]
    return max((each for each in both if each), key=lambda each: len(each & set(present)) / len(each))
