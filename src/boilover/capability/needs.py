"""What a feature needs a log to hold before it can say anything, found from what the feature reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from boilover.annotations import Annotations
from boilover.features import (
    Aggregate,
    Attribute,
    Decayed,
    Difference,
    Distinct,
    Feature,
    FieldState,
    Filter,
    Match,
    Ratio,
    SinceLast,
    State,
)
from boilover.features.valued import Valued
from boilover.features.view import DESK, HOLDERS, TICKET
from boilover.nouns import NOUNS
from boilover.schema import MEASURES

STATUS, MESSAGE, PRIORITY, SLA = ("status_changed",), ("message",), ("priority_changed",), ("sla_due",)
ASSIGNEE, GROUP = ("assignee_changed",), ("group_changed",)
FED_BY: dict[str, tuple[str, ...]] = {
    "status": STATUS, "status_entered": STATUS, "reopened": STATUS, "waits_on_customer": STATUS,
    "ceased_open": (*STATUS, "merged"), "outcome": ("escalated",), "escalated": ("escalated",),
    "handoff": (*ASSIGNEE, *GROUP), "assignee": ASSIGNEE, "group": GROUP,
    "assignee_handoff": ASSIGNEE, "assignee_return": ASSIGNEE, "joined_assignee": ASSIGNEE,
    "group_handoff": GROUP, "group_return": GROUP, "joined_group": GROUP,
    "customer_message": MESSAGE, "agent_reply": MESSAGE, "internal_note": MESSAGE, "bot_message": MESSAGE,
    "wait_began": MESSAGE, "response_gap": MESSAGE, "unanswered": MESSAGE,
    "priority": PRIORITY, "priority_level": PRIORITY, "priority_raised": PRIORITY, "priority_lowered": PRIORITY,
    "sla_moved": SLA, "sla_hours": SLA, "sla_due": SLA, "sla_start": SLA, "csat": ("csat",),
    **{column.name: MESSAGE for column in MEASURES},
}  # fmt: skip
"""What an annotation is made of: it stays empty in a log without events of these types."""
WORDS = {
    "ceased_open": "tickets that were solved or closed",
    "outcome": "escalations",
    "priority_level": "priorities whose words are known",
    "wait_began": "customer messages",
    "response_gap": "replies to a customer message",
    "unanswered": "customer messages",
    "sla_moved": "running targets",
    "sla_hours": "running targets",
    "sla_due": "running targets",
    "sla_start": "running targets",
    "sentiment": "customer messages in a language that is scored",
    "csat": "ratings",
    "actor": "actors",
    "agent_action": "actions of a known agent",
    "exclamations": "exclamation marks",
    "questions": "question marks",
    "shouting": "words in capitals",
    "urgency": "words of urgency",
    "words": "texts of customer messages",
}
"""What a need is called where the nouns of `boilover.sentences` do not name it."""


@dataclass(frozen=True)
class Need:
    """Something that must occur in a log; ``name`` is that of an annotation, attribute or field."""

    name: str

    def met(self, notes: Annotations) -> bool:
        """Return whether it occurs."""
        raise NotImplementedError

    def lack(self, types: set[str]) -> str:
        """Return why it is not met in a log that holds events of ``types``, as a clause."""
        fed_by = FED_BY.get(self.name, ())
        if fed_by and not types & set(fed_by):
            return f"no {' or '.join(fed_by)} events"
        return f"no {WORDS.get(self.name) or NOUNS.get(self.name, ('', self.name))[1]}"


@dataclass(frozen=True)
class Occurs(Need):
    """Events that pass a filter."""

    where: Filter

    def met(self, notes: Annotations) -> bool:
        """Return whether any event passes."""
        return bool(self.where.mask(notes).any())


@dataclass(frozen=True)
class Varies(Need):
    """A value that is known and not always 0."""

    def met(self, notes: Annotations) -> bool:
        """Return whether any event has it."""
        values = notes.value(self.name)
        return bool((~np.isnan(values) & (values != 0)).any())


@dataclass(frozen=True)
class Told(Need):
    """A state that some ticket is in."""

    def met(self, notes: Annotations) -> bool:
        """Return whether any event is followed by one."""
        return bool((notes.codes(self.name).codes >= 0).any())


@dataclass(frozen=True)
class Given(Need):
    """An attribute of tickets."""

    def met(self, notes: Annotations) -> bool:
        """Return whether any ticket has it."""
        return bool((notes.history.attribute(self.name).codes >= 0).any())

    def lack(self, types: set[str]) -> str:
        """Return that it is not given."""
        return f"no {self.name}"


def needs(feature: Feature) -> frozenset[Need]:
    """Return all that a log must hold for ``feature`` to be more than a constant."""
    return frozenset(_needs(feature))


def _needs(feature: Feature) -> Iterator[Need]:
    if isinstance(feature, Ratio):
        yield from (*_needs(feature.left), *_needs(feature.right))
    elif isinstance(feature, Difference):
        yield from _needs(feature.left)
    elif isinstance(feature, State):
        yield Told(feature.of)
    elif isinstance(feature, Attribute):
        yield Given(feature.column)
    elif isinstance(feature, FieldState):
        yield Occurs(feature.field, Match("field_changed", field=feature.field))
    elif isinstance(feature, Aggregate):
        yield from _of_aggregate(feature)


def _of_aggregate(feature: Aggregate) -> Iterator[Need]:
    if feature.where is not None:
        yield Occurs(getattr(feature.where, "flag", feature.where.name), feature.where)
    if isinstance(feature, Valued | Decayed) and feature.value:
        yield Varies(feature.value)
    if isinstance(feature, SinceLast) and feature.at:
        yield Varies(feature.at)
    if isinstance(feature, Distinct):
        yield Told(feature.of)
    if feature.key in HOLDERS:
        yield Told(feature.key)
    elif feature.key not in (TICKET, DESK):
        yield Given(feature.key)
