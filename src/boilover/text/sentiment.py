"""Sentiment of English text by VADER (Hutto & Gilbert, ICWSM 2014), compiled.

The rules are those of vaderSentiment 3.3.2 (https://github.com/cjhutto/vaderSentiment, C.J. Hutto, MIT licence), step
by step and in its order of floating-point operations, so that the scores are the same to the last bit; the lists of
words are read from the installed library.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

import numpy as np

from boilover.kernels import compiled
from boilover.text.characters import FILLED, PUNCTUATION, Array, Texts, as_points, characters
from boilover.text.lexicon import BUT, analyzer, lexicon
from boilover.text.tokens import count_point, split
from boilover.text.valence import AROUND, valences
from boilover.text.vocabulary import find

DIGITS = 4
"""VADER rounds to so many."""
_COMPENSATED = sys.version_info >= (3, 12)
"""From then on `sum` keeps what rounding loses, and VADER sums with it."""


def compounds(texts: Sequence[str], read: Texts) -> Array:
    """Return VADER's compound score of each of the ``texts``, -1 to 1, float64; ``read`` are they as code points.

    The same numbers as those of `SentimentIntensityAnalyzer.polarity_scores`.
    """
    if not all(text.isascii() or analyzer().emojis.keys().isdisjoint(text) for text in texts):
        read = as_points([_without_emoji(text) for text in texts])
    worth, roles, first = _worth(read)
    scores = np.empty(len(texts))
    _score(worth, roles, first, count_point(read, "!"), count_point(read, "?"), scores)
    return rounded(scores)


def rounded(scores: Array) -> Array:
    """Return ``scores`` of at most 1 in size as `round` does to `DIGITS`, which takes as long as a fifth of scoring.

    A whole number divided by a power of ten is the double nearest to that decimal number. Which whole number it is,
    the product tells, unless it lies so close to the middle of two that its own rounding decides: then Python does.
    """
    scaled = scores * 10**DIGITS
    whole = np.rint(scaled)
    found: Array = whole / 10**DIGITS
    close = np.abs(np.abs(scaled - whole) - 0.5) < 1e-6
    found[close] = [round(score, DIGITS) for score in scores[close].tolist()]
    return found


def _without_emoji(text: str) -> str:
    """Return ``text`` with the description of each emoji in its place."""
    emojis = analyzer().emojis
    if text.isascii() or emojis.keys().isdisjoint(text):
        return text
    parts: list[str] = []
    after_space = True
    for character in text:
        if character in emojis:
            parts.append(emojis[character] if after_space else f" {emojis[character]}")
            after_space = False
        else:
            parts.append(character)
            after_space = character == " "
    return "".join(parts)


def _worth(texts: Texts) -> tuple[Array, Array, Array]:
    """Return what the words of all texts are worth, their roles, and where each text begins."""
    tokens = split(texts, FILLED)
    contracted = np.zeros(len(tokens.starts), bool)
    _strip(texts.points, tokens.starts, tokens.ends, characters(), contracted)
    words, roles, valence, boost, set_to, added = lexicon()
    found = find(tokens, texts, words)
    # Each text after so many voids, and as many at the end.
    first = tokens.first + AROUND * np.arange(1, len(tokens.first) + 1)
    said = np.full(first[-1], len(roles) - 1, np.int32)
    shouted = np.zeros(len(said), bool)
    _lay(found, contracted, tokens.capitals, tokens.first, len(roles) - 3, said, shouted)
    stream = roles[said]
    worth = np.zeros(len(said))
    valences(stream, valence[said], boost[said], shouted, set_to, added, worth)
    return worth, stream, first


@compiled
def _lay(
    found: Array, contracted: Array, capitals: Array, first: Array, other: int, said: Array, shouted: Array
) -> None:
    """Write the words of each text with voids between texts, and which are in capitals where others are not."""
    for text in range(len(first) - 1):
        n_capitals = 0
        for token in range(first[text], first[text + 1]):
            n_capitals += capitals[token]
        differ = n_capitals < first[text + 1] - first[text]
        for token in range(first[text], first[text + 1]):
            place = token + AROUND * (text + 1)
            said[place] = found[token] if found[token] >= 0 else other + contracted[token]
            shouted[place] = capitals[token] and differ


@compiled
def _strip(points: Array, starts: Array, ends: Array, said: Array, contracted: Array) -> None:
    """Cut punctuation off both ends of words, in place, unless two letters or fewer remain, as of an emoticon.

    Words that hold "n't" are marked in ``contracted``.
    """
    for word in range(len(starts)):
        low, high = starts[word], ends[word]
        while low < high and said[points[low]] & PUNCTUATION:
            low += 1
        while low < high and said[points[high - 1]] & PUNCTUATION:
            high -= 1
        if high - low > 2:
            starts[word], ends[word] = low, high
        for place in range(starts[word] + 1, ends[word] - 1):
            if points[place] == 39 and points[place - 1] | 32 == 110 and points[place + 1] | 32 == 116:
                contracted[word] = True


@compiled
def _score(
    worth: Array, roles: Array, first: Array, exclamations: Array, questions: Array, scores: Array
) -> None:
    """Write the score of each text, not rounded; ``worth`` is changed."""
    for text in range(len(scores)):
        low, high = first[text], first[text + 1] - AROUND
        for place in range(low, high):
            if roles[place] & BUT:
                _turn(worth[low:high], place - low)
                break
        score = _sum(worth[low:high])
        emphasis = (exclamations[text] if exclamations[text] < 4 else 4) * 0.292
        if questions[text] > 1:
            emphasis += questions[text] * 0.18 if questions[text] <= 3 else 0.96
        if score > 0:
            score += emphasis
        elif score < 0:
            score -= emphasis
        # Within -1 and 1, as the root is no less than the score.
        scores[text] = score / math.sqrt(score * score + 15)


@compiled
def _turn(worth: Array, but: int) -> None:
    """Weaken what stands before the first "but" and strengthen what follows.

    The library looks each value up, and so changes the first of those that are equal at that moment.
    """
    for each in range(len(worth)):
        if worth[each] != 0:
            first = 0
            while worth[first] != worth[each]:
                first += 1
            if first < but:
                worth[first] *= 0.5
            elif first > but:
                worth[first] *= 1.5


@compiled
def _sum(values: Array) -> float:
    total = lost = 0.0
    for value in values:
        after = total + value
        if _COMPENSATED:
            if abs(total) >= abs(value):
                lost += (total - after) + value
            else:
                lost += (value - after) + total
        total = after
    return total + lost if _COMPENSATED else total
