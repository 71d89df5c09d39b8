"""`check` tells every breach of the contract at once; `mend` repairs what can be repaired and keeps count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover.errors import ContractError, shorten
from boilover.identity import event_keys, repeats
from boilover.log import EventLog, observed
from boilover.log import write_log as write_mended
from boilover.schema import EVENT_TYPES, ROLES, STATUSES, Violation

EARLY_SHARE = 0.2
"""Above this share of tickets with events before their creation, the dates themselves are wrong."""
MIN_EARLY = 3
OLDEST = np.datetime64("1980-01-01", "us").astype(np.int64)

Mask = npt.NDArray[np.bool_]


def check(log: EventLog) -> list[Violation]:
    """Return every violation of the contract: each names the column, the first row, its value and the fix."""
    return _violations(log, doubles(log))


def mend(log: EventLog, *, source: object = None) -> EventLog:
    """Return ``log`` with all warnings repaired and listed in ``warnings``; raise `ContractError` on errors.

    Doubled events are dropped, infinite numbers emptied, tickets without a row get one without attributes. A log
    that this package wrote is taken as it is.
    """
    if log.is_sorted:
        return log
    doubled = doubles(log)
    violations = _violations(log, doubled)
    if any(violation.severity == "error" for violation in violations):
        raise ContractError(violations, file=source)
    events = log.events
    if doubled.any():
        events = events.filter(pa.array(~doubled))
    missing = pc.unique(events["ticket_id"]).filter(
        pc.invert(pc.is_in(pc.unique(events["ticket_id"]), log.tickets["ticket_id"].combine_chunks()))
    )
    if "number" in events.column_names:
        events = _finite(events, "number")
    tickets = log.tickets
    if len(missing):
        tickets = pa.concat_tables([tickets, pa.table({"ticket_id": missing})], promote_options="default")
    for name in tickets.column_names:
        tickets = _finite(tickets, name)
    return replace(log, events=events, tickets=tickets, warnings=tuple(violations))


def write_log(log: EventLog, folder: str | Path, *, format: Literal["parquet", "csv"] = "parquet") -> None:  # noqa: A002
    """Mend a log as `mend` does and write it, sorted, as a folder of Parquet or CSV; a log there is replaced.

    Raises `ContractError` on what `mend` does, and `UsageError` where the folder holds anything but a log.
    """
    write_mended(mend(log), folder, format=format)


def doubles(log: EventLog) -> Mask:
    """Return which events stand a second time in the log; see `boilover.identity.event_keys`."""
    return repeats(event_keys(log.events))


def _check_tickets(log: EventLog) -> list[Violation]:
    found = []
    ids = log.tickets["ticket_id"]
    repeated = repeats(_codes(ids))
    if repeated.any():
        mend = "keep one row per ticket, with its attributes as they were at creation"
        found.append(_violation("tickets", "ticket_id", "ticket stands twice", mend, ids, repeated, "error"))
    unknown = ~pc.is_in(log.events["ticket_id"], ids.combine_chunks()).to_numpy()
    if unknown.any():
        mend = "Its tickets are read as having no attributes"
        column = log.events["ticket_id"]
        found.append(_violation("events", "ticket_id", "ticket has no row in tickets", mend, column, unknown))
    for field in log.tickets.schema:
        if pa.types.is_temporal(field.type):
            mend = "The column is left out; give times as events, so that it is known when they became known"
            problem = "a time is no attribute fixed at creation"
            found.append(Violation("tickets", problem, mend, field.name, severity="warning"))
        found += _check_finite("tickets", field.name, log.tickets[field.name])
    return found


def _check_finite(table: str, name: str, data: pa.ChunkedArray) -> list[Violation]:
    infinite = _infinite(data)
    if not infinite.any():
        return []
    return [_violation(table, name, "an infinite number", "It is read as empty", data, infinite)]


def _check_words(events: pa.Table) -> list[Violation]:
    found = []
    types = events["event_type"]
    known = pc.is_in(types, pa.array(list(EVENT_TYPES)))
    if not pc.all(known).as_py():
        mend = f"It is kept and counted; known types are {', '.join(EVENT_TYPES)}"
        odd = ~known.to_numpy()
        found.append(_violation("events", "event_type", "unknown type", mend, types, odd))
    if "value" in events.column_names:
        odd = pc.and_(
            pc.equal(types, "status_changed"), pc.invert(pc.is_in(events["value"], pa.array(list(STATUSES))))
        )
        if pc.any(odd).as_py():
            mend = f"It is read as open; map it to one of {', '.join(STATUSES)}"
            found.append(
                _violation("events", "value", "unknown status", mend, events["value"], odd.to_numpy())
            )
    if "actor_role" in events.column_names:
        roles = events["actor_role"]
        odd = pc.and_(pc.is_valid(roles), pc.invert(pc.is_in(roles, pa.array(ROLES))))
        if pc.any(odd).as_py():
            mend = f"It is read as empty; map it to one of {', '.join(ROLES)}"
            found.append(_violation("events", "actor_role", "unknown role", mend, roles, odd.to_numpy()))
    if "number" in events.column_names:
        found += [*_check_finite("events", "number", events["number"]), *_check_csat(types, events["number"])]
    old = pc.less(events["occurred_at"].cast(pa.int64()), int(OLDEST)).to_numpy()
    if old.any():
        mend = "It is kept; look whether a date format or a unit of epoch time was mistaken"
        found.append(
            _violation("events", "occurred_at", "lies before 1980", mend, events["occurred_at"], old)
        )
    return found


def _check_csat(types: pa.ChunkedArray, numbers: pa.ChunkedArray) -> list[Violation]:
    beyond = pc.or_(pc.less(numbers, 0), pc.greater(numbers, 1))
    odd = pc.fill_null(pc.and_(pc.equal(types, "csat"), beyond), False)
    if not pc.any(odd).as_py():
        return []
    mend = "It is kept; give it as a share of its scale, 4 of 1 to 5 as 0.75"
    return [_violation("events", "number", "satisfaction beyond 0 to 1", mend, numbers, odd.to_numpy())]


def _check_histories(log: EventLog) -> list[Violation]:
    found = []
    tickets = _codes(log.events["ticket_id"])
    times = observed(log.events)
    created = pc.equal(log.events["event_type"], "created").to_numpy()
    n_tickets = int(tickets.max()) + 1
    counts = np.bincount(tickets[created], minlength=n_tickets)
    ids = log.events["ticket_id"]
    if (counts == 0).any():
        mend = "Such a ticket is taken to be created at its first event"
        without = counts[tickets] == 0
        found.append(_violation("events", "ticket_id", "ticket has no created event", mend, ids, without))
    again = created & repeats(np.where(created, tickets, -1))
    if again.any():
        mend = "The first one counts"
        found.append(_violation("events", "event_type", "ticket is created twice", mend, ids, again))
    birth = np.full(n_tickets, np.iinfo(np.int64).min)
    rows = np.flatnonzero(created)[::-1]
    birth[tickets[rows]] = times[rows]
    early = times < birth[tickets]
    if early.any():
        n_early = len(np.unique(tickets[early]))
        wrong = n_early >= MIN_EARLY and n_early > EARLY_SHARE * n_tickets
        problem = f"event lies before its ticket's creation, in {n_early} of {n_tickets} tickets"
        mend = (
            "So many mean that dates or time zones were mistaken: mend them in the export or its [mapping]"
            if wrong
            else "It is kept, and seen from its time on"
        )
        severity: Literal["error", "warning"] = "error" if wrong else "warning"
        found.append(
            _violation("events", "occurred_at", problem, mend, log.events["occurred_at"], early, severity)
        )
    return found


def _violations(log: EventLog, doubled: Mask) -> list[Violation]:
    found = [*_check_tickets(log), *_check_words(log.events), *_check_histories(log)]
    return [*found, *_check_ids(log.tickets["ticket_id"]), *_check_doubles(log, doubled)]


def _check_ids(ids: pa.ChunkedArray) -> list[Violation]:
    """Tell of ids that look like another one: an export pads them, another composes its letters in its own way."""
    names = pc.unique(ids)
    seen = pc.utf8_normalize(pc.utf8_trim_whitespace(names), form="NFD")
    again = repeats(seen.dictionary_encode().indices.to_numpy())
    if not again.any():
        return []
    problem = "differs from an id before in blanks, or in how letters are composed, alone"
    mend = "They are taken for different tickets; mend the ids where they are one"
    alike = pc.is_in(ids, names.filter(pa.array(again))).to_numpy()
    return [_violation("tickets", "ticket_id", problem, mend, ids, alike)]


def _check_doubles(log: EventLog, doubled: Mask) -> list[Violation]:
    if not doubled.any():
        return []
    mend = "It is counted once"
    return [
        _violation(
            "events", "ticket_id", "event stands twice in the log", mend, log.events["ticket_id"], doubled
        )
    ]


def _violation(
    table: str,
    column: str,
    problem: str,
    mend: str,
    data: pa.ChunkedArray,
    rows: Mask,
    severity: Literal["error", "warning"] = "warning",
) -> Violation:
    row = int(np.argmax(rows))
    value = shorten(str(data[row].as_py()))
    return Violation(table, problem, mend, column, row + 1, value, int(rows.sum()), severity)


def _infinite(data: pa.ChunkedArray) -> Mask:
    """Return which cells hold a number that a 32-bit float cannot."""
    if not pa.types.is_floating(data.type):
        return np.zeros(len(data), dtype=bool)
    values: npt.NDArray[np.float64] = data.cast(pa.float64()).to_numpy()
    return np.abs(values) > np.finfo(np.float32).max


def _finite(table: pa.Table, name: str) -> pa.Table:
    """Return the table with the infinite numbers of a column emptied."""
    infinite = _infinite(table[name])
    if not infinite.any():
        return table
    finite = pc.if_else(pa.array(infinite), None, table[name])
    return table.set_column(table.column_names.index(name), name, finite)


def _codes(data: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    """Return a code per distinct value, −1 for null."""
    indices = data.combine_chunks().dictionary_encode().indices
    codes: npt.NDArray[np.int32] = indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return codes
