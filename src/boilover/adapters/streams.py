"""Read JSON record by record, whatever way the records are laid out, in bounded memory."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from boilover.adapters.json_stream import NoJson, from_stream, refuse_error
from boilover.adapters.members import Member
from boilover.adapters.sources import AS_UTF8
from boilover.errors import InputError

SMALL = 16 << 20
"""A document up to this many bytes is parsed at once, a larger one as a stream, which takes longer."""
Records = Iterator[tuple[str, Any]]


def is_json(head: bytes) -> bool:
    """Say whether the content starts like JSON."""
    return head.lstrip()[:1] in (b"{", b"[")


def marks_in(head: bytes, marks: Iterable[bytes]) -> int:
    """Return how many of some expressions a document's start holds, but for those behind a backslash, within a text.

    To look behind comes last: an expression that begins with it is searched for without its first letters.
    """
    return sum(
        any(head[found.start() - 1 : found.start()] != b"\\" for found in re.finditer(mark, head))
        for mark in marks
    )


def weighed(head: bytes, signs: Mapping[bytes, float]) -> float:
    """Return how much some expressions that a document's start holds say together, at most 1."""
    return min(1.0, sum(weight for sign, weight in signs.items() if re.search(sign, head)))


def json_records(member: Member, lists: Collection[str]) -> Records:
    """Yield the records of one JSON document, an array, NDJSON, or documents one after the other (pages).

    Items of an array under a key of ``lists`` in a top-level object come as ``(key, item)``; any other record (an
    element of a top-level array, a line or an object without such keys) as ``("", record)``. An object with an ``id``
    of its own is a record, not a page. Raises `InputError` for what is no JSON, or truncated.
    """
    with member.open() as stream:
        try:
            first = stream.readline(SMALL)
            while first and not first.strip():
                first = stream.readline(SMALL)
            values = _line_values(first) if first.endswith(b"\n") else None
            if values is not None:
                for value in values:
                    yield from _records(value, lists)
                yield from _from_lines(stream, lists)
                return
            start = first + stream.read(SMALL - len(first)) if len(first) < SMALL else first
            if len(start) < SMALL:
                for value in _values(start, "the document"):
                    yield from _records(value, lists)
            else:
                yield from from_stream(start, stream, lists)
        except NoJson as error:
            raise InputError(f"is not whole JSON: {error}", file=member.name, mend=error.mend) from error


def _from_lines(stream: BinaryIO, lists: Collection[str]) -> Records:
    """Yield the records of the lines after the first."""
    for number, line in enumerate(stream, start=2):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            if line.strip():
                for value in _values(line, f"line {number}"):
                    yield from _records(value, lists)
        else:
            yield from _records(value, lists)


def _line_values(line: bytes) -> list[Any] | None:
    """Return the values of a first line that holds whole ones, None for one with which a longer document begins."""
    try:
        return [json.loads(line)]
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            return None
    except (ValueError, RecursionError):
        pass
    return list(_values(line, "line 1"))


def _values(text: bytes, where: str) -> Iterator[Any]:
    """Yield the JSON values that stand one after the other in ``text``."""
    try:
        decoded = text.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise NoJson(f"{where} is not UTF-8", AS_UTF8) from error
    decoder, at = json.JSONDecoder(), 0
    while at < len(decoded):
        try:
            value, end = decoder.raw_decode(decoded, at)
        except json.JSONDecodeError as error:
            raise NoJson(f"{where} breaks off or is wrong at character {error.pos}") from error
        except (RecursionError, ValueError) as error:
            raise NoJson(f"{where} is nested too deeply or holds a number too long") from error
        yield value
        at = end
        while at < len(decoded) and decoded[at].isspace():
            at += 1


def _records(value: Any, lists: Collection[str]) -> Records:
    if isinstance(value, list):
        for item in value:
            yield "", item
    elif isinstance(value, dict) and "id" not in value:
        held = [key for key in lists if isinstance(value.get(key), list)]
        if not held:
            yield "", value
        for key in value:
            if key in held:
                for item in value[key]:
                    yield key, item
        if held:
            refuse_error(value.get("error"))
    else:
        yield "", value
