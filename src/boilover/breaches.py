"""What breaks the contract in tables of its types: every breach at once, with its column, first row, value and mend.

Tables that do not wholly conform are looked at, too: a column may be missing, and a cell that could not be read is
null. What such a gap leaves open is not told.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover.coded import encode
from boilover.errors import shorten
from boilover.identity import repeats
from boilover.observation import observed_column
from boilover.schema import EVENT_TYPES, ROLES, STATUSES, Violation

EARLY_SHARE = 0.2
"""Above this share of tickets with events before their creation, the dates themselves are wrong."""
MIN_EARLY = 3
OLDEST = np.datetime64("1980-01-01", "us").astype(np.int64)
LONG_AGO = np.iinfo(np.int64).min

Mask = npt.NDArray[np.bool_]


def breaches(events: pa.Table, tickets: pa.Table, doubled: Mask) -> list[Violation]:
    """Return every violation in two tables of the contract's types, errors first; ``doubled`` is of `doubles`."""
    found = [*_in_tickets(tickets), *_unknown_tickets(events, tickets), *_in_words(events)]
    for name in events.column_names:
        found += _infinite_cells("events", name, events[name])
    found += [*_in_csat(events), *_in_times(events), *_in_histories(events)]
    if doubled.any():
        ids, problem = events["ticket_id"], "event stands twice in the log"
        found.append(_violation("events", "ticket_id", problem, "It is counted once", ids, doubled))
    return sorted(found, key=lambda each: each.severity == "warning")


def infinite(data: pa.ChunkedArray) -> Mask:
    """Return which cells hold a number that a 32-bit float cannot."""
    if not pa.types.is_floating(data.type):
        return np.zeros(len(data), dtype=bool)
    values: npt.NDArray[np.float64] = data.cast(pa.float64()).to_numpy()
    return np.abs(values) > np.finfo(np.float32).max


def _in_tickets(tickets: pa.Table) -> list[Violation]:
    found = []
    if "ticket_id" in tickets.column_names:
        ids = tickets["ticket_id"]
        codes = encode(ids)[0]
        repeated = repeats(codes) & (codes >= 0)
        if repeated.any():
            mend = "keep one row per ticket, with its attributes as they were at creation"
            problem = "ticket stands twice"
            found.append(_violation("tickets", "ticket_id", problem, mend, ids, repeated, "error"))
        found += _alike(ids)
    for field in tickets.schema:
        if pa.types.is_temporal(field.type):
            mend = "The column is left out; give times as events, so that it is known when they became known"
            problem = "a time is no attribute fixed at creation"
            found.append(Violation("tickets", problem, mend, field.name, severity="warning"))
        found += _infinite_cells("tickets", field.name, tickets[field.name])
    return found


def _alike(ids: pa.ChunkedArray) -> list[Violation]:
    """Tell of ids that look like another one: an export pads them, another composes its letters in its own way."""
    names = pc.unique(ids).drop_null()
    seen = pc.utf8_normalize(pc.utf8_trim_whitespace(names), form="NFD")
    again = repeats(seen.dictionary_encode().indices.to_numpy())
    if not again.any():
        return []
    problem = "differs from an id before in blanks, or in how letters are composed, alone"
    mend = "They are taken for different tickets; mend the ids where they are one"
    alike = pc.is_in(ids, names.filter(pa.array(again))).to_numpy()
    return [_violation("tickets", "ticket_id", problem, mend, ids, alike)]


def _unknown_tickets(events: pa.Table, tickets: pa.Table) -> list[Violation]:
    if "ticket_id" not in events.column_names or "ticket_id" not in tickets.column_names:
        return []
    ids = events["ticket_id"]
    known = pc.is_in(ids, tickets["ticket_id"].combine_chunks())
    unknown = _set(pc.and_(pc.is_valid(ids), pc.invert(known)))
    if not unknown.any():
        return []
    mend = "Its tickets are read as having no attributes"
    return [_violation("events", "ticket_id", "ticket has no row in tickets", mend, ids, unknown)]


def _infinite_cells(table: str, name: str, data: pa.ChunkedArray) -> list[Violation]:
    cells = infinite(data)
    if not cells.any():
        return []
    return [_violation(table, name, "an infinite number", "It is read as empty", data, cells)]


