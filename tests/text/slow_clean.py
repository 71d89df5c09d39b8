"""Cleaning line by line, every pattern on every line: the oracle of `boilover.text.clean`."""

from __future__ import annotations

import html
import re
from string import ascii_lowercase, ascii_uppercase

from slow_quotes import drop_quotes, drop_signature

MAX_CHARACTERS = 20_000
"""Longer texts are cut: what somebody has to say comes first, what follows is a log."""

_TAG = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})\b[^<>]{0,2000}>|<!--|<![^<>]{0,200}>|<[^<>\s@]{1,64}@[^<>\s]{1,255}>"
)
_DROPPED = frozenset({"script", "style", "pre", "code", "blockquote", "head", "title"})
_BREAKING = frozenset(
    {"br", "p", "div", "li", "tr", "table", "ul", "ol", "h1", "h2", "h3", "blockquote", "pre"}
)
_JIRA = re.compile(r"\{(code|noformat|quote)(?::[^{}\n]{0,200})?\}")
_COMMENT_END = "-->"
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_INLINE_CODE = re.compile(r"`[^`\n]{1,300}`")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
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


def clean(text: str) -> str:
    """Return what the author wrote in ``text``, of which the first `MAX_CHARACTERS` are read."""
    text = text[:MAX_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n")
    if "<" in text:
        text = _drop_tags(text)
    if "&" in text:
        text = html.unescape(text)
    if "{" in text:
        text = _drop_blocks(text, _JIRA)
    lines = _drop_fences(text.split("\n"))
    lines = drop_signature(drop_quotes(lines))
    text = "\n".join(line for line in lines if not _is_machine(line))
    if "`" in text:
        text = _INLINE_CODE.sub(" ", text)
    if "@" in text or "://" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    return text.strip()


def _drop_tags(text: str) -> str:
    """Drop markup, with the content of elements that hold somebody else's words or none."""
    # Not str.lower, which changes the length of some texts.
    lower = text.translate(_LOWER)
    kept, place = [], 0
    while (tag := _TAG.search(text, place)) is not None:
        kept.append(text[place : tag.start()])
        place = tag.end()
        name = (tag[2] or "").lower()
        if tag[0] == "<!--":
            end = text.find(_COMMENT_END, place)
            place = end + len(_COMMENT_END) if end >= 0 else len(text)
        elif name in _DROPPED and not tag[1]:
            place = _end_of(lower, name, place)
        kept.append("\n" if name in _BREAKING else " " if name in ("td", "th") or not name else "")
    kept.append(text[place:])
    return "".join(kept)


def _end_of(lower: str, name: str, place: int) -> int:
    """Return where the element opened before ``place`` closes; ``place`` itself when it never does."""
    closing = f"</{name}"
    if lower.rfind(closing) < place:
        return place
    return lower.find(closing, place)


def _drop_blocks(text: str, mark: re.Pattern[str]) -> str:
    """Drop what stands between two marks of the same name; a mark without a partner is dropped alone."""
    kept, place = [], 0
    inside: str | None = None
    for found in mark.finditer(text):
        if inside is None:
            kept.append(text[place : found.start()])
            inside = found[1]
            place = found.end()
        elif found[1] == inside:
            inside = None
            place = found.end()
    kept.append(text[place:])
    return " ".join(kept)


def _drop_fences(lines: list[str]) -> list[str]:
    kept, inside = [], False
    for line in lines:
        if line.lstrip().startswith(("```", "~~~")):
            inside = not inside or line.rstrip().count("```") > 1
        elif not inside:
            kept.append(line)
    return kept


def _is_machine(line: str) -> bool:
    """Tell lines of logs, stack traces and indented code from lines of prose."""
    if _MACHINE.match(line):
        return True
    indented = line.startswith(("    ", "\t"))
    return indented and len(_CODE_SIGNS.findall(line)) >= 2
