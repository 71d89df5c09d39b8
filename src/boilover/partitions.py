"""A log in partitions on disk: which files make it up, and how they are read as one log.

::

    LOG/log.json                               which files count; replaced in one step
    LOG/events/2026-01.3f9a0c12d4e5.parquet    a month of tickets, by their creation
    LOG/events/2026-02.0.….parquet             a month of too many events, split by a hash of ticket_id
    LOG/tickets/2026-01.….parquet              the same tickets with their attributes

A file's name ends in the start of its content's SHA-256, so that a file never changes: `boilover.store` writes new
ones beside those that stand and then replaces ``log.json``. Whoever reads sees the log before or after.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import repeat
from os import cpu_count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from boilover.casting import LARGEST_ID, Cast, brought, is_beyond
from boilover.conform import plain
from boilover.errors import ContractError, InputError, shorten
from boilover.places import filesystem_of, named, unreadable
from boilover.regrouped import by_ticket
from boilover.schema import EVENTS, MEASURES, SCHEMA_VERSION, TIMESTAMP

MANIFEST = "log.json"
UNREAD = ("text", "event_id")
"""Columns of events that no feature reads where messages are measured, as an import measures them."""
CODED = [each.name for each in EVENTS if each.type == pa.string() and each.name not in UNREAD]
"""Text columns of few words, or of few in a row."""
EVENT_SCHEMA = pa.schema([(column.name, column.type) for column in (*EVENTS, *MEASURES)])
"""Every partition holds all columns of the contract, empty ones too, so that other tools can read ``events/``."""
OPTIONAL = frozenset(column.name for column in (*EVENTS, *MEASURES) if not column.required)
DENSE = {"occurred_at": "DELTA_BINARY_PACKED", "observed_at": "DELTA_BINARY_PACKED"} | {
    column.name: "BYTE_STREAM_SPLIT" for column in (*EVENTS, *MEASURES) if pa.types.is_floating(column.type)
}
"""How columns of many different values are encoded: smaller, and read in three quarters of the time."""
LARGEST_WHOLE = 2**63 - 1
"""Beyond it, no whole number is an int64; the one number below its negative is taken for an id, too."""
ONE_TYPE = "Write it as one type in all files, or leave it out"
AGAIN = "Ingest the exports again into a new folder"
ROWS = 2**19
"""Rows that share a dictionary: ids of more tickets leave the processor's cache, and take twice as long to look up."""


def write_events(events: pa.Table, path: Path) -> None:
    """Write events of the contract's types as one Parquet file."""
    dense = {name: encoding for name, encoding in DENSE.items() if name in events.column_names}
    coded = [name for name in CODED if name in events.column_names]
    pq.write_table(
        events, path, compression="lz4", use_dictionary=coded, column_encoding=dense, row_group_size=ROWS
    )


@dataclass(frozen=True)
class Part:
    """A file: its name in its folder, its rows, and the SHA-256 of its content."""

    file: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Partition:
    """Some tickets with all of their events; ``first`` and ``last`` tell when the events were observed."""

    name: str
    events: Part
    tickets: Part
    first: str | None
    last: str | None


