"""VADER's word lists as arrays: what each word is worth, and which part it plays in the rules."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from boilover.kernels.kept import digest
from boilover.kernels.tables import table
from boilover.text.characters import Array, Texts
from boilover.text.vocabulary import Vocabulary, vocabulary

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

(VOID, VALUED, BOOSTS, NEGATES, NO, OR_NOR, NEVER, SO_THIS, WITHOUT, DOUBT, LEAST, AT_VERY, BUT, KIND, OF) = (
    1 << bit for bit in range(15)
)
"""What a word does; a void one stands around the words of a text."""
PART = 16
"""From this bit on stands the number of the word among those of idioms: 0 for all others."""
_RULES = {
    NO: ("no",), OR_NOR: ("or", "nor"), NEVER: ("never",), SO_THIS: ("so", "this"), WITHOUT: ("without",),
    DOUBT: ("doubt",), LEAST: ("least",), AT_VERY: ("at", "very"), BUT: ("but",), KIND: ("kind",), OF: ("of",),
}  # fmt: skip


class Lexicon(NamedTuple):
    """Of each word its ``roles``, its ``valence`` and how it boosts; then of any other word, of another with n't, and
    of a void.

    ``set_to`` is what an idiom of two or three words sets a valence to, by their numbers, the third 0 where there are
    two; NaN where there is none. ``added`` is what a pair of words adds, mostly 0.
    """

    words: Vocabulary
    roles: Array
    valence: Array
    boost: Array
    set_to: Array
    added: Array


@cache
def analyzer() -> SentimentIntensityAnalyzer:
    """Return the library's own scorer, with its lexicon and its emoji."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


@cache
def lexicon() -> Lexicon:
    """Return the lists of the installed vaderSentiment."""
    package = find_spec("vaderSentiment")
    assert package is not None
    assert package.submodule_search_locations
    files = sorted(Path(package.submodule_search_locations[0]).glob("vader*"))
    made_of = " ".join(digest(file.read_bytes()) for file in files)
    slots, *words, longest, roles, valence, boost, set_to, added = table(made_of, _listed)
    return Lexicon(Vocabulary(slots, Texts(*words), int(longest[0])), roles, valence, boost, set_to, added)


def _listed() -> tuple[Array, ...]:
    from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SPECIAL_CASES

    valued, negating = analyzer().lexicon, set(NEGATE)
    idioms = {tuple(phrase.split()): value for phrase, value in SPECIAL_CASES.items() if " " in phrase}
    pairs = {tuple(phrase.split()): value for phrase, value in BOOSTER_DICT.items() if " " in phrase}
    parts = {word: 1 + part for part, word in enumerate(dict.fromkeys(sum([*idioms, *pairs], ())))}
    ruled = sum(_RULES.values(), ())
    words = list(dict.fromkeys([*valued, *BOOSTER_DICT, *NEGATE, *ruled, *parts]))
    roles = [
        VALUED * (word in valued)
        | BOOSTS * (word in BOOSTER_DICT)
        | NEGATES * (word in negating or "n't" in word)
        | sum(role for role, group in _RULES.items() if word in group)
        | parts.get(word, 0) << PART
        for word in words
    ]
    set_to = np.full([len(parts) + 1] * 3, np.nan)
    for idiom, value in idioms.items():
        set_to[tuple([parts[word] for word in idiom] + [0] * (3 - len(idiom)))] = value
    added = np.zeros([len(parts) + 1] * 2)
    for pair, value in pairs.items():
        added[parts[pair[0]], parts[pair[1]]] = value
    made = vocabulary(words)
    return (
        made.slots,
        *made.words,
        np.array([made.longest]),
        np.array([*roles, 0, NEGATES, VOID], np.int32),
        np.array([*(valued.get(word, 0.0) for word in words), 0.0, 0.0, 0.0]),
        np.array([*(BOOSTER_DICT.get(word, 0.0) for word in words), 0.0, 0.0, 0.0]),
        set_to,
        added,
    )
