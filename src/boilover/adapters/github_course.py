"""The course of issues whose state is told in parts: labels and assignees come and go one by one.

What a label means depends on the others that are there, and whether the issue is closed, so that the parts are gathered
from all members, and walked through in order of time when all is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from boilover.adapters.facts import Facts
from boilover.adapters.github_words import Held, Labels
from boilover.adapters.times import moment
from boilover.times import REACH

LABELED, UNLABELED, ASSIGNED, UNASSIGNED, CLOSED, REOPENED = range(6)
REMOVES = {UNLABELED: LABELED, UNASSIGNED: ASSIGNED}
CLOSED_AS = {"not_planned": "closed", "duplicate": "closed", "converted_to_discussion": "closed"}
"""Why an issue was closed; anything else counts as solved."""


class Part(NamedTuple):
    """One event: what came or went, or why the issue was closed; ``order`` parts those of one second."""

    time: int
    order: int
    kind: int
    word: str
    actor: str | None
    event_id: int | None


def in_order(parts: Iterable[Part]) -> list[Part]:
    """Return the parts of an issue in order of time, each once."""
    once: dict[object, Part] = {}
    for part in sorted(parts, key=lambda each: (each.time, each.order)):
        same = (part.time, part.kind, part.word, part.actor) if part.event_id is None else part.event_id
        once.setdefault(same, part)
    return list(once.values())


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

    def state(self) -> dict[str, Held]:
        """Return each target's value now, and the source's word for it."""
        told = self.meaning.state(self.labels)
        if self.closed is not None:
            told["status"] = CLOSED_AS.get(self.closed, "solved"), self.closed
        return told | {"assignee": (next(reversed(self.assignees), None), None)}


def tell_course(
    facts: Facts, ticket: str, told: Iterable[Part], meaning: Labels, born: tuple[int, str | None] | None
) -> Walk:
    """Tell the state at creation and every change; return where it ends.

    ``born`` is when and by whom the issue was opened: labels that its author gave in that second were chosen in the
    form.
    """
    parts, walk = in_order(told), Walk(meaning)
    _put_back(walk, parts)
    at_birth = [
        part for part in parts if (part.time, part.actor) == born and part.kind in (LABELED, ASSIGNED)
    ]
    for part in at_birth:
        walk.take(part)
    before = walk.state()
    for target, held in before.items():
        facts.at_creation(ticket, target, *held)
    chosen = frozenset(at_birth)
    for part in (each for each in parts if each not in chosen):
        walk.take(part)
        after = walk.state()
        at = datetime.fromtimestamp(part.time, UTC).isoformat()
        for target in (each for each in after if after[each][0] != before[each][0]):
            event_id = None if part.event_id is None else f"{part.event_id}.{target}"
            facts.change(ticket, at, target, *after[target], by=part.actor, event_id=event_id)
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
