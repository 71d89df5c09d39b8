"""What a server answers in place of an export: a web page, or an error as JSON, saved as if it were a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from boilover.adapters.members import Member
from boilover.adapters.nested import dict_at, dicts_at, text_at
from boilover.adapters.sources import HEAD
from boilover.errors import InputError, shorten

WEB_PAGE = re.compile(rb"\s*(?:<\?xml[^>]{0,99}\?>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)
WHAT = ("error", "errors", "errorMessages", "message", "errorCode")
"""Keys of which an error has one."""
ABOUT = frozenset(
    {
        *WHAT, "category", "code", "context", "correlationId", "description", "detail", "details",
        "documentation_url", "error_description", "fields", "links", "path", "request_id", "status", "statusCode",
        "status_code", "subCategory", "success", "timestamp", "title", "type",
    }
)  # fmt: skip
"""Keys of which it has no other."""
MEND = "Export that page again, or leave the file out if nothing is missing without it"


def refuse_answers(members: Iterable[Member]) -> None:
    """Raise `InputError` for the first file that holds such an answer."""
    for member in members:
        if WEB_PAGE.match(member.head):
            raise InputError("is a web page, as servers answer what fails", file=member.name, mend=MEND)
        if (error := error_in(member.head)) is not None:
            problem = f"is an error that the system answered, {shorten(error)}"
            raise InputError(problem, file=member.name, mend=MEND)


def error_in(head: bytes) -> str | None:
    """Return what a whole small JSON document says went wrong; None where it is no error."""
    if len(head) >= HEAD or not any(f'"{key}"'.encode() in head for key in WHAT):
        return None
    try:
        told = json.loads(head)
    except (ValueError, RecursionError):
        return None
    errors = told if isinstance(told, list) else [told]
    if not errors or not all(_is_error(each) for each in errors):
        return None
    return next((text for each in errors for text in _texts(each)), "without a word why")


def _is_error(told: Any) -> bool:
    return isinstance(told, dict) and told.keys() <= ABOUT and not told.keys().isdisjoint(WHAT)


def _texts(error: dict[str, Any]) -> Iterator[str]:
    """Yield the words of an error, the plainest first."""
    held = error.get("errorMessages")
    parts = [error, dict_at(error, "error"), *dicts_at(error, "errors")]
    found = [text_at(part, key) for key in ("message", "title", "description", "error") for part in parts]
    yield from (text for text in (*(held if isinstance(held, list) else ()), *found) if text)
