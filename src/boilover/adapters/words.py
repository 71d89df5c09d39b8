"""Ids, words and texts as systems write them, in the one form that the event log has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser

from boilover.adapters.base import Tally
from boilover.schema import STATUSES

PRIORITIES = ("low", "normal", "high", "urgent")
"""The words that adapters write, from least to most urgent; a desk's own words are kept as they are."""
VOCABULARIES = {"status": tuple(STATUSES), "priority": PRIORITIES}

TARGETS = {
    "status": "status_changed",
    "priority": "priority_changed",
    "group": "group_changed",
    "assignee": "assignee_changed",
}
"""A *target* is a part of a ticket's state; any other name is a field: its changes are ``field_changed``."""

BLOCKS = frozenset(
    {
        "address", "article", "aside", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form", "h1",
        "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table",
        "tr", "ul",
    }
)  # fmt: skip
TRUE = frozenset({"true", "1", "yes"})
LONGEST = 18
"""Digits of a number that surely fits into 64 bits."""
SILENT = frozenset({"script", "style", "head", "title", "template"})
BLANKS = re.compile(r"[ \t\r\f\v\u00a0]+")
COMMENT_END = re.compile(r"--\s*>")
DEEPEST = 100
"""Quotes within quotes are told apart up to so many."""


def ident(value: object) -> str | None:
    """Return an id in one form however it is written: 12, ``"12"``, 12.0, ``"12.0"`` and ``" 12 "`` are ``"12"``.

    What is empty, or no id (a list, a truth value), is None.
    """
    if type(value) is str:
        text = value.strip()
        if text.endswith(".0") and text[:-2].isdigit():
            return text[:-2]
        return text or None
    if type(value) is int:
        return str(value)
    if isinstance(value, float) and value == value:
        return str(int(value)) if value.is_integer() else str(value)
    return None


def is_true(value: object) -> bool:
    """Read a truth value of JSON or CSV."""
    return value is True or (isinstance(value, str) and value.strip().casefold() in TRUE)


def state_word(told: object) -> str | None:
    """Return what a field holds as one word: an id, a truth value, or tags in their order."""
    if isinstance(told, list):
        return " ".join(sorted("_".join(str(each).split()) for each in told)) or None
    return str(told).lower() if isinstance(told, bool) else ident(told)


def serial(record_id: str | None) -> int | None:
    """Return an id that counts up as what orders records of one second, however they are exported; None for others."""
    is_number = record_id is not None and record_id.isascii() and record_id.isdecimal()
    return int(record_id) if is_number and record_id is not None and len(record_id) <= LONGEST else None


class Words:
    """A vocabulary: the source's words, whatever their case and blanks, and what they mean.

    ``kind`` is what they are words of. The contract's own words for ``status`` and ``priority`` are known without being
    listed. A word that leads to ``""`` tells nothing.
    """

    def __init__(self, known: Mapping[str, str], *, kind: str, tally: Tally) -> None:
        self._known = {word: word for word in VOCABULARIES.get(kind, ())}
        self._known |= {word.strip().casefold(): value for word, value in known.items()}
        self._kind, self._tally = kind, tally
        self._read: dict[object, tuple[str | None, str | None]] = {None: (None, None)}

    def read(self, word: object) -> tuple[str | None, str | None]:
        """Return ``(value, raw_value)``; an unknown status is read as open, any other unknown word as itself."""
        found = self._read.get(word)
        return found if found is not None else self._look_up(word)

    def knows(self, word: object) -> bool:
        """Say whether a word is in the vocabulary."""
        return str(word).strip().casefold() in self._known

    def _look_up(self, word: object) -> tuple[str | None, str | None]:
        raw = str(word).strip()
        if not raw:
            return None, None
        value = self._known.get(raw.casefold())
        if value is None:
            self._tally.meet_one(self._kind, raw)
            return ("open" if self._kind == "status" else raw), raw
        self._read[word] = value or None, raw
        return self._read[word]


def html_to_text(html: object) -> str:
    """Return the text of HTML: blocks become lines, quotes lines that begin with ``> ``; nothing of what is no text."""
    if not isinstance(html, str):
        return ""
    if "<" not in html and "&" not in html:
        return html.strip()
    reader = _TextOfHtml()
    reader.feed(_closed(html))
    reader.close()
    return reader.text()


def _closed(html: str) -> str:
    """Return HTML in which a tag or comment without an end is text.

    The parser takes it for that as well, but looks for the end of each to the end of the text.
    """
    last = max((found.end() for found in COMMENT_END.finditer(html)), default=0)
    tags, end, tail = html[last:].replace("<!--", "&lt;!--").rpartition(">")
    return html[:last] + tags + end + tail.replace("<", "&lt;")


class _TextOfHtml(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[tuple[int, str]] = []
        self._line: list[str] = []
        self._quotes = 0
        self._silent = 0
        self._kept = 0

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            # Of a word that Python does not know; to browsers it is a comment.
            return self.parse_bogus_comment(i)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            # It ends a head that is not closed.
            self._silent = 0
        elif tag in SILENT:
            self._silent += 1
        elif tag == "br" or tag in BLOCKS:
            self._break()
            self._kept += tag == "pre"
        elif tag == "blockquote":
            self._break()
            self._quotes += 1
        elif tag in ("td", "th"):
            self._line.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in BLOCKS:
            self._break()
            self._kept = max(0, self._kept - (tag == "pre"))
        elif tag == "blockquote":
            self._break()
            self._quotes = max(0, self._quotes - 1)

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if not self._kept:
            self._line.append(data.replace("\n", " "))
            return
        first, *others = data.split("\n")
        self._line.append(first)
        for line in others:
            self._break()
            self._line.append(line)

    def _break(self) -> None:
        line = BLANKS.sub(" ", "".join(self._line)).strip()
        self._line = []
        if line:
            self._lines.append((self._quotes, line))

    def text(self) -> str:
        self._break()
        return "\n".join("> " * min(quotes, DEEPEST) + line for quotes, line in self._lines)
