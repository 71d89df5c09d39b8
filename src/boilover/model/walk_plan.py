"""Trees as kernels read them: every split asks one column of bytes whether a row's byte is at most its code.

A *column* says of each row how many thresholds of a feature lie below its value, so that comparing with a threshold
is comparing with its number. A missing value is 0 in the column of splits that send it left, 255 in that of splits
that send it right. A set of categories is a column of its own: 0 within, 1 without. For each category one word tells
of 32 sets whether they hold it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from boilover.model.walk_text import CATEGORICAL, DEFAULT_LEFT, MISSING, Forest

Array = npt.NDArray[Any]

MOST_THRESHOLDS = 255
"""Thresholds of one column; more of a feature are spread over several."""
WORD_SETS = 32
"""Sets of categories that a word tells of, one by each bit."""


class Reads(NamedTuple):
    """How to make the columns of numbers; one entry per feature and kind of missing value, or part of one."""

    feature: Array
    kind: Array
    """int64: `walk_text.NO_MISSING`, `ZERO` or `NAN`."""
    first: Array
    """int64: where the thresholds begin; they rise, and are filled up with infinity to a power of two less one."""
    bits: Array
    left: Array
    """int64: the column in which missing values go left, -1 for none; where none is missing, the only column."""
    right: Array
    thresholds: Array
    """float32, rounded down: a float32 is at most the one if and only if it is at most the other."""


class Sets(NamedTuple):
    """How to make the columns of sets of categories, which follow those of numbers.

    One entry per feature and each `WORD_SETS` sets of it, whose columns follow each other.
    """

    feature: Array
    column: Array
    """int64, one longer: the first of the columns, counted from the first of all sets."""
    first: Array
    """int64, one longer: where the words of the categories begin, one each; the last is of what is in no set."""
    words: Array
    """uint32: by bits, which of the sets do not hold the category."""


class Splits(NamedTuple):
    """One entry per split, the trees one after another; children as in `walk_text.Forest`."""

    column: Array
    code: Array
    """uint8: a row whose byte is at most this goes left."""
    left: Array
    right: Array


class Plan(NamedTuple):
    """All of a forest that predicting needs."""

    reads: Reads
    sets: Sets
    n_columns: int
    splits: Splits
    first: Array
    """int64, one longer than the trees: the place of each tree's first split; its first leaf is so many places on as
    there are trees before it."""
    value: Array
    """float64, one per leaf."""


def plan_of(forest: Forest) -> Plan:
    """Return how to predict with ``forest``."""
    column = np.zeros(len(forest.feature), dtype=np.int64)
    code = np.zeros(len(forest.feature), dtype=np.uint8)
    is_set = (forest.decision & CATEGORICAL) > 0
    reads, n_columns = _plan_numbers(forest, ~is_set, column, code)
    sets = _plan_sets(forest, np.flatnonzero(is_set), n_columns, column)
    splits = Splits(column, code, forest.left, forest.right)
    return Plan(reads, sets, n_columns + int(sets.column[-1]), splits, forest.first_split, forest.value)


def _plan_numbers(forest: Forest, is_number: Array, column: Array, code: Array) -> tuple[Reads, int]:
    """Write column and code of the splits by numbers; return how to make the columns, and how many there are."""
    kinds = (forest.decision & MISSING) >> 2
    thresholds = round_down(forest.threshold)
    goes_left = ((forest.decision & DEFAULT_LEFT) > 0) | (kinds == 0)
    entries: list[tuple[int, int, int, int, int, int]] = []
    tables: list[Array] = []
    n_columns = n_thresholds = 0
    key = np.where(is_number, forest.feature * 4 + kinds, -1)
    for group in np.unique(key[is_number]).tolist():
        rows = np.flatnonzero(key == group)
        distinct, place = np.unique(thresholds[rows], return_inverse=True)
        code[rows] = place % MOST_THRESHOLDS
        for part in range(0, len(distinct), MOST_THRESHOLDS):
            own = rows[place // MOST_THRESHOLDS == part // MOST_THRESHOLDS]
            table = distinct[part : part + MOST_THRESHOLDS]
            bits = len(table).bit_length()
            sides = []
            for side in (True, False):
                used = own[goes_left[own] == side]
                column[used] = n_columns
                sides.append(n_columns if len(used) else -1)
                n_columns += len(used) > 0
            entries.append((group // 4, group % 4, n_thresholds, bits, *sides))
            tables += [table, np.full((1 << bits) - 1 - len(table), np.inf, dtype=np.float32)]
            n_thresholds += (1 << bits) - 1
    feature, kind, first, sizes, left, right = np.array(entries, dtype=np.int64).reshape(-1, 6).T.copy()
    return Reads(
        feature, kind, first, sizes, left, right, np.concatenate([np.empty(0, dtype=np.float32), *tables])
    ), n_columns


def _plan_sets(forest: Forest, rows: Array, n_columns: int, column: Array) -> Sets:
    """Write the column of the splits by category; return how to make the columns: one for equal sets."""
    tree = np.searchsorted(forest.first_split, rows, side="right") - 1
    keys = [
        (feature, forest.categories[each][number])
        for feature, each, number in zip(
            forest.feature[rows].tolist(),
            tree.tolist(),
            forest.threshold[rows].astype(np.int64).tolist(),
            strict=True,
        )
    ]
    places = {each: place for place, each in enumerate(sorted(set(keys)))}
    column[rows] = [n_columns + places[each] for each in keys]
    entries: list[tuple[int, list[bytes]]] = []
    for feature, sets in groupby(places, key=itemgetter(0)):
        told = [each for _, each in sets]
        entries += [(feature, told[each : each + WORD_SETS]) for each in range(0, len(told), WORD_SETS)]
    words = [_without(sets) for _, sets in entries]
    return Sets(
        np.array([feature for feature, _ in entries], dtype=np.int64),
        np.cumsum([0, *(len(sets) for _, sets in entries)], dtype=np.int64),
        np.cumsum([0, *map(len, words)], dtype=np.int64),
        np.concatenate([np.empty(0, dtype=np.uint32), *words]),
    )


def _without(sets: Sequence[bytes]) -> Array:
    """Return for each category by bits which of the sets do not hold it, and last what is so of no category."""
    words = np.full(8 * max(map(len, sets)) + 1, np.uint32(2**32 - 1))
    for bit, each in enumerate(sets):
        held = np.unpackbits(np.frombuffer(each, dtype=np.uint8), bitorder="little")
        words[: len(held)] ^= held.astype(np.uint32) << np.uint32(bit)
    return words


def round_down(numbers: Array) -> Array:
    """Return for each float64 the greatest float32 that is no greater."""
    with np.errstate(over="ignore"):
        nearest = numbers.astype(np.float32)
    return np.where(nearest > numbers, np.nextafter(nearest, np.float32(-np.inf)), nearest)
