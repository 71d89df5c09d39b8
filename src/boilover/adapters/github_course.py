"""The course of issues whose state is told in parts: labels and assignees come and go one by one.

What a label means depends on the others that are there, and whether the issue is closed, so that the parts are gathered
from all members, a few numbers each, and walked through in order of time when all is read.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from boilover.adapters.facts import Facts
from boilover.adapters.github_words import Labels
from boilover.adapters.times import moment
from boilover.times import REACH

LABELED, UNLABELED, ASSIGNED, UNASSIGNED, CLOSED, REOPENED = range(6)
REMOVES = {UNLABELED: LABELED, UNASSIGNED: ASSIGNED}
CLOSED_AS = {"not_planned": "closed", "duplicate": "closed", "converted_to_discussion": "closed"}
"""Why an issue was closed; anything else counts as solved."""


@dataclass(frozen=True)
class Part:
    """One event: what came or went, or why the issue was closed."""

    time: int
    kind: int
    word: str
    actor: str | None
    event_id: str | None


class Course:
    """Gathers parts in any order, words as small numbers; `parts` gives them by issue."""

    def __init__(self) -> None:
        self._words: dict[str | None, int] = {}
        self._tickets: dict[str, int] = {}
        self._columns = {
            name: array("q") for name in ("ticket", "time", "order", "kind", "word", "actor", "id")
        }

    def add(
        self,
        ticket: str,
        at: object,
        kind: int,
        word: str,
        *,
        actor: str | None,
        event_id: int | None,
        order: int,
    ) -> bool:
        """Put a part away; say whether its time can be read."""
        time = seconds(at)
        if time is None:
            return False
        told = (
            self._tickets.setdefault(ticket, len(self._tickets)), time, order, kind,
            self._words.setdefault(word, len(self._words)), self._words.setdefault(actor, len(self._words)),
            -1 if event_id is None else event_id,
        )  # fmt: skip
        for column, value in zip(self._columns.values(), told, strict=True):
            column.append(value)
        return True

    def parts(self) -> Iterator[tuple[str, list[Part]]]:
        """Yield the parts of each issue in order of time, each once."""
        held = {
            name: np.frombuffer(column, dtype=np.int64) for name, column in self._columns.items() if column
        }
        if not held:
            return
        by_time = np.lexsort([held[name] for name in ("order", "time", "ticket")])
        ends = np.flatnonzero(np.diff(held["ticket"][by_time], append=-1)) + 1
        start, tickets, words = 0, list(self._tickets), list(self._words)
        for end in ends.tolist():
            rows = by_time[start:end]
            start = end
            told = {name: column[rows].tolist() for name, column in held.items()}
            yield tickets[told["ticket"][0]], list(self._once(told, words))

    def _once(self, held: Mapping[str, list[int]], words: Sequence[str | None]) -> Iterator[Part]:
        met: set[object] = set()
        for time, kind, word, actor, number in zip(
            *(held[name] for name in ("time", "kind", "word", "actor", "id")), strict=True
        ):
            same = number if number >= 0 else (time, kind, word, actor)
            if same not in met:
                met.add(same)
                event_id = str(number) if number >= 0 else None
                yield Part(time, kind, str(words[word]), words[actor], event_id)


@dataclass
class Walk:
    """An issue on its way; ``labels`` and ``assignees`` in the order in which they came."""

    meaning: Labels
    labels: dict[str, None] = field(default_factory=dict)
    assignees: dict[str, None] = field(default_factory=dict)
    closed: str | None = None

    def take(self, part: Part) -> None:
        """Take one part."""
        held = self.labels if part.kind in (LABELED, UNLABELED) else self.assignees
        if part.kind in (CLOSED, REOPENED):
            self.closed = part.word if part.kind == CLOSED else None
            return
        held.pop(part.word, None)
        if part.kind not in REMOVES:
            held[part.word] = None

    def state(self) -> dict[str, tuple[str | None, str | None]]:
        """Return each target's value now, and the source's word for the status."""
        told: dict[str, tuple[str | None, str | None]] = {
            target: (value, None) for target, value in self.meaning.state(self.labels).items()
        }
        if self.closed is not None:
            told["status"] = CLOSED_AS.get(self.closed, "solved"), self.closed
        return told | {"assignee": (next(reversed(self.assignees), None), None)}


def tell_course(
    facts: Facts, ticket: str, parts: list[Part], meaning: Labels, born: tuple[int, str | None] | None
) -> Walk:
    """Tell the state at creation and every change; return where it ends.

    ``born`` is when and by whom the issue was opened: labels that its author gave in that second were chosen in the
    form.
    """
    walk = Walk(meaning)
    _put_back(walk, parts)
    at_birth = [
        part for part in parts if (part.time, part.actor) == born and part.kind in (LABELED, ASSIGNED)
    ]
    for part in at_birth:
        walk.take(part)
    before = walk.state()
    for target, told in before.items():
        facts.at_creation(ticket, target, *told)
    chosen = frozenset(at_birth)
    for part in (each for each in parts if each not in chosen):
        walk.take(part)
        after = walk.state()
        at = datetime.fromtimestamp(part.time, UTC).isoformat()
        for target in (each for each in after if after[each] != before[each]):
            old, event_id = before[target][0], part.event_id and f"{part.event_id}.{target}"
            facts.change(ticket, at, target, *after[target], old=old, by=part.actor, event_id=event_id)
        before = after
    return walk


def _put_back(walk: Walk, parts: list[Part]) -> None:
    """Give the issue what it had at creation: what goes without having come."""
    met: set[tuple[int, str]] = set()
    for part in parts:
        key = REMOVES.get(part.kind, part.kind), part.word
        if part.kind in REMOVES and key not in met:
            (walk.labels if part.kind == UNLABELED else walk.assignees)[part.word] = None
        met.add(key)


def seconds(at: object) -> int | None:
    """Return an ISO time as seconds since 1970; None for what is none."""
    read = moment(str(at))
    told = None if read is None else int(read.timestamp())
    return told if told is not None and REACH[0] <= told * 1_000_000 < REACH[1] else None
