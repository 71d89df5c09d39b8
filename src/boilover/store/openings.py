"""The message that a ticket began with: a log holds one, in the words of the creation if a history tells them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from boilover.adapters.told import OPENING, OPENING_TODAY
from boilover.store.attributes import MARK

AT_ONCE = 5_000_000
"""Microseconds within which another message is what a ticket began with; later it is the first answer."""
OPENINGS = pa.array([OPENING, OPENING_TODAY])


def opened_in(listed: pa.Table) -> pa.Array:
    """Return the tickets of a piece of which a history tells what they began with, see `marked`."""
    name = MARK + OPENING_TODAY
    told = (
        listed["ticket_id"].filter(listed[name]) if name in listed.column_names else listed["ticket_id"][:0]
    )
    return told.combine_chunks()


def opened_by_record(events: pa.Table, tickets: pa.Array) -> pa.Array:
    """Return those of ``tickets`` whose opening message in ``events`` is what a record showed."""
    return pc.unique(events["ticket_id"].filter(_by_record(events, tickets)))


def without_openings(events: pa.Table, tickets: pa.Array) -> pa.Table:
    """Return ``events`` without what a record showed as the opening message of ``tickets``."""
    return events.filter(pc.invert(_by_record(events, tickets)))


def opened_again(held: pa.Table, told: pa.Table, retold: pa.Array) -> npt.NDArray[np.bool_]:
    """Return which opening messages ``told`` come too late, bool (n told): ``held`` has what the ticket began with.

    That may be another message, as an e-mail, of the same moment. Of the tickets ``retold`` it was taken out.
    """
    openings = np.flatnonzero(pc.is_in(told["event_id"], OPENINGS).to_numpy())
    late = np.zeros(len(told), dtype=bool)
    if not len(openings) or not len(held):
        return late
    messages = held.filter(pc.equal(held["event_type"], "message"))
    began = messages.group_by("ticket_id").aggregate([("occurred_at", "min")]).combine_chunks()
    some = told.select(["ticket_id", "occurred_at"]).take(pa.array(openings))
    first = began["occurred_at_min"].take(pc.index_in(some["ticket_id"], began["ticket_id"]))
    known = pc.less_equal(first.cast(pa.int64()), pc.add(some["occurred_at"].cast(pa.int64()), AT_ONCE))
    late[openings] = pc.fill_null(known, False).to_numpy() & ~pc.is_in(some["ticket_id"], retold).to_numpy()
    return late


def _by_record(events: pa.Table, tickets: pa.Array) -> pa.ChunkedArray:
    shown = pc.fill_null(pc.equal(events["event_id"], OPENING_TODAY), False)
    return pc.and_(shown, pc.is_in(events["ticket_id"], tickets))
