"""Hearing what a customer's message speaks of, by word lists per language (`boilover.flagger.phrase`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pyarrow as pa
import pyarrow.compute as pc

from boilover.flagger.phrase import Phrase, as_regex
from boilover.text.clean import clean
from boilover.text.language import WORD, detect_language

LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pt")
TOPICS = ("manager", "legal", "safety", "outage", "churn", "failed")
OPENING = 400
"""An automatic reply says what it is within so many characters."""
BESIDE = 80
"""A denial is looked for within so many characters before and after a phrase."""
MARKUP = ("<", "&")
"""A message that holds one of these may read otherwise once it is cleaned."""

Own = Mapping[str, tuple[str, ...]]
"""The topics to hear, each with phrases of a desk's own as they are written, which count in any language."""


@dataclass(frozen=True)
class Lists:
    """The lists of one language."""

    topics: Mapping[str, tuple[Phrase, ...]]
    automatic: tuple[Phrase, ...]
    denied_before: re.Pattern[str]
    denied_after: re.Pattern[str]


class Listener:
    """Hears the topics of ``own``."""

    def __init__(self, own: Own) -> None:
        self.topics = tuple(own)
        self._own = {
            topic: [re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.IGNORECASE) for phrase in phrases]
            for topic, phrases in own.items()
        }
        listed = (phrase for topic in own for name in LANGUAGES for phrase in lists_of(name).topics[topic])
        keys = {key for phrase in listed for key in phrase.keys}
        told = {phrase.split()[0].lower() for phrases in own.values() for phrase in phrases}
        self._worth = "|".join(map(re.escape, sorted({*keys, *told, *MARKUP})))

    def worth(self, texts: pa.Array) -> pa.Array:
        """Return which texts may hold a phrase of a topic, bool; null where there is no text."""
        return pc.match_substring_regex(pc.utf8_lower(texts), self._worth)

    def hear(self, text: str, language: str | None = None) -> dict[str, str]:
        """Return the first phrase of each topic that the author of ``text`` says, and does not deny.

        ``language`` is the ISO 639-1 code of the ticket's language where it is known. Heard are its lists and those
        of the language that the text shows; all where neither is known. An automatic reply says nothing.
        """
        written = clean(text)
        if is_automatic(written):
            return {}
        spoken = {language, detect_language(written, WORD.findall(written))} - {None}
        lists = [lists_of(name) for name in LANGUAGES if not spoken or name in spoken]
        lower = written.lower()
        heard: dict[str, str] = {}
        for topic in self.topics:
            own = (found for pattern in self._own[topic] for found in pattern.finditer(written))
            said = (found for each in lists for found in _said(each, topic, written, lower))
            first = min((*own, *said), key=lambda found: found.start(), default=None)
            if first is not None:
                heard[topic] = " ".join(first[0].split())
        return heard


def is_automatic(written: str) -> bool:
    """Return whether a cleaned message opens as an automatic reply does, in any of the languages."""
    opening = written[:OPENING]
    lower = opening.lower()
    phrases = (phrase for name in LANGUAGES for phrase in lists_of(name).automatic)
    return any(True for phrase in phrases for _ in phrase.search(opening, lower))


@cache
def lists_of(language: str) -> Lists:
    """Return the lists of a language, one of `LANGUAGES`."""
    told = tomllib.loads((files("boilover.flagger") / "phrases" / f"{language}.toml").read_text("utf-8"))
    return Lists(
        {topic: tuple(map(Phrase, told[topic])) for topic in TOPICS},
        tuple(map(Phrase, told["automatic"])),
        re.compile(rf"(?<!\w){as_regex(told['denied_before'])}\s*$", re.IGNORECASE),
        re.compile(rf"\s+{as_regex(told['denied_after'])}(?!\w)", re.IGNORECASE),
    )


def _said(lists: Lists, topic: str, written: str, lower: str) -> Iterable[re.Match[str]]:
    """Return where a topic is spoken of without denying it."""
    for phrase in lists.topics[topic]:
        for found in phrase.search(written, lower):
            before = written[max(0, found.start() - BESIDE) : found.start()]
            after = written[found.end() : found.end() + BESIDE]
            if not lists.denied_before.search(before) and not lists.denied_after.match(after):
                yield found
