"""Read JSON record by record, whatever way the records are laid out, in bounded memory."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from boilover.adapters.export import Member
from boilover.adapters.sources import AGAIN, AS_UTF8
from boilover.errors import InputError, shorten

SMALL = 16 << 20
"""A document up to this many bytes is parsed at once, a larger one as a stream, which takes longer."""
DEEPEST = 500
"""Values within values: what is parsed at once may be as deep, and not much deeper."""
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
                yield from _from_stream(start, stream, lists)
        except _NoJson as error:
            raise InputError(f"is not whole JSON: {error}", file=member.name, mend=error.mend) from error


class _NoJson(Exception):  # noqa: N818
    """What is wrong, without the text that it was found in."""

    def __init__(self, problem: str, mend: str = AGAIN) -> None:
        super().__init__(problem)
        self.mend = mend


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
        raise _NoJson(f"{where} is not UTF-8", AS_UTF8) from error
    decoder, at = json.JSONDecoder(), 0
    while at < len(decoded):
        try:
            value, end = decoder.raw_decode(decoded, at)
        except json.JSONDecodeError as error:
            raise _NoJson(f"{where} breaks off or is wrong at character {error.pos}") from error
        except (RecursionError, ValueError) as error:
            raise _NoJson(f"{where} is nested too deeply or holds a number too long") from error
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
            _refuse_error(value.get("error"))
    else:
        yield "", value


def _refuse_error(told: Any) -> None:
    """Raise where a page goes with an error, as ServiceNow ends one that took too long: the rest of it is missing."""
    if told:
        why = told.get("message") if isinstance(told, dict) else told
        raise _NoJson(f"the page ends with an error, {shorten(why)}", "Export it again, in smaller pages")


def _from_stream(start: bytes, stream: BinaryIO, lists: Collection[str]) -> Records:
    import ijson

    source = _Chained(start, stream)
    try:
        events = ijson.basic_parse(source, use_float=True, multiple_values=True, buf_size=1 << 18)
        for event, value in events:
            if event == "start_array":
                for item in _items(events):
                    yield "", item
            elif event == "start_map":
                yield from _page(events, lists)
            else:
                yield "", value
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise _NoJson("it breaks off, is damaged, or is not UTF-8") from error


def _page(events: Iterator[tuple[str, Any]], lists: Collection[str]) -> Records:
    """Yield the items of a large object's lists; the object itself where it has an id or none of the lists."""
    whole: dict[str, Any] = {}
    is_page, failed = False, None
    for event, key in events:
        if event == "end_map":
            break
        event, value = next(events)
        if event == "start_array" and key in lists and "id" not in whole:
            is_page = True
            for item in _items(events):
                yield key, item
        else:
            built = _build(events, event, value)
            failed = built if key == "error" else failed
            if not is_page:
                whole[key] = built
    if not is_page:
        yield "", whole
    else:
        _refuse_error(failed)


def _items(events: Iterator[tuple[str, Any]]) -> Iterator[Any]:
    for event, value in events:
        if event == "end_array":
            return
        yield _build(events, event, value)


def _build(events: Iterator[tuple[str, Any]], event: str, value: Any) -> Any:
    from ijson import ObjectBuilder

    if event not in ("start_map", "start_array"):
        return value
    builder, depth = ObjectBuilder(), 0
    while True:
        builder.event(event, value)
        depth += (event in ("start_map", "start_array")) - (event in ("end_map", "end_array"))
        if depth > DEEPEST:
            raise _NoJson(f"values lie in each other more than {DEEPEST} deep")
        if not depth:
            return builder.value
        event, value = next(events)


class _Chained:
    """What was read already, and then the rest."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start, self._rest = io.BytesIO(start), rest

    def read(self, size: int = -1) -> bytes:
        return self._start.read(size) or self._rest.read(size)
