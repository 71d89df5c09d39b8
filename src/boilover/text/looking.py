"""Which lines of many texts to look at with regular expressions: one look at each character spares most of them."""

from __future__ import annotations

from functools import cache

import numpy as np

from boilover.kernels import compiled
from boilover.text.characters import FILLED, WORD, Array, Texts, characters
from boilover.text.lines import OPENERS
from boilover.text.tokens import Tokens
from boilover.text.vocabulary import UNKNOWN, Vocabulary, find, vocabulary

_AT_START = ">`~*[.0123456789"
"""Characters, and two pairs below, with which the other patterns of `boilover.text.lines` begin."""
_SPACE, _TAB, _NEWLINE, _COLON, _DASH, _BAR, _MORE, _O, _R, _N = map(ord, " \t\n:-|>orn")
_ASCII = 128


def telling_lines(texts: Texts) -> dict[int, list[int]]:
    """Return the numbers of the lines of each text that `lines.kind_of` may know; the kind of any other line is 0.

    A line that begins with a letter that is not ASCII is among them in any case.
    """
    most = len(texts.points) // 2 + len(texts.starts)
    of_text, number, starts, ends = np.empty((4, most), np.int64)
    certain = np.zeros(most, bool)
    n = _look(*texts, characters(), _at_start(), of_text, number, starts, ends, certain)
    words = Tokens(starts[:n], ends[:n], certain[:n], np.array([0, n]))
    telling = np.flatnonzero(certain[:n] | (find(words, texts, _openers()) != UNKNOWN))
    numbers: dict[int, list[int]] = {}
    for text, line in zip(of_text[telling].tolist(), number[telling].tolist(), strict=True):
        numbers.setdefault(text, []).append(line)
    return numbers


@cache
def _openers() -> Vocabulary:
    return vocabulary(list(dict.fromkeys(OPENERS.split())))


@cache
def _at_start() -> Array:
    table = np.zeros(_ASCII, bool)
    table[list(map(ord, _AT_START))] = True
    return table


@compiled
def _look(
    points: Array, starts: Array, ends: Array, said: Array, at_start: Array,
    of_text: Array, number: Array, word_starts: Array, word_ends: Array, certain: Array,
) -> int:  # fmt: skip
    """Write of each line that is not blank its text, its number, its first word, and whether it tells without."""
    n = 0
    for text in range(len(starts)):
        line, count, blank, end = starts[text], 0, True, ends[text]
        for place in range(starts[text], end):
            point = points[place]
            after = points[place + 1] if place + 1 < end else _NEWLINE
            if point == _NEWLINE:
                line, count, blank = place + 1, count + 1, True
            elif blank and said[point] & FILLED:
                blank = False
                stop = place
                while stop < end and points[stop] < _ASCII and said[points[stop]] & WORD:
                    stop += 1
                foreign = stop < end and points[stop] >= _ASCII
                indented = points[line] == _TAB or place >= line + 4
                paired = (point == _DASH and after == _DASH) or (point == _BAR and after == _MORE)
                certain[n] = foreign or indented or paired or at_start[point]
                of_text[n], number[n], word_starts[n], word_ends[n] = text, count, place, stop
                n += 1
            elif point == _COLON and after == _SPACE and place >= line + 2 and points[place - 2] == _O:
                # "Exception: " or "Error: ", of a name that begins with anything.
                certain[n - 1] |= points[place - 1] == _N or points[place - 1] == _R
    return n
