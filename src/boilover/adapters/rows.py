"""Order the rows of a table into tickets, and find how each ticket began."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from boilover.adapters.base import UNFIT_ID, Tally
from boilover.adapters.changes import Flags
from boilover.adapters.shards import FILE
from boilover.adapters.table_mapping import TableMapping
from boilover.adapters.times import UTC_MICROSECONDS, to_utc
from boilover.conform import unfit_ids
from boilover.schema import ROLES


@dataclass(frozen=True)
class Births:
    """How each ticket began: ``frame`` by ticket id, and the position in it of each row as ``code``."""

    frame: pd.DataFrame
    code: npt.NDArray[np.intp]

    def of(self, column: str, ticket: npt.NDArray[np.intp]) -> pd.Series:
        """Return ``column`` for each position in ``ticket``, on a fresh index."""
        return self.frame[column].take(ticket).reset_index(drop=True)


def without_copies(rows: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Leave out rows that an earlier file holds already, so that exports may overlap; a file's own doubles stay."""
    columns = [name for name in rows.columns if name != FILE]
    if rows[FILE].min() != rows[FILE].max():
        copy = rows.groupby(list(rows.columns), dropna=False, sort=False).cumcount()
        doubled = rows[columns].assign(_copy=copy).duplicated()
        tally.note("rows of an earlier file, counted once", int(doubled.sum()))
        rows = rows[~doubled]
    return rows[columns].reset_index(drop=True)


def prepare(rows: pd.DataFrame, mapping: TableMapping, tally: Tally) -> pd.DataFrame:
    """Drop what has no ticket or time and sort by (ticket, declared order, time, arrival).

    Adds ``_time``, when the row happened, ``_seen``, the latest time so far in its ticket, and ``_role``, the actor's.
    """
    times = to_utc(rows[mapping.time], mapping.time_format, mapping.timezone, tally)
    ids = rows[mapping.ticket_id]
    nameless, unfit = (
        ids.isna(),
        unfit_ids(pa.array(ids, pa.string(), from_pandas=True)).to_numpy(zero_copy_only=False),
    )
    timeless = times.isna() & ~nameless & ~unfit
    empty = timeless & rows[mapping.time].fillna("").astype("str").str.strip().eq("")
    for reason, odd, shown in (
        ("no ticket id", nameless, mapping.time),
        (f"no time in format {' or '.join(mapping.time_format)}", timeless & ~empty, mapping.time),
        # What is empty shows nothing: its ticket does.
        (f"{mapping.time} is empty", empty, mapping.ticket_id),
    ):
        tally.drop(reason, int(odd.sum()), rows.loc[odd, shown].dropna().head(1).tolist())
    tally.drop(UNFIT_ID, int(unfit.sum()), ids[unfit].head(1).tolist())
    usable = ~(nameless | unfit | timeless)
    rows = rows.assign(_time=times)[usable]
    if mapping.event_id is not None:
        doubled = rows.duplicated([mapping.ticket_id, mapping.event_id]) & rows[mapping.event_id].notna()
        example = rows.loc[doubled, mapping.event_id].head(1).tolist()
        tally.drop("event id seen before", int(doubled.sum()), example, lost=False)
        rows = rows[~doubled]
    keys = [rows["_time"].astype("int64").to_numpy()]
    for column in reversed(mapping.order):
        numbers = pd.to_numeric(rows[column], errors="coerce").to_numpy()
        words = pd.isna(numbers) & rows[column].notna().to_numpy()
        tally.note(f"cells of {column} that are no numbers to order rows by", int(words.sum()))
        keys.append(numbers)
    rows = rows.iloc[np.lexsort([*keys, pd.factorize(rows[mapping.ticket_id])[0]])].reset_index(drop=True)
    if mapping.role is not None:
        rows["_role"] = _roles(rows[mapping.role], tally)
    rows["_seen"] = rows.groupby(mapping.ticket_id, sort=False)["_time"].cummax()
    tally.note("rows timed before the row that they follow", int((rows["_seen"] != rows["_time"]).sum()))
    return rows


def _roles(words: pd.Series, tally: Tally) -> pd.Series:
    folded = words.str.strip().str.casefold()
    is_known = folded.isin(ROLES)
    tally.meet("role", words[words.notna() & ~is_known])
    return folded.where(is_known)


def one_per_ticket(tickets: pd.DataFrame, mapping: TableMapping, tally: Tally) -> pd.DataFrame:
    """Index the second table by ticket id; of several rows the first stays."""
    assert mapping.tickets is not None
    ids = tickets[mapping.tickets.ticket_id]
    tally.drop("ticket row without id", int(ids.isna().sum()), None)
    doubled = ids.duplicated() & ids.notna()
    tally.drop("second row of a ticket", int(doubled.sum()), ids[doubled].head(1).tolist())
    return tickets[~doubled & ids.notna()].set_index(mapping.tickets.ticket_id)


def find_births(
    rows: pd.DataFrame, is_first: Flags, tickets: pd.DataFrame | None, mapping: TableMapping, tally: Tally
) -> Births:
    """Return the first row of each ticket, and of each ticket that only the second table knows.

    ``_created`` is the declared time of creation, at the latest the first row's; ``_creator`` who created it.
    """
    firsts = rows[is_first].set_index(mapping.ticket_id, drop=False)
    index = firsts.index
    if tickets is not None:
        tally.note("tickets with events and no row of their own", int((~index.isin(tickets.index)).sum()))
        index = index.append(tickets.index.difference(index, sort=False))
    frame = firsts.reindex(index)
    created = pd.Series(pd.NaT, index=index, dtype=UTC_MICROSECONDS)
    if mapping.created is not None:
        created = to_utc(frame[mapping.created], mapping.time_format, mapping.timezone, tally)
    actor = frame[mapping.actor] if mapping.actor is not None else pd.Series(None, index=index, dtype="str")
    creator = frame[mapping.creator] if mapping.creator is not None else actor
    if tickets is not None and mapping.tickets is not None:
        second = tickets.reindex(index)
        if mapping.tickets.created is not None:
            created = to_utc(second[mapping.tickets.created], mapping.time_format, mapping.timezone, tally)
        if mapping.tickets.creator is not None:
            creator = second[mapping.tickets.creator]
    late = created > frame["_time"]
    tally.note("tickets with a row before their creation, taken as created then", int(late.sum()))
    frame = frame.assign(_created=created.mask(late, frame["_time"]).fillna(frame["_time"]), _creator=creator)
    unborn = frame["_created"].isna()
    tally.drop("ticket without a time of creation", int(unborn.sum()), frame.index[unborn][:1].tolist())
    return Births(frame[~unborn], (np.cumsum(is_first) - 1).astype(np.intp))
