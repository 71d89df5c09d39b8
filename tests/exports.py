"""Exports of a few pages, read as users read them, and what the tests of all systems ask of the log."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from boilover import Annotations, EventLog, History, check
from boilover.adapters import IngestReport, ingest

Read = tuple[EventLog, pd.DataFrame, pd.DataFrame, IngestReport]


def written(folder: Path, pages: Iterable[Any]) -> Path:
    """Write each page, a text or what is JSON, to a file without an ending, into a folder that holds nothing else."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for place, page in enumerate(pages):
        (folder / f"page-{place}-of-it").write_text(
            page if isinstance(page, str) else json.dumps(page), encoding="utf-8"
        )
    return folder


def read_pages(folder: Path, pages: Iterable[Any], **options: Any) -> Read:
    """Return the log, its events and tickets, and the report of an export; the log fits the contract."""
    log, report = ingest([written(folder, pages)], **options)
    assert not check(log)
    return log, *log.to_pandas(), report


def recipe_of(folder: Path, system: str, options: str, more: str = "") -> Path:
    """Return the path of a recipe with such options, as TOML."""
    path = folder / "desk.toml"
    path.write_text(f'format = "{system}"\n[options]\n{options}\n{more}', encoding="utf-8")
    return path


def told(events: pd.DataFrame, kind: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return some columns of the events of a type, None where a cell is empty."""
    rows = events.loc[events["event_type"] == kind, list(columns)]
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in rows.itertuples(index=False)]


def rows(log: EventLog, event_type: str, ticket: str | None = None) -> pd.DataFrame:
    """Return the events of a type of one ticket, the first of all where none is named."""
    events = log.to_pandas()[0]
    return events[
        (events["event_type"] == event_type) & (events["ticket_id"] == (ticket or events["ticket_id"].min()))
    ]


def values(log: EventLog, event_type: str, ticket: str | None = None) -> list[str | None]:
    """Return the values of the events of a type of one ticket."""
    return [value for (value,) in told(rows(log, event_type, ticket), event_type, "value")]


def own_words(events: pd.DataFrame) -> set[str | None]:
    """Return the source's own words for the targets that fall due or were missed."""
    found = events[(events["event_type"] == "sla_due") | (events["field"] == "sla_breached")]
    return {None if pd.isna(word) else word for word in found["raw_value"]}


def fields_of(log: EventLog, name: str) -> list[str | None]:
    """Return the values that a field of the first ticket took."""
    found = rows(log, "field_changed")
    return [value for (value,) in told(found[found["field"] == name], "field_changed", "value")]


def flags(log: EventLog, name: str) -> int:
    """Return how many events an annotation flags."""
    return int(Annotations(History.from_log(log)).flag(name).sum())
