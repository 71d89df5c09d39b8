"""Sentiment of English text by VADER (Hutto & Gilbert, ICWSM 2014)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


def compound(text: str) -> float:
    """Return VADER's compound score of ``text``, -1 to 1.

    The same number as `SentimentIntensityAnalyzer.polarity_scores`, without work on words of no valence.
    """
    from vaderSentiment.vaderSentiment import BOOSTER_DICT, SentiText

    analyzer = _analyzer()
    if not text.isascii() and not analyzer.emojis.keys().isdisjoint(text):
        return float(analyzer.polarity_scores(text)["compound"])
    text = text.strip()
    parts = SentiText(text)
    words = [word.lower() for word in parts.words_and_emoticons]
    valences: list[float] = []
    for place, word in enumerate(words):
        is_kind_of = word == "kind" and words[place + 1 : place + 2] == ["of"]
        if word not in analyzer.lexicon or word in BOOSTER_DICT or is_kind_of:
            valences.append(0)
        else:
            analyzer.sentiment_valence(0, parts, parts.words_and_emoticons[place], place, valences)
    if "but" in words:
        valences = analyzer._but_check(parts.words_and_emoticons, valences)
    return float(analyzer.score_valence(valences, text)["compound"])


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
