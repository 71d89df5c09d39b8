"""What tickets are known by besides their events, as fixed when they were created; and events by who did them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from boilover.adapters.told import of_today
from boilover.identity import event_keys
from boilover.partitions import joined

DIFFERS = "attributes that differ from the first import's: the first stand"
FILLED = "attributes that no earlier import held, filled in"
BEFORE = "attributes of a record of today, put back to what a history tells of the creation"
ROLES = "roles that no earlier import told, filled in"
MARK = "at creation: "
"""What columns of a pile are called by, which say of which tickets a history tells an attribute."""
STATES = "^(status|priority|group|assignee)_changed$"


def marked(tickets: pa.Table, at_creation: pa.Table | None) -> pa.Table:
    """Return ``tickets`` with a column per attribute that ``at_creation`` has, bool: whose value a history tells."""
    if at_creation is None or not len(at_creation):
        return tickets
    for name in sorted(pc.unique(at_creation["attribute"]).to_pylist()):
        known = at_creation["ticket_id"].filter(pc.equal(at_creation["attribute"], name)).combine_chunks()
        tickets = tickets.append_column(MARK + name, pc.is_in(tickets["ticket_id"], known))
    return tickets


def _by_record_alone(events: pa.Table) -> pa.Array:
    """Return the tickets of a log of whose state only records of a last update tell."""
    changes = events.filter(pc.match_substring_regex(events["event_type"], STATES))
    by_record = of_today(changes)
    with_history = pc.unique(changes["ticket_id"].filter(pc.invert(by_record)))
    shown = pc.unique(changes["ticket_id"].filter(by_record))
    return shown.filter(pc.invert(pc.is_in(shown, with_history)))


def united(held: pa.Table, told: pa.Table, events: pa.Table, notes: Counter[str]) -> pa.Table:
    """Return the tickets that a log holds with those that are ``told``, by id; ``notes`` counts what was decided.

    ``events`` are what the log holds of those that are known. Of a known one the first value of an attribute stands,
    also where it is empty: what somebody fills in later was not known before. What a history tells of the creation, see
    `marked`, takes the place of what the log holds by a record alone.
    """
    marks = {name: told[name] for name in told.column_names if name.startswith(MARK)}
    known = {name for name in held.column_names if not pa.types.is_null(held[name].type)}
    both = joined([held, told.drop_columns(list(marks))])
    held, told = both.slice(0, len(held)), both.slice(len(held))
    places = pc.index_in(held["ticket_id"], told["ticket_id"].combine_chunks())
    of_record = pc.is_in(held["ticket_id"], _by_record_alone(events)) if marks else None
    for place, name in enumerate(held.column_names[1:], start=1):
        if pa.types.is_null(held[name].type):
            continue
        again = told[name].take(places)
        if name not in known:
            notes[FILLED] += len(again) - again.null_count
            held = held.set_column(place, name, again)
        elif MARK + name in marks:
            is_first = pc.and_(of_record, pc.fill_null(marks[MARK + name].take(places), False))
            put = pc.if_else(is_first, again, held[name])
            is_empty = pc.xor(pc.is_null(put), pc.is_null(held[name]))
            notes[BEFORE] += pc.sum(pc.coalesce(pc.not_equal(put, held[name]), is_empty)).as_py() or 0
            held = held.set_column(place, name, put)
        notes[DIFFERS] += pc.sum(pc.not_equal(held[name], again)).as_py() or 0
    is_new = pc.invert(pc.is_in(told["ticket_id"], held["ticket_id"].combine_chunks()))
    whole = pa.concat_tables([held, told.filter(is_new)])
    return whole.take(pc.sort_indices(whole["ticket_id"]))


def with_roles(events: pa.Table, told: pa.Table, notes: Counter[str]) -> pa.Table:
    """Return ``events`` with the roles that they lack and that the same events have in ``told``.

    An import without a list of users tells fewer: the log is the same as if the list had come with it.
    """
    keys, told_keys = event_keys(events), event_keys(told)
    first = np.unique(told_keys, return_index=True)[1]
    place = np.minimum(np.searchsorted(told_keys[first], keys), len(first) - 1)
    same = (told_keys[first][place] == keys) & events["actor_role"].is_null().to_numpy()
    notes[ROLES] += int(same.sum())
    roles = told["actor_role"].take(pa.array(first[place], mask=~same))
    at = events.column_names.index("actor_role")
    return events.set_column(at, "actor_role", pc.coalesce(events["actor_role"], roles))
