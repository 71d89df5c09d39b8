"""Ids of people as keyed hashes: the same person stays the same, and nobody can tell who without the key."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from boilover.adapters.told import OF_TODAY, of_today
from boilover.errors import UsageError
from boilover.log import EventLog

DIGEST = 16
LONGEST_KEY = 64
PEOPLE = (
    "customer_id", "requester_id", "requester", "reporter", "submitter_id", "assignee", "assignee_id",
    "first_assignee",
)  # fmt: skip
"""Attributes, and fields of field_changed, that hold the id of a person."""


def key_in(file: Path) -> bytes:
    """Return the secret key that a file holds, without the white space around it."""
    try:
        return file.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}. Name a file that holds a secret key") from error


def without_people(log: EventLog, key: bytes) -> EventLog:
    """Return ``log`` with the ids of people as keyed BLAKE2b hashes of 128 bits, in hexadecimal.

    That are actors, assignees, customers and requesters; ids of tickets, groups and accounts stay.
    """
    if not 1 <= len(key) <= LONGEST_KEY:
        raise UsageError(f"the key for hashing ids has {len(key)} bytes; give 1 to {LONGEST_KEY}")
    events, tickets = log.events, log.tickets
    if "actor_id" in events.column_names:
        events = _put(events, "actor_id", _hashed(events["actor_id"], key))
    of_people = pc.equal(events["event_type"], "assignee_changed")
    if "field" in events.column_names:
        of_people = pc.or_(of_people, pc.fill_null(pc.is_in(events["field"], pa.array(PEOPLE)), False))
    for name in ("value", "raw_value"):
        if name in events.column_names:
            told = pc.if_else(of_people, events[name], None)
            events = _put(events, name, pc.if_else(of_people, _hashed(told, key), events[name]))
    if "event_id" in events.column_names:
        # What holds today has an id of its own, which tells whom.
        shown = pc.and_(of_people, of_today(events))
        told = _hashed(pc.if_else(shown, events["event_id"], None), key)
        made = pc.binary_join_element_wise(OF_TODAY, told, "")
        events = _put(events, "event_id", pc.if_else(shown, made, events["event_id"]))
    for name in PEOPLE:
        if name in tickets.column_names:
            tickets = _put(tickets, name, _hashed(tickets[name].cast(pa.string()), key))
    return replace(log, events=events, tickets=tickets)


def _hashed(ids: pa.ChunkedArray, key: bytes) -> pa.Array:
    encoded = pa.chunked_array(ids).combine_chunks().dictionary_encode()
    hashed = [
        blake2b(each.encode(), digest_size=DIGEST, key=key).hexdigest()
        for each in encoded.dictionary.to_pylist()
    ]
    return pa.array(hashed, type=pa.string()).take(encoded.indices)


def _put(table: pa.Table, name: str, data: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, data)
