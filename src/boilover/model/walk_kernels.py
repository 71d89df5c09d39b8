"""Compiled kernels of `boilover.model.walk`: rows to bytes, bytes to leaves, leaves to scores.

Nothing walks from split to split: each split of a tree is answered for a block of rows at once, and the answers are
merged from the last split to the first, so that every loop is one over bytes side by side, without a branch.
"""

from __future__ import annotations

import numpy as np

from boilover.kernels import compiled
from boilover.kernels.base import Array
from boilover.model.walk_plan import Plan, Reads, Sets, Splits
from boilover.model.walk_text import NAN, NO_MISSING

BLOCK = 512
"""Rows that are walked together: their columns and the answers of a tree stay in the nearest caches."""
COUNTED_BITS = 4
"""Bits of a place among thresholds that are found by counting: of more thresholds fewer looks cost less."""
_NEARLY_ZERO = np.float32(1e-35)
"""LightGBM reads numbers up to this size as 0."""
_CATEGORIES = np.float32(2.0**31)
"""From here on a number is no category."""
_NONE, _ALL, _ONE = np.uint8(0), np.uint8(255), np.uint32(1)


@compiled
def margins(columns: Array, start: int, end: int, plan: Plan, total: Array) -> None:
    """Write the sum of all trees for the rows ``start`` to ``end`` into ``total``, added in the order of the trees."""
    codes = np.empty((plan.n_columns, BLOCK), np.uint8)
    leaves = np.zeros((most_leaves(plan.first), BLOCK), np.uint8)
    for low in range(start, end, BLOCK):
        n = min(BLOCK, end - low)
        encode(columns, low, n, plan, codes)
        out = total[low : low + n]
        out[:] = 0.0
        for tree in range(len(plan.first) - 1):
            first = plan.first[tree]
            choose(plan.splits, first, plan.first[tree + 1], codes, n, leaves)
            here = plan.value[first + tree : plan.first[tree + 1] + tree + 1]
            for i in range(n):
                out[i] += here[leaves[0, i]]


@compiled
def most_leaves(first: Array) -> int:
    """Return the leaves of the largest tree."""
    most = 0
    for tree in range(len(first) - 1):
        most = max(most, first[tree + 1] - first[tree])
    return most + 1


@compiled
def encode(columns: Array, low: int, n: int, plan: Plan, codes: Array) -> None:
    """Write the columns of ``n`` rows from ``low`` on into ``codes``."""
    number = np.empty(n, np.float32)
    place, missing = np.empty(n, np.uint8), np.empty(n, np.uint8)
    _encode_numbers(columns, low, plan.reads, number, place, missing, codes)
    _encode_sets(columns, low, plan.sets, plan.n_columns - plan.sets.column[-1], n, codes)


@compiled
def _encode_numbers(
    columns: Array, low: int, reads: Reads, number: Array, place: Array, missing: Array, codes: Array
) -> None:
    n = len(number)
    found = np.empty(n, np.uint32)
    for read in range(len(reads.feature)):
        kind, left, right = reads.kind[read], reads.left[read], reads.right[read]
        _read(columns, low, reads.feature[read], kind, number)
        _place(reads.thresholds[reads.first[read] :], reads.bits[read], number, found, place)
        for i in range(n):
            missing[i] = _NONE - np.uint8(number[i] != number[i] if kind == NAN else number[i] == 0)
        if kind == NO_MISSING:
            missing[:] = _NONE
        if left >= 0:
            for i in range(n):
                codes[left, i] = place[i] & ~missing[i]
        if right >= 0:
            for i in range(n):
                codes[right, i] = place[i] | missing[i]


@compiled
def _read(columns: Array, low: int, feature: int, kind: int, number: Array) -> None:
    """Read a feature as LightGBM does: tiny numbers are 0, and so is NaN unless it is what counts as missing."""
    for i in range(len(number)):
        value = columns[feature, low + i]
        if abs(value) <= _NEARLY_ZERO or (kind != NAN and value != value):
            value = np.float32(0)
        number[i] = value


