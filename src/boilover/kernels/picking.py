"""Picking rows by a flag: 64 flags are one number, so that what is rare costs little more than reading the flags."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from boilover.kernels.base import Array, compiled


class Picked:
    """The rows where ``flags`` are set, parted by keys, whose ``among`` are the offsets among all rows."""

    def __init__(self, flags: Array, among: Array) -> None:
        self._words, self._before = _packed(*_eights(flags))
        self._among = among

    def rank(self, rows: Array) -> Array:
        """Return how many picked rows stand before each of ``rows``, int32."""
        return _rank(self._words, self._before, rows)

    @cached_property
    def rows(self) -> Array:
        """The picked rows, int32."""
        return _rows(self._words, self._before)

    @cached_property
    def offsets(self) -> Array:
        """Where the rows of each key begin among the picked ones, int32 (n_keys + 1)."""
        return self.rank(self._among)


def set_rows(flags: Array) -> Array:
    """Return the rows where ``flags`` are set, int32."""
    return _rows(*_packed(*_eights(flags)))


def _eights(flags: Array) -> tuple[Array, Array]:
    """Return flags as uint64 of eight bytes each, and those that are left."""
    whole = len(flags) // 8 * 8
    return flags[:whole].view(np.uint64), flags[whole:]


@compiled
def _packed(eights: Array, rest: Array) -> tuple[Array, Array]:
    """Return the flags as uint64 of 64 bits each, with an empty one at the end, and how many are set before each."""
    words = np.zeros((len(eights) * 8 + len(rest)) // 64 + 1, np.uint64)
    before = np.empty(len(words) + 1, np.int32)
    for place in range(len(eights)):
        # The product gathers the lowest bits of eight bytes in its highest byte.
        byte = (eights[place] * np.uint64(0x0102040810204080)) >> np.uint64(56)
        words[place >> 3] |= byte << np.uint64(8 * (place & 7))
    for i in range(len(rest)):
        place = len(eights) * 8 + i
        words[place >> 6] |= np.uint64(rest[i]) << np.uint64(place & 63)
    before[0] = 0
    for place in range(len(words)):
        before[place + 1] = before[place] + _ones(words[place])
    return words, before


@compiled
def _rows(words: Array, before: Array) -> Array:
    rows = np.empty(before[-1], np.int32)
    for place in range(len(words)):
        word, found = words[place], before[place]
        if before[place + 1] - found == 64:
            for bit in range(64):
                rows[found + bit] = 64 * place + bit
        else:
            while word:
                rest = word & (word - np.uint64(1))
                rows[found] = 64 * place + _ones((word ^ rest) - np.uint64(1))
                found += 1
                word = rest
    return rows


@compiled
def _rank(words: Array, before: Array, rows: Array) -> Array:
    out = np.empty(len(rows), np.int32)
    for i in range(len(rows)):
        place = rows[i] >> 6
        below = (np.uint64(1) << np.uint64(rows[i] & 63)) - np.uint64(1)
        out[i] = before[place] + _ones(words[place] & below)
    return out


@compiled
def _ones(word: np.uint64) -> np.int64:
    """Return how many bits of a uint64 are set (Warren, Hacker's Delight, 5-1): the compiler knows it as one step."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))
