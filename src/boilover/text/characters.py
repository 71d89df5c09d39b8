"""Texts as code points, and what Python says of each code point, for kernels that read them as `str` would."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

FILLED, WORD, LETTER, JOINER, UPPER, LOWER, PUNCTUATION = (1 << bit for bit in range(21, 28))
r"""What a code point is: no whitespace, ``\w``, ``[^\W\d_]``, what joins letters to one word, upper case, another
case, ASCII punctuation. Below these bits is the lower case of the code point."""
POINT = (1 << 21) - 1
"""The bits of a code point."""
DOTTED = "İ"
"""The only letter that is two in lower case, i and a dot above that is no letter; here it is its own."""
_CODE_POINTS = 0x110000
_CASED = 0x20000
"""No code point from here on has a case."""


class Texts(NamedTuple):
    """Texts one after another: ``points`` uint32, and the half-open range of each, int64."""

    points: Array
    starts: Array
    ends: Array


def as_points(texts: Sequence[str]) -> Texts:
    """Return ``texts`` as code points."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths)
    points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    return Texts(points, ends - lengths, ends)


@cache
def characters() -> Array:
    """Return what `str` and `re` say of every code point, uint32; computed in 0.1 s."""
    every = np.arange(_CODE_POINTS, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    said = np.arange(_CODE_POINTS, dtype=np.uint32)
    # One at a time: a sigma has another lower case at the end of a word, which no word that is looked up holds.
    cased = every[:_CASED]
    said[:_CASED] = np.fromiter((ord(one.lower()[0]) for one in cased), np.uint32, _CASED)
    said[ord(DOTTED)] = ord(DOTTED)
    for kind, pattern in ((FILLED, r"\S+"), (WORD, r"\w+"), (LETTER, r"[^\W\d_]+")):
        for run in re.finditer(pattern, every):
            said[run.start() : run.end()] |= kind
    said[:_CASED] |= _where(UPPER, (one.isupper() for one in cased))
    said[:_CASED] |= _where(LOWER, (one.islower() or (one.istitle() and not one.isupper()) for one in cased))
    said[list(map(ord, string.punctuation))] |= PUNCTUATION
    said[list(map(ord, "'’-"))] |= JOINER
    return said


def _where(kind: int, is_so: Iterable[bool]) -> Array:
    return np.fromiter(is_so, bool, _CASED).astype(np.uint32) * np.uint32(kind)
