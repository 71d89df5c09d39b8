"""The tables of a relational desk, CSV or JSON: each record is told by its columns, not by its file's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from boilover.adapters.cells import csv_rows, header_of
from boilover.adapters.export import Export
from boilover.adapters.members import Member
from boilover.adapters.streams import is_json, json_records
from boilover.errors import InputError

JSON_KEY = re.compile(rb'"([^"\\]{1,80})"\s*:')


@dataclass(frozen=True)
class Shape:
    """A table and the columns by which its records are known: all of ``has``, and one of ``any_of`` if given.

    Without ``needs`` they say nothing, or something wrong.
    """

    table: str
    has: frozenset[str]
    any_of: frozenset[str]
    needs: frozenset[str]

    @classmethod
    def of(cls, table: str, has: str, any_of: str = "", *, needs: str = "") -> Shape:
        """Return the shape with columns that are parted by blanks."""
        return cls(table, *(frozenset(columns.split()) for columns in (has, any_of, needs)))

    def fits(self, names: Collection[str]) -> bool:
        """Say whether a record with these columns is of this table."""
        return self.has.issubset(names) and (not self.any_of or not self.any_of.isdisjoint(names))


@dataclass(frozen=True)
class Schema:
    """The tables of a system, the surest first, and how its column names are written."""

    shapes: Sequence[Shape]
    canonical: Callable[[str], str]
    """A column's heading, in whatever spelling, to the name that the adapter uses."""
    lists: frozenset[str]
    """The keys under which a JSON document holds its records."""

    def names(self, head: bytes) -> frozenset[str]:
        """Return the column names that the start of a file shows."""
        if is_json(head):
            found = {key.decode("utf-8", "replace") for key in JSON_KEY.findall(head)}
        else:
            found = set(header_of(head))
        return frozenset(self.canonical(name) for name in found)

    def tables(self, head: bytes) -> frozenset[str]:
        """Return the tables that the start of a file may hold; of a CSV, the one."""
        names = self.names(head)
        fitting = [shape.table for shape in self.shapes if shape.fits(names)]
        return frozenset(fitting if is_json(head) else fitting[:1])

    def shown(self, export: Export) -> frozenset[str]:
        """Return the tables that the starts of an export's files may hold."""
        return frozenset[str]().union(*(self.tables(member.head) for member in export.members))

    def records(
        self, export: Export, wanted: Collection[str], *, encoding: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (table, record) of the ``wanted`` tables of an export, with canonical column names.

        An export is passed over several times, and files without a wanted table are skipped by their start: raises
        `InputError` where a file goes on with a table that its start does not show, or a CSV lacks a column.
        """
        for member in export.members:
            shown = self.tables(member.head)
            if shown and shown.isdisjoint(wanted):
                continue
            if not is_json(member.head):
                self._require(member)
            for table, record in self._of_member(member, encoding):
                if table is not None and table not in shown:
                    problem = f"records of {table} follow those of {', '.join(sorted(shown)) or 'no table'}"
                    raise InputError(problem, file=member.name, mend="Give each table a file of its own")
                if table in wanted and table is not None:
                    yield table, record

    def _require(self, member: Member) -> None:
        names, shown = self.names(member.head), self.tables(member.head)
        for missing in (each.needs - names for each in self.shapes if each.table in shown):
            if missing:
                mend = "Export it as well"
                raise InputError("the column is missing", file=member.name, column=min(missing), mend=mend)

    def _of_member(self, member: Member, encoding: str) -> Iterator[tuple[str | None, dict[str, Any]]]:
        plans: dict[tuple[str, ...], tuple[str | None, tuple[str, ...]]] = {}
        rows: Iterator[dict[str, Any]] = csv_rows(member, encoding=encoding)
        if is_json(member.head):
            rows = (record for _, record in json_records(member, self.lists) if isinstance(record, dict))
        for record in rows:
            keys = tuple(record)
            if keys not in plans:
                names = tuple(self.canonical(key) for key in keys)
                fitting = (shape.table for shape in self.shapes if shape.fits(names))
                plans[keys] = next(fitting, None), names
            table, names = plans[keys]
            yield table, dict(zip(names, record.values(), strict=True))
