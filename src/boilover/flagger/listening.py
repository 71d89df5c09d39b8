"""Hearing what a customer's message speaks of, by word lists per language (`boilover.flagger.phrase`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pyarrow as pa
import pyarrow.compute as pc

from boilover.flagger.phrase import Phrase, as_regex
from boilover.text.clean import clean
from boilover.text.language import detect_language

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

Said = tuple[int, str, str | None, str]
"""Where in a message, the topic, the list's language (None for a phrase of the desk's own), and the phrase."""


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
        self._by_key: dict[str, list[tuple[str, str, Phrase]]] = {}
        for topic in own:
            for name in LANGUAGES:
                for phrase in lists_of(name).topics[topic]:
                    for key in phrase.keys:
                        self._by_key.setdefault(key, []).append((topic, name, phrase))
        told = {phrase.split()[0].lower() for phrases in own.values() for phrase in phrases}
        self._worth = "|".join(map(re.escape, sorted({*self._by_key, *told, *MARKUP})))

    def worth(self, texts: pa.Array) -> pa.Array:
        """Return which texts may hold a phrase of a topic, bool; null where there is no text."""
        return pc.match_substring_regex(pc.utf8_lower(texts), self._worth)

    def hear(self, text: str, language: str | None = None) -> dict[str, str]:
        """Return the first phrase of each topic that the author of ``text`` says, and does not deny.

        ``language`` is the ISO 639-1 code of the ticket's language where it is known. Heard are its lists and those
        of the language that the text shows; all where neither is known. An automatic reply says nothing.
        """
        written = clean(text)
        # Most texts that are worth it say nothing after all, and need no language told.
        said = sorted((*self._listed(written), *self._own_phrases(written)), key=lambda each: each[0])
        if not said or is_automatic(written):
            return {}
        spoken = {language, detect_language(written)} - {None}
        heard: dict[str, str] = {}
        for _, topic, name, phrase in said:
            if name is None or not spoken or name in spoken:
                heard.setdefault(topic, " ".join(phrase.split()))
        return heard

    def _listed(self, written: str) -> Iterator[Said]:
        """Yield what the lists of all languages find, but for what is denied."""
        lower = written.lower()
        able = dict.fromkeys(each for key, some in self._by_key.items() if key in lower for each in some)
        for topic, name, phrase in able:
            for found in phrase.pattern.finditer(written):
                if not _is_denied(found, lists_of(name)):
                    yield found.start(), topic, name, found[0]

    def _own_phrases(self, written: str) -> Iterator[Said]:
        for topic, patterns in self._own.items():
            for pattern in patterns:
                for found in pattern.finditer(written):
                    yield found.start(), topic, None, found[0]


def is_automatic(written: str) -> bool:
    """Return whether a cleaned message opens as an automatic reply does, in any of the languages."""
    opening = written[:OPENING]
    phrases = (phrase for name in LANGUAGES for phrase in lists_of(name).automatic)
    return any(phrase.pattern.search(opening) for phrase in phrases)


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


def _is_denied(found: re.Match[str], lists: Lists) -> bool:
    before = found.string[max(0, found.start() - BESIDE) : found.start()]
    after = found.string[found.end() : found.end() + BESIDE]
    return bool(lists.denied_before.search(before) or lists.denied_after.match(after))
