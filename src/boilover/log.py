"""An event log in memory and on disk: a folder with ``events`` and ``tickets`` as Parquet or CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from boilover.breaches import breaches
from boilover.conform import conform, from_frame, plain, unread_rows
from boilover.csv_faults import delimiter_in
from boilover.errors import ContractError, InputError, UsageError
from boilover.files import replacing
from boilover.identity import doubles
from boilover.log_tables import columns_of, read_table, table_in
from boilover.observation import observed
from boilover.partitions import CODED, MANIFEST, read_partitions, write_events
from boilover.places import is_there, place
from boilover.schema import EVENTS, MEASURES, SCHEMA_VERSION, TICKETS, AtRiskUntil, Violation

SORTED_MARK = b"boilover.sorted"
SORTED = {SORTED_MARK: str(SCHEMA_VERSION).encode()}
"""Metadata by which a table of events says that it is sorted, as `EventLog.is_sorted` promises."""
REQUIRED = {column.name for column in EVENTS if column.required}
OF_A_LOG = ("events", "tickets", "log", "")
"""What the names of a log's files and folders begin with; hidden ones are its own."""


@dataclass(frozen=True)
class EventLog:
    """The two tables of the contract, as Arrow tables of the contract's types.

    ``warnings`` holds what was mended on the way in; ``is_sorted`` promises that ``events`` is sorted by ticket and,
    within one, by (observed_at, arrival), and holds no duplicates. Text columns of a sorted log that was read from
    Parquet, and attributes of its tickets, stay dictionary-encoded; `boilover.conform.plain` decodes them.
    ``at_risk_until`` is what `boilover.escalation.declare` says; it is not written. Nor is ``at_creation``, where an
    adapter makes the log: rows (ticket_id, attribute) of what a history tells as it was when the ticket was created,
    where ``tickets`` may else hold what an export's record shows today.
    """

    events: pa.Table
    tickets: pa.Table
    warnings: tuple[Violation, ...] = ()
    is_sorted: bool = False
    at_risk_until: AtRiskUntil = "solved"
    at_creation: pa.Table | None = None

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
        """Bring two tables to the contract's types; raise `ContractError` with all that is wrong where that fails."""
        is_sorted = SORTED_MARK in (events.schema.metadata or {})
        given = events
        events, violations = conform(
            events, "events", (*EVENTS, *MEASURES), keep_extra=False, keep_encoded=is_sorted
        )
        if tickets is not None:
            tickets, found = conform(tickets, "tickets", TICKETS, keep_extra=True, keep_encoded=is_sorted)
            violations += found
        if violations:
            events, attributes = plain(events), pa.table({}) if tickets is None else plain(tickets)
            doubled = doubles(events, unread_rows(given, events))
            raise ContractError([*violations, *breaches(events, attributes, doubled)], file=source)
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
        listed = None if tickets is None else from_frame(tickets, "tickets")
        return cls.from_arrow(from_frame(events, "events"), listed)

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
        return replace(self, events=self.events.take(pa.array(order)), is_sorted=True)


def is_log(folder: Path) -> bool:
    """Say whether a place is a log's folder: in partitions, or with a table of events that names what one must hold.

    An export may hold a ``log.json`` or an ``events.csv`` of its own. Of the required columns one may lack, whatever
    their case or the mark between them, and a table that cannot be read is taken for a log's: what is wrong with it is
    told when it is read.
    """
    if not folder.is_dir():
        return False
    if (folder / MANIFEST).exists() and (folder / "events").is_dir():
        return True
    events = table_in(folder, "events")
    if events is None or (events.is_dir() and not any(events.glob("**/*.parquet"))):
        return False
    told = columns_of(events)
    mark = delimiter_in(told)
    cells = {cell.strip().casefold() for cell in (told[0].split(mark) if mark else told)}
    return not told or len(REQUIRED & cells) >= len(REQUIRED) - 1


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
    paths = [table_in(folder, name) for name in ("events", "tickets")]
    if paths[0] is None:
        held = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "nothing"
        problem = f"holds no events.parquet, events.csv or events/ (it holds {held})"
        raise InputError(problem, file=folder, mend="Turn an export into a log with `boilover ingest`")
    events = read_table(paths[0], CODED, leave_out)
    tickets = None if paths[1] is None else read_table(paths[1], None, ())
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
