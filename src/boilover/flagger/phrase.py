"""One phrase of a word list: how it is written, and which of its words a text must hold for it to be heard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

DENIALS = "not|never|no|nicht|kein|keine|keinen|nie|pas|jamais|nunca|non|mai|niet|geen|nooit|não"
UP_TO_THREE_WORDS = rf"(?:(?!(?:{DENIALS}) )[^\s.,;:!?]+ ){{0,3}}"
COMMON = frozenset(
    {"able", "can", "could", "did", "does", "file", "has", "have", "not", "one", "there", "use", "user"}
    | {"work", "you", "your"}
)
"""Keys that many messages hold: another part of the phrase is looked for where there is one."""
SHORT = 3
"""Keys of fewer letters stand in almost any text."""
SEQUENCE_ENDS = frozenset("|)")
OPTIONAL = frozenset("?*")

Keys = frozenset[str]


@dataclass(frozen=True)
class Phrase:
    """A regular expression of letters, ``(?:a|b)``, ``[ab]``, ``?``, ``*``, ``+`` and classes such as ``\\S``.

    A space stands for any white space, ``~`` for up to three words that deny nothing, ``'`` for either apostrophe.
    """

    written: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The phrase as whole words, whatever their case."""
        return re.compile(rf"(?<!\w)(?:{as_regex(self.written)})(?!\w)", re.IGNORECASE)

    @cached_property
    def keys(self) -> Keys:
        """Parts of words in lower case: a text that holds none of them cannot hold the phrase."""
        found = _Reader(self.written.lower()).alternatives()
        if not found:
            raise ValueError(f"the phrase {self.written!r} holds no word that it cannot do without")
        return found


def as_regex(written: str) -> str:
    """Return a phrase as a regular expression of Python's."""
    return written.replace("~", UP_TO_THREE_WORDS).replace("'", "['’]").replace(" ", r"\s+")


class _Reader:
    """Reads a phrase once from left to right, for the words that it cannot do without."""

    def __init__(self, written: str) -> None:
        self._written = written
        self._place = 0

    def alternatives(self) -> Keys:
        """Return the keys of ``a|b``, up to the group's end: one of them is needed; none where a part needs none."""
        parts = [self._sequence()]
        while self._next() == "|":
            self._place += 1
            parts.append(self._sequence())
        return frozenset().union(*parts) if all(parts) else frozenset()

    def _sequence(self) -> Keys:
        """Return the keys of the most telling part of a sequence."""
        parts: list[Keys] = []
        run = ""
        while (sign := self._next()) and sign not in SEQUENCE_ENDS:
            unit = self._unit()
            after = self._next()
            if after in OPTIONAL or after == "+":
                self._place += 1
            if sign.isalnum() and after not in OPTIONAL:
                run += sign
                if after != "+":
                    continue
            parts.append(frozenset({run} if run else ()))
            run = ""
            parts.append(frozenset() if after in OPTIONAL else unit)
        parts.append(frozenset({run} if run else ()))
        return max(filter(None, parts), key=_tells, default=frozenset())

    def _unit(self) -> Keys:
        """Pass one sign, class or group; return the keys of a group, none of anything else."""
        sign = self._next()
        self._place += 1
        if sign == "\\":
            self._place += 1
        elif sign == "[":
            self._place = self._written.index("]", self._place) + 1
        elif sign == "(":
            self._place += len("?:")
            keys = self.alternatives()
            self._place += 1
            return keys
        return frozenset()

    def _next(self) -> str:
        return self._written[self._place : self._place + 1]


def _tells(keys: Keys) -> tuple[bool, bool, int, float]:
    """Return how seldom keys are met, greater is more seldom: by the shortest of them, then by the mean length."""
    lengths = [len(key) for key in keys]
    least = min(lengths)
    return least >= SHORT, keys.isdisjoint(COMMON), least, sum(lengths) / len(lengths)
