"""What an import tells of tickets that the log knows.

Today's state once more, a beginning that comes too late, or what was read otherwise before.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover.adapters.told import OF_TODAY
from boilover.conform import plain
from boilover.identity import Keys, event_keys, repeats
from boilover.observation import observed
from boilover.schema import DELETED

Mask = npt.NDArray[np.bool_]
CHANGES = "^(created|.*_changed)$"
SAME = ["ticket_id", "event_type", "field"]


def said_again(events: pa.Table, *, by_history: bool = False) -> Mask:
    """Return which of a log's ``events`` say of today what it said last by then, bool (n events).

    Of today is what a ticket's record shows as of its last update: no thing that happened, but what was known when none
    was told. At one time it holds after all that is told to have happened then. Within one export, adapters leave such
    events out themselves. ``by_history``: only where what happened last by then says it, too, not another record alone:
    a record between the two, imported later, may show something else.
    """
    asked: Mask = pc.fill_null(pc.starts_with(events["event_id"], OF_TODAY), False).to_numpy()
    if not asked.any():
        return asked
    tickets = pc.unique(events["ticket_id"].filter(pa.array(asked)))
    rows = np.flatnonzero(pc.is_in(events["ticket_id"], tickets).to_numpy())
    some = plain(
        events.select([*SAME, "value", "raw_value", "occurred_at", "observed_at"]).take(pa.array(rows))
    )
    frame = some.select([*SAME, "value", "raw_value", "occurred_at"]).to_pandas()
    frame = frame.assign(time=observed(some), row=rows, today=asked[rows])
    frame["value"] = frame["value"].mask(frame["raw_value"] == DELETED, DELETED)
    # Of a target that falls due, what is said is when.
    due = frame["event_type"] == "sla_due"
    frame["field"] = frame["field"].mask(due, frame["value"])
    frame["value"] = frame["value"].mask(due, frame["occurred_at"].astype("str"))
    frame = frame.sort_values(["time", "today"], kind="stable")
    before = frame.groupby(SAME, dropna=False)["value"].shift()
    is_same = before == frame["value"]
    if by_history:
        happened = frame["value"].mask(frame["today"]).groupby([frame[name] for name in SAME], dropna=False)
        is_same &= happened.ffill() == frame["value"]
    again = np.zeros(len(events), dtype=bool)
    again[frame.loc[is_same, "row"].to_numpy()] = True
    return again & asked


def named_once(held: pa.Table, told: pa.Table) -> Mask:
    """Return which messages ``told`` the log holds but for the id, which one of the two lacks, bool (n told).

    Tickets exported alone tell what a ticket began with without an id; their history tells it with one. Of several that
    differ by their ids alone, it is the first.
    """
    found = pc.equal(told["event_type"], "message").to_numpy()
    messages = [events.filter(pc.equal(events["event_type"], "message")) for events in (held, told)]
    unnamed = [pc.is_null(each["event_id"]).to_numpy() for each in messages]
    if not unnamed[0].any() and not unnamed[1].any():
        return np.zeros(len(told), dtype=bool)
    keys = [event_keys(each.drop_columns(["event_id"])) for each in messages]
    known = np.isin(keys[1], keys[0][unnamed[0]]) | (unnamed[1] & np.isin(keys[1], keys[0]))
    found[found] = known & ~repeats(keys[1])
    return found


def created_again(held: pa.Table, told: pa.Table) -> Mask:
    """Return which creations ``told`` the log's events ``held`` tell of the same time, by whomever, bool (n told)."""
    keys = []
    for events in (held, told):
        created = events.filter(pc.equal(events["event_type"], "created"))
        keys.append(event_keys(created.select(["ticket_id", "occurred_at", "observed_at"])))
    found = pc.equal(told["event_type"], "created").to_numpy()
    found[found] = np.isin(keys[1], keys[0])
    return found


def begun_anew(held: pa.Table, told: pa.Table) -> pa.Array:
    """Return the tickets of ``held``, the log's events, that new events ``told`` let begin later than they began.

    An export holds them from a later row on, whose state an adapter takes for that at creation.
    """
    created = held.filter(pc.equal(held["event_type"], "created"))
    place = pc.index_in(told["ticket_id"], created["ticket_id"].combine_chunks())
    born = created["occurred_at"].take(place)
    again = pc.and_(pc.equal(told["event_type"], "created"), pc.greater(told["occurred_at"], born))
    late = pc.and_(pc.equal(told["occurred_at"], born), pc.greater(told["observed_at"], told["occurred_at"]))
    anew = pc.or_(pc.fill_null(again, False), pc.fill_null(late, False))
    return pc.unique(told["ticket_id"].filter(anew))


def told_otherwise(held: pa.Table, told: pa.Table) -> Mask:
    """Return which new events ``told`` stand where ``held``, the log's events, hold another, bool (n told).

    That is a second creation of a ticket, or a second change of the same kind at one moment.
    """
    keys = [_places(events) for events in (held, told)]
    return np.isin(keys[1], keys[0]) & np.asarray(pc.match_substring_regex(told["event_type"], CHANGES))


def _places(events: pa.Table) -> Keys:
    """Return a key of where each event stands: its ticket, its kind, and its moment unless it is the creation."""
    created = pc.equal(events["event_type"], "created")
    moment = pc.if_else(created, pa.scalar(0, events["occurred_at"].type), events["occurred_at"])
    return event_keys(
        events.select(SAME).append_column("occurred_at", moment).append_column("observed_at", moment)
    )
