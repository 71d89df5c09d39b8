"""An event log in memory and on disk: a folder with ``events`` and ``tickets`` as Parquet or CSV."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Literal, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from boilover.conform import conform, from_frame, plain
from boilover.csv_faults import LARGEST_CELL, Watched, fault_in, unclosed_in
from boilover.errors import ContractError, InputError, UsageError
from boilover.files import replacing
from boilover.partitions import CODED, MANIFEST, read_partitions, write_events
from boilover.places import filesystem_of, is_there, named, place, unreadable
from boilover.schema import EVENTS, MEASURES, SCHEMA_VERSION, TEXTS, TICKETS, Violation

SORTED_MARK = b"boilover.sorted"
SORTED = {SORTED_MARK: str(SCHEMA_VERSION).encode()}
"""Metadata by which a table of events says that it is sorted, as `EventLog.is_sorted` promises."""
SUFFIXES = (".parquet", ".csv", ".csv.gz")
CUT_SHORT = (EOFError, zlib.error)
"""What a compressed file raises that is not whole."""
OF_A_LOG = ("events", "tickets", "log", "")
"""What the names of a log's files and folders begin with; hidden ones are its own."""


@dataclass(frozen=True)
class EventLog:
    """The two tables of the contract, as Arrow tables of the contract's types.

    ``warnings`` holds what was mended on the way in; ``is_sorted`` promises that ``events`` is sorted by ticket and,
    within one, by (observed_at, arrival), and holds no duplicates. Text columns of a sorted log that was read from
    Parquet, and attributes of its tickets, stay dictionary-encoded; `boilover.conform.plain` decodes them.
    """

    events: pa.Table
    tickets: pa.Table
    warnings: tuple[Violation, ...] = ()
    is_sorted: bool = False

    def __repr__(self) -> str:
        """Return what there is, without a cell of it."""
        return (
            f"EventLog({len(self.events):,} events of {self.events.column_names},"
            f" {len(self.tickets):,} tickets of {self.tickets.column_names}, {len(self.warnings)} warnings)"
        )

    @classmethod
    def from_arrow(
        cls, events: pa.Table, tickets: pa.Table | None = None, *, source: object = None
    ) -> EventLog:
        """Bring two tables to the contract's types; raise `ContractError` with every cell that does not fit."""
        is_sorted = SORTED_MARK in (events.schema.metadata or {})
        events, violations = conform(
            events, "events", (*EVENTS, *MEASURES), keep_extra=False, keep_encoded=is_sorted
        )
        if tickets is not None:
            tickets, found = conform(tickets, "tickets", TICKETS, keep_extra=True, keep_encoded=is_sorted)
            violations += found
        if violations:
            raise ContractError(violations, file=source)
        if tickets is None:
            tickets = pa.table({"ticket_id": pc.unique(events["ticket_id"])})
        if not len(events):
            raise InputError(
                "the log holds no event", file=source, mend="Export at least one ticket with its history"
            )
        return cls(events, tickets, is_sorted=is_sorted)

    @classmethod
    def from_pandas(cls, events: pd.DataFrame, tickets: pd.DataFrame | None = None) -> EventLog:
        """Build a log from two frames with the contract's columns; see `boilover.schema`."""
        return cls.from_arrow(from_frame(events), None if tickets is None else from_frame(tickets))

    def to_pandas(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return ``(events, tickets)`` as frames."""
        return plain(self.events).to_pandas(), plain(self.tickets).to_pandas()

    def ordered(self) -> EventLog:
        """Return a log without duplicates, as `boilover.checking.mend` leaves it, with ``events`` sorted."""
        if self.is_sorted:
            return self
        ids = self.events["ticket_id"].combine_chunks().dictionary_encode()
        rank = np.empty(len(ids.dictionary), dtype=np.int64)
        rank[pc.sort_indices(ids.dictionary).to_numpy()] = np.arange(len(rank))
        order = np.lexsort((observed(self.events), rank[ids.indices.to_numpy()]))
        return EventLog(self.events.take(pa.array(order)), self.tickets, self.warnings, is_sorted=True)


def observed(events: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return when each event became visible, as UTC microseconds: observed_at, or occurred_at where empty."""
    instants: np.ndarray[tuple[int], np.dtype[np.int64]] = _observed(events).to_numpy()
    return instants


def last_observed(events: pa.Table) -> int | None:
    """Return when the last event became visible, None where there is none; without an array of them all."""
    last: int | None = pc.max(_observed(events)).as_py()
    return last


def _observed(events: pa.Table) -> pa.ChunkedArray:
    times = events["occurred_at"]
    if "observed_at" in events.column_names:
        told = events["observed_at"]
        if told.null_count < len(told):
            times = pc.coalesce(told, times) if told.null_count else told
    return times.cast(pa.int64())


def read_log(folder: str | Path, *, leave_out: Sequence[str] = ()) -> EventLog:
    """Read a log folder as it stands; ``leave_out`` names columns of ``events`` not to read, such as ``text``.

    `boilover.open_log`, as the command line, also checks and mends a log that Boilover did not write.
    """
    folder = place(folder)
    if not (is_there(folder) and folder.is_dir()):
        raise InputError(
            "is not a folder", file=folder, mend="Name a folder that holds events.parquet or events.csv"
        )
    if (folder / MANIFEST).exists():
        events, tickets = read_partitions(folder, leave_out=leave_out)
        events = events.replace_schema_metadata(SORTED)
        return EventLog.from_arrow(events, tickets, source=folder)
    # What cannot be opened is told first: an end while Arrow's threads let go of a file has broken off the process.
    paths = [_path_of(folder, name) for name in ("events", "tickets")]
    if paths[0] is None:
        held = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "nothing"
        problem = f"holds no events.parquet, events.csv or events/ (it holds {held})"
        raise InputError(problem, file=folder, mend="Turn an export into a log with `boilover ingest`")
    events = _read(paths[0], CODED, leave_out)
    tickets = None if paths[1] is None else _read(paths[1], None, ())
    return EventLog.from_arrow(events, tickets, source=folder)


def write_log(log: EventLog, folder: str | Path, *, format: Literal["parquet", "csv"] = "parquet") -> None:  # noqa: A002
    """Write a mended ``log``, sorted, as a folder of Parquet (marked as sorted) or CSV; a log there is replaced.

    Whoever reads the mark looks for nothing to mend: `boilover.checking.write_log` mends a log first.
    Raises `UsageError` where the folder holds anything else.
    """
    log, folder = log.ordered(), place(folder)
    held = sorted(path.name for path in folder.iterdir()) if is_there(folder) and folder.is_dir() else []
    others = [name for name in held if name.partition(".")[0] not in OF_A_LOG]
    if others:
        raise UsageError(
            f"{folder} holds {others[0]}, which is no part of a log. Name a folder for the log alone"
        )
    with replacing(folder) as made:
        made.mkdir()
        if format == "csv":
            pa_csv.write_csv(plain(log.events), made / "events.csv")
            pa_csv.write_csv(plain(log.tickets), made / "tickets.csv")
            return
        write_events(plain(log.events).replace_schema_metadata(SORTED), made / "events.parquet")
        pq.write_table(plain(log.tickets), made / "tickets.parquet", compression="zstd")


def _path_of(folder: Path, name: str) -> Path | None:
    """Return where a table of a log is, None where there is none; raise `InputError` for a CSV that is not opened."""
    paths = [folder / f"{name}{suffix}" for suffix in SUFFIXES] + [folder / name]
    path = next((path for path in paths if path.exists()), None)
    if path is not None and ".csv" in path.name:
        try:
            path.open("rb").close()
        except OSError as error:
            raise unreadable(path, error) from error
    return path


def _read(path: Path, coded: Sequence[str] | None, leave_out: Sequence[str]) -> pa.Table:
    """Return a table; of Parquet the ``coded`` columns, of None those of words, are dictionary-encoded."""
    try:
        if ".csv" in path.name:
            return _read_csv(path, leave_out)
        return _read_parquet(path, _attributes(path) if coded is None else coded, leave_out)
    except PermissionError as error:
        raise unreadable(path, error) from error
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeDecodeError, OSError, *CUT_SHORT) as error:
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else "nothing in it"
        if ".csv" in path.name:
            raise _fault(path) or InputError(
                # What follows a colon may be a row as it stands.
                f"cannot be read as CSV: {reason.partition(':')[0]}",
                file=path,
                mend="Export it again",
            ) from error
        raise InputError(f"cannot be read as Parquet: {reason}", file=path, mend="Export it again") from error


