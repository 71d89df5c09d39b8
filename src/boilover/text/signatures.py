"""Signatures: the delimiter of mail, what phones add, and closing formulas with the name below."""

from __future__ import annotations

from boilover.text.lines import CLOSING, DELIMITER, MAX_SHORT, PHONE

_LINES_BELOW = 6
_WORDS_BELOW = 8


def drop_signature(lines: list[str], kinds: list[int]) -> tuple[list[str], list[int]]:
    """Return the lines above the signature, and their ``kinds``, as `lines.kind_of` has them.

    A closing formula counts only when nothing but a few short lines follows it, as a name and an address do.
    """
    kept = []
    for place, kind in enumerate(kinds):
        if kind & DELIMITER:
            break
        if not kind & PHONE:
            kept.append(place)
    if len(kept) < len(lines):
        lines, kinds = [lines[place] for place in kept], [kinds[place] for place in kept]
    closing = [place for place, kind in enumerate(kinds) if kind & CLOSING]
    filled = [place for place, line in enumerate(lines) if line.strip()] if closing else []
    for place in closing:
        if place in filled[-_LINES_BELOW - 1 :] and all(map(_is_short, lines[place + 1 :])):
            return lines[:place], kinds[:place]
    return lines, kinds


def _is_short(line: str) -> bool:
    return (
        len(line) <= MAX_SHORT
        and len(line.split()) <= _WORDS_BELOW
        and not line.rstrip().endswith(("?", "!"))
    )
