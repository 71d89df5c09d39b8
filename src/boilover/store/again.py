"""What an import tells of tickets that the log knows.

Today's state once more, a second beginning, one that comes too late, or what was read otherwise before.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover.adapters.told import OPENING, OPENING_TODAY, of_today
from boilover.conform import plain
from boilover.identity import Keys, event_keys, repeats
from boilover.observation import observed, observed_column
from boilover.schema import DELETED

Mask = npt.NDArray[np.bool_]
CHANGES = "_changed$"
SAME = ["ticket_id", "event_type", "field"]
STATED = [*SAME, "value", "raw_value", "occurred_at", "observed_at"]
UNNAMED = pa.array([None, OPENING, OPENING_TODAY])
"""The ids of messages that a source gives none."""
SOON = 60_000_000
"""Microseconds within which two accounts of a beginning mean the same one: a record is saved after its e-mail came."""


def said_again(events: pa.Table, *, by_history: bool = False) -> Mask:
    """Return which of a log's ``events`` say of today what it said last by then, bool (n events).

    Of today is what a ticket's record shows as of its last update: no thing that happened, but what was known when none
    was told. At one time it holds after all that is told to have happened then. Within one export, adapters leave such
    events out themselves. ``by_history``: only where what happened last by then says it, too, not another record alone:
    a record between the two, imported later, may show something else.
    """
    asked: Mask = of_today(events).to_numpy() & ~pc.equal(events["event_type"], "message").to_numpy()
    if not asked.any():
        return asked
    tickets = pc.unique(events["ticket_id"].filter(pa.array(asked)))
    rows = np.flatnonzero(pc.is_in(events["ticket_id"], tickets).to_numpy())
    some = events.select(STATED).take(pa.array(rows))
    again = np.zeros(len(events), dtype=bool)
    again[rows] = _said_by_then(some, asked[rows], observed(some), by_history=by_history)
    return again


def _said_by_then(
    events: pa.Table, asked: Mask, time: npt.NDArray[np.int64], *, by_history: bool = False
) -> Mask:
    """Return which events that are ``asked`` say what was said last by ``time``, at one time after all others."""
    frame = plain(events).select([*SAME, "value", "raw_value", "occurred_at"]).to_pandas()
    frame = frame.assign(time=time, asked=asked)
    frame["value"] = frame["value"].mask(frame["raw_value"] == DELETED, DELETED)
    # Of a target that falls due, what is said is when.
    due = frame["event_type"] == "sla_due"
    frame["field"] = frame["field"].mask(due, frame["value"])
    frame["value"] = frame["value"].mask(due, frame["occurred_at"].astype("str"))
    frame = frame.sort_values(["time", "asked"], kind="stable")
    is_same = frame.groupby(SAME, dropna=False)["value"].shift() == frame["value"]
    if by_history:
        happened = frame["value"].mask(frame["asked"]).groupby([frame[name] for name in SAME], dropna=False)
        is_same &= happened.ffill() == frame["value"]
    again: Mask = (is_same & frame["asked"]).sort_index().to_numpy()
    return again


def named_once(held: pa.Table, told: pa.Table) -> Mask:
    """Return which messages ``told`` the log holds but for the id, which one of the two lacks, bool (n told).

    Of several that differ by their ids alone, it is the first.
    """
    found = pc.equal(told["event_type"], "message").to_numpy()
    messages = [events.filter(pc.equal(events["event_type"], "message")) for events in (held, told)]
    unnamed = [pc.is_in(each["event_id"], UNNAMED).to_numpy() for each in messages]
    if not unnamed[0].any() and not unnamed[1].any():
        return np.zeros(len(told), dtype=bool)
    keys = [event_keys(each.drop_columns(["event_id"])) for each in messages]
    known = np.isin(keys[1], keys[0][unnamed[0]]) | (unnamed[1] & np.isin(keys[1], keys[0]))
    found[found] = known & ~repeats(keys[1])
    return found


def created_again(held: pa.Table, told: pa.Table) -> Mask:
    """Return which events ``told`` bring a ticket into being that ``held``, the log's events, hold, bool (n told).

    That are its creation, by whomever and at any time but a later one (`begun_anew`), and those of its states then that
    the log tells, too, but not of today: these give way, see `said_again`.
    """
    creations: Mask = pc.equal(told["event_type"], "created").to_numpy()
    born = _births(held)
    since = born["occurred_at"].cast(pa.int64()).take(pc.index_in(told["ticket_id"], born["ticket_id"]))
    occurred = told["occurred_at"].cast(pa.int64())
    again = creations & pc.fill_null(pc.less_equal(occurred, pc.add(since, SOON)), False).to_numpy()
    if not again.any():
        return again
    anew = told.filter(pa.array(again))
    first = pc.index_in(told["ticket_id"], anew["ticket_id"].combine_chunks())
    is_state = pc.match_substring_regex(told["event_type"], CHANGES).to_numpy()
    at_birth = pc.equal(told["occurred_at"], anew["occurred_at"].take(first)).fill_null(False).to_numpy()
    states = np.flatnonzero(is_state & at_birth)
    held = held.filter(pc.invert(of_today(held)))
    some = pa.concat_tables([held.select(STATED), told.select(STATED).take(pa.array(states))])
    asked, time = np.arange(len(some)) >= len(held), observed(some).copy()
    time[asked] = np.maximum(time[asked], pc.fill_null(since, 0).to_numpy()[states])
    # The state before a change, which is known from that change on, comes before it.
    by_sight = event_keys(some.select([*SAME, "value"]).append_column("occurred_at", observed_column(some)))
    again[states] = _said_by_then(some, asked, time)[asked] | np.isin(by_sight[asked], by_sight[~asked])
    return again


def begun_anew(held: pa.Table, told: pa.Table) -> pa.Array:
    """Return the tickets of ``held``, the log's events, that new events ``told`` let begin later than they began.

    An export holds them from a later row on, whose state an adapter takes for that at creation.
    """
    born = _births(held)
    born = born["occurred_at"].take(pc.index_in(told["ticket_id"], born["ticket_id"])).cast(pa.int64())
    occurred = told["occurred_at"].cast(pa.int64())
    again = pc.and_(pc.equal(told["event_type"], "created"), pc.greater(occurred, pc.add(born, SOON)))
    late = pc.and_(pc.equal(occurred, born), pc.greater(told["observed_at"], told["occurred_at"]))
    anew = pc.or_(pc.fill_null(again, False), pc.fill_null(late, False))
    return pc.unique(told["ticket_id"].filter(anew))


def stated_otherwise(held: pa.Table, told: pa.Table) -> Mask:
    """Return which states ``told`` are of the creation of a ticket whose ``held`` history has that part, bool (n told).

    A history that is cut off at its beginning says what held at the cut, or holds today, of a creation that a table of
    tickets dates: it would be known from the beginning on.
    """
    born = _births(held)
    since = born["occurred_at"].take(pc.index_in(told["ticket_id"], born["ticket_id"]))
    at_birth = pc.fill_null(pc.equal(told["occurred_at"], since), False).to_numpy()
    found: Mask = at_birth & pc.match_substring_regex(told["event_type"], CHANGES).to_numpy()
    found &= ~of_today(told).to_numpy()
    if found.any():
        history = held.filter(pc.invert(of_today(held)))
        found[found] = np.isin(_parts(told.filter(pa.array(found))), _parts(history))
    return found


def _parts(events: pa.Table) -> Keys:
    """Return a key of the part of its ticket's state that each event tells."""
    never = pa.repeat(pa.scalar(0, events["occurred_at"].type), len(events))
    return event_keys(events.select(SAME).append_column("occurred_at", never))


def told_otherwise(held: pa.Table, told: pa.Table, known: Mask) -> Mask:
    """Return which events ``told`` stand where ``held``, the log's events, hold another, bool (n told).

    That is a creation at another time, or a second change of the same kind at one moment that is not ``known``.
    """
    born = _births(held)
    born = born["occurred_at"].take(pc.index_in(told["ticket_id"], born["ticket_id"]))
    creations = pc.equal(told["event_type"], "created")
    moved = pc.fill_null(pc.and_(creations, pc.not_equal(told["occurred_at"], born)), False)
    keys = [event_keys(events.select([*SAME, "occurred_at"])) for events in (held, told)]
    changes = pc.match_substring_regex(told["event_type"], CHANGES).to_numpy()
    return moved.to_numpy() | (changes & np.isin(keys[1], keys[0]) & ~known)


def _births(events: pa.Table) -> pa.Table:
    """Return when each ticket was created, as (ticket_id, occurred_at)."""
    created = events.filter(pc.equal(events["event_type"], "created"))
    born = created.group_by("ticket_id").aggregate([("occurred_at", "min")])
    return born.rename_columns(["ticket_id", "occurred_at"]).combine_chunks()
