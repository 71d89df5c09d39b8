"""OCEL 2.0 logs as objects and events, from JSON, SQLite or XML, in the shape of the JSON.

::

    object {id, type, attributes[{name, value, time}], relationships[{objectId, qualifier}]}
    event  {id, type, time, attributes[{name, value}], relationships[{objectId, qualifier}]}

In SQLite an object is told by several records: one per row of its type's table, and one for its relationships. XML is

::

    <object-types><object-type name><attributes><attribute name type/>…
    <objects><object id type><attributes><attribute name time>value</attribute>…
                             <objects><relationship object-id qualifier/>…
    <events><event id type time><attributes><attribute name>value</attribute>…
                                <objects><relationship object-id qualifier/>…
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from boilover.adapters.export import Member
from boilover.adapters.sources import AGAIN
from boilover.adapters.streams import json_records
from boilover.adapters.xml_blocks import local, parsed
from boilover.errors import InputError

SQLITE_MAGIC = b"SQLite format 3\0"
UNDATED = "1970-01-01T00:00:00Z"
"""The time of attribute values that an object has from the beginning."""
TABLES = ("event", "object", "event_object", "object_object", "event_map_type", "object_map_type")
OWN = ("ocel_id", "ocel_time", "ocel_changed_field")
SIGNS = (b"<object-types", b"<event-types")
NUMBERS = {"integer": int, "float": float}
TRUE = ("1", "true")
Records = Iterator[Mapping[str, Any]]


def records_of(member: Member, *lists: str) -> Records:
    """Yield the records of ``objects`` or ``events``, or of both; an event is told from an object by its time."""
    if is_xml(member.head):
        yield from _records_of_xml(member, *lists)
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


def is_xml(head: bytes) -> bool:
    """Say whether a file is XML with the names of OCEL; XES begins with the same element."""
    return head.lstrip().startswith(b"<") and any(sign in head for sign in SIGNS)


def _records_of_xml(member: Member, *lists: str) -> Records:
    """Yield the records of ``objects`` or ``events``, or of both."""
    reader = _Reader()
    for _ in parsed(member, reader.start, reader.end, reader.text, what="OCEL"):
        yield from (record for key, record in reader.records if key in lists)
        reader.records = []


class _Reader:
    """Gathers objects and events while the parser runs."""

    def __init__(self) -> None:
        self.records: list[tuple[str, dict[str, Any]]] = []
        self._declared: dict[tuple[str, str, str], str] = {}
        """Kind of record, its type and the attribute's name, to the type of the attribute."""
        self._kind = self._type = ""
        self._record: dict[str, Any] | None = None
        self._attribute: dict[str, Any] | None = None
        self._words: list[str] = []
        self._depth = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        tag = local(name)
        self._depth += self._record is not None
        if tag in ("object-type", "event-type"):
            self._kind, self._type = tag.removesuffix("-type"), given.get("name", "")
        elif self._record is None and tag == "attribute":
            self._declared[self._kind, self._type, given.get("name", "")] = given.get("type", "")
        elif self._record is None and tag in ("object", "event"):
            self._kind, self._type, self._depth = tag, given.get("type", ""), 0
            self._record = {**given, "attributes": [], "relationships": []}
        elif self._record is not None and tag == "attribute":
            # Some exports write that it has the value from the beginning as 0.
            dated = {"time": given["time"]} if given.get("time", "0") != "0" else {}
            self._attribute, self._words = {"name": given.get("name"), **dated}, []
        elif self._record is not None and "object-id" in given:
            self._record["relationships"].append({"objectId": given["object-id"]})

    def text(self, words: str) -> None:
        if self._attribute is not None:
            self._words.append(words)

    def end(self, name: str) -> None:
        if self._record is None:
            return
        if self._attribute is not None and local(name) == "attribute":
            kind = self._declared.get((self._kind, self._type, str(self._attribute["name"])), "")
            self._record["attributes"].append(
                {**self._attribute, "value": _value("".join(self._words), kind)}
            )
            self._attribute = None
        if self._depth == 0:
            self.records.append((f"{self._kind}s", self._record))
            self._record = None
        self._depth -= 1


def _value(text: str, kind: str) -> object:
    """Return a value as its declared type has it; what is none of the type, as it is written."""
    if kind == "boolean":
        return text.strip().casefold() in TRUE
    try:
        return NUMBERS[kind](text) if kind in NUMBERS else text
    except ValueError:
        return text
