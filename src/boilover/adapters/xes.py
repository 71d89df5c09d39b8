"""XES event logs (IEEE 1849-2016), read as a stream and mapped like any other table.

An event becomes a row: its attributes are columns under their own keys, the attributes of its trace are
columns under ``case:`` and their key, a nested attribute has the keys on its way joined by ``/``. Without a recipe, the
shipped one whose keys the log has is used, else the recipe ``xes``, which fits any log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from boilover.adapters.assemble import assemble
from boilover.adapters.blocks import require
from boilover.adapters.export import Export
from boilover.adapters.members import Member
from boilover.adapters.ocel_xml import is_xml
from boilover.adapters.recipe import Recipe, load_recipe, recipe_names
from boilover.adapters.shards import Shards, shards_for
from boilover.adapters.sources import AGAIN
from boilover.adapters.table_mapping import TableMapping
from boilover.adapters.xml_blocks import local, parsed
from boilover.errors import InputError, shorten
from boilover.log import EventLog
from boilover.scratch import scratch

CASE = "case:"
ROWS = 32_768
"""Events are put away when there are so many of them."""
VALUES = frozenset({"string", "date", "int", "float", "boolean", "id"})
CONTAINERS = frozenset({"list", "container"})
TRANSPARENT = frozenset({"values"})
DEEPEST = 100
"""Attributes within attributes: the key of each holds those of all around it."""
Take = Callable[[list[dict[str, str]]], None]


class XesAdapter:
    """Reads XES, plain or gzip-ed, with or without its namespace."""

    name = "xes"

    def sniff(self, head: bytes) -> float:
        """Return 1 for XML whose root is ``log``, unless it is OCEL."""
        text = head.decode("utf-8", errors="ignore").lstrip()
        is_log = text.startswith("<") and ("<log" in text or ":log" in text)
        return 1.0 if is_log and not is_xml(head) else 0.0

    def read(self, export: Export) -> Iterator[EventLog]:
        """Yield the log of the traces of all files."""
        recipe = export.recipe or _fitting(export.members[0])
        export.read_with(recipe)
        mapping = recipe.table
        n_shards = shards_for(sum(member.content for member in export.members))
        with scratch() as folder:
            columns = sorted(mapping.columns())
            shards = Shards(folder / "rows", columns, key=mapping.ticket_id, n_shards=n_shards)
            try:
                for number, member in enumerate(export.members):
                    _put_away(member, mapping, shards, number)
            finally:
                shards.close()
            yield from assemble(shards, None, mapping, export.tally)


def _fitting(member: Member) -> Recipe:
    """Return the shipped recipe whose keys the first traces have, else the one that fits any log."""
    present: set[str] = set()
    for reader in parsed_xes(member, lambda events: None):
        present = reader.keys
        if any(key.startswith(CASE) for key in present):
            break
    for name in recipe_names():
        recipe = load_recipe(name)
        if recipe.format == XesAdapter.name != name and recipe.table.required() <= present:
            return recipe
    return load_recipe(XesAdapter.name)


def _put_away(member: Member, mapping: TableMapping, shards: Shards, number: int) -> None:
    """Read the events of a file into the shards; what the mapping calls missing is."""
    wanted = sorted(mapping.columns())
    nothing = {None, "", *mapping.missing}

    def take(events: list[dict[str, str]]) -> None:
        words = {
            key: [None if (word := event.get(key)) in nothing else word for event in events] for key in wanted
        }
        shards.add(pa.table(words, schema=pa.schema([(key, pa.string()) for key in wanted])), file=number)

    present: set[str] = set()
    for reader in parsed_xes(member, take):
        present = reader.keys
    require(member.name, sorted(present), mapping.required())


def parsed_xes(member: Member, take: Take) -> Iterator[_Reader]:
    """Give the events of a file to ``take``, list by list; yield the reader, which knows their keys, after each block.

    Raises `InputError` where the XML is wrong or not XES.
    """
    reader = _Reader(member.name, take)
    for _ in parsed(member, reader.start, reader.end, what="XES"):
        yield reader
    reader.flush(0)


class _Reader:
    """Gathers the events of the traces as dictionaries while the parser runs."""

    def __init__(self, name: str, take: Take) -> None:
        self.name, self._take = name, take
        self.events: list[dict[str, str]] = []
        self.keys: set[str] = set()
        self._trace: dict[str, str] = {}
        self._events_before = 0
        self._into: dict[str, str] | None = None
        """Where attributes go now: the event, or else the trace; nowhere outside of traces."""
        self._prefixes = [""]
        """For each attribute that is open, what comes before the keys inside of it."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = local(name)
        if tag == "trace":
            self._trace, self._events_before, self._prefixes = {}, len(self.events), [CASE]
            self._into = self._trace
        elif tag == "event":
            self._into, self._prefixes = {}, [""]
        elif self._into is not None:
            self._attribute(tag, attributes)

    def _attribute(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._prefixes) > DEEPEST:
            problem = f"attributes lie in each other more than {DEEPEST} deep"
            raise InputError(problem, file=self.name, mend=AGAIN)
        prefix = self._prefixes[-1]
        if tag in VALUES or tag in CONTAINERS:
            key = prefix + attributes.get("key", "")
            prefix = f"{key}/"
            if "value" in attributes and self._into is not None:
                self._into[key] = attributes["value"]
        elif tag not in TRANSPARENT:
            problem = f"<{shorten(tag)}> is no attribute of XES"
            raise InputError(problem, file=self.name, mend="Export it as XES 1.0 or 2.0")
        self._prefixes.append(prefix)

    def end(self, name: str) -> None:
        tag = local(name)
        if tag == "event" and self._into is not None:
            self.events.append(self._into)
            self.keys.update(self._into)
            self._into, self._prefixes = self._trace, [CASE]
        elif tag == "trace":
            for event in self.events[self._events_before :]:
                event.update(self._trace)
            self.keys.update(self._trace)
            self._into = None
            self.flush(ROWS)
        elif self._into is not None:
            self._prefixes.pop()

    def flush(self, least: int) -> None:
        """Give the events of whole traces away, if they are at least so many."""
        if self.events and len(self.events) >= least:
            self._take(self.events)
            self.events = []
