"""The language of texts by py3langid's model (a naive Bayes over byte sequences; Lui & Baldwin, ACL 2012), compiled.

The verdicts are those of the library: where its single precision might tip the scale, it is asked itself.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from boilover.kernels import compiled
from boilover.kernels.kept import digest
from boilover.kernels.tables import table
from boilover.text.characters import Array

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_ROUNDING = 2.0**-24
_SLACK = 1e-4
"""More than single precision loses in a quotient of two probabilities."""


class Model(NamedTuple):
    """The automaton over bytes, the feature that each state completes (-1: none), and the weights of features, one
    column for each language, with the greatest of each row; then what each language starts from."""

    moves: Array
    rows: Array
    completes: Array
    weights: Array
    greatest: Array
    prior: Array


def identify(texts: Sequence[str], threshold: float) -> list[tuple[str, bool]]:
    """Return for each text the ISO 639-1 code of its language, and whether its probability reaches ``threshold``."""
    read = [_encoded(text) for text in texts]
    lengths = np.fromiter(map(len, read), np.int64, len(read))
    ends = np.cumsum(lengths)
    letters = np.frombuffer(b"".join(read), np.uint8)
    best, sure = np.empty(len(read), np.int64), np.empty(len(read), np.int8)
    model, names = _learnt()
    features, scores = np.empty(len(letters), np.int64), np.empty(len(model.prior))
    counts = np.zeros(len(model.greatest), np.int32)
    _identify(
        letters, ends - lengths, ends, *model, _aliases(), threshold, features, counts, scores, best, sure
    )
    verdicts = []
    for text, language, certainty in zip(texts, best.tolist(), sure.tolist(), strict=True):
        if certainty >= 0:
            verdicts.append((names[language], certainty == 1))
        else:
            name, probability = library().classify(text)
            verdicts.append((name, probability >= threshold))
    return verdicts


@cache
def library() -> LanguageIdentifier:
    """Return the library's own identifier."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _encoded(text: str) -> bytes:
    """Return ``text`` as the library reads it."""
    if text.isupper():
        text = text.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text.encode("utf-8", "surrogatepass")


@cache
def _learnt() -> tuple[Model, list[str]]:
    """Return the library's model and the languages of its columns; to unpack it takes long, so that is kept."""
    package = find_spec("py3langid")
    assert package is not None
    assert package.submodule_search_locations
    (packed,) = Path(package.submodule_search_locations[0]).glob("data/*")
    *model, names = table(digest(packed.read_bytes()), _unpacked)
    return Model(*model), names.tolist()


def _unpacked() -> tuple[Array, ...]:
    asked = library()
    weights = asked.nb_ptc.astype(np.float32)
    return (
        np.frombuffer(asked.tk_nextmove, np.uint32),
        np.frombuffer(asked.tk_row, np.uint16).astype(np.uint32),
        np.array(asked.tk_output, np.int32),
        weights,
        np.abs(weights).max(axis=1),
        asked.nb_pc.astype(np.float64),
        np.array(asked.nb_classes),
    )


@cache
def _aliases() -> Array:
    """Return pairs of columns of one language, the first of its columns first."""
    names = _learnt()[1]
    return np.array(
        [(names.index(name), i) for i, name in enumerate(names) if names.index(name) < i], np.int64
    ).reshape(-1, 2)


@compiled
def _identify(
    letters: Array, starts: Array, ends: Array,
    moves: Array, rows: Array, completes: Array, weights: Array, greatest: Array, prior: Array,
    aliases: Array, threshold: float, features: Array, counts: Array, scores: Array, best: Array, sure: Array,
) -> None:  # fmt: skip
    """Write the best language of each text and whether it is likely enough: 1, 0, or -1 where it is too close."""
    for text in range(len(ends)):
        found = _walk(letters, starts[text], ends[text], moves, rows, completes, features, counts)
        size = _add_up(features, found, counts, weights, greatest, prior, scores)
        scale = 1.0 / math.sqrt(ends[text] - starts[text]) if found else 1.0
        # What summing in single precision, in any order, can lose at most of a score.
        doubt = 2 * (found + 16) * _ROUNDING * size * scale + _SLACK
        best[text], sure[text] = _decide(scores, scale, aliases, doubt, threshold)
        if not found:
            sure[text] = -1


@compiled
def _walk(
    letters: Array,
    start: int,
    end: int,
    moves: Array,
    rows: Array,
    completes: Array,
    features: Array,
    counts: Array,
) -> int:
    """Count the features of a text, and write the distinct ones; return how many."""
    found, state = 0, np.int64(0)
    for place in range(start, end):
        state = np.int64(moves[(np.int64(rows[state]) << 8) + letters[place]])
        feature = completes[state]
        if feature >= 0:
            if not counts[feature]:
                features[found] = feature
                found += 1
            counts[feature] += 1
    return found


@compiled
def _add_up(
    features: Array, found: int, counts: Array, weights: Array, greatest: Array, prior: Array, scores: Array
) -> float:
    """Write the score of each language and clear ``counts``; return how large the terms are at most in sum."""
    for language in range(len(scores)):
        scores[language] = prior[language]
    size = 16.0
    for place in range(found):
        feature = features[place]
        weight = math.log1p(counts[feature])
        counts[feature] = 0
        size += weight * greatest[feature]
        for language in range(len(scores)):
            scores[language] += weight * weights[feature, language]
    return size


@compiled
def _decide(scores: Array, scale: float, aliases: Array, doubt: float, threshold: float) -> tuple[int, int]:
    """Turn scores into probabilities; return the best and whether it reaches the threshold, -1 if in doubt."""
    top = scores[0]
    for language in range(1, len(scores)):
        top = max(top, scores[language])
    total = 0.0
    for language in range(len(scores)):
        scores[language] = math.exp((scores[language] - top) * scale)
        total += scores[language]
    for pair in range(len(aliases)):
        scores[aliases[pair, 0]] += scores[aliases[pair, 1]]
        scores[aliases[pair, 1]] = 0.0
    best = second = 0.0
    place = 0
    for language in range(len(scores)):
        if scores[language] > best:
            best, second, place = scores[language], best, language
        else:
            second = max(second, scores[language])
    share = best / total
    if best < second * (1 + 2 * doubt) or abs(share / threshold - 1) < 2 * doubt:
        return place, -1
    return place, 1 if share >= threshold else 0
