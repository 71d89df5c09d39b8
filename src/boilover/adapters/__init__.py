"""Every source becomes the event log here; nothing after the adapters knows where a ticket came from."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from boilover.adapters.base import Adapter, IngestReport
from boilover.adapters.recipe import Recipe, load_recipe, recipe_names
from boilover.adapters.sources import list_sources, read_head
from boilover.errors import InputError, UsageError
from boilover.log import EventLog

__all__ = ["Adapter", "IngestReport", "Recipe", "adapter", "detect", "ingest", "load_recipe", "recipe_names"]

ADAPTERS = {
    "table": "boilover.adapters.mapping:TableAdapter",
    "xes": "boilover.adapters.xes:XesAdapter",
}
"""Format to ``module:class``, imported when it is asked for."""


def adapter(name: str) -> Adapter:
    """Return the adapter of a format; raise `UsageError` naming those that exist."""
    if name not in ADAPTERS:
        raise UsageError(f"unknown format '{name}'; there are: auto, {', '.join(ADAPTERS)}")
    module, _, kind = ADAPTERS[name].partition(":")
    made: Adapter = getattr(import_module(module), kind)()
    return made


def detect(path: Path) -> str:
    """Return the format whose adapter is surest of the content of ``path``."""
    head = read_head(path)
    scores = {name: adapter(name).sniff(path, head) for name in ADAPTERS}
    best = max(scores, key=lambda name: scores[name])
    if not scores[best]:
        mend = f"Say which with the format option ({', '.join(ADAPTERS)})"
        raise InputError("the format is not recognised", file=path, mend=mend)
    return best


def ingest(
    sources: Sequence[str | Path],
    *,
    format: str = "auto",  # noqa: A002
    recipe: Path | str | None = None,
) -> tuple[EventLog, IngestReport]:
    """Read an export of one tool into the event log.

    Parameters
    ----------
    sources : files, or folders that stand for the files in them; one export may be several files.
    format : a name of `ADAPTERS`, or ``auto`` to tell it from the content.
    recipe : the name of a shipped recipe (`recipe_names`) or the path of a TOML file.

    Raises `InputError` where the files cannot be used and `UsageError` for a wrong recipe or format.
    """
    loaded = load_recipe(recipe) if recipe is not None else None
    paths = list_sources(sources)
    if format == "auto":
        format = loaded.format if loaded is not None else detect(paths[0])  # noqa: A001
    return adapter(format).read(paths, loaded)
