"""What a line of a message is: a quote, a mail header, a signature, code or a machine's output; mostly none of it."""

from __future__ import annotations

import re
from functools import lru_cache

(QUOTED, ATTRIBUTION, OPENS, ORIGINAL, FROM, DELIMITER, PHONE, CLOSING, MACHINE, FENCE) = (
    1 << bit for bit in range(10)
)
QUOTES = QUOTED | ATTRIBUTION | OPENS | ORIGINAL | FROM
SIGNATURES = DELIMITER | PHONE | CLOSING
MAX_LINE = 500
"""Characters of a line in which an attribution and a mail header are looked for."""
MAX_SHORT = 100
"""The same for signatures."""

ATTRIBUTION_LINE = re.compile(
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
_FROM = re.compile(r"\s*\*?(?:From|Von|De|Da|Van)\*?\s?:\*?\s")
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
_DELIMITERS = frozenset({"--", "-- ", "—"})
_MACHINE = re.compile(
    r"\s*(?:"
    r"at [\w.$<>/]{3,200}\([^()\n]{0,200}\)"
    r"|File \"[^\"\n]{1,300}\", line \d+"
    r"|Traceback \(most recent call last\)"
    r"|(?:Caused by: |Exception in thread )"
    r"|\.\.\. \d+ (?:common frames omitted|more)"
    r"|\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d"
    r"|\[?(?:ERROR|WARN|WARNING|INFO|DEBUG|FATAL|TRACE)\]?(?::? |\t)\S{0,80}[.\]:\[(]"
    r"|[\w.]{3,100}(?:Exception|Error): "
    r")"
)
_CODE_SIGNS = re.compile(r"[{};=<>()\[\]]")
OPENERS = """
on am le el il em op den from von de da van at file traceback caused exception error warn warning info debug fatal
trace sent get gesendet enviado inviato verzonden with my best kind kindest warm many regards cheers sincerely
yours mit freundliche viele beste mfg cordialement bien salutations saludos atentamente un cordiali distinti
atenciosamente met
"""
"""The first words, of ASCII letters and in lower case, of the patterns above that begin with a word."""


def kind_of(line: str) -> int:
    """Return which of the kinds above ``line`` is, as bits; 0 for a line of prose."""
    return _remembered(line) if len(line) <= MAX_SHORT else _kind_of(line)


def _kind_of(line: str) -> int:
    begin = line.lstrip()
    if begin.startswith((">", "|>")):
        return QUOTED
    if begin.startswith(("```", "~~~")):
        return FENCE
    start, short = line[:MAX_LINE], line[:MAX_SHORT]
    return (
        ATTRIBUTION * bool(ATTRIBUTION_LINE.match(start))
        | OPENS * bool(_OPENS.match(start))
        | ORIGINAL * bool(_ORIGINAL.match(start))
        | FROM * bool(_FROM.match(start))
        | DELIMITER * (line in _DELIMITERS)
        | PHONE * bool(_PHONE.match(short))
        | CLOSING * bool(_CLOSING.match(short))
        | MACHINE * _is_machine(line)
    )


# Greetings, attributions and closing formulas come again and again.
_remembered = lru_cache(maxsize=4096)(_kind_of)


def _is_machine(line: str) -> bool:
    """Tell lines of logs, stack traces and indented code from lines of prose."""
    if _MACHINE.match(line):
        return True
    indented = line.startswith(("    ", "\t"))
    return indented and len(_CODE_SIGNS.findall(line)) >= 2
