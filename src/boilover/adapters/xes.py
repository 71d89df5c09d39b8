"""XES event logs (IEEE 1849-2016), read as a stream and mapped like any other table.

An event becomes a row: its attributes are columns under their own keys, the attributes of its trace are
columns under ``case:`` and their key, a nested attribute has the keys on its way joined by ``/``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

import pandas as pd

from boilover.adapters.assemble import build_log
from boilover.adapters.export import Export
from boilover.adapters.recipe import load_recipe, recipe_names
from boilover.adapters.sources import open_source
from boilover.adapters.tables import require
from boilover.errors import InputError, UsageError, shorten
from boilover.log import EventLog

CASE = "case:"
BLOCK = 1 << 20
VALUES = frozenset({"string", "date", "int", "float", "boolean", "id"})
CONTAINERS = frozenset({"list", "container"})
TRANSPARENT = frozenset({"values"})


class XesAdapter:
    """Reads XES, plain or gzip-ed, with or without its namespace."""

    name = "xes"

    def sniff(self, head: bytes) -> float:
        """Return 1 for XML whose root is ``log``."""
        text = head.decode("utf-8", errors="ignore").lstrip()
        return 1.0 if text.startswith("<") and ("<log" in text or ":log" in text) else 0.0

    def read(self, export: Export) -> Iterator[EventLog]:
        """Yield the log of the traces of all files."""
        if export.recipe is None:
            known = ", ".join(name for name in recipe_names() if load_recipe(name).format == "xes")
            raise UsageError(f"an XES log needs a recipe with a [mapping] of its keys; shipped: {known}")
        mapping, tally = export.recipe.table, export.tally
        wanted = mapping.columns()
        rows = pd.concat([read_xes(member.path, wanted) for member in export.members], ignore_index=True)
        tally.rows, tally.time_zone = len(rows), mapping.timezone
        rows = rows.mask(rows.isin(["", *mapping.missing]))
        yield build_log(rows, None, mapping, tally)


def read_xes(path: Path, wanted: set[str]) -> pd.DataFrame:
    """Return one row per event with the columns ``wanted``, all ``str``; a key an event lacks is missing.

    Raises `InputError` where the XML is wrong or not XES. A document type declaration is refused: XES has
    none, and entities declared there can grow without bound.
    """
    reader = _Reader(path)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = reader.refuse
    try:
        with open_source(path) as stream:
            while block := stream.read(BLOCK):
                parser.Parse(block)
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        problem = f"is not whole XML: {expat.ErrorString(error.code)} in line {error.lineno}"
        raise InputError(problem, file=path, mend="Copy or export it again") from error
    require(path, sorted(reader.keys), wanted)
    columns = {key: [event.get(key) for event in reader.events] for key in sorted(wanted)}
    return pd.DataFrame(columns, dtype="str")


class _Reader:
    """Gathers the events of the traces as dictionaries while the parser runs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events: list[dict[str, str]] = []
        self.keys: set[str] = set()
        self._trace: dict[str, str] = {}
        self._events_before = 0
        self._into: dict[str, str] | None = None
        """Where attributes go now: the event, or else the trace; nowhere outside of traces."""
        self._prefixes = [""]
        """For each attribute that is open, what comes before the keys inside of it."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition("}")[2]
        if tag == "trace":
            self._trace, self._events_before, self._prefixes = {}, len(self.events), [CASE]
            self._into = self._trace
        elif tag == "event":
            self._into, self._prefixes = {}, [""]
        elif self._into is not None:
            self._attribute(tag, attributes)

    def _attribute(self, tag: str, attributes: dict[str, str]) -> None:
        prefix = self._prefixes[-1]
        if tag in VALUES or tag in CONTAINERS:
            key = prefix + attributes.get("key", "")
            prefix = f"{key}/"
            if "value" in attributes and self._into is not None:
                self._into[key] = attributes["value"]
        elif tag not in TRANSPARENT:
            problem = f"<{shorten(tag)}> is no attribute of XES"
            raise InputError(problem, file=self.path, mend="Export it as XES 1.0 or 2.0")
        self._prefixes.append(prefix)

    def end(self, name: str) -> None:
        tag = name.rpartition("}")[2]
        if tag == "event" and self._into is not None:
            self.events.append(self._into)
            self.keys.update(self._into)
            self._into, self._prefixes = self._trace, [CASE]
        elif tag == "trace":
            for event in self.events[self._events_before :]:
                event.update(self._trace)
            self.keys.update(self._trace)
            self._into = None
        elif self._into is not None:
            self._prefixes.pop()

    def refuse(self, *declared: object) -> None:
        problem = "declares a document type, which XES does not have"
        raise InputError(problem, file=self.path, mend="Remove the DOCTYPE")
