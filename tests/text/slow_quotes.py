"""Quotes and signatures, line by line: the oracle of `boilover.text.quotes` and `boilover.text.signatures`."""

from __future__ import annotations

import re

_ATTRIBUTION = re.compile(
    r"\s*(?:On|Am|Le|El|Il|Em|Op|Den)\b(?=.{0,300}[\d@<]).{3,300}?"
    r"\b(?:wrote|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|skrev)\b.{0,120}:\s*$"
)
_OPENS = re.compile(r"\s*(?:On|Am|Le|El|Il|Em|Op|Den) .{0,80}\d")
_ORIGINAL = re.compile(
    r"\s*-{2,}\s{0,3}(?:original message|forwarded message|original appointment|ursprüngliche nachricht"
    r"|weitergeleitete nachricht|message d'origine|message original|message transféré"
    r"|mensaje original|mensaje reenviado|messaggio originale|mensagem original|oorspronkelijk bericht)"
    r"\s{0,3}-{2,}",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"\s*\*?(?:From|Sent|To|Cc|Subject|Date|Von|Gesendet|An|Betreff|Datum|De|Envoyé|À|Objet|Enviado"
    r"|Enviado el|Para|Asunto|Fecha|Da|Inviato|A|Oggetto|Van|Verzonden|Aan|Onderwerp)\*?\s?:\*?\s"
)
_FROM = re.compile(r"\s*\*?(?:From|Von|De|Da|Van)\*?\s?:\*?\s")
_MAX_LINE = 500
_HEADER_LINES = 3
"""So many within six lines, from a line From: on, are a mail header; fewer may be the author's words."""


def drop_quotes(lines: list[str]) -> list[str]:
    """Return the lines that are no quote.

    A quote marked with ``>`` ends with its marks, so that answers below it stay; any other runs to the end.
    """
    kept: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if line.lstrip().startswith((">", "|>")):
            place += 1
            continue
        taken = _attribution(lines, place)
        if taken:
            place += taken
            if not _marked(lines, place):
                break
            continue
        if _begins_header(lines, place):
            while kept and not kept[-1].strip("_- \t"):
                kept.pop()
            break
        kept.append(line)
        place += 1
    return kept


def _attribution(lines: list[str], place: int) -> int:
    """Return how many lines from ``place`` on say who wrote what follows: 0, 1 or 2."""
    line = lines[place][:_MAX_LINE]
    if _ATTRIBUTION.match(line):
        return 1
    if _OPENS.match(line) and place + 1 < len(lines):
        wrapped = f"{line} {lines[place + 1][:_MAX_LINE]}"
        return 2 if _ATTRIBUTION.match(wrapped) else 0
    return 0


def _marked(lines: list[str], place: int) -> bool:
    following = next((line for line in lines[place:] if line.strip()), "")
    return following.lstrip().startswith(">")


def _begins_header(lines: list[str], place: int) -> bool:
    line = lines[place][:_MAX_LINE]
    if _ORIGINAL.match(line):
        return True
    if not _FROM.match(line):
        return False
    block = lines[place : place + 6]
    return sum(_HEADER.match(each[:_MAX_LINE]) is not None for each in block) >= _HEADER_LINES


_PHONE = re.compile(
    r"\s*(?:sent from my |sent from (?:outlook|mail|yahoo)|get outlook for |von meinem .{1,40} gesendet"
    r"|gesendet von |envoyé de(?:puis)? mon |enviado desde mi |inviato da(?:l mio)? |verzonden vanaf mijn )",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\s*(?:(?:with |my )?(?:best|kind|kindest|warm|many) (?:regards|wishes)|regards|best|cheers|sincerely"
    r"|yours (?:sincerely|faithfully|truly)"
    r"|mit freundlichen grüßen|freundliche grüße|viele grüße|beste grüße|mfg"
    r"|cordialement|bien à vous|salutations(?: distinguées)?|saludos(?: cordiales)?|atentamente|un saludo"
    r"|cordiali saluti|distinti saluti|atenciosamente|met vriendelijke groet(?:en)?)\s*[,.!]{0,2}\s*$",
    re.IGNORECASE,
)
_MAX_SHORT = 100
_LINES_BELOW = 6
_WORDS_BELOW = 8
_DELIMITERS = frozenset({"--", "-- ", "—"})


def drop_signature(lines: list[str]) -> list[str]:
    """Return the lines above the signature.

    A closing formula counts only when nothing but a few short lines follows it, as a name and an address do.
    """
    kept = []
    for line in lines:
        if line in _DELIMITERS:
            break
        if not _PHONE.match(line[:_MAX_SHORT]):
            kept.append(line)
    filled = [place for place, line in enumerate(kept) if line.strip()]
    for place in filled[-_LINES_BELOW - 1 :]:
        if _CLOSING.match(kept[place][:_MAX_SHORT]) and all(_is_short(line) for line in kept[place + 1 :]):
            return kept[:place]
    return kept


def _is_short(line: str) -> bool:
    return (
        len(line) <= _MAX_SHORT
        and len(line.split()) <= _WORDS_BELOW
        and not line.rstrip().endswith(("?", "!"))
    )
