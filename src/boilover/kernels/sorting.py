"""Selecting, gathering and sorting rows, each in time linear in their number."""

from __future__ import annotations

import numpy as np

from boilover.kernels.base import Array, compiled


def select(mask: Array, offsets: Array) -> tuple[Array, Array]:
    """Return the rows where ``mask`` is set, int32, and each key's offsets among them."""
    chosen = np.flatnonzero(mask).astype(np.int32)
    return chosen, _offsets_among(chosen, offsets)


@compiled
def take(values: Array, rows: Array) -> Array:
    """Return ``values[rows]``: several times as fast as NumPy, which widens int32 rows first."""
    out = np.empty(len(rows), values.dtype)
    for i in range(len(rows)):
        out[i] = values[rows[i]]
    return out


@compiled
def different(order: Array, keys: Array, as_of: Array) -> tuple[Array, Array]:
    """Return the first point of each different (key, as_of) in ``order``, and which of these each point asks."""
    first = np.empty(len(order), np.int32)
    place = np.empty(len(order), np.int32)
    n = 0
    for i in range(len(order)):
        point = order[i]
        if n == 0 or keys[point] != keys[first[n - 1]] or as_of[point] != as_of[first[n - 1]]:
            first[n] = point
            n += 1
        place[point] = n - 1
    return first[:n].copy(), place


@compiled
def _offsets_among(chosen: Array, offsets: Array) -> Array:
    among = np.empty(len(offsets), np.int64)
    n = 0
    for key in range(len(offsets)):
        while n < len(chosen) and chosen[n] < offsets[key]:
            n += 1
        among[key] = n
    return among


@compiled
def in_time_order(rows: Array, times: Array) -> Array:
    """Return ``rows`` sorted stably by their ``times``: a radix sort, 11 bits at a time."""
    least = times.min() if len(times) else 0
    span = times.max() - least if len(times) else 0
    rest = times - least
    to_rows, to_rest = np.empty_like(rows), np.empty_like(rest)
    rows = rows.copy()
    shift = 0
    while span >> shift > 0:
        place = np.zeros(2049, np.int64)
        for each in rest:
            place[((each >> shift) & 2047) + 1] += 1
        place = np.cumsum(place)
        for i in range(len(rows)):
            digit = (rest[i] >> shift) & 2047
            to_rows[place[digit]] = rows[i]
            to_rest[place[digit]] = rest[i]
            place[digit] += 1
        rows, to_rows = to_rows, rows
        rest, to_rest = to_rest, rest
        shift += 11
    return rows


@compiled
def group_by_key(rows: Array, keys: Array, n_keys: int) -> tuple[Array, Array]:
    """Return ``rows`` sorted stably by their ``keys``, those of key −1 left out, and each key's offsets."""
    offsets = np.zeros(n_keys + 1, np.int64)
    for key in keys:
        if key >= 0:
            offsets[key + 1] += 1
    offsets = np.cumsum(offsets)
    place = offsets[:-1].copy()
    grouped = np.empty(offsets[-1], np.int32)
    for i in range(len(rows)):
        key = keys[i]
        if key >= 0:
            grouped[place[key]] = rows[i]
            place[key] += 1
    return grouped, offsets


@compiled
def ascends(keys: Array, times: Array) -> bool:
    """Return whether ``keys`` never fall, nor ``times`` within a key."""
    for i in range(1, len(keys)):
        if keys[i] < keys[i - 1] or (keys[i] == keys[i - 1] and times[i] < times[i - 1]):
            return False
    return True
