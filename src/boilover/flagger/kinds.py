"""Which kind of escalation a flagged ticket is likely to need: plain rules, each of which states what it reads.

*Functional*: other skills, another team. *Hierarchical*: somebody with more authority. *Priority*: the same people,
sooner. Each rule that holds adds its points to its kind; the kind with the most points is likely. Of equal ones the
first in the order of `KINDS` counts, since what a manager hears too late costs most.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from boilover.annotations import Annotations
from boilover.errors import InputError
from boilover.features import Count, Feature, Flag, Last, Ratio, SinceLast, compute
from boilover.features.families import ESCALATED, HANDOFF, PROMISES, REOPENED
from boilover.points import Points
from boilover.sentences import sentence

Kind = Literal["hierarchical", "functional", "priority"]
KINDS: tuple[Kind, ...] = ("hierarchical", "functional", "priority")
WAITED = SinceLast(Flag("wait_began"), until=Flag("wait_ended"))
SHARE_USED = next(feature for feature in PROMISES if isinstance(feature, Ratio))

TRIGGER_RULES: Mapping[str, tuple[Kind, int]] = {
    "asks_for_manager": ("hierarchical", 5),
    "legal": ("hierarchical", 5),
    "safety": ("hierarchical", 5),
    "churn": ("hierarchical", 4),
    "falling_sentiment": ("hierarchical", 2),
    "vip": ("hierarchical", 1),
    "failed_attempts": ("functional", 3),
    "handoffs": ("functional", 3),
    "returns": ("functional", 3),
    "reopened": ("functional", 2),
    "outage": ("priority", 4),
    "sla_used": ("priority", 3),
    "no_public_update": ("priority", 2),
    "unresolved": ("priority", 2),
}
"""What a trigger that fired says, by its name."""


@dataclass(frozen=True)
class StateRule:
    """The ticket's state says a kind where a feature reaches ``least``, or is at most ``most``; ``says`` tells that."""

    kind: Kind
    points: int
    says: str
    feature: Feature
    least: float = -np.inf
    most: float = np.inf


STATE_RULES = (
    StateRule("hierarchical", 1, "the last sentiment is −0.5 or less", Last(value="sentiment"), most=-0.5),
    StateRule(
        "hierarchical",
        1,
        "the customer had an escalation in the last 90 days",
        Count(ESCALATED, "90d", key="customer_id"),
        least=1,
    ),
    StateRule("functional", 2, "there were 2 handoffs or more", Count(HANDOFF), least=2),
    StateRule("functional", 1, "it was reopened", Count(REOPENED), least=1),
    StateRule("priority", 2, "the running service level's time is used up", SHARE_USED, least=1),
    StateRule("priority", 1, "the customer has waited 24 h or more for a reply", WAITED, least=24),
)

REASON_RULES: tuple[tuple[Kind, int, str], ...] = (
    ("hierarchical", 1, r"\b(?:sentiment|satisfaction|capitals|exclamation marks)\b"),
    ("hierarchical", 1, r"\bof this (?:customer|account)\b"),
    (
        "functional",
        1,
        r"\b(?:handoffs?|reopenings?|changes? of (?:assignee|group)|different (?:groups|assignees))\b",
    ),
    ("functional", 1, r"\breturns? to an earlier (?:assignee|group)\b"),
    ("priority", 1, r"\b(?:service level|customer has waited|for a reply|no first reply|words of urgency)\b"),
    ("priority", 1, r"^open for\b"),
)
"""What a reason of the model says, by the words of `boilover.sentences`."""


@dataclass(frozen=True)
class Evidence:
    """One rule that holds: where it was seen (``trigger``, ``state`` or ``reason``), and the sentence."""

    kind: Kind
    points: int
    source: str
    sentence: str


@dataclass(frozen=True)
class Likely:
    """The likely kind, None where no rule holds; all evidence, the strongest first."""

    kind: Kind | None
    evidence: tuple[Evidence, ...]

    @property
    def points(self) -> dict[Kind, int]:
        """The points of each kind."""
        return {kind: sum(each.points for each in self.evidence if each.kind == kind) for kind in KINDS}


def likely_kinds(
    notes: Annotations,
    points: Points,
    triggers: Sequence[Mapping[str, str]],
    reasons: Sequence[Sequence[str]],
) -> list[Likely]:
    """Return the likely kind of escalation of n tickets, as of their points.

    ``triggers``: of each ticket the sentences of the triggers that fired, by name (`Fired.evidence`). ``reasons``: of
    each the model's reasons. The ticket's state is read through the same features as the model's, so nothing after a
    point's moment counts. Raises `InputError` where the three differ in number.
    """
    if not len(points) == len(triggers) == len(reasons):
        raise InputError(
            f"{len(points)} points, {len(triggers)} of triggers and {len(reasons)} of reasons differ"
        )
    if not len(points):
        return []
    frame = compute([rule.feature for rule in STATE_RULES], notes, points)
    states = [frame[rule.feature.name].to_numpy(dtype=np.float64) for rule in STATE_RULES]
    return [
        weigh(
            [
                *_of_triggers(triggers[row]),
                *_of_state([each[row] for each in states]),
                *_of_reasons(reasons[row]),
            ]
        )
        for row in range(len(points))
    ]


def weigh(evidence: Sequence[Evidence]) -> Likely:
    """Return the kind that has most points; what says the same of the same kind twice counts once."""
    every = sorted(evidence, key=lambda each: (-each.points, KINDS.index(each.kind)))
    first = {(each.kind, each.sentence): each for each in reversed(every)}
    ordered = tuple(each for each in every if each is first[each.kind, each.sentence])
    points = Likely(None, ordered).points
    best = max(KINDS, key=lambda kind: points[kind])
    return Likely(best if points[best] else None, ordered)


def _of_triggers(fired: Mapping[str, str]) -> list[Evidence]:
    return [
        Evidence(*TRIGGER_RULES[name], "trigger", said)
        for name, said in fired.items()
        if name in TRIGGER_RULES
    ]


def _of_state(values: Sequence[float]) -> list[Evidence]:
    return [
        Evidence(rule.kind, rule.points, "state", sentence(rule.feature, value))
        for rule, value in zip(STATE_RULES, values, strict=True)
        if rule.least <= value <= rule.most
    ]


def _of_reasons(reasons: Sequence[str]) -> list[Evidence]:
    """Each reason counts once, for the first rule that it fits."""
    found = []
    for reason in reasons:
        for kind, points, pattern in REASON_RULES:
            if re.search(pattern, reason):
                found.append(Evidence(kind, points, "reason", reason))
                break
    return found
