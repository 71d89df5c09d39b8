"""OCEL 2.0 logs as objects and events, from JSON, SQLite or XML, in the shape of the JSON.

::

    object {id, type, attributes[{name, value, time}], relationships[{objectId, qualifier}]}
    event  {id, type, time, attributes[{name, value}], relationships[{objectId, qualifier}]}

In SQLite an object is told by several records: one per row of its type's table, and one for its relationships.
XML is read by `boilover.adapters.ocel_xml`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from boilover.adapters.members import Member
from boilover.adapters.ocel_xml import is_xml, records_of_xml
from boilover.adapters.sources import AGAIN
from boilover.adapters.streams import json_records
from boilover.errors import InputError

SQLITE_MAGIC = b"SQLite format 3\0"
UNDATED = "1970-01-01T00:00:00Z"
"""The time of attribute values that an object has from the beginning."""
TABLES = ("event", "object", "event_object", "object_object", "event_map_type", "object_map_type")
OWN = ("ocel_id", "ocel_time", "ocel_changed_field")
Records = Iterator[Mapping[str, Any]]


def records_of(member: Member, *lists: str) -> Records:
    """Yield the records of ``objects`` or ``events``, or of both; an event is told from an object by its time."""
    if is_xml(member.head):
        yield from records_of_xml(member, *lists)
        return
    if not member.head.startswith(SQLITE_MAGIC):
        yield from (record for key, record in json_records(member, lists) if key and isinstance(record, dict))
        return
    for name in lists:
        yield from _objects_of_tables(member) if name == "objects" else _events_of_tables(member)


def _objects_of_tables(member: Member) -> Records:
    with _opened(member) as database:
        for kind, table in _types(database, "object"):
            for row in database.execute(f"SELECT * FROM {_quoted(table)}"):
                changed = row["ocel_changed_field"] if "ocel_changed_field" in row.keys() else None  # noqa: SIM118
                time = UNDATED if changed is None else row["ocel_time"]
                attributes = [
                    {"name": name, "value": value, "time": time}
                    for name, value in _attributes(row)
                    if changed is None or name == changed
                ]
                yield {"id": row["ocel_id"], "type": kind, "attributes": attributes}
        related = database.execute(
            "SELECT o.ocel_id, o.ocel_type, r.ocel_target_id, r.ocel_qualifier FROM object o"
            " JOIN object_object r ON r.ocel_source_id = o.ocel_id ORDER BY o.ocel_id, r.rowid"
        )
        for (own, kind), rows in groupby(related, key=lambda row: (row["ocel_id"], row["ocel_type"])):
            found = [{"objectId": row["ocel_target_id"], "qualifier": row["ocel_qualifier"]} for row in rows]
            yield {"id": own, "type": kind, "relationships": found}


def _events_of_tables(member: Member) -> Records:
    with _opened(member) as database:
        for kind, table in _types(database, "event"):
            rows = database.execute(
                f"SELECT e.*, r.ocel_object_id AS '*object', r.ocel_qualifier AS '*qualifier' FROM {_quoted(table)} e"
                " LEFT JOIN event_object r ON r.ocel_event_id = e.ocel_id ORDER BY e.rowid, r.rowid"
            )
            for own, group in groupby(rows, key=lambda row: row["ocel_id"]):
                held = list(group)
                related = [
                    {"objectId": row["*object"], "qualifier": row["*qualifier"]}
                    for row in held
                    if row["*object"] is not None
                ]
                attributes = [{"name": name, "value": value} for name, value in _attributes(held[0])]
                yield {
                    "id": own,
                    "type": kind,
                    "time": held[0]["ocel_time"],
                    "attributes": attributes,
                    "relationships": related,
                }


def _attributes(row: sqlite3.Row) -> Iterator[tuple[str, Any]]:
    for name in row.keys():  # noqa: SIM118
        if name not in OWN and not name.startswith("*") and row[name] is not None:
            yield name, row[name]


def _types(database: sqlite3.Connection, what: str) -> list[tuple[str, str]]:
    """Return the types of objects or events, each with its table."""
    rows = database.execute(f"SELECT ocel_type, ocel_type_map FROM {what}_map_type ORDER BY ocel_type")
    return [(kind, f"{what}_{name}") for kind, name in rows]


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


@contextmanager
def _opened(member: Member) -> Iterator[sqlite3.Connection]:
    """Open a database read-only; `InputError` where it is damaged or holds no OCEL."""
    with member.on_disk() as path:
        try:
            with closing(_connected(path)) as database:
                held = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
                if missing := sorted(set(TABLES) - held):
                    problem = f"is a database without the table {missing[0]} of OCEL 2.0"
                    raise InputError(problem, file=member.name, mend="Export it as OCEL 2.0 SQLite")
                yield database
        # A row that lacks a column raises IndexError.
        except (sqlite3.Error, IndexError) as error:
            raise InputError(f"cannot be read as SQLite: {error}", file=member.name, mend=AGAIN) from error


def _connected(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    return database