def _in_words(events: pa.Table) -> list[Violation]:
    found = []
    names = events.column_names
    if "event_type" in names:
        types = events["event_type"]
        odd = _set(pc.and_(pc.is_valid(types), pc.invert(_among(types, EVENT_TYPES))))
        if odd.any():
            mend = f"It is kept and counted; known types are {', '.join(EVENT_TYPES)}"
            found.append(_violation("events", "event_type", "unknown type", mend, types, odd))
    if "event_type" in names and "value" in names:
        values = events["value"]
        odd = _set(pc.and_(pc.equal(types, "status_changed"), pc.invert(_among(values, STATUSES))))
        if odd.any():
            mend = f"It is read as open; map it to one of {', '.join(STATUSES)}"
            found.append(_violation("events", "value", "unknown status", mend, values, odd))
    if "actor_role" in names:
        roles = events["actor_role"]
        odd = _set(pc.and_(pc.is_valid(roles), pc.invert(_among(roles, ROLES))))
        if odd.any():
            mend = f"It is read as empty; map it to one of {', '.join(ROLES)}"
            found.append(_violation("events", "actor_role", "unknown role", mend, roles, odd))
    return found


def _in_csat(events: pa.Table) -> list[Violation]:
    if not {"event_type", "number"} <= set(events.column_names):
        return []
    numbers = events["number"]
    beyond = pc.or_(pc.less(numbers, 0), pc.greater(numbers, 1))
    odd = _set(pc.and_(pc.equal(events["event_type"], "csat"), beyond))
    if not odd.any():
        return []
    mend = "It is kept; give it as a share of its scale, 4 of 1 to 5 as 0.75"
    return [_violation("events", "number", "satisfaction beyond 0 to 1", mend, numbers, odd)]


def _in_times(events: pa.Table) -> list[Violation]:
    if "occurred_at" not in events.column_names:
        return []
    times = events["occurred_at"]
    old = _set(pc.less(times.cast(pa.int64()), int(OLDEST)))
    if not old.any():
        return []
    mend = "It is kept; look whether a date format or a unit of epoch time was mistaken"
    return [_violation("events", "occurred_at", "lies before 1980", mend, times, old)]


def _in_histories(events: pa.Table) -> list[Violation]:
    if not len(events) or not {"ticket_id", "event_type"} <= set(events.column_names):
        return []
    found = []
    ids, types = events["ticket_id"], events["event_type"]
    # The last code is of rows that tell no ticket.
    tickets = encode(ids)[0]
    n_tickets = int(tickets.max()) + 1
    told = tickets >= 0
    created = told & _set(pc.equal(types, "created"))
    # What cannot be read may have been the creation.
    begun = created | (told & types.is_null().to_numpy())
    without = told & (np.bincount(tickets[begun], minlength=n_tickets + 1) == 0)[tickets]
    if without.any():
        mend = "Such a ticket is taken to be created at its first event"
        found.append(_violation("events", "ticket_id", "ticket has no created event", mend, ids, without))
    again = created & repeats(np.where(created, tickets, -1))
    if again.any():
        mend = "The first one counts"
        found.append(_violation("events", "event_type", "ticket is created twice", mend, ids, again))
    if "occurred_at" in events.column_names:
        found += _early(events, tickets, created, n_tickets)
    return found


def _early(
    events: pa.Table, tickets: npt.NDArray[np.int32], created: Mask, n_tickets: int
) -> list[Violation]:
    """Tell of events before their ticket's creation, its first one where there are several."""
    seen = observed_column(events)
    times = seen.fill_null(LONG_AGO).to_numpy()
    rows = np.flatnonzero(created)
    rows = rows[np.argsort(times[rows])[::-1]]
    birth = np.full(n_tickets + 1, LONG_AGO)
    birth[tickets[rows]] = times[rows]
    early = (tickets >= 0) & (times < birth[tickets]) & (times > LONG_AGO)
    if not early.any():
        return []
    n_early = len(np.unique(tickets[early]))
    wrong = n_early >= MIN_EARLY and n_early > EARLY_SHARE * n_tickets
    problem = f"event lies before its ticket's creation, in {n_early} of {n_tickets} tickets"
    mend = (
        "So many mean that dates or time zones were mistaken: mend them in the export or its [mapping]"
        if wrong
        else "It is kept, and seen from its time on"
    )
    severity: Literal["error", "warning"] = "error" if wrong else "warning"
    return [_violation("events", "occurred_at", problem, mend, events["occurred_at"], early, severity)]


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


def _among(data: pa.ChunkedArray, words: Iterable[str]) -> pa.ChunkedArray:
    return pc.is_in(data, pa.array(list(words)))


def _set(mask: pa.ChunkedArray) -> Mask:
    """Return where a mask holds true, not false or null."""
    flags: Mask = pc.fill_null(mask, False).to_numpy()
    return flags
