"""From the facts of some tickets to their event log: nothing here knows which system they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.adapters.base import Tally
from boilover.adapters.codes import Ints
from boilover.adapters.repeats import set_again
from boilover.adapters.spill import ATTRIBUTE, FIRST, TODAY
from boilover.adapters.story import Story
from boilover.adapters.told import BORN, INITIAL, LATER, NEVER, OF_TODAY, Told
from boilover.adapters.words import TARGETS
from boilover.log import EventLog
from boilover.schema import DELETED, EVENTS, TIMESTAMP

FROM_CREATION = ("category", "product", "type", "subcategory", "channel", "language")
"""Targets whose value at creation is an attribute of the ticket as well."""
ACTED = ("agent", "customer")
"""The roles that people show by what they do, the surer first."""
ORDER = ("place", "order", "phase", "visible", "ticket")
"""From the last to the first, what events are sorted by."""


def finish(facts: pa.Table, story: Story, tally: Tally) -> EventLog | None:
    """Return the log of the tickets of ``facts``, sorted by ticket and time; None where no ticket has a time."""
    told = Told(facts, story)
    told.leave_out_doubles(tally)
    born = told.births(tally)
    if (born == NEVER).all():
        return None
    parts = [told.creations(born), told.initial_states(born), told.happened(tally)]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.take(np.lexsort([rows[name].to_numpy() for name in ORDER])).reset_index(drop=True)
    rows = _until_merged(rows, told, tally)
    rows = _without_repeats(rows, told, tally)
    log = EventLog.from_arrow(_events(rows, told), _tickets(rows, told, born))
    return replace(log, at_creation=_at_creation(rows, told))


def _until_merged(rows: pd.DataFrame, told: Told, tally: Tally) -> pd.DataFrame:
    """Leave out what comes after a ticket was merged into another."""
    ticket = rows["ticket"].to_numpy()
    is_merge = (rows["phase"] == LATER).to_numpy() & (told.type[rows["row"]] == told.code("merged"))
    end = np.full(len(told.ids), len(rows))
    merges = np.flatnonzero(is_merge)[::-1]
    end[ticket[merges]] = merges
    after = np.arange(len(rows)) > end[ticket]
    tally.note("facts after a ticket was merged, left out", int(after.sum()))
    return rows[~after].reset_index(drop=True)


def _without_repeats(rows: pd.DataFrame, told: Told, tally: Tally) -> pd.DataFrame:
    """Leave out what sets what is set already; what was never set counts as empty, and deleted is more than closed."""
    at = np.flatnonzero(rows["of_state"].to_numpy())
    target, value = rows["target"].to_numpy()[at], rows["value"].to_numpy()[at].copy()
    deleted = (target == told.code("status")) & (rows["raw"].to_numpy()[at] == told.code(DELETED))
    value[deleted] = len(told.words)
    again = np.zeros(len(rows), dtype=bool)
    again[at] = set_again(rows["ticket"].to_numpy()[at], target, value)
    count = int((again & (rows["phase"] == LATER).to_numpy()).sum())
    tally.note("events that set what was set already, left out", count)
    return rows[~again]


def _events(rows: pd.DataFrame, told: Told) -> pa.Table:
    """Return the rows as the contract's table; what a ticket begins with was done by who created it."""
    later = (rows["phase"] == LATER).to_numpy()
    ticket, row, time = (rows[name].to_numpy() for name in ("ticket", "row", "time"))
    own = pa.array(row, mask=~later)
    author = np.where(later, row, told.creator[ticket])
    by = pa.array(author, mask=author < 0)
    actor = told.facts["by"].take(by)
    roles = [told.facts["role"].take(by), *_roles(actor, rows["visible"].to_numpy(), told.story)]
    role = pc.coalesce(*roles, *(_parties(rows, told, actor) if told.story.parties else ()))
    event_type, field = _types(rows, told)
    value, raw, visible = (rows[name].to_numpy() for name in ("value", "raw", "visible"))
    columns = {
        "ticket_id": told.ids.take(pa.array(ticket)),
        "occurred_at": pa.array(time).cast(TIMESTAMP),
        "event_type": event_type,
        "value": told.words.take(pa.array(value, mask=value < 0)),
        "raw_value": told.words.take(pa.array(raw, mask=(raw < 0) | (raw == value))),
        "field": field,
        "number": told.facts["number"].take(own),
        "actor_id": actor,
        "actor_role": role,
        "is_public": told.facts["public"].take(own),
        "text": told.facts["text"].take(own),
        "observed_at": pa.array(visible, mask=visible == time).cast(TIMESTAMP),
        "event_id": _event_ids(rows, told, own),
    }
    return pa.table({column.name: columns[column.name] for column in EVENTS})


def _types(rows: pd.DataFrame, told: Told) -> tuple[pa.Array, pa.Array]:
    """Return event types and fields: changes are named by their target, events by themselves."""
    types = ["created", "field_changed", *TARGETS.values()]
    created, changed = len(told.words), len(told.words) + 1
    of_target = np.full(len(told.words) + 1, changed)
    for place, name in enumerate(TARGETS, start=changed + 1):
        if told.code(name) >= 0:
            of_target[told.code(name)] = place
    of_state, target = rows["of_state"].to_numpy(), rows["target"].to_numpy()
    code = np.where(of_state, of_target[target], told.type[rows["row"].to_numpy()])
    code = np.where((rows["phase"] == BORN).to_numpy(), created, code)
    no_field = (target < 0) | (of_state & (code != changed))
    words = pa.concat_arrays([told.words, pa.array(types, type=pa.string())])
    return words.take(pa.array(code, mask=code < 0)), told.words.take(pa.array(target, mask=no_field))


