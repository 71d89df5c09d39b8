"""The ``[escalation]`` table of a recipe or configuration, as frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from boilover.errors import UsageError
from boilover.mistakes import worded
from boilover.schema import EVENT_TYPES, AtRiskUntil

WAYS = (
    "event",
    "event_type",
    "field",
    "priority_raised",
    "priority_at_least",
    "group_in",
    "group_matches",
    "reassignments",
    "reopened",
    "sla_missed",
)
"""Keys that name a way to escalate; ``field`` refines ``event_type`` where both are given."""
SHARED = ("priority_order", "at_risk_until")
"""Keys that may stand once for several declarations."""
REFINED_BY = {
    "event_type": {"value_in", "field"},
    "field": {"raised", "order", "equals", "holds", "at_least"},
    "reassignments": {"of"},
}
"""What else a condition of some ways may hold."""


def _checked(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return pattern


Expression = Annotated[str, AfterValidator(_checked)]
"""A regular expression."""


class Condition(BaseModel, frozen=True, extra="forbid"):
    """One way to escalate. Exactly one of the keys that name a way is given; the others refine it."""

    event: str | None = None
    """An event of this type: ``escalated`` for logs that say it themselves."""
    event_type: str | None = None
    """With ``value_in``, and ``field`` where given: an event that sets one of these values."""
    value_in: tuple[str, ...] = ()
    priority_raised: bool = False
    priority_at_least: str | None = None
    """The priority becomes this or a more urgent one."""
    group_in: tuple[str, ...] = ()
    group_matches: Expression | None = None
    """The group becomes one whose name holds this regular expression."""
    field: str | None = None
    """A field that is ``raised`` along ``order``, ``equals`` a value, ``holds`` a word, or reaches ``at_least``."""
    raised: bool = False
    order: tuple[str, ...] = ()
    equals: str | None = None
    holds: str | None = None
    """One of the words, parted by blanks, that the field is set to: one of the tags."""
    at_least: float | None = None
    reassignments: int | None = Field(default=None, ge=1)
    """The n-th handoff ``of`` assignee, group or any."""
    of: Literal["assignee", "group", "any"] = "any"
    reopened: int | None = Field(default=None, ge=1)
    sla_missed: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Condition:
        ways = [name for name in WAYS if getattr(self, name)]
        if self.event_type is not None:
            ways = [name for name in ways if name != "field"]
        if len(ways) != 1:
            raise ValueError("a condition names exactly one way to escalate")
        stray = self.model_dump(exclude_defaults=True).keys() - {*ways} - REFINED_BY.get(ways[0], set())
        if stray:
            raise ValueError(f"{min(stray)} tells nothing beside {ways[0]}")
        kind = self.event or self.event_type
        if kind is not None and kind not in EVENT_TYPES:
            raise ValueError(f"'{kind}' is no type of event; there are {', '.join(EVENT_TYPES)}")
        if self.event_type is not None and not self.value_in:
            raise ValueError("event_type needs value_in")
        if self.field is not None and self.event_type is None:
            if self.raised == (len(self.order) < 2):
                raise ValueError("raised needs an order of at least two values, and order needs raised")
            if self._ways_of_a_field() != 1:
                raise ValueError("field needs exactly one of raised, equals, holds and at_least")
        return self

    def _ways_of_a_field(self) -> int:
        named = (self.equals, self.holds, self.at_least)
        return self.raised + sum(way is not None for way in named)


class OnlyTickets(BaseModel, frozen=True, extra="forbid"):
    """Which tickets are asked at all: those whose first group does not match."""

    group_not_matches: Expression
    at: Literal["first"] = "first"


TOLD = (Condition(event="escalated"),)


class EscalationRule(BaseModel, frozen=True, extra="forbid"):
    """A ticket escalates at the first moment at which any of the conditions is met."""

    any: tuple[Condition, ...] = Field(default=TOLD, min_length=1)
    only_tickets: OnlyTickets | None = None
    priority_order: tuple[str, ...] = ()
    """Priorities from least to most urgent, where `priority_level` does not know them."""
    at_risk_until: AtRiskUntil = "solved"
    """Of a desk whose tickets escalate when they are solved already; by a reopening, say, or a complaint."""

    @property
    def takes_the_logs(self) -> bool:
        """Whether it leaves to the log what escalated means: its escalated events, of all of its tickets."""
        return self.any == TOLD and self.only_tickets is None

    @property
    def is_of_each_ticket(self) -> bool:
        """Whether a ticket's escalation follows from its own events: a missed target asks how far the log goes."""
        return self.only_tickets is None and not any(condition.sla_missed for condition in self.any)


def only_shared(table: Mapping[str, Any]) -> bool:
    """Return whether a table says nothing of what escalated means, beyond keys that several declarations share."""
    return set(table) <= set(SHARED)


def rule_names(table: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the escalations of an ``[escalation]`` table; none where it declares a single one."""
    return tuple(key for key, value in table.items() if isinstance(value, Mapping) and key != "only_tickets")


def parse_rule(table: Mapping[str, Any], name: str | None = None) -> EscalationRule:
    """Read the ``[escalation]`` table of a recipe or configuration; ``name`` chooses one of several.

    Raises `UsageError` naming the key that is wrong.
    """
    named = rule_names(table)
    shared = {key: value for key, value in table.items() if key in SHARED}
    chosen = name or table.get("default")
    if named:
        if chosen not in named:
            raise UsageError(f"there is no escalation '{chosen}'. There are: {', '.join(named)}")
        table = shared | dict(table[chosen])
    elif name is not None:
        raise UsageError(f"there is no escalation '{name}': only one is declared, without a name")
    try:
        return EscalationRule.model_validate(dict(table))
    except ValidationError as error:
        key, what = worded(error.errors()[0], EscalationRule)
        raise UsageError(f"{'.'.join(filter(None, ('escalation', key)))}: {what}") from error
