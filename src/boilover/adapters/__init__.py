"""Every source becomes the event log here; nothing after the adapters knows where a ticket came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from boilover.adapters.answers import refuse_answers
from boilover.adapters.base import MAX_DROPPED, Adapter, IngestReport, Tally
from boilover.adapters.event_log import LogAdapter
from boilover.adapters.export import Export
from boilover.adapters.members import members_of
from boilover.adapters.people import without_people
from boilover.adapters.recipe import MAPPED, Recipe, load_recipe, recipe_names
from boilover.adapters.registry import adapter, detect, formats
from boilover.errors import UsageError
from boilover.log import EventLog, is_log

__all__ = [
    "Adapter",
    "Export",
    "IngestReport",
    "Ingestion",
    "Recipe",
    "adapter",
    "formats",
    "ingest",
    "ingest_pieces",
    "load_recipe",
    "open_export",
    "recipe_names",
]


def open_export(
    sources: Sequence[str | Path],
    *,
    format: str = "auto",  # noqa: A002
    recipe: Path | str | None = None,
    allow_cut: bool = False,
    progress: Callable[[int], None] | None = None,
) -> tuple[Adapter, Export]:
    """Return an export and the adapter that reads it; see `ingest` for the parameters."""
    loaded = load_recipe(recipe) if recipe is not None else None
    tally = Tally()
    members = members_of(sources, tally, progress)
    logs = [Path(each) for each in sources if loaded is None and format == "auto" and is_log(Path(each))]
    if logs and len(sources) > 1:
        raise UsageError(f"{logs[0]} is a log. Import each log by itself, and exports apart from it")
    if logs:
        return LogAdapter(logs[0]), Export(members, None, tally, allow_cut)
    refuse_answers(members)
    if format == "auto":
        format = loaded.format if loaded is not None else detect(members)  # noqa: A001
    found = adapter(format)
    # Of the others their adapter chooses one that fits what it reads.
    if loaded is None and format in recipe_names() and format not in MAPPED:
        loaded = load_recipe(format)
    return found, Export(members, loaded, tally, allow_cut)


@dataclass
class Ingestion:
    """An export on its way: iterate it once for the pieces of the log, then ask for the report."""

    adapter: Adapter
    export: Export
    hash_ids: bytes | None = None
    max_dropped: float = MAX_DROPPED
    _begun: bool = field(default=False, repr=False)
    _done: bool = field(default=False, repr=False)

    @property
    def size(self) -> int:
        """How many bytes the progress counts up to."""
        return sum(member.size for member in self.export.members)

    def __iter__(self) -> Iterator[EventLog]:
        """Yield pieces of the log; a ticket is whole, in one piece. Too much that is lost raises `InputError`."""
        if self._begun:
            raise UsageError("an export is read once: open it again for a second time")
        self._begun = True
        for log in self.adapter.read(self.export):
            self.export.tally.add(log)
            yield log if self.hash_ids is None else without_people(log, self.hash_ids)
        self.export.tally.check(self.max_dropped)
        self._done = True

    def report(self) -> IngestReport:
        """Return what became of the export."""
        if not self._done:
            raise UsageError("the report is complete when all pieces were read")
        recipe, members = self.export.recipe, self.export.members
        return self.export.tally.report(
            format=self.adapter.name,
            recipe=None if recipe is None else recipe.name,
            files=[member.label for member in members],
        )


def ingest_pieces(
    sources: Sequence[str | Path],
    *,
    format: str = "auto",  # noqa: A002
    recipe: Path | str | None = None,
    allow_cut: bool = False,
    hash_ids: bytes | None = None,
    max_dropped: float = MAX_DROPPED,
    progress: Callable[[int], None] | None = None,
) -> Ingestion:
    """Open an export to be read piece by piece, in bounded memory; see `ingest` for the parameters.

    ``progress`` is called with a number of bytes whenever so many more are read, `Ingestion.size` in all.
    """
    found, export = open_export(sources, format=format, recipe=recipe, allow_cut=allow_cut, progress=progress)
    return Ingestion(found, export, hash_ids, max_dropped)


def ingest(
    sources: Sequence[str | Path],
    *,
    format: str = "auto",  # noqa: A002
    recipe: Path | str | None = None,
    allow_cut: bool = False,
    hash_ids: bytes | None = None,
    max_dropped: float = MAX_DROPPED,
) -> tuple[EventLog, IngestReport]:
    """Read an export of one tool into the event log, in memory.

    Parameters
    ----------
    sources : files, zip archives, or folders that stand for the files in them; one export may be several files.
    format : a name of `formats`, or ``auto`` to tell it from the content.
    recipe : the name of a shipped recipe (`recipe_names`) or the path of a TOML file; without it, the shipped recipe
        of the format's name.
    allow_cut : read tickets whose history the export truncates, and count them, where they would be refused.
    hash_ids : a secret key; ids of people are replaced by keyed hashes of them, the same for the same id.
    max_dropped : the share of what the source tells that may be unusable.

    Raises `InputError` where the files cannot be used and `UsageError` for a wrong recipe or format.
    """
    ingestion = ingest_pieces(
        sources, format=format, recipe=recipe, allow_cut=allow_cut, hash_ids=hash_ids, max_dropped=max_dropped
    )
    pieces = list(ingestion)
    if len(pieces) == 1:
        return pieces[0], ingestion.report()
    events, tickets = (
        pa.concat_tables([getattr(piece, name) for piece in pieces], promote_options="default")
        for name in ("events", "tickets")
    )
    told = [piece.at_creation for piece in pieces if piece.at_creation is not None]
    ordered = EventLog(events, tickets).ordered()
    at_creation = pa.concat_tables(told) if told else None
    return EventLog(ordered.events, tickets, at_creation=at_creation), ingestion.report()