def _read_parquet(path: Path, coded: Sequence[str], leave_out: Sequence[str]) -> pa.Table:
    """Return a file with its marks, or a folder of files as one table."""
    store = filesystem_of(path)
    if not path.is_file():
        dataset = pq.ParquetDataset(named(path), read_dictionary=coded, filesystem=store)
        columns = [column for column in dataset.schema.names if column not in leave_out]
        return dataset.read(columns=columns).replace_schema_metadata(None)
    about = pq.read_metadata(named(path), filesystem=store)
    names = about.schema.to_arrow_schema().names
    # As a dataset of one, a file would come in pieces that have to be joined again.
    with pq.ParquetFile(
        named(path),
        metadata=about,
        read_dictionary=[column for column in coded if column in names],
        filesystem=store,
        pre_buffer=store is not None,
    ) as file:
        return file.read(columns=[column for column in names if column not in leave_out])


def _attributes(path: Path) -> list[str]:
    """Return the columns of tickets that hold words."""
    schema = pq.ParquetDataset(named(path), filesystem=filesystem_of(path)).schema
    return [
        each.name
        for each in schema
        if pa.types.is_string(each.type) and each.name not in ("ticket_id", *TEXTS)
    ]


def _fault(path: Path) -> InputError | None:
    """Return what is wrong with a CSV, None where that is not seen."""
    try:
        with _bytes_of(path) as stream:
            return fault_in(stream, path)
    except (OSError, *CUT_SHORT):
        return None


