"""Signatures: the delimiter of mail, what phones add, and closing formulas with the name below."""

from __future__ import annotations

import re

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
_MAX_LINE = 100
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
        if not _PHONE.match(line[:_MAX_LINE]):
            kept.append(line)
    filled = [place for place, line in enumerate(kept) if line.strip()]
    for place in filled[-_LINES_BELOW - 1 :]:
        if _CLOSING.match(kept[place][:_MAX_LINE]) and all(_is_short(line) for line in kept[place + 1 :]):
            return kept[:place]
    return kept


def _is_short(line: str) -> bool:
    return (
        len(line) <= _MAX_LINE
        and len(line.split()) <= _WORDS_BELOW
        and not line.rstrip().endswith(("?", "!"))
    )
