"""Texts as code points, and what Python says of each code point, for kernels that read them as `str` would."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from boilover.kernels.tables import table

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
    """Return what `str` and `re` say of every code point, uint32."""
    (said,) = table("", _said)
    return said


def _said() -> tuple[Array]:
    every = np.arange(_CODE_POINTS, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    said = np.arange(_CODE_POINTS, dtype=np.uint32)
    # One at a time: a sigma has another lower case at the end of a word, which no word that is looked up holds.
    cased = every[:_CASED].replace(DOTTED, "i")
    said[:_CASED] = np.fromiter(map(ord, map(str.lower, cased)), np.uint32, _CASED)
    said[ord(DOTTED)] = ord(DOTTED)
    cased = every[:_CASED]
    for kind, pattern in ((FILLED, r"\S+"), (WORD, r"\w+"), (LETTER, r"[^\W\d_]+")):
        for run in re.finditer(pattern, every):
            said[run.start() : run.end()] |= kind
    upper, lower, title = (
        np.fromiter(map(is_so, cased), bool, _CASED) for is_so in (str.isupper, str.islower, str.istitle)
    )
    said[:_CASED] |= upper * np.uint32(UPPER)
    # What is upper case is a title too, where it stands alone.
    said[:_CASED] |= (lower | (title & ~upper)) * np.uint32(LOWER)
    said[list(map(ord, string.punctuation))] |= PUNCTUATION
    said[list(map(ord, "'’-"))] |= JOINER
    return (said,)
