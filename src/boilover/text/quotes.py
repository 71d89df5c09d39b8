"""Quoted replies: lines that begin with ``>``, attribution lines, mail headers, forwarded mail."""

from __future__ import annotations

import re

from boilover.text.lines import ATTRIBUTION, ATTRIBUTION_LINE, FROM, MAX_LINE, OPENS, ORIGINAL, QUOTED, QUOTES

_HEADER = re.compile(
    r"\s*\*?(?:From|Sent|To|Cc|Subject|Date|Von|Gesendet|An|Betreff|Datum|De|Envoyé|À|Objet|Enviado"
    r"|Enviado el|Para|Asunto|Fecha|Da|Inviato|A|Oggetto|Van|Verzonden|Aan|Onderwerp)\*?\s?:\*?\s"
)
_HEADER_LINES = 3
"""So many within six lines, from a line From: on, are a mail header; fewer may be the author's words."""


def drop_quotes(lines: list[str], kinds: list[int]) -> tuple[list[str], list[int]]:
    """Return the lines that are no quote, and their ``kinds``, as `lines.kind_of` has them.

    A quote marked with ``>`` ends with its marks, so that answers below it stay; any other runs to the end.
    """
    kept: list[int] = []
    place = 0
    while place < len(lines):
        kind = kinds[place]
        if not kind & QUOTES:
            kept.append(place)
            place += 1
            continue
        if kind & QUOTED:
            place += 1
            continue
        taken = _attribution(lines, place, kind)
        if taken:
            place += taken
            if not _marked(lines, place):
                break
            continue
        if kind & (ORIGINAL | FROM) and _begins_header(lines, place, kind):
            while kept and not lines[kept[-1]].strip("_- \t"):
                kept.pop()
            break
        kept.append(place)
        place += 1
    return [lines[place] for place in kept], [kinds[place] for place in kept]


def _attribution(lines: list[str], place: int, kind: int) -> int:
    """Return how many lines from ``place`` on say who wrote what follows: 0, 1 or 2."""
    if kind & ATTRIBUTION:
        return 1
    if kind & OPENS and place + 1 < len(lines):
        wrapped = f"{lines[place][:MAX_LINE]} {lines[place + 1][:MAX_LINE]}"
        return 2 if ATTRIBUTION_LINE.match(wrapped) else 0
    return 0


def _marked(lines: list[str], place: int) -> bool:
    following = next((line for line in lines[place:] if line.strip()), "")
    return following.lstrip().startswith(">")


def _begins_header(lines: list[str], place: int, kind: int) -> bool:
    if kind & ORIGINAL:
        return True
    block = lines[place : place + 6]
    return sum(_HEADER.match(each[:MAX_LINE]) is not None for each in block) >= _HEADER_LINES
