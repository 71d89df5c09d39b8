"""The proof that features see no future: rewrite what comes after a moment; no row may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.annotations import Annotations
from boilover.conform import plain
from boilover.errors import LeakError, UsageError, shorten
from boilover.features.base import Feature
from boilover.features.frame import compute
from boilover.history import HOUR, History
from boilover.log import EventLog
from boilover.observation import observed
from boilover.points import NOT_CREATED, Points, state_of, tonight
from boilover.schema import EVENT_TYPES, ROLES, STATUSES, TIMESTAMP

MOMENTS = 4
"""How many moments are tried."""
MAX_POINTS = 500
"""How many tickets are asked about at each moment."""
NEW_TICKETS = 5
FURTHEST = 60 * 24 * HOUR
"""Rewritten events come at most this long after the moment."""


def future_edit_test(
    features: Sequence[Feature],
    log: EventLog,
    points: Points | None = None,
    *,
    seed: int = 0,
    trials: int = 3,
) -> None:
    """Raise `LeakError` if a feature's value changes with events after its moment.

    At each of a few moments all events observed later are deleted in the first trial and rewritten at random
    in the others: types, values, numbers, people, texts and times, on known tickets and new ones; attributes
    of tickets not yet seen change too. Values must stay bit for bit what they were.

    Parameters
    ----------
    features : any features, your own included.
    log : a log; some weeks of a real desk say more than a synthetic one.
    points : what to ask, in codes of ``History.from_log(log)``; where left out, all tickets at risk at the
        times of some events. Points of one moment are tried together.
    seed, trials : of the rewriting.
    """
    rng = np.random.default_rng(seed)
    notes = Annotations(History.from_log(log))
    asked = _by_moment(notes, points, rng)
    if not asked:
        raise UsageError("there is no point to test. Give points, or a log with open tickets")
    for at_moment in asked:
        as_of = int(at_moment.as_of[0])
        before = compute(features, notes, at_moment)
        ids = notes.history.ticket_ids.take(pa.array(at_moment.ticket, mask=at_moment.ticket < 0))
        for trial in range(trials):
            edited = edit_future(log, as_of, rng, rewrite=trial > 0)
            after_notes = Annotations(History.from_log(edited))
            again = Points(after_notes.history.find(ids), at_moment.as_of)
            _compare(before, compute(features, after_notes, again), ids, as_of)


def edit_future(log: EventLog, as_of: int, rng: np.random.Generator, *, rewrite: bool) -> EventLog:
    """Return ``log`` without the events observed after ``as_of``; or with random ones instead.

    Events and tickets seen by then stay as they are, in their order; new rows stand anywhere among them.
    """
    log = replace(log, events=plain(log.events), tickets=plain(log.tickets))
    is_past = observed(log.events) <= as_of
    past = log.events.filter(pa.array(is_past))
    is_seen = pc.is_in(log.tickets["ticket_id"], pc.unique(past["ticket_id"]))
    seen = log.tickets.filter(is_seen)
    if not rewrite:
        return replace(log, events=past, tickets=seen)
    unseen = log.tickets.filter(pc.invert(is_seen))
    new_ids = [f"later {number} {rng.integers(1 << 32)}" for number in range(NEW_TICKETS)]
    later = pa.concat_arrays([unseen["ticket_id"].combine_chunks(), pa.array(new_ids, type=pa.string())])
    later = later.filter(pa.array(rng.random(len(later)) < 0.8))
    everyone = pa.concat_arrays([pc.unique(past["ticket_id"]), later])
    n_new = int(rng.integers(1, 2 + 2 * int((~is_past).sum()) + NEW_TICKETS))
    added = _random_events(log.events, everyone, as_of, n_new, rng)
    places = np.sort(rng.choice(len(past) + n_new, n_new, replace=False))
    order = np.empty(len(past) + n_new, dtype=np.int64)
    is_new = np.zeros(len(order), dtype=bool)
    is_new[places] = True
    order[is_new] = len(past) + np.arange(n_new)
    order[~is_new] = np.arange(len(past))
    events = pa.concat_tables([past, added], promote_options="default").take(pa.array(order))
    tickets = pa.concat_tables([_drawn(log.tickets, len(later), rng, {"ticket_id": later}), seen])
    return replace(log, events=events, tickets=tickets, is_sorted=False)


def _random_events(
    events: pa.Table, tickets: pa.Array, as_of: int, n_new: int, rng: np.random.Generator
) -> pa.Table:
    """Return events observed after ``as_of``: each cell is drawn from its column or the contract's words."""
    times = as_of + 1 + np.floor(FURTHEST * rng.random(n_new) ** 3).astype(np.int64)
    # Some happened before the moment and are observed after it.
    delays = np.where(rng.random(n_new) < 0.3, rng.integers(0, FURTHEST, n_new), 0)
    words = [*STATUSES, *ROLES, "a new word", None]
    told = pc.unique(events["event_type"])
    types = pa.concat_arrays([told, told, pa.array([*EVENT_TYPES, "a new type"])])
    fresh: dict[str, pa.Array] = {
        "ticket_id": tickets.take(pa.array(rng.integers(0, len(tickets), n_new))),
        "occurred_at": pa.array(times - delays).cast(TIMESTAMP),
        "observed_at": pa.array(times).cast(TIMESTAMP),
        "event_type": types.take(pa.array(rng.integers(0, len(types), n_new))),
        "event_id": pa.nulls(n_new, pa.string()),
    }
    if "value" in events.column_names:
        drawn = events["value"].take(pa.array(rng.integers(0, len(events), n_new)))
        other = pa.array(words, type=pa.string()).take(pa.array(rng.integers(0, len(words), n_new)))
        fresh["value"] = pc.if_else(pa.array(rng.random(n_new) < 0.7), drawn, other)
    return _drawn(events, n_new, rng, fresh)


