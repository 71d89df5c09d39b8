"""Looking words up by their code points: a hash table with every word beside it, so that none is taken for another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from boilover.kernels import compiled
from boilover.text.characters import POINT, Array, Texts, as_points, characters
from boilover.text.tokens import Tokens

UNKNOWN = -1


class Vocabulary(NamedTuple):
    """``slots`` hold the places of words, int32, `UNKNOWN` where empty; the words are ranges of code points."""

    slots: Array
    words: Texts
    longest: int


def vocabulary(words: Sequence[str]) -> Vocabulary:
    """Return the table of distinct ``words``; each is found as its place among them."""
    slots = np.full(4 << len(words).bit_length(), UNKNOWN, np.int32)
    mask = len(slots) - 1
    for place, word in enumerate(words):
        slot = _hash(word) & mask
        while slots[slot] != UNKNOWN:
            slot = (slot + 1) & mask
        slots[slot] = place
    return Vocabulary(slots, as_points(words), max(map(len, words)))


def find(tokens: Tokens, texts: Texts, words: Vocabulary) -> Array:
    """Return the place of each token among ``words``, read in lower case; `UNKNOWN` if it is none; int32."""
    found = np.full(len(tokens.starts), UNKNOWN, np.int32)
    _find(
        texts.points,
        tokens.starts,
        tokens.ends,
        characters(),
        words.slots,
        *words.words,
        words.longest,
        found,
    )
    return found


def _hash(word: str) -> int:
    key = 0
    for letter in word:
        key = ((key ^ ord(letter)) * 0x9E3779B1) & 0xFFFFFFFF
    return key >> 7


@compiled
def _find(
    points: Array,
    starts: Array,
    ends: Array,
    said: Array,
    slots: Array,
    word_points: Array,
    word_starts: Array,
    word_ends: Array,
    longest: int,
    found: Array,
) -> None:
    mask = len(slots) - 1
    for token in range(len(starts)):
        length = ends[token] - starts[token]
        if length > longest:
            continue
        key = np.uint64(0)
        for place in range(starts[token], ends[token]):
            key = ((key ^ np.uint64(said[points[place]] & POINT)) * np.uint64(0x9E3779B1)) & np.uint64(
                0xFFFFFFFF
            )
        slot = np.int64(key >> np.uint64(7)) & mask
        while slots[slot] != UNKNOWN:
            word = slots[slot]
            first = word_starts[word]
            same = word_ends[word] - first == length
            offset = 0
            while same and offset < length:
                same = word_points[first + offset] == said[points[starts[token] + offset]] & POINT
                offset += 1
            if same:
                found[token] = word
                break
            slot = (slot + 1) & mask
