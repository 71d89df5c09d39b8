"""The language of a message: from the ticket where it is known, else from the text itself, else unknown.

Nothing here looks at other messages: the majority of a batch would make a measure depend on the batch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from boilover.text.characters import DOTTED, JOINER, LETTER, Array, Texts, as_points
from boilover.text.identify import identify
from boilover.text.tokens import Tokens, count_point, per_text, split
from boilover.text.vocabulary import Vocabulary, find, vocabulary

ENGLISH_SHARE = 0.3
"""Share of function words that makes a text English."""
SHORT_SHARE = 0.5
"""The same for a few words, desk words counted."""
SHORT_CONFIDENCE = 0.5
"""What the identifier must give English in a text of few letters."""
MIN_LETTERS = 20
"""From this many letters on the identifier knows 97 % of English posts, with fewer 85 % at most."""

_FUNCTION = """
the and you your yours we our ours they them their this that these those there here i my mine she it its is
are were been being do does did done have has had having will would can could should shall may might must to
from with without for by at into about after before between under through if then than because while when
where what which who why how not yes but too very just still again already any some every each more most
other another only also now today yesterday tomorrow i'm i've i'd it's that's don't doesn't didn't can't
cannot won't isn't aren't wasn't haven't hasn't couldn't wouldn't please us him up out off
"""
"""Words of English grammar, without many that German, French, Spanish, Dutch or a Nordic language has too."""
_DESK = """
thanks thank works working work worked hi hello hey dear great perfect good fine ok okay sorry help issue
issues problem problems fixed solved resolved closed close open error errors login password update updates
updated news waiting urgent asap account invoice email team support done ticket request again regards cheers
"""
_NAMES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr",
    "francais": "fr", "spanish": "es", "español": "es", "espanol": "es", "italian": "it",
    "italiano": "it", "portuguese": "pt", "português": "pt", "portugues": "pt", "dutch": "nl",
    "nederlands": "nl", "polish": "pl", "polski": "pl", "swedish": "sv", "danish": "da",
    "norwegian": "no", "finnish": "fi", "czech": "cs", "russian": "ru", "turkish": "tr",
    "chinese": "zh", "japanese": "ja", "korean": "ko", "arabic": "ar", "hebrew": "he",
    "hindi": "hi", "greek": "el", "hungarian": "hu", "romanian": "ro", "ukrainian": "uk",
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it",
    "por": "pt", "nld": "nl", "dut": "nl",
}  # fmt: skip
_CODE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{2,8}){0,3}$")


def language_code(name: str | None) -> str | None:
    """Return the ISO 639-1 code of a language named ``en``, ``en-US`` or ``English``; None if unclear."""
    word = (name or "").strip().lower()
    first = re.split(r"[\s(,;/]", word, maxsplit=1)[0]
    if first in _NAMES:
        return _NAMES[first]
    code = _CODE.match(first)
    if code is None:
        return None
    return _NAMES.get(code[1], code[1] if len(code[1]) == 2 else None)


def detect_language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language of ``text``, None when too little shows it."""
    read = as_points([text])
    return languages_of([text], [None], read, split(read, LETTER, JOINER))[0]


def languages_of(
    texts: Sequence[str], known: Sequence[str | None], read: Texts, words: Tokens
) -> list[str | None]:
    """Return the ISO 639-1 code of the language of each text: the one that is ``known``, else what the text shows.

    ``read`` are the texts as code points, ``words`` their words. A short text is English when its words or a
    confident identifier say so; None where too little shows it.
    """
    n_words = np.diff(words.first)
    is_long, is_english = _by_words(read, words, n_words)
    is_open = np.array([code is None for code in known], bool) & (n_words > 0)
    codes = [code or ("en" if sure else None) for code, sure in zip(known, is_english & is_open, strict=True)]
    asked = np.flatnonzero(is_open & ~is_english).tolist()
    told = identify([texts[place] for place in asked], SHORT_CONFIDENCE) if asked else []
    for place, (code, is_confident) in zip(asked, told, strict=True):
        if is_long[place] or (code == "en" and is_confident):
            codes[place] = code
    return codes


def _by_words(read: Texts, words: Tokens, n_words: Array) -> tuple[Array, Array]:
    """Return which texts have letters enough for the identifier, and which are English by their words."""
    vocabulary, is_function, is_desk = _listed()
    straight = np.where(read.points == ord("’"), np.uint32(ord("'")), read.points)
    # Read-only as other code points are: for a writable array all would be compiled again.
    straight.flags.writeable = False
    found = find(words, read._replace(points=straight), vocabulary)
    function = per_text(is_function[found], words)
    desk = per_text(is_desk[found], words)
    is_long = per_text(words.ends - words.starts, words) + count_point(read, DOTTED) >= MIN_LETTERS
    many = (function >= 3) & (function >= ENGLISH_SHARE * n_words)
    return is_long, many | (~is_long & (function + desk >= SHORT_SHARE * n_words))


@cache
def _listed() -> tuple[Vocabulary, Array, Array]:
    """Return the listed words, and of each, and of any other, whether it is of grammar and of the desk."""
    function, desk = _FUNCTION.split(), _DESK.split()
    words = list(dict.fromkeys(function + desk))
    roles = [np.array([*(word in some for word in words), False]) for some in (set(function), set(desk))]
    return vocabulary(words), roles[0], roles[1]
