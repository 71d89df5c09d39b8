"""Selecting, gathering and sorting rows, each in time linear in their number."""

from __future__ import annotations

import numpy as np

from boilover.kernels.base import Array, compiled


def set_rows(mask: Array) -> Array:
    """Return the rows where ``mask`` is set, int32; eight rows at a time are passed over where none is."""
    n = int(np.count_nonzero(mask))
    if n == len(mask):
        return np.arange(n, dtype=np.int32)
    return _set_rows(mask, mask[: len(mask) // 8 * 8].view(np.int64), n)


@compiled
def _set_rows(mask: Array, eights: Array, n: int) -> Array:
    rows = np.empty(n + 1, np.int32)
    found = 0
    for eight in range(len(eights)):
        if eights[eight]:
            for row in range(8 * eight, 8 * eight + 8):
                rows[found] = row
                found += mask[row]
    for row in range(8 * len(eights), len(mask)):
        rows[found] = row
        found += mask[row]
    return rows[:n].copy()


@compiled
def known_rows(values: Array) -> Array:
    """Return the rows at which ``values`` are not NaN, int32."""
    rows = np.empty(len(values) + 1, np.int32)
    found = 0
    for row in range(len(values)):
        rows[found] = row
        found += values[row] == values[row]
    return rows[:found].copy()


@compiled
def take(values: Array, rows: Array) -> Array:
    """Return ``values[rows]``: several times as fast as NumPy, which widens int32 rows first."""
    out = np.empty(len(rows), values.dtype)
    for i in range(len(rows)):
        out[i] = values[rows[i]]
    return out


@compiled
def kept(values: Array, flags: Array, empty: float) -> Array:
    """Return ``values`` where ``flags`` are set, and ``empty`` elsewhere."""
    out = np.empty_like(values)
    for row in range(len(values)):
        out[row] = values[row] if flags[row] else empty
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
def offsets_among(chosen: Array, offsets: Array) -> Array:
    """Return each key's offsets among the ``chosen`` of all rows, whose offsets are ``offsets``."""
    among = np.empty(len(offsets), np.int32)
    n = 0
    for key in range(len(offsets)):
        while n < len(chosen) and chosen[n] < offsets[key]:
            n += 1
        among[key] = n
    return among


@compiled
def in_time_order(times: Array) -> Array:
    """Return the places of ``times``, int32, sorted stably by them: a radix sort, 11 bits at a time."""
    least = times.min() if len(times) else 0
    span = times.max() - least if len(times) else 0
    n_digits = 0
    while span >> (11 * n_digits) > 0:
        n_digits += 1
    place = np.zeros((n_digits, 2049), np.int64)
    rest = times - least
    for each in rest:
        for digit in range(n_digits):
            place[digit, ((each >> (11 * digit)) & 2047) + 1] += 1
    order = np.arange(len(times), dtype=np.int32)
    to_order, to_rest = np.empty_like(order), np.empty_like(rest)
    for digit in range(n_digits):
        to = np.cumsum(place[digit])
        for i in range(len(order)):
            bucket = (rest[i] >> (11 * digit)) & 2047
            to_order[to[bucket]] = order[i]
            to_rest[to[bucket]] = rest[i]
            to[bucket] += 1
        order, to_order = to_order, order
        rest, to_rest = to_rest, rest
    return order


@compiled
def group_by_key(rows: Array, keys: Array, n_keys: int) -> tuple[Array, Array]:
    """Return ``rows`` sorted stably by their ``keys``, those of key −1 left out, and each key's offsets."""
    offsets = np.zeros(n_keys + 1, np.int32)
    for key in keys:
        if key >= 0:
            offsets[key + 1] += 1
    for key in range(n_keys):
        offsets[key + 1] += offsets[key]
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
