"""The language of a message: from the ticket where it is known, else from the text itself, else unknown.

Nothing here looks at other messages: the majority of a batch would make a measure depend on the batch.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
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
_DESK = """
thanks thank works working work worked hi hello hey dear great perfect good fine ok okay sorry help issue
issues problem problems fixed solved resolved closed close open error errors login password update updates
updated news waiting urgent asap account invoice email team support done ticket request again regards cheers
"""
_FUNCTION_WORDS = frozenset(_FUNCTION.split())
"""Words of English grammar, without many that German, French, Spanish, Dutch or a Nordic language has too."""
_DESK_WORDS = frozenset(_DESK.split())
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


def detect_language(text: str, words: list[str]) -> str | None:
    """Return the ISO 639-1 code of the language of ``text``, None when too little shows it.

    A short text is English when its words or a confident identifier say so, else of unknown language.
    """
    if not words:
        return None
    lower = [word.lower().replace("’", "'") for word in words]
    known = sum(word in _FUNCTION_WORDS for word in lower)
    if known >= 3 and known >= ENGLISH_SHARE * len(lower):
        return "en"
    if sum(map(len, lower)) >= MIN_LETTERS:
        code: str = _identifier().classify(text)[0]
        return code
    desk = sum(word in _DESK_WORDS for word in lower)
    if known + desk >= SHORT_SHARE * len(lower):
        return "en"
    code, confidence = _identifier().classify(text)
    return "en" if code == "en" and confidence >= SHORT_CONFIDENCE else None


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
