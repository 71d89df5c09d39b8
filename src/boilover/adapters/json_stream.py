"""Documents of JSON too large to be parsed at once: read as a stream, item by item."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

from boilover.adapters.sources import AGAIN
from boilover.errors import shorten

DEEPEST = 500
"""Values within values: what is parsed at once may be as deep, and not much deeper."""
Records = Iterator[tuple[str, Any]]


class NoJson(Exception):  # noqa: N818
    """What is wrong, without the text that it was found in."""

    def __init__(self, problem: str, mend: str = AGAIN) -> None:
        super().__init__(problem)
        self.mend = mend


def refuse_error(told: Any) -> None:
    """Raise where a page goes with an error, as ServiceNow ends one that took too long: the rest of it is missing."""
    if told:
        why = told.get("message") if isinstance(told, dict) else told
        raise NoJson(f"the page ends with an error, {shorten(why)}", "Export it again, in smaller pages")


def from_stream(start: bytes, stream: BinaryIO, lists: Collection[str]) -> Records:
    """Yield the records of a document of which ``start`` is read already, as `json_records` does; raise `NoJson`."""
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
        raise NoJson("it breaks off, is damaged, or is not UTF-8") from error


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
        refuse_error(failed)


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
            raise NoJson(f"values lie in each other more than {DEEPEST} deep")
        if not depth:
            return builder.value
        event, value = next(events)


class _Chained:
    """What was read already, and then the rest."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start, self._rest = io.BytesIO(start), rest

    def read(self, size: int = -1) -> bytes:
        return self._start.read(size) or self._rest.read(size)
