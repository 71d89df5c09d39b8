"""Foreign text on its way into a packet: the author's own words, printable, of bounded length; and as Markdown."""

from __future__ import annotations

import re

from boilover.errors import legible
from boilover.text.clean import clean

SPECIAL = re.compile(r"[\\`*_\[\]<>&|~$#]")
LINE_START = re.compile(r"^(?:[+=-]|\d{1,9}(?=[.)]))", re.MULTILINE)
LINK = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=\w)(?=@\w)", re.IGNORECASE)


def words(text: str | None, limit: int) -> str:
    """Return what the author of ``text`` wrote, in at most ``limit`` characters: no quotes, signatures or markup.

    Controls, of direction too, and other characters that do not print become U+FFFD; blank lines and blanks at
    line ends go. Empty where there is no text.
    """
    if not text:
        return ""
    lines = (" ".join(line.split()) for line in clean(text).splitlines())
    return cut("\n".join(legible(line) for line in lines if line), limit)


def line(text: object, limit: int) -> str:
    """Return foreign text that is no message (a name, an id, a field's value) as one line, as it is."""
    return cut(legible(" ".join(str(text)[: 4 * limit].split())), limit)


def cut(text: str, limit: int) -> str:
    """Return at most ``limit`` characters, an ellipsis the last of them where something is left out."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def markdown(text: str) -> str:
    """Return text as Markdown that shows it as it is: no markup, HTML or link in it takes effect."""
    escaped = LINK.sub(r"\\", SPECIAL.sub(r"\\\g<0>", text))
    return LINE_START.sub(lambda found: _escaped_start(found[0]), escaped)


def quoted(text: str) -> str:
    """Return text as a Markdown quotation, its lines kept apart."""
    return "\n".join(f"> {each}" for each in "\\\n".join(markdown(text).split("\n")).split("\n"))


def _escaped_start(start: str) -> str:
    # A number is told from a list by the sign after it, and only that can be escaped.
    return f"{start}\\" if start.isdigit() else f"\\{start}"
