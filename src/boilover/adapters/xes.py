"""XES event logs (IEEE 1849-2016), read as a stream and mapped like any other table.

An event becomes a row: its attributes are columns under their own keys, the attributes of its trace are columns
under ``case:`` and their key, a nested attribute has the keys on its way joined by ``/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.parsers import expat

import pandas as pd

from boilover.adapters.assemble import build_log
from boilover.adapters.base import IngestReport, Tally
from boilover.adapters.recipe import Recipe, load_recipe, recipe_names
from boilover.adapters.sources import open_source
from boilover.adapters.tables import require
from boilover.errors import InputError, UsageError
from boilover.log import EventLog

CASE = "case:"
VALUES = frozenset({"string", "date", "int", "float", "boolean", "id"})
CONTAINERS = frozenset({"list", "container"})
TRANSPARENT = frozenset({"values"})


class XesAdapter:
    """Reads XES, plain or gzip-ed, with or without its namespace."""

    name = "xes"

    def sniff(self, path: Path, head: bytes) -> float:
        """Return 1 for XML whose root is ``log``."""
        text = head.decode("utf-8", errors="ignore").lstrip()
        return 1.0 if text.startswith("<") and ("<log" in text or ":log" in text) else 0.0

    def read(self, paths: Sequence[Path], recipe: Recipe | None) -> tuple[EventLog, IngestReport]:
        """Read the traces of all files."""
        if recipe is None:
            known = ", ".join(name for name in recipe_names() if load_recipe(name).format == "xes")
            raise UsageError(f"an XES log needs a recipe with a [mapping] of its keys; shipped: {known}")
        mapping, tally = recipe.mapping, Tally()
        wanted = mapping.columns()
        rows = pd.concat([read_xes(path, wanted) for path in paths], ignore_index=True)
        tally.rows = len(rows)
        rows = rows.mask(rows.isin(["", *mapping.missing]))
        log = build_log(rows, None, mapping, tally)
        zone = mapping.timezone
        return log, tally.report(log, format=self.name, recipe=recipe.name, files=paths, time_zone=zone)


def read_xes(path: Path, wanted: set[str]) -> pd.DataFrame:
    """Return one row per event with the columns ``wanted``, all ``str``; raise `InputError` where the XML is wrong.

    A document type declaration is refused: XES has none, and entities declared there can grow without bound.
    """
    reader = _Reader(path)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = reader.refuse
    try:
        with open_source(path) as stream:
            parser.ParseFile(stream)
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
        self._event: dict[str, str] | None = None
        self._in_trace = False
        self._way: list[str] = []
        self._trace_starts = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition("}")[2]
        if tag == "trace":
            self._in_trace, self._trace, self._trace_starts = True, {}, len(self.events)
        elif tag == "event":
            self._event = {}
        elif self._in_trace or self._event is not None:
            self._attribute(tag, attributes)

    def _attribute(self, tag: str, attributes: dict[str, str]) -> None:
        if tag not in VALUES and tag not in CONTAINERS:
            if tag not in TRANSPARENT:
                raise InputError(
                    f"<{tag}> is no attribute of XES", file=self.path, mend="Export it as XES 1.0 or 2.0"
                )
            self._way.append("")
            return
        self._way.append(attributes.get("key", ""))
        if tag in VALUES and "value" in attributes:
            key = "/".join(part for part in self._way if part)
            if self._event is not None:
                self._event[key] = attributes["value"]
                self.keys.add(key)
            else:
                self._trace[CASE + key] = attributes["value"]
                self.keys.add(CASE + key)

    def end(self, name: str) -> None:
        tag = name.rpartition("}")[2]
        if tag == "event" and self._event is not None:
            self.events.append(self._event)
            self._event = None
        elif tag == "trace":
            for event in self.events[self._trace_starts :]:
                event.update(self._trace)
            self._in_trace = False
        elif self._way:
            self._way.pop()

    def refuse(self, *declared: object) -> None:
        problem = "declares a document type, which XES does not have"
        raise InputError(problem, file=self.path, mend="Remove the DOCTYPE")