@compiled
def _place(thresholds: Array, bits: int, number: Array, found: Array, place: Array) -> None:
    """Write how many of ``2 ** bits - 1`` rising thresholds are less than each number, without a branch.

    So many of them that part the others evenly are counted, each beside all numbers; among the others every number then
    looks on its own, by halves.
    """
    rest = bits - min(bits, COUNTED_BITS)
    found[:] = np.uint32(0)
    for each in range((1 << rest) - 1, (1 << bits) - 1, 1 << rest):
        threshold = thresholds[each]
        for i in range(len(number)):
            found[i] += np.uint32(threshold < number[i])
    for i in range(len(number)):
        found[i] <<= np.uint32(rest)
    for bit in range(rest - 1, -1, -1):
        half = np.uint32(1 << bit)
        for i in range(len(number)):
            at = np.uint64(found[i] + (half - _ONE))
            # Shifted, not chosen: compilers make a branch of a choice here, which nothing foretells.
            found[i] += np.uint32(thresholds[at] < number[i]) << np.uint32(bit)
    for i in range(len(number)):
        place[i] = found[i]


@compiled
def _encode_sets(columns: Array, low: int, sets: Sets, column: int, n: int, codes: Array) -> None:
    category, word = np.empty(n, np.uint32), np.empty(n, np.uint32)
    for each in range(len(sets.feature)):
        words = sets.words[sets.first[each] : sets.first[each + 1]]
        _read_categories(columns, low, sets.feature[each], np.uint32(len(words) - 1), category)
        for i in range(n):
            # By unsigned place: it may not count from the end, so that nothing is asked before it is read.
            word[i] = words[np.uint64(category[i])]
        for place in range(sets.column[each], sets.column[each + 1]):
            bit, out = np.uint32(place - sets.column[each]), codes[column + place]
            for i in range(n):
                out[i] = (word[i] >> bit) & _ONE


@compiled
def _read_categories(columns: Array, low: int, feature: int, none: np.uint32, category: Array) -> None:
    """Read a feature as categories; what is missing, no category, or beyond all sets becomes ``none``."""
    for i in range(len(category)):
        value = columns[feature, low + i]
        # Cut to a whole number as C does, so that -0.5 is the category 0.
        known = value > -1 and value < _CATEGORIES
        category[i] = min(np.uint32(value) if known else none, none)


@compiled
def choose(splits: Splits, first: int, last: int, codes: Array, n: int, leaves: Array) -> None:
    """Write the leaf of each row in the tree of the splits ``first`` to ``last`` into the first row of ``leaves``.

    A row of ``leaves`` belongs to a split, and holds where each of the ``n`` rows ends that comes by it.
    """
    column, answer, rows = codes.ravel(), leaves.ravel(), np.uint64(n)
    if first == last:
        answer[:n] = 0
    # By unsigned place, not by slices: to take three of them costs more than the loop that reads them.
    for split in range(last - 1, first - 1, -1):
        code, left, right = splits.code[split], splits.left[split], splits.right[split]
        here, asked = _begin(split - first), _begin(splits.column[split])
        if left < 0 and right < 0:
            one, other = np.uint8(~left), np.uint8(~right)
            for i in range(rows):
                mask = _NONE - np.uint8(column[asked + i] <= code)
                answer[here + i] = other ^ ((one ^ other) & mask)
        elif left < 0 or right < 0:
            leaf, flip = np.uint8(~min(left, right)), _NONE if left < 0 else _ALL
            below = _begin(max(left, right))
            for i in range(rows):
                mask = (_NONE - np.uint8(column[asked + i] <= code)) ^ flip
                found = answer[below + i]
                answer[here + i] = found ^ ((leaf ^ found) & mask)
        else:
            on_left, on_right = _begin(left), _begin(right)
            for i in range(rows):
                mask = _NONE - np.uint8(column[asked + i] <= code)
                found = answer[on_right + i]
                answer[here + i] = found ^ ((answer[on_left + i] ^ found) & mask)


@compiled
def _begin(row: int) -> np.uint64:
    """Return where a row of a block begins."""
    return np.uint64(row) * np.uint64(BLOCK)