@contextmanager
def _bytes_of(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as raw:
        yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if path.suffix == ".gz" else raw


def _read_csv(path: Path, leave_out: Sequence[str]) -> pa.Table:
    try:
        return _parsed_csv(path, leave_out, pa_csv.ReadOptions())
    except pa.ArrowInvalid as error:
        # A row that is longer than a block: so many bytes are read at a time.
        if "straddling" not in str(error):
            raise
        return _parsed_csv(path, leave_out, pa_csv.ReadOptions(block_size=LARGEST_CELL))


def _names_in(stream: BinaryIO) -> list[str]:
    """Return the cells of the first row that holds any. pyarrow's reader of blocks would read on in a thread then."""
    text = TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
    # Whatever is wrong with the file is told where all of it is read.
    with text, suppress(csv.Error, *CUT_SHORT):
        return next(filter(None, csv.reader(text)), [])
    return []


def _parsed_csv(path: Path, leave_out: Sequence[str], blocks: pa_csv.ReadOptions) -> pa.Table:
    lines = pa_csv.ParseOptions(newlines_in_values=True)
    with _bytes_of(path) as stream:
        names = _names_in(stream)
    # An id keeps its leading zeros.
    texts = [
        *(column.name for column in (*EVENTS, *TICKETS)),
        *(name for name in names if name.endswith("_id")),
    ]
    options = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(texts, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    with _bytes_of(path) as stream:
        watched = Watched(stream)
        table = pa_csv.read_csv(watched, convert_options=options, parse_options=lines, read_options=blocks)
    if any(pa.types.is_binary(field.type) for field in table.schema):
        # What is not UTF-8 is read as bytes, where the contract does not ask for text.
        raise pa.ArrowInvalid("not UTF-8")
    if watched.is_odd:
        with _bytes_of(path) as stream:
            unclosed = unclosed_in(stream, path)
        if unclosed is not None:
            raise unclosed
    # Asks for every name: one that is not UTF-8 is told here, with the file.
    return table.drop_columns([name for name in table.column_names if name in leave_out])
