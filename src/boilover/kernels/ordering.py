"""Sorting events by (key, time)."""

from __future__ import annotations

import numpy as np

from boilover.kernels.base import Array, compiled
from boilover.kernels.sorting import offsets_of

_BITS = 63


def in_key_order(keys: Array, n_keys: int, times: Array) -> tuple[Array, Array]:
    """Return the places of events sorted stably by (key, time), int32, −1 left out, and each key's offsets, int32.

    Key, time and place are packed into one number each, because NumPy sorts numbers several times as fast as it sorts
    places by number. Bits of the times that find no room are left out at first.
    """
    offsets = offsets_of(keys, n_keys)
    of_place, of_key = max(len(times) - 1, 0).bit_length(), n_keys.bit_length()
    if of_key + 2 * of_place > _BITS:
        # Were all events of one key, too many of them would share the bits that are left of their times.
        return _grouped(_sorted(None, 0, 0, times, of_place), keys, offsets), offsets
    return _sorted(keys, n_keys, of_key, times, of_place)[: offsets[-1]], offsets


def _sorted(keys: Array | None, n_keys: int, of_key: int, times: Array, of_place: int) -> Array:
    """Return the places of events sorted stably by key, none last, and time; keys and places have so many bits."""
    if not len(times):
        return np.empty(0, np.int32)
    first = int(times.min())
    short = max(0, (int(times.max()) - first).bit_length() + of_place + of_key - _BITS)
    packed = _packed(keys, n_keys, _BITS - of_key, times, first, short, of_place)
    packed.sort()
    order: Array = _places(packed, of_place)
    if short:
        packed >>= of_place
        _settle(order, packed, times)
    return order


@compiled
def _packed(
    keys: Array | None, n_keys: int, shift: int, times: Array, first: int, short: int, of_place: int
) -> Array:
    out = np.empty(len(times), np.int64)
    for i in range(len(times)):
        out[i] = ((times[i] - first) >> short) << of_place | i
        if keys is not None:
            out[i] |= np.int64(keys[i] if keys[i] >= 0 else n_keys) << shift
    return out


@compiled
def _places(packed: Array, of_place: int) -> Array:
    out = np.empty(len(packed), np.int32)
    for i in range(len(packed)):
        out[i] = packed[i] & ((1 << of_place) - 1)
    return out


@compiled
def _settle(order: Array, rough: Array, times: Array) -> None:
    """Sort by insertion what is sorted but for places whose ``rough`` keys and times are equal."""
    for i in range(1, len(order)):
        if rough[i] == rough[i - 1]:
            place = order[i]
            j = i
            while j > 0 and rough[j - 1] == rough[i] and times[order[j - 1]] > times[place]:
                order[j] = order[j - 1]
                j -= 1
            order[j] = place


@compiled
def _grouped(order: Array, keys: Array, offsets: Array) -> Array:
    """Return ``order``, the places of all ``keys``, sorted stably by them, −1 left out."""
    place = offsets[:-1].copy()
    grouped = np.empty(offsets[-1], np.int32)
    for i in range(len(order)):
        key = keys[order[i]]
        if key >= 0:
            grouped[place[key]] = order[i]
            place[key] += 1
    return grouped
