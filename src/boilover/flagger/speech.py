"""What customers said that points may see: every visible message is listened to once, for all topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from boilover.features import Sight
from boilover.features.families import CUSTOMER
from boilover.features.stream import View
from boilover.features.view import TICKET
from boilover.flagger.listening import Listener
from boilover.history import Codes, Floats
from boilover.text.language import language_code
from boilover.times import parse_duration

Whole = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Heard:
    """Of one topic, for n points: ``count`` float64 (n) messages that speak of it, and the last one's phrase."""

    count: Floats
    _last: Codes
    _phrases: tuple[str, ...]

    def phrase(self, point: int) -> str:
        """Return the phrase in the last message that speaks of the topic; empty where none does."""
        code = self._last[point]
        return self._phrases[code] if code >= 0 else ""


@dataclass(frozen=True)
class Heed:
    """A topic, phrases of the desk's own beside its lists, and over which span of time it is listened to."""

    topic: str
    phrases: tuple[str, ...]
    within: str


class Speech:
    """The customers' messages that the points of a sight see, and which topics each speaks of."""

    def __init__(self, sight: Sight, topics: Mapping[str, Heed]) -> None:
        self._sight = sight
        self._topics = tuple(topics)
        longest = max((parse_duration(heed.within) for heed in topics.values()), default=0)
        view = self._view(longest)
        rows = view.stream.places
        seen = np.flatnonzero(_covered(view.lo, view.hi, len(rows)))
        listener = Listener({topic: heed.phrases for topic, heed in topics.items()})
        found, self._phrases = listen_all(sight, rows[seen], listener)
        self._codes = np.full((len(rows), len(self._topics)), -1, dtype=np.int32)
        self._codes[seen] = found

    def heard(self, topic: str, within: str) -> Heard:
        """Return what the points' customers said of a topic within a span, at most the longest of its topics."""
        view = self._view(parse_duration(within))
        codes = self._codes[:, self._topics.index(topic)]
        before = np.concatenate(([0], np.cumsum(codes >= 0)))
        count = (before[view.hi] - before[view.lo]).astype(np.float64)
        latest = np.maximum.accumulate(np.where(codes >= 0, np.arange(len(codes)), -1))
        last = np.full(len(count), -1, dtype=np.int32)
        some = count > 0
        last[some] = codes[latest[view.hi[some] - 1]]
        return Heard(view.asked.scatter(count), view.asked.scatter(last), self._phrases)

    def _view(self, window: int) -> View:
        return self._sight.view(CUSTOMER, TICKET, window)


def listen_all(sight: Sight, rows: Codes, listener: Listener) -> tuple[Codes, tuple[str, ...]]:
    """Return the phrase of each topic in the messages at ``rows``, int32 (n, n_topics), −1 none, and the phrases.

    Different texts are listened to once per language; texts in which no phrase can be are not cleaned at all.
    """
    history = sight.notes.history
    encoded = history.cells("text", rows).dictionary_encode()
    texts = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    languages = history.attribute("language")
    spoken = languages.codes[history.ticket[rows]]
    names = [*(language_code(word) for word in languages.words), None]
    worth = np.append(
        pc.fill_null(listener.worth(encoded.dictionary), False).to_numpy(zero_copy_only=False), False
    )
    asked = np.flatnonzero(worth[texts])
    pairs, place = np.unique(np.column_stack((texts[asked], spoken[asked])), axis=0, return_inverse=True)
    phrases: dict[str, int] = {}
    found = np.full((len(pairs), len(listener.topics)), -1, dtype=np.int32)
    for pair, (text, language) in enumerate(pairs.tolist()):
        heard = listener.hear(encoded.dictionary[text].as_py(), names[language])
        for topic, phrase in heard.items():
            found[pair, listener.topics.index(topic)] = phrases.setdefault(phrase, len(phrases))
    codes = np.full((len(rows), len(listener.topics)), -1, dtype=np.int32)
    codes[asked] = found[place]
    return codes, tuple(phrases)


def _covered(lo: Whole, hi: Whole, n: int) -> npt.NDArray[np.bool_]:
    """Return which of ``n`` places lie in one of the ranges ``lo:hi``."""
    turns = np.zeros(n + 1, dtype=np.int64)
    np.add.at(turns, lo, 1)
    np.add.at(turns, hi, -1)
    covered: npt.NDArray[np.bool_] = np.cumsum(turns)[:n] > 0
    return covered