@dataclass(frozen=True)
class Manifest:
    """What ``log.json`` holds: the partitions, and the ``[escalation]`` table that came with the log, if one did.

    ``escalation_name`` is the one of several escalations that was chosen. ``readings`` tells for each source that was
    read through a recipe how it was, by the fingerprint of the last (`boilover.adapters.recipe.Recipe.reading`).
    ``people`` is the fingerprint of the key by which ids of people are hashed, empty where they stand as their source
    tells them, and None where that was not told.
    """

    partitions: tuple[Partition, ...] = ()
    escalation: Mapping[str, Any] | None = None
    escalation_name: str | None = None
    readings: Mapping[str, str] = field(default_factory=dict)
    people: str | None = None


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a log in partitions, None where there is none; raise `InputError` for a broken one."""
    path = folder / MANIFEST
    try:
        told = json.loads(path.read_text("utf-8"))
        if told["schema"] > SCHEMA_VERSION:
            mend = "Read it with that version, or ingest the exports again"
            raise InputError("was written by a later version of Boilover", file=path, mend=mend)
        partitions = tuple(
            Partition(**(each | {"events": Part(**each["events"]), "tickets": Part(**each["tickets"])}))
            for each in told["partitions"]
        )
        readings = dict(told.get("readings", {}))
        return Manifest(partitions, told["escalation"], told["escalation_name"], readings, told.get("people"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, KeyError, TypeError) as error:
        problem = f"is no manifest of a log ({type(error).__name__})"
        raise InputError(problem, file=path, mend=AGAIN) from error


def write_manifest(folder: Path, manifest: Manifest, *, aside: Path) -> None:
    """Replace the manifest in one step: what it names is the log from then on; ``aside`` is a folder to write it in."""
    told = {"schema": SCHEMA_VERSION, **asdict(manifest)}
    made = aside / MANIFEST
    made.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    made.replace(folder / MANIFEST)


def read_partitions(folder: Path, *, leave_out: Sequence[str] = ()) -> tuple[pa.Table, pa.Table]:
    """Return the events, sorted by (ticket_id, observed_at, arrival), and the tickets, sorted by id.

    Text columns of few words are dictionary-encoded. An import that ends meanwhile gives the log after it. Raises
    `InputError` where a file is missing, damaged, or not the one that the manifest tells of.
    """
    manifest = read_manifest(folder) or Manifest()
    if not manifest.partitions:
        return EVENT_SCHEMA.empty_table(), pa.table({"ticket_id": pa.array([], pa.string())})
    columns = [name for name in EVENT_SCHEMA.names if name not in leave_out]
    read = partial(read_part, folder)
    told = [each.events for each in manifest.partitions]
    try:
        with ThreadPoolExecutor(cpu_count()) as pool:
            listed = [each.tickets for each in manifest.partitions]
            files = [folder / "tickets" / each.file for each in listed]
            tickets = joined(pool.map(read, repeat("tickets"), listed), files=files)
            # Nobody but `by_ticket` holds the events that are read here, so that it can give them up.
            events = pool.map(partial(read, columns=columns, encoded=True), repeat("events"), told)
            return by_ticket(together(events), tickets)
    except FileNotFoundError as error:
        if read_manifest(folder) != manifest:
            return read_partitions(folder, leave_out=leave_out)
        raise InputError("is missing", file=error.filename, mend=AGAIN) from error


def read_part(
    folder: Path, kind: str, part: Part, columns: Sequence[str] | None = None, *, encoded: bool = False
) -> pa.Table:
    """Return the table of one file; ``kind`` is events or tickets.

    With ``encoded``, text columns of few words are dictionary-encoded, and columns that hold nothing are left out.
    """
    with _opened(folder / kind / part.file, CODED if encoded else None) as file:
        table = file.read(columns=_holding(file.metadata, columns) if encoded else columns)
    if len(table) != part.rows:
        problem = f"holds {len(table)} rows, not the {part.rows} that {MANIFEST} tells of"
        raise InputError(problem, file=folder / kind / part.file, mend=AGAIN)
    return table


@contextmanager
def all_there() -> Iterator[None]:
    """Raise `InputError` where the block misses a file that a manifest tells of."""
    try:
        yield
    except FileNotFoundError as error:
        mend = f"Run again: an import may have ended meanwhile. {AGAIN} if it stays missing"
        raise InputError("is missing", file=error.filename, mend=mend) from error


def together(events: Iterable[pa.Table]) -> pa.Table:
    """Return tables of events, some without columns that others have, one below the other."""
    return pa.concat_tables(events, promote_options="default")


def _holding(file: pq.FileMetaData, columns: Sequence[str] | None) -> list[str]:
    """Return those of the columns, all where none are named, that hold anything; an empty one takes memory, too."""
    found = []
    for place in range(file.num_columns):
        name = file.schema.column(place).path
        parts = (file.row_group(group).column(place) for group in range(file.num_row_groups))
        held = [part for part in parts if part.num_values]
        empty = all(part.is_stats_set and part.statistics.null_count == part.num_values for part in held)
        if (columns is None or name in columns) and not (empty and name in OPTIONAL):
            found.append(name)
    return found


def attributes_of(folder: Path, partition: Partition) -> frozenset[str]:
    """Return the columns of a partition's tickets: what a later export tells more, earlier partitions do not have."""
    with _opened(folder / "tickets" / partition.tickets.file) as file:
        return frozenset(file.schema_arrow.names)