def _drawn(table: pa.Table, n_rows: int, rng: np.random.Generator, fresh: dict[str, pa.Array]) -> pa.Table:
    """Return rows with cells drawn from ``table``, column by column; ``fresh`` holds columns as they are."""
    columns: dict[str, pa.Array] = {}
    for name in dict.fromkeys((*table.column_names, *fresh)):
        drawn = fresh.get(name)
        columns[name] = table[name].take(rng.integers(0, len(table), n_rows)) if drawn is None else drawn
    return pa.table(columns)


def _by_moment(notes: Annotations, points: Points | None, rng: np.random.Generator) -> list[Points]:
    """Return a few groups of points, each of one moment; a ticket not yet created cannot be asked about."""
    if points is not None:
        points = points.take(state_of(notes.history, points) != NOT_CREATED)
    moments = np.unique(notes.history.time if points is None else points.as_of)
    moments = moments[moments >= notes.history.time.min()]
    chosen = np.sort(rng.permutation(moments)[:MOMENTS])
    groups = [
        tonight(notes.history, int(moment)) if points is None else points.take(points.as_of == moment)
        for moment in chosen
    ]
    return [group.take(np.sort(rng.permutation(len(group))[:MAX_POINTS])) for group in groups if len(group)]


def _compare(before: pd.DataFrame, after: pd.DataFrame, ids: pa.Array, as_of: int) -> None:
    """Raise `LeakError` at the first value that differs; categories are compared as words."""
    for name in before.columns:
        old, new = (_comparable(frame[name]) for frame in (before, after))
        differs = np.flatnonzero(old != new)
        if len(differs):
            row = int(differs[0])
            moment = pd.Timestamp(as_of, unit="us", tz="UTC").isoformat()
            told = f"ticket {shorten(ids[row].as_py())} as of {moment}: {_word(before, name, row)} became"
            raise LeakError(
                f"feature '{name}' reads the future: {told} {_word(after, name, row)} when only later"
                " events changed. Use only what each event's own past tells"
            )


def _comparable(column: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
    """Return a column so that equal values, missing ones included, compare as equal and no others do."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype(object).where(column.notna(), None).to_numpy()
    values = column.to_numpy(dtype=np.float32)
    bits = values.view(np.int32).astype(np.int64)
    return np.where(np.isnan(values), np.iinfo(np.int64).max, bits)


def _word(frame: pd.DataFrame, name: str, row: int) -> str:
    value = frame[name].iloc[row]
    return "missing" if pd.isna(value) else shorten(value if isinstance(value, str) else float(value))
