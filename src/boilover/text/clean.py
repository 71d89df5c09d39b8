"""The words that the author of a message wrote: no quotes, signatures, code, logs or markup.

Every pattern here is linear in the text: bounded repeats, no nested quantifiers, no lazy search for an end
that may not come. Where it is doubtful whose words they are, they are kept.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from string import ascii_lowercase, ascii_uppercase

from boilover.text.characters import as_points
from boilover.text.lines import FENCE, MACHINE, QUOTES, SIGNATURES, kind_of
from boilover.text.looking import telling_lines
from boilover.text.quotes import drop_quotes
from boilover.text.signatures import drop_signature

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


def clean(text: str) -> str:
    """Return what the author wrote in ``text``, of which the first `MAX_CHARACTERS` are read."""
    text = _unmarked(text)
    return _written(text, range(text.count("\n") + 1))


def clean_all(texts: Sequence[str]) -> list[str]:
    """Return what `clean` returns of each text, at a fraction of the time."""
    texts = [_unmarked(text) for text in texts]
    telling = telling_lines(as_points(texts))
    return [_written(text, telling.get(place, ())) for place, text in enumerate(texts)]


def _unmarked(text: str) -> str:
    """Return the beginning of ``text`` without markup."""
    text = text[:MAX_CHARACTERS]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "<" in text:
        text = _drop_tags(text)
    if "&" in text:
        text = html.unescape(text)
    if "{" in text:
        text = _drop_blocks(text, _JIRA)
    return text


def _written(text: str, telling: Iterable[int]) -> str:
    """Return what is left without the lines, code and addresses to drop; the kind of lines not ``telling`` is 0."""
    if telling:
        text = _drop_lines(text, telling)
    if "`" in text:
        text = _INLINE_CODE.sub(" ", text)
    if "@" in text or "://" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    return text.strip()


def _drop_lines(text: str, telling: Iterable[int]) -> str:
    lines = text.split("\n")
    kinds = [0] * len(lines)
    seen = 0
    for place in telling:
        kinds[place] = kind_of(lines[place])
        seen |= kinds[place]
    if not seen:
        return text
    if seen & FENCE:
        lines, kinds = _drop_fences(lines, kinds)
    if seen & QUOTES:
        lines, kinds = drop_quotes(lines, kinds)
    if seen & SIGNATURES:
        lines, kinds = drop_signature(lines, kinds)
    if seen & MACHINE:
        lines = [line for line, kind in zip(lines, kinds, strict=True) if not kind & MACHINE]
    return "\n".join(lines)


def _drop_tags(text: str) -> str:
    """Drop markup, with the content of elements that hold somebody else's words or none."""
    # Not str.lower, which changes the length of some texts.
    lower = text.translate(_LOWER)
    kept, place = [], 0
    last: dict[str, int] = {}
    while (tag := _TAG.search(text, place)) is not None:
        kept.append(text[place : tag.start()])
        place = tag.end()
        name = (tag[2] or "").lower()
        if tag[0] == "<!--":
            end = text.find(_COMMENT_END, place)
            place = end + len(_COMMENT_END) if end >= 0 else len(text)
        elif name in _DROPPED and not tag[1]:
            closing = f"</{name}"
            if name not in last:
                last[name] = lower.rfind(closing)
            # One that never closes holds nothing.
            place = lower.find(closing, place) if last[name] >= place else place
        kept.append("\n" if name in _BREAKING else " " if name in ("td", "th") or not name else "")
    kept.append(text[place:])
    return "".join(kept)


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


def _drop_fences(lines: list[str], kinds: list[int]) -> tuple[list[str], list[int]]:
    kept, inside = [], False
    for place, line in enumerate(lines):
        if kinds[place] & FENCE:
            inside = not inside or line.rstrip().count("```") > 1
        elif not inside:
            kept.append(place)
    return [lines[place] for place in kept], [kinds[place] for place in kept]
