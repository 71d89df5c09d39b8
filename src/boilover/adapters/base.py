"""What an adapter is, and the account that it gives of what it read and what it had to leave out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pandas as pd

from boilover.adapters.recipe import Recipe
from boilover.errors import shorten
from boilover.log import EventLog
from boilover.schema import EVENT_TYPES


@dataclass(frozen=True)
class IngestReport:
    """What became of an export: every row that is not in the log is counted here, with its reason.

    Counts are of rows of the source. ``unknown`` holds words that the recipe does not know, by kind
    (``status``, ``priority``, ``row``) and word; ``notes`` counts what was mended or assumed; ``lacks`` names
    the event types that the source holds none of: features built on them stay empty.
    """

    format: str
    recipe: str | None
    files: tuple[str, ...]
    rows: int
    events: int
    tickets: int
    first: str | None
    last: str | None
    time_zone: str
    dropped: Mapping[str, int]
    examples: Mapping[str, str]
    unknown: Mapping[str, Mapping[str, int]]
    notes: Mapping[str, int]
    lacks: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values that JSON can hold."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name in ("dropped", "examples", "notes"):
            plain[name] = dict(plain[name])
        plain["unknown"] = {kind: dict(words) for kind, words in self.unknown.items()}
        plain["files"], plain["lacks"] = list(self.files), list(self.lacks)
        return plain


@dataclass
class Tally:
    """Counts kept while an export is read; `report` turns them into an `IngestReport`."""

    rows: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, Counter[str]] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)

    def drop(self, reason: str, count: int, example: object) -> None:
        """Count rows that are left out; the first example of a reason is kept, shortened."""
        if count:
            self.dropped[reason] += int(count)
            self.examples.setdefault(reason, shorten(example))

    def note(self, what: str, count: int) -> None:
        """Count something that was mended or assumed."""
        if count:
            self.notes[what] += int(count)

    def meet(self, kind: str, words: pd.Series) -> None:
        """Count words that are in no vocabulary."""
        if len(words):
            counts = words.value_counts().items()
            self.unknown.setdefault(kind, Counter()).update({shorten(word): int(n) for word, n in counts})

    def report(
        self,
        log: EventLog,
        *,
        format: str,  # noqa: A002
        recipe: str | None,
        files: Sequence[Path],
        time_zone: str,
    ) -> IngestReport:
        """Close the account of ``log``."""
        times = log.events["occurred_at"].to_pandas()
        present = set(log.events["event_type"].unique().to_pylist())
        return IngestReport(
            format=format,
            recipe=recipe,
            files=tuple(path.name for path in files),
            rows=self.rows,
            events=len(log.events),
            tickets=len(log.tickets),
            first=times.min().isoformat(),
            last=times.max().isoformat(),
            time_zone=time_zone,
            dropped=dict(self.dropped),
            examples=dict(self.examples),
            unknown={kind: dict(words.most_common()) for kind, words in self.unknown.items()},
            notes=dict(self.notes),
            lacks=tuple(kind for kind in EVENT_TYPES if kind not in present),
        )


@runtime_checkable
class Adapter(Protocol):
    """Turns the export of one tool into the event log."""

    name: str

    def sniff(self, path: Path, head: bytes) -> float:
        """Return how surely the content is this adapter's, 0 to 1; ``head`` is its start, decompressed."""
        ...

    def read(self, paths: Sequence[Path], recipe: Recipe | None) -> tuple[EventLog, IngestReport]:
        """Read an export that may be spread over several files."""
        ...
