"""OCEL 2.0 as XML, in the shape of the JSON (`boilover.adapters.ocel_source`).

::

    <object-types><object-type name><attributes><attribute name type/>…
    <objects><object id type><attributes><attribute name time>value</attribute>…
                             <objects><relationship object-id qualifier/>…
    <events><event id type time><attributes><attribute name>value</attribute>…
                                <objects><relationship object-id qualifier/>…
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from boilover.adapters.members import Member
from boilover.adapters.xml_blocks import local, parsed

SIGNS = (b"<object-types", b"<event-types")
NUMBERS = {"integer": int, "float": float}
TRUE = ("1", "true")


def is_xml(head: bytes) -> bool:
    """Say whether a file is XML with the names of OCEL; XES begins with the same element."""
    return head.lstrip().startswith(b"<") and any(sign in head for sign in SIGNS)


def records_of_xml(member: Member, *lists: str) -> Iterator[dict[str, Any]]:
    """Yield the records of ``objects`` or ``events``, or of both."""
    reader = _Reader()
    for _ in parsed(member, reader.start, reader.end, reader.text, what="OCEL"):
        yield from (record for key, record in reader.records if key in lists)
        reader.records = []


class _Reader:
    """Gathers objects and events while the parser runs."""

    def __init__(self) -> None:
        self.records: list[tuple[str, dict[str, Any]]] = []
        self._declared: dict[tuple[str, str, str], str] = {}
        """Kind of record, its type and the attribute's name, to the type of the attribute."""
        self._kind = self._type = ""
        self._record: dict[str, Any] | None = None
        self._attribute: dict[str, Any] | None = None
        self._words: list[str] = []
        self._depth = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        tag = local(name)
        self._depth += self._record is not None
        if tag in ("object-type", "event-type"):
            self._kind, self._type = tag.removesuffix("-type"), given.get("name", "")
        elif self._record is None and tag == "attribute":
            self._declared[self._kind, self._type, given.get("name", "")] = given.get("type", "")
        elif self._record is None and tag in ("object", "event"):
            self._kind, self._type, self._depth = tag, given.get("type", ""), 0
            self._record = {**given, "attributes": [], "relationships": []}
        elif self._record is not None and tag == "attribute":
            # Some exports write that it has the value from the beginning as 0.
            dated = {"time": given["time"]} if given.get("time", "0") != "0" else {}
            self._attribute, self._words = {"name": given.get("name"), **dated}, []
        elif self._record is not None and "object-id" in given:
            self._record["relationships"].append({"objectId": given["object-id"]})

    def text(self, words: str) -> None:
        if self._attribute is not None:
            self._words.append(words)

    def end(self, name: str) -> None:
        if self._record is None:
            return
        if self._attribute is not None and local(name) == "attribute":
            kind = self._declared.get((self._kind, self._type, str(self._attribute["name"])), "")
            self._record["attributes"].append(
                {**self._attribute, "value": _value("".join(self._words), kind)}
            )
            self._attribute = None
        if self._depth == 0:
            self.records.append((f"{self._kind}s", self._record))
            self._record = None
        self._depth -= 1


def _value(text: str, kind: str) -> object:
    """Return a value as its declared type has it; what is none of the type, as it is written."""
    if kind == "boolean":
        return text.strip().casefold() in TRUE
    try:
        return NUMBERS[kind](text) if kind in NUMBERS else text
    except ValueError:
        return text
