"""`check` tells every breach of the contract at once; `mend` repairs what can be repaired and keeps count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from boilover.breaches import breaches, infinite
from boilover.errors import ContractError
from boilover.identity import doubles
from boilover.log import EventLog
from boilover.log import write_log as write_mended
from boilover.schema import Violation


def check(log: EventLog) -> list[Violation]:
    """Return every violation of the contract, errors first: each names the column, first row, value and the fix.

    Tables with a column or a cell that is not of the contract's types become no log: whoever builds or reads one gets
    a `ContractError` that holds what is wrong with those, and all that would be told here.
    """
    return breaches(log.events, log.tickets, doubles(log.events))


def mend(log: EventLog, *, source: object = None) -> EventLog:
    """Return ``log`` with all warnings repaired and listed in ``warnings``; raise `ContractError` on errors.

    Doubled events are dropped, infinite numbers emptied, tickets without a row get one without attributes. A log
    that this package wrote is taken as it is.
    """
    if log.is_sorted:
        return log
    doubled = doubles(log.events)
    violations = breaches(log.events, log.tickets, doubled)
    if any(violation.severity == "error" for violation in violations):
        raise ContractError(violations, file=source)
    events = log.events
    if doubled.any():
        events = events.filter(pa.array(~doubled))
    ids = pc.unique(events["ticket_id"])
    missing = ids.filter(pc.invert(pc.is_in(ids, log.tickets["ticket_id"].combine_chunks())))
    tickets = log.tickets
    if len(missing):
        tickets = pa.concat_tables([tickets, pa.table({"ticket_id": missing})], promote_options="default")
    return replace(log, events=_finite(events), tickets=_finite(tickets), warnings=tuple(violations))


def write_log(log: EventLog, folder: str | Path, *, format: Literal["parquet", "csv"] = "parquet") -> None:  # noqa: A002
    """Mend a log as `mend` does and write it, sorted, as a folder of Parquet or CSV; a log there is replaced.

    Raises `ContractError` on what `mend` does, and `UsageError` where the folder holds anything but a log.
    """
    write_mended(mend(log), folder, format=format)


def _finite(table: pa.Table) -> pa.Table:
    """Return the table with its infinite numbers emptied."""
    for place, name in enumerate(table.column_names):
        cells = infinite(table[name])
        if cells.any():
            table = table.set_column(place, name, pc.if_else(pa.array(cells), None, table[name]))
    return table
