"""Texts cut into runs of characters of one kind: words, or what stands between spaces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from boilover.kernels import compiled
from boilover.text.characters import LOWER, UPPER, Array, Texts, characters


class Tokens(NamedTuple):
    """The half-open range of each token in the texts' points, int64, whether it is in capitals as `str.isupper` has
    it, and of each text where its tokens begin; one longer than the texts."""

    starts: Array
    ends: Array
    capitals: Array
    first: Array


def split(texts: Texts, inside: int, joiner: int = 0) -> Tokens:
    """Cut ``texts`` into the longest runs of characters of the kind ``inside``.

    A single character of the kind ``joiner`` between two runs makes them one.
    """
    most = len(texts.points) // 2 + len(texts.starts)
    starts, ends, capitals = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, bool)
    first = np.zeros(len(texts.starts) + 1, np.int64)
    n = _split(*texts, characters(), inside, joiner, starts, ends, capitals, first)
    return Tokens(starts[:n], ends[:n], capitals[:n], first)


@compiled
def _split(
    points: Array,
    starts: Array,
    ends: Array,
    said: Array,
    inside: int,
    joiner: int,
    token_starts: Array,
    token_ends: Array,
    capitals: Array,
    first: Array,
) -> int:
    n = 0
    for text in range(len(starts)):
        place, end = starts[text], ends[text]
        while place < end:
            if not said[points[place]] & inside:
                place += 1
                continue
            token_starts[n] = place
            cases = 0
            while place < end:
                kind = said[points[place]]
                if not kind & inside:
                    joins = kind & joiner and place + 1 < end and said[points[place + 1]] & inside
                    if not joins:
                        break
                cases |= kind & (UPPER | LOWER)
                place += 1
            token_ends[n] = place
            capitals[n] = cases == UPPER
            n += 1
        first[text + 1] = n
    return n


def count_point(texts: Texts, wanted: str) -> Array:
    """Return how often each text holds the character ``wanted``, int64."""
    counts = np.empty(len(texts.starts), np.int64)
    _count(*texts, ord(wanted), counts)
    return counts


@compiled
def _count(points: Array, starts: Array, ends: Array, wanted: int, counts: Array) -> None:
    for text in range(len(starts)):
        count = 0
        for place in range(starts[text], ends[text]):
            count += points[place] == wanted
        counts[text] = count


def per_text(values: Array, tokens: Tokens) -> Array:
    """Return the sum of ``values``, one for each token, over the tokens of each text, int64."""
    sums = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=sums[1:])
    return sums[tokens.first[1:]] - sums[tokens.first[:-1]]
