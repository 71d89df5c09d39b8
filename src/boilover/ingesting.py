"""Into the log: an export is read, surveyed and added; the public logs that a recipe ships for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from boilover.capability import Survey
from boilover.errors import UsageError
from boilover.escalation import parse_rule, rule_names
from boilover.inputs import rule_of
from boilover.partitions import read_manifest
from boilover.places import STANDARD, fetched, filesystem_of
from boilover.store import upsert

if TYPE_CHECKING:
    from collections.abc import Generator

    from boilover.adapters import Ingestion
    from boilover.log import EventLog


def ingest_log(
    sources: Sequence[Path],
    folder: Path,
    *,
    form: str = "auto",
    recipe: str | None = None,
    escalation: str | None = None,
    allow_cut: bool = False,
    hash_ids: bytes | None = None,
    max_dropped: float = 0.2,
    survey: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Mapping[str, Any]:
    """Add an export to the log in ``folder``; return what was read (``export``), done (``log``) and can be told.

    The escalation that the recipe declares is kept with the log, its events are left as the source tells them; of a
    recipe that declares none, what the log had stays.
    ``survey`` False spares the time to find what can be told, and leaves it out (``capability``). ``progress`` is
    called with a number of bytes whenever so many more are read, and how many there are in all. What is at a URL is
    fetched first.
    """
    from boilover.adapters import ingest_pieces

    for source in sources:
        check_apart(source, folder)
    with ExitStack() as opened:
        ingestion = ingest_pieces(
            [opened.enter_context(fetched(each)) for each in sources],
            format=form,
            recipe=recipe,
            allow_cut=allow_cut,
            hash_ids=hash_ids,
            max_dropped=max_dropped,
            progress=None if progress is None else lambda more: progress(more, ingestion.size),
        )
        pieces = cast("Generator[EventLog, None, None]", iter(ingestion))
        opened.enter_context(closing(pieces))
        # An adapter may choose a recipe by what it reads first.
        first = next(pieces)
        declared = {} if ingestion.export.recipe is None else ingestion.export.recipe.escalation
        before = None if declared else read_manifest(folder)
        surveyor = Survey(parse_rule(declared, escalation) if before is None else rule_of(before, escalation))
        every = chain([first], pieces)
        done = upsert(
            folder,
            map(surveyor.seen, every) if survey else every,
            reading=None if ingestion.export.recipe is None else ingestion.export.recipe.reading,
            people=_people(ingestion),
            escalation=declared or None,
            escalation_name=escalation,
        )
    told = {"export": ingestion.report().to_dict(), "log": done.to_dict()}
    return told | {"capability": surveyor.capability().to_dict()} if survey else told


def _people(ingestion: Ingestion) -> str | None:
    """Return by which key an import has hashed ids of people, as a fingerprint that does not tell the key.

    It is empty for none, and None for a log that does not tell. Raises `UsageError` for ids that were hashed before.
    """
    from boilover.adapters.event_log import LogAdapter

    key = ingestion.hash_ids
    before: str | None = ""
    if isinstance(ingestion.adapter, LogAdapter):
        manifest = read_manifest(ingestion.adapter.folder)
        before = None if manifest is None else manifest.people
        if key is not None and before:
            raise UsageError(
                f"{ingestion.adapter.folder}: ids of people are hashed there already. Import it without --hash-ids"
            )
    return before if key is None else blake2b(digest_size=16, key=key, person=b"fingerprint").hexdigest()


def check_apart(source: Path, folder: Path) -> None:
    """Raise `UsageError` where an export lies in the log that it is added to, or the log in the export."""
    if filesystem_of(source) is not None or source == STANDARD:
        return
    read, written = (Path(os.path.realpath(each)) for each in (source, folder))
    if read.is_relative_to(written):
        raise UsageError(f"{source} lies in {folder}, which is written. Move it out, or name another log")
    if written.is_relative_to(read):
        raise UsageError(f"{folder} lies in {source}, and would be read as part of it. Name another log")


def public_logs(name: str | None = None) -> list[dict[str, Any]]:
    """Return what is known of the public logs that a recipe ships for, or of one of them."""
    from boilover.adapters import load_recipe, recipe_names

    known = {each: load_recipe(each) for each in recipe_names()}
    known = {each: recipe for each, recipe in known.items() if recipe.traps}
    if name is not None and name not in known:
        raise UsageError(f"there is no public log '{name}'. There are: {', '.join(known)}")
    return [
        {
            "name": each,
            "title": recipe.title,
            "citation": recipe.citation,
            "format": recipe.format,
            "escalations": list(rule_names(recipe.escalation)),
            "traps": list(recipe.traps),
        }
        for each, recipe in known.items()
        if name in (None, each)
    ]
