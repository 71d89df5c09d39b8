"""Codes of several shards, each with words of its own, as codes of one list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.history import Coded, Codes

Words = tuple[str, ...]


def common_words(lists: Iterable[Words]) -> Words:
    """Return the words of all lists in the order in which they are first told; shards of one log share their list."""
    different = {id(words): words for words in lists}
    if len(different) == 1:
        return next(iter(different.values()))
    return tuple(dict.fromkeys(word for words in different.values() for word in words))


def places_among(words: Words, place: Mapping[str, int]) -> Codes:
    """Return the place of each of ``words``, and −1 at the end, for the code of none."""
    return np.array([*(place[word] for word in words), -1], np.int32)


def merged(parts: Sequence[Coded]) -> Coded:
    """Return codes of several shards, one after the other, as codes of one list of words."""
    words = common_words(part.words for part in parts)
    if all(part.words is words for part in parts):
        return Coded(joined([part.codes for part in parts]), words)
    place = {word: code for code, word in enumerate(words)}
    codes = [
        part.codes if part.words is words else kernels.take(places_among(part.words, place), part.codes)
        for part in parts
    ]
    return Coded(joined(codes), words)


def joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return arrays one after the other."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
