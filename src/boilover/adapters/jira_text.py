"""The words of a Jira message: a document in Atlassian's format (API version 3) or wiki markup (version 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

BLOCKS = frozenset(
    ("paragraph", "heading", "codeBlock", "blockquote", "listItem", "tableRow", "rule", "panel", "expand")
)
"""Nodes that end a line; any other node is only looked into."""
DEEPEST = 100
QUOTE = re.compile(r"\{quote\}(.*?)\{quote\}", re.DOTALL)
CODE = r"\{{({})(?::[^}}]*)?\}}"
"""How a block of one of some kinds begins."""
QUOTED_LINE = re.compile(r"^bq\. ", re.MULTILINE)


def plain_text(body: object) -> str | None:
    """Return the text of a message: quotes as lines that begin with ``> ``, code within fences."""
    if isinstance(body, dict):
        return _of_node(body, 0).strip() or None
    return _of_wiki(body).strip() or None if isinstance(body, str) else None


def _of_wiki(text: str) -> str:
    text = QUOTE.sub(lambda found: f"\n{_quoted(found[1])}\n", "".join(_fenced(text)))
    return QUOTED_LINE.sub("> ", text)


def _fenced(text: str) -> Iterator[str]:
    """Yield a text in parts, code within fences. An end that is not there is looked for once, however many begin."""
    told, at, last = 0, 0, text.rfind("}") + 1
    kinds = ["code", "noformat"]
    while kinds and (opening := re.compile(CODE.format("|".join(kinds))).search(text, at, last)):
        mark = f"{{{opening[1]}}}"
        end = text.find(mark, opening.end())
        if end < 0:
            kinds.remove(opening[1])
            at = opening.start() + 1
        else:
            yield text[told : opening.start()]
            yield f"\n```\n{text[opening.end() : end].strip()}\n```\n"
            told = at = end + len(mark)
    yield text[told:]


def _of_node(node: dict[str, Any], depth: int) -> str:
    kind, told = str(node.get("type")), node.get("attrs")
    if kind == "text":
        return str(node.get("text", ""))
    if kind == "hardBreak":
        return "\n"
    children = node.get("content")
    if not isinstance(children, list) or depth > DEEPEST:
        return _of_attributes(told) if isinstance(told, dict) else ""
    inside = "".join(_of_node(each, depth + 1) for each in children if isinstance(each, dict))
    if kind == "blockquote":
        return f"{_quoted(inside)}\n"
    if kind == "codeBlock":
        return f"```\n{inside.strip()}\n```\n"
    return inside.rstrip("\n") + "\n" if kind in BLOCKS else inside


def _of_attributes(told: dict[str, Any]) -> str:
    """Return what a mention, an emoji, a status or a link shows."""
    shown = (told.get(name) for name in ("text", "shortName", "url"))
    return next((each for each in shown if isinstance(each, str)), "")


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.strip().split("\n"))
