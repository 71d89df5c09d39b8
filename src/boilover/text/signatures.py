"""Signatures: the delimiter of mail, what phones add, and closing formulas with the name below."""

from __future__ import annotations

from boilover.text.lines import CLOSING, DELIMITER, MAX_SHORT, PHONE

_LINES_BELOW = 6
_WORDS_BELOW = 8


def drop_signature(lines: list[str], kinds: list[int]) -> tuple[list[str], list[int]]:
    """Return the lines above the signature, and their ``kinds``, as `lines.kind_of` has them.

    A closing formula counts only when nothing but a few short lines follows it, as a name and an address do.
    """
    if any(map((DELIMITER | PHONE).__and__, kinds)):
        end = next((place for place, kind in enumerate(kinds) if kind & DELIMITER), len(lines))
        kept = [place for place in range(end) if not kinds[place] & PHONE]
        lines, kinds = [lines[place] for place in kept], [kinds[place] for place in kept]
    for place in range(_lowest(lines), len(lines)):
        if kinds[place] & CLOSING and all(map(_is_short, lines[place + 1 :])):
            return lines[:place], kinds[:place]
    return lines, kinds


def _lowest(lines: list[str]) -> int:
    """Return the first line with at most so many filled ones below."""
    place, filled = len(lines), 0
    while place and filled <= _LINES_BELOW:
        place -= 1
        filled += bool(lines[place].strip())
    return place


def _is_short(line: str) -> bool:
    return (
        len(line) <= MAX_SHORT
        and len(line.split()) <= _WORDS_BELOW
        and not line.rstrip().endswith(("?", "!"))
    )
