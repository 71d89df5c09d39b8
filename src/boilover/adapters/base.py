"""What an adapter is, and the account that it gives of what it read and what it had to leave out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import pandas as pd
import pyarrow.compute as pc

from boilover.errors import InputError, shorten
from boilover.log import EventLog
from boilover.schema import EVENT_TYPES, LONGEST_ID

if TYPE_CHECKING:
    from boilover.adapters.export import Export

EXAMPLES = 5
"""So many truncated histories are named."""
MAX_DROPPED = 0.2
"""Above this share of what the source tells, dropping it would leave a log that misleads."""
UNFIT_ID = f"ticket id that is blank, of more than {LONGEST_ID:,} characters, or with NUL"
FEW = 10
"""So few are dropped without a word: of a small export they are a large share and prove nothing."""


@dataclass(frozen=True)
class IngestReport:
    """What became of an export: everything that is not in the log is counted here, with its reason.

    ``rows`` counts what the source tells: rows of a table; tickets, changes, messages and events of a system.
    ``unknown`` holds words that neither adapter nor recipe knows, by kind (``status``, ``priority``, ``event type``,
    ``row``) and word; ``notes`` counts what was mended, assumed or left out on purpose; ``lacks`` names the event types
    that the source holds none of: features built on them stay empty. ``truncated`` counts tickets whose history the
    export cuts off, some of them named in ``truncated_examples``. ``time_zone`` is where the ``zoneless`` times, those
    without an offset, were taken to be written.
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
    zoneless: int = 0
    truncated: int = 0
    truncated_examples: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values that JSON can hold."""
        told = asdict(self).items()
        return {name: list(value) if isinstance(value, tuple) else value for name, value in told}


@dataclass
class Tally:
    """Counts kept while an export is read; `report` turns them into an `IngestReport`."""

    rows: int = 0
    time_zone: str = "UTC"
    zoneless: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, Counter[str]] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    truncated: dict[str, None] = field(default_factory=dict)
    lost: int = 0
    types: Counter[str] = field(default_factory=Counter)
    tickets: int = 0
    first: pd.Timestamp | None = None
    last: pd.Timestamp | None = None

    def drop(self, reason: str, count: int = 1, example: object = None, *, lost: bool = True) -> None:
        """Count what is left out; the first example of a reason is kept, shortened.

        ``lost`` is false for what nobody misses, such as doubled rows: it does not count towards the limit.
        """
        if count:
            self.dropped[reason] += int(count)
            self.lost += int(count) if lost else 0
            self.examples.setdefault(reason, shorten(example))

    def note(self, what: str, count: int = 1) -> None:
        """Count something that was mended, assumed or left out on purpose."""
        if count:
            self.notes[what] += int(count)

    def meet(self, kind: str, words: pd.Series) -> None:
        """Count words that are in no vocabulary."""
        for word, count in words.value_counts().items():
            self.meet_one(kind, word, int(count))

    def meet_one(self, kind: str, word: object, count: int = 1) -> None:
        """Count one word that is in no vocabulary."""
        self.unknown.setdefault(kind, Counter())[shorten(word)] += count

    def add(self, log: EventLog) -> None:
        """Count a piece of the log."""
        for each in pc.value_counts(log.events["event_type"]).to_pylist():
            self.types[each["values"]] += each["counts"]
            if each["values"] not in EVENT_TYPES:
                self.meet_one("event type", each["values"], each["counts"])
        self.tickets += len(log.tickets)
        ends = pc.min_max(log.events["occurred_at"])
        first, last = (pd.Timestamp(ends[name].as_py()) for name in ("min", "max"))
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)

    def reasons(self) -> str:
        """Return what was dropped and why, in one line."""
        return ", ".join(f"{reason}: {n}" for reason, n in self.dropped.most_common()) or "nothing was told"

    def check(self, max_dropped: float) -> None:
        """Raise `InputError` where no ticket came out, or where more than a share of the source, and `FEW`, is lost.

        A share of 0 allows none at all.
        """
        if not self.types:
            problem = f"no ticket of this export can be used ({self.reasons()})"
            raise InputError(
                problem, mend="Look whether it is the right export, and the format the right one"
            )
        told = max(self.rows, self.lost)
        if self.lost > max(max_dropped * told, FEW if max_dropped else 0):
            example = next(iter(self.examples.values()))
            problem = f"{self.lost} of {told} rows cannot be used ({self.reasons()}; for instance {example})"
            raise InputError(
                problem, mend="Mend the export or its recipe, or allow a larger share to be dropped"
            )

    def report(self, *, format: str, recipe: str | None, files: Sequence[str]) -> IngestReport:  # noqa: A002
        """Close the account of all pieces that were added."""
        return IngestReport(
            format=format,
            recipe=recipe,
            files=tuple(files),
            rows=self.rows,
            events=self.types.total(),
            tickets=self.tickets,
            first=None if self.first is None else self.first.isoformat(),
            last=None if self.last is None else self.last.isoformat(),
            time_zone=self.time_zone,
            dropped=dict(self.dropped),
            examples=dict(self.examples),
            unknown={kind: dict(words.most_common()) for kind, words in self.unknown.items()},
            notes=dict(self.notes),
            lacks=tuple(kind for kind in EVENT_TYPES if not self.types[kind]),
            zoneless=self.zoneless,
            truncated=len(self.truncated),
            truncated_examples=tuple(list(self.truncated)[:EXAMPLES]),
        )


@runtime_checkable
class Adapter(Protocol):
    """Turns the export of one tool into the event log."""

    name: str

    def sniff(self, head: bytes) -> float:
        """Return how surely a file is this adapter's, 0 to 1, from the first 64 KiB of its content, decompressed."""
        ...

    def read(self, export: Export) -> Iterator[EventLog]:
        """Yield the log in pieces: a piece holds whole tickets, and each ticket is in one piece."""
        ...