@contextmanager
def _opened(path: Path, coded: Sequence[str] | None = None) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(named(path), read_dictionary=coded, filesystem=filesystem_of(path)) as file:
            yield file
    except FileNotFoundError as error:
        raise FileNotFoundError(error.errno, error.strerror, str(path)) from error
    except PermissionError as error:
        raise unreadable(path, error) from error
    except (pa.ArrowException, OSError) as error:
        raise InputError("cannot be read as Parquet", file=path, mend=AGAIN) from error


def joined(tables: Iterable[pa.Table], name: str = "tickets", files: Sequence[object] = ()) -> pa.Table:
    """Return tables as one: ticket_id, then all other columns by name, each of one type.

    ``name`` is what the tables are, events or tickets, and ``files`` where they are from, for errors. Raises
    `InputError` for a column that cannot be brought to one type, or only with a loss.
    """
    given = [plain(table) for table in tables]
    names = {column for table in given for column in table.column_names}
    columns = {}
    for column in sorted(names, key=lambda column: (column != "ticket_id", column)):
        data = [
            table[column] if column in table.column_names else pa.chunked_array([pa.nulls(len(table))])
            for table in given
        ]
        kind = _common(data)
        cast = [
            sound(partial(brought, each, kind, name, column), each.type, column, file)
            for each, file in zip(data, files or repeat(None), strict=bool(files))
        ]
        columns[column] = pa.chunked_array([chunk for each in cast for chunk in each.chunks], type=kind)
    return pa.table(columns)


def sound(read: Callable[[], Cast], kind: pa.DataType, column: str, file: object) -> pa.ChunkedArray:
    """Return what ``read`` makes of a column; raise `InputError`, with its file, for what is wrong there."""
    try:
        data, wrong = read()
    except pa.ArrowException as error:
        problem = f"holds {shorten(str(kind))}, which does not go together with what other files hold"
        raise InputError(problem, file=file, column=column, mend=ONE_TYPE) from error
    if wrong:
        raise ContractError(wrong, file=file)
    return data


def _common(data: Sequence[pa.ChunkedArray]) -> pa.DataType:
    """Return the type that holds all values: numbers stay numbers and times times, anything beside makes them text.

    So does a whole number that the numbers' type cannot hold: it is an id.
    """
    told = {each.type for each in data if not pa.types.is_null(each.type)}
    if len(told) <= 1:
        return told.pop() if told else pa.null()
    if all(pa.types.is_integer(kind) or pa.types.is_boolean(kind) for kind in told):
        return pa.string() if any(is_beyond(each, LARGEST_WHOLE) for each in data) else pa.int64()
    if all(
        pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_floating(kind) for kind in told
    ):
        return pa.string() if any(is_beyond(each, LARGEST_ID) for each in data) else pa.float64()
    # As text, a time that some imports tell in days and others in seconds would be a category: no longer left out.
    if all(pa.types.is_timestamp(kind) or pa.types.is_date(kind) for kind in told):
        return TIMESTAMP
    # As text, a second would be the same as a millisecond.
    if all(pa.types.is_duration(kind) for kind in told):
        return pa.duration("ns")
    return pa.string()
