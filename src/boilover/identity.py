"""When two events are one: the key on which imports are united and doubled events are found."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover.observation import observed
from boilover.schema import EVENTS

Keys = npt.NDArray[np.uint64]

TOLD = tuple(
    column.name
    for column in EVENTS
    if column.name not in ("ticket_id", "occurred_at", "observed_at", "event_id", "raw_value", "actor_role")
)
REQUIRED = frozenset(column.name for column in EVENTS if column.required)
EMPTY = np.uint64(0x9E3779B97F4A7C15)
ODD = np.uint64(0xBF58476D1CE4E5B9)


def event_keys(events: pa.Table) -> Keys:
    """Return a 64-bit key per event, uint64 (n_events): equal for what is one event.

    That is an event of the same ticket with the same ``event_id`` or, where the source gives none, with all columns
    equal. An absent column is an empty one, an empty ``observed_at`` is ``occurred_at``. Measures of the text do not
    count, nor what a smaller export may know less well: the role of who did it, and the source's own word.

    Keys are hashes: among a million events, two that differ share one with a chance of about 1 in 10⁷.
    """
    keys = ticket_keys(events["ticket_id"])
    if "event_id" not in events.column_names or not len(events):
        return _content(keys, events)
    ids = events["event_id"]
    keys = _mixed(keys, _hashed(ids))
    unnamed = pc.is_null(ids).to_numpy()
    if unnamed.any():
        keys[unnamed] = _content(keys[unnamed], events.filter(pa.array(unnamed)))
    return keys


def doubles(events: pa.Table, unread: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.bool_]:
    """Return which events stand a second time in the table; see `event_keys`.

    Of rows that lack what is required, or hold a cell that could not be read (``unread``), only those that have an
    ``event_id`` can be compared.
    """
    lacking = REQUIRED.difference(events.column_names)
    if unread is None and not lacking and not any(events[name].null_count for name in REQUIRED):
        return repeats(event_keys(events))
    found = np.zeros(len(events), dtype=bool)
    if "ticket_id" in lacking:
        return found
    whole = ~found if unread is None else ~unread
    for name in REQUIRED:
        whole &= False if name in lacking else events[name].is_valid().to_numpy()
    if "event_id" in events.column_names:
        whole |= events["event_id"].is_valid().to_numpy() & events["ticket_id"].is_valid().to_numpy()
    if whole.any():
        found[whole] = repeats(event_keys(events.filter(pa.array(whole))))
    return found


def ticket_keys(ids: pa.Array | pa.ChunkedArray) -> Keys:
    """Return a 64-bit hash of each ticket id, uint64."""
    return _mixed(np.zeros(len(ids), dtype=np.uint64), _hashed(ids))


def repeats(keys: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.bool_]:
    """Return which keys stand earlier in ``keys`` already."""
    found = np.ones(len(keys), dtype=bool)
    found[np.unique(keys, return_index=True)[1]] = False
    return found


def _content(keys: Keys, events: pa.Table) -> Keys:
    keys = _mixed(keys, _hashed(events["occurred_at"]))
    keys = _mixed(keys, observed(events).view(np.uint64))
    for name in TOLD:
        empty = name not in events.column_names or events[name].null_count == len(events)
        keys = _mixed(keys, EMPTY if empty else _hashed(events[name]))
    return keys


def _mixed(keys: Keys, more: Keys | np.uint64) -> Keys:
    """Return ``keys`` with ``more`` worked in, by the multiplications and shifts of splitmix64."""
    mixed = keys * EMPTY + more
    mixed ^= mixed >> np.uint64(30)
    mixed *= ODD
    mixed ^= mixed >> np.uint64(27)
    return mixed


def _hashed(data: pa.Array | pa.ChunkedArray) -> Keys:
    whole = data.combine_chunks() if isinstance(data, pa.ChunkedArray) else data
    if pa.types.is_string(whole.type) or pa.types.is_dictionary(whole.type):
        coded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
        words = coded.dictionary.to_numpy(zero_copy_only=False).astype(object)
        hashed = np.append(pd.util.hash_array(words, categorize=False), EMPTY)
        return hashed[coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    if pa.types.is_floating(whole.type):
        # Zero has two signs.
        bits = (whole.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False) + 0.0).view(np.uint64)
    else:
        bits = whole.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False).view(np.uint64)
    return np.where(whole.is_null().to_numpy(zero_copy_only=False), EMPTY, bits)
