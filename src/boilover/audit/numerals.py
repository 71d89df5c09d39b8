"""Which words of a column are numbers, whatever way it writes them: 1152.5, 1,152.5, 1.152,5, 48d 0h, 1152:30:00."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import isnan

import numpy as np

from boilover.history import Floats

SAMPLE = 200
ENGLISH = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
CONTINENTAL = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?")
CLOCK = re.compile(r"(?:(\d+)\s*d(?:ays?)?,?\s*)?(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?", re.IGNORECASE)
AMOUNT = r"(\d+(?:[.,]\d+)?)\s*"
# Between parts only so much: of a long run of blanks each part would try every share.
SPAN = re.compile(
    rf"P?(?:{AMOUNT}w(?:eeks?|ks?|ochen?)?)?[\s,]{{0,2}}(?:{AMOUNT}(?:d(?:ays?|[ií]as?)?|tag(?:en?)?|jours?))?"
    rf"[\s,T]{{0,2}}(?:{AMOUNT}(?:h(?:(?:ou)?rs?|eures?|oras?)?|std\.?|stunden?))?"
    rf"[\s,]{{0,2}}(?:{AMOUNT}m(?:in(?:ut[eo])?[sn]?\.?)?)?[\s,]{{0,2}}(?:{AMOUNT}s(?:e[ck](?:ond|und)?e?[sn]?\.?)?)?",
    re.IGNORECASE,
)
HOURS = (168.0, 24.0, 1.0, 1 / 60, 1 / 3600)
"""Of a week, a day, an hour, a minute and a second."""
NONE = float("nan")


def numbers_of(words: Sequence[str]) -> Floats:
    """Return each word as a number, float64 (n_words), spans in hours; NaN where it is none.

    The column's way of writing is the one that reads most words of a sample, the plainest of several.
    """
    sample = [words[place] for place in np.linspace(0, len(words) - 1, min(SAMPLE, len(words))).astype(int)]
    best = max(READERS, key=lambda read: sum(not isnan(read(word)) for word in sample))
    return np.array([best(word) for word in words], dtype=np.float64)


def _plain(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return {"true": 1.0, "false": 0.0}.get(word.strip().lower(), NONE)


def _english(word: str) -> float:
    return float(word.replace(",", "")) if ENGLISH.fullmatch(word := word.strip()) else NONE


def _continental(word: str) -> float:
    found = CONTINENTAL.fullmatch(word := word.strip())
    return float(word.replace(".", "").replace(",", ".")) if found else NONE


def _clock(word: str) -> float:
    found = CLOCK.fullmatch(word.strip())
    return _hours((None, *found.groups())) if found else NONE


def _span(word: str) -> float:
    found = SPAN.fullmatch(word.strip())
    return _hours(found.groups()) if found and any(found.groups()) else NONE


def _hours(amounts: Sequence[str | None]) -> float:
    told = (float(amount.replace(",", ".")) if amount else 0.0 for amount in amounts)
    return sum(amount * hours for amount, hours in zip(told, HOURS, strict=True))


READERS: tuple[Callable[[str], float], ...] = (_plain, _english, _continental, _clock, _span)
