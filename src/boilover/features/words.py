"""Codes of several shards, each with words of its own, as codes of one list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from boilover import kernels
from boilover.history import Coded, Codes

Words = tuple[str, ...]


def numbered(lists: Iterable[Words]) -> tuple[Words, dict[int, Codes]]:
    """Return the words of all lists in the order in which they are first told, and how each list's stand among them.

    That are, by the ``id`` of a list, places, int32 (its words + 1), and −1 at the end, for the code of none. Shards of
    one log share their list.
    """
    different = {id(words): words for words in lists}
    told = [pa.array(words, pa.large_string()) for words in different.values()]
    known = pa.chunked_array(told, pa.large_string()).dictionary_encode().combine_chunks()
    places, start = {}, 0
    for name, words in different.items():
        places[name] = np.append(known.indices.slice(start, len(words)).to_numpy(), np.int32(-1))
        start += len(words)
    if len(different) == 1:
        return next(iter(different.values())), places
    return tuple(known.dictionary.to_pylist()), places


def merged(parts: Sequence[Coded]) -> Coded:
    """Return codes of several shards, one after the other, as codes of one list of words."""
    if all(part.words is parts[0].words for part in parts):
        return Coded(joined([part.codes for part in parts]), parts[0].words)
    words, places = numbered(part.words for part in parts)
    return Coded(joined([kernels.take(places[id(part.words)], part.codes) for part in parts]), words)


def joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return arrays one after the other."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