def _event_ids(rows: pd.DataFrame, told: Told, own: pa.Array) -> pa.ChunkedArray:
    """Return the source's ids; what is known of today has one that tells it, so that a later import knows it again."""
    ids = told.facts["event_id"].take(own)
    today = (rows["phase"] == LATER).to_numpy() & (told.kind[rows["row"].to_numpy()] == TODAY)
    if not today.any():
        return ids
    target, value = (pa.array(rows[name].to_numpy(), mask=~today) for name in ("target", "value"))
    words = told.words.take(target), told.words.take(value), pa.array(rows["time"]).cast(pa.string())
    made = pc.binary_join_element_wise(OF_TODAY, pc.binary_join_element_wise(*words, "/"), "")
    return pc.coalesce(ids, made)


def _roles(actor: pa.ChunkedArray, visible: Ints, story: Story) -> Iterator[pa.Array]:
    """Yield the roles of actors by what tells them, the surest first: what shows later does not hold before."""
    encoded = actor.combine_chunks().dictionary_encode()
    names, place = (
        encoded.dictionary.to_pylist(),
        encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False),
    )
    yield pa.array([story.people.get(each) for each in names], type=pa.string()).take(encoded.indices)
    for role in ACTED:
        told = story.acted.get(role, {})
        since = [int(told[each].timestamp() * 1_000_000) if each in told else NEVER for each in names]
        is_one = np.array([*since, NEVER])[place] <= visible
        yield pc.if_else(pa.array(is_one), role, pa.scalar(None, pa.string()))


def _parties(rows: pd.DataFrame, told: Told, actor: pa.ChunkedArray) -> Iterator[pa.Array]:
    """Yield the role of who is the customer of the ticket at that time, then that of all others: they are agents."""
    is_set = rows["of_state"] & (rows["target"] == told.code("customer_id")) & (rows["value"] >= 0)
    held = rows["value"].where(is_set).groupby(rows["ticket"]).ffill().to_numpy()
    known = told.words.take(pa.array(held, type=pa.int64(), from_pandas=True))
    customer = pc.coalesce(known, _attribute(told, "customer_id").take(pa.array(rows["ticket"])))
    nobody = pa.scalar(None, pa.string())
    yield pc.if_else(pc.fill_null(pc.equal(actor, customer), False), "customer", nobody)
    yield pc.if_else(pc.is_valid(actor), "agent", nobody)


def _tickets(rows: pd.DataFrame, told: Told, born: Ints) -> pa.Table:
    """Return a row per ticket with what was fixed, or known of its state, when it was created."""
    columns: dict[str, pa.Array] = {"ticket_id": told.ids}
    initial = _initial(rows)
    for name in sorted(told.story.targets.intersection(FROM_CREATION)):
        states = initial[initial["target"] == told.code(name)]
        columns[name] = _column(told, states["ticket"].to_numpy(), states["value"].to_numpy())
    for name, kind in sorted(told.story.attributes.items()):
        columns[name] = _typed(_attribute(told, name), kind, columns.get(name))
    return pa.table(columns).filter(pa.array(born < NEVER))


def _attribute(told: Told, name: str) -> pa.Array:
    """Return what each ticket had at creation, as a word: what its history tells before what its record shows."""
    is_named = told.target == told.code(name)
    at = [np.flatnonzero(is_named & (told.kind == each))[::-1] for each in (ATTRIBUTE, FIRST)]
    return _column(told, told.ticket[np.concatenate(at)], told.value[np.concatenate(at)])


def _at_creation(rows: pd.DataFrame, told: Told) -> pa.Table:
    """Return (ticket_id, attribute) of what is told as it was at creation, with what is known of the state then."""
    first = np.flatnonzero(told.kind == FIRST)
    of_state = _initial(rows)
    of_state = of_state[of_state["target"].isin([told.code(name) for name in FROM_CREATION])]
    ticket = np.concatenate([told.ticket[first], of_state["ticket"].to_numpy()])
    target = np.concatenate([told.target[first], of_state["target"].to_numpy()])
    return pa.table({"ticket_id": told.ids.take(ticket), "attribute": told.words.take(target)})


def _initial(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of the states of tickets when they are created."""
    return rows[(rows["phase"] == INITIAL) & (rows["visible"] == rows["time"])]


def _column(told: Told, ticket: Ints, value: npt.NDArray[np.int64]) -> pa.Array:
    """Return a word per ticket; of several the last stays."""
    codes = np.full(len(told.ids), -1)
    codes[ticket] = value
    return told.words.take(pa.array(codes, mask=codes < 0))


def _typed(words: pa.Array, kind: str, state: pa.Array | None) -> pa.Array:
    """Return an attribute as what it is in all tickets; text that is not told is the state of that name."""
    if kind == "number":
        return words.cast(pa.float64())
    if kind == "bool":
        return pc.equal(words, "True")
    return words if state is None else pc.coalesce(words, state)
