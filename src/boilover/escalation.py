"""What escalated means differs per desk, so it is declared: a rule that turns events into escalated events."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from boilover.annotations import Annotations
from boilover.annotations.priority import priority_level
from boilover.errors import UsageError
from boilover.history import HOUR, KINDS, History, Ints
from boilover.log import EventLog
from boilover.schema import TIMESTAMP

Mask = npt.NDArray[np.bool_]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Frozen):
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
    group_matches: str | None = None
    """The group becomes one whose name holds this regular expression."""
    field: str | None = None
    """A field that is ``raised`` along ``order``, ``equals`` a value, or reaches ``at_least`` a number."""
    raised: bool = False
    order: tuple[str, ...] = ()
    equals: str | None = None
    at_least: float | None = None
    reassignments: int | None = Field(default=None, ge=1)
    """The n-th handoff ``of`` assignee, group or any."""
    of: Literal["assignee", "group", "any"] = "any"
    reopened: int | None = Field(default=None, ge=1)
    sla_missed: bool = False

    @field_validator("group_matches")
    @classmethod
    def _is_expression(cls, pattern: str | None) -> str | None:
        return _checked(pattern)

    @model_validator(mode="after")
    def _one_way(self) -> Condition:
        ways = (
            self.event,
            self.event_type,
            self.priority_raised,
            self.priority_at_least,
            self.group_in,
            self.group_matches,
            self.field if self.event_type is None else None,
            self.reassignments,
            self.reopened,
            self.sla_missed,
        )
        if sum(bool(way) for way in ways) != 1:
            raise ValueError("a condition names exactly one way to escalate")
        if self.event_type is not None and not self.value_in:
            raise ValueError("event_type needs value_in")
        if self.field is not None and self.event_type is None:
            if self.raised == (len(self.order) < 2):
                raise ValueError("raised needs an order of at least two values, and order needs raised")
            if (self.raised, self.equals is not None, self.at_least is not None).count(True) != 1:
                raise ValueError("field needs exactly one of raised, equals and at_least")
        return self

    def moments(self, notes: Annotations, priority_order: tuple[str, ...]) -> tuple[Ints, Ints]:
        """Return the tickets' codes and the moments at which the condition is met, any number per ticket."""
        if self.sla_missed:
            return _missed(notes)
        history = notes.history
        rows = np.flatnonzero(self._rows(notes, priority_order))
        return history.ticket[rows].astype(np.int64), history.time[rows]

    def _rows(self, notes: Annotations, priority_order: tuple[str, ...]) -> Mask:
        history = notes.history
        if self.event is not None:
            return history.kind == KINDS.get(self.event, -2)
        if self.event_type is not None:
            rows = history.kind == KINDS.get(self.event_type, -2)
            rows &= _among(history, "value", self.value_in)
            return rows & _among(history, "field", (self.field,)) if self.field is not None else rows
        if self.priority_raised:
            changed = history.kind == KINDS["priority_changed"]
            return (
                _rises(history, changed, priority_order) if priority_order else notes.flag("priority_raised")
            )
        if self.priority_at_least is not None:
            return _reaches(notes, self.priority_at_least, priority_order)
        if self.group_in or self.group_matches is not None:
            words = history.coded("value").words
            chosen = [word for word in words if word in self.group_in or _found(self.group_matches, word)]
            return (history.kind == KINDS["group_changed"]) & _among(history, "value", tuple(chosen))
        if self.reassignments is not None:
            flag = "handoff" if self.of == "any" else f"{self.of}_handoff"
            return _nth(history, notes.flag(flag), self.reassignments)
        if self.reopened is not None:
            return _nth(history, notes.flag("reopened"), self.reopened)
        changed = (history.kind == KINDS["field_changed"]) & _among(history, "field", (str(self.field),))
        if self.raised:
            return _rises(history, changed, self.order)
        if self.equals is not None:
            return changed & _among(history, "value", (self.equals,))
        told = history.coded("value")
        numbers = np.array([*(_number(word) for word in told.words), np.nan])
        return changed & (numbers[told.codes] >= (self.at_least or 0.0))


class OnlyTickets(_Frozen):
    """Which tickets are asked at all: those whose first group does not match."""

    group_not_matches: str
    at: Literal["first"] = "first"

    @field_validator("group_not_matches")
    @classmethod
    def _is_expression(cls, pattern: str) -> str | None:
        return _checked(pattern)


class EscalationRule(_Frozen):
    """A ticket escalates at the first moment at which any of the conditions is met."""

    any: tuple[Condition, ...] = (Condition(event="escalated"),)
    only_tickets: OnlyTickets | None = None
    priority_order: tuple[str, ...] = ()
    """Priorities from least to most urgent, where `priority_level` does not know them."""


def parse_rule(table: Mapping[str, Any], name: str | None = None) -> EscalationRule:
    """Read the ``[escalation]`` table of a recipe or configuration; ``name`` chooses one of several.

    Raises `UsageError` naming the key that is wrong.
    """
    named = {
        key: value for key, value in table.items() if isinstance(value, Mapping) and key != "only_tickets"
    }
    shared = {key: value for key, value in table.items() if key == "priority_order"}
    chosen = name or table.get("default")
    if named:
        if chosen not in named:
            raise UsageError(f"there is no escalation '{chosen}'. There are: {', '.join(named)}")
        table = shared | dict(named[chosen])
    elif name is not None:
        raise UsageError(f"there is no escalation '{name}': only one is declared, without a name")
    try:
        return EscalationRule.model_validate(dict(table))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in ("escalation", *first["loc"]))
        raise UsageError(f"{place}: {first['msg']}") from error


def declare(log: EventLog, rule: EscalationRule) -> EventLog:
    """Return ``log`` with one escalated event per ticket that the rule escalates, and no other escalated event.

    Tickets outside ``only_tickets`` are left out of the log.
    """
    if rule == EscalationRule():
        return log
    if rule.only_tickets is not None:
        log = _only(log, rule.only_tickets)
    notes = Annotations(History.from_log(log))
    history = notes.history
    first = np.full(history.n_tickets, np.iinfo(np.int64).max)
    for condition in rule.any:
        tickets, times = condition.moments(notes, rule.priority_order)
        np.minimum.at(first, tickets, times)
    escalated = np.flatnonzero(first < np.iinfo(np.int64).max)
    kept = log.events.filter(pc.not_equal(log.events["event_type"], "escalated"))
    added = pa.table(
        {
            "ticket_id": history.ticket_ids.take(pa.array(escalated)),
            "occurred_at": pa.array(first[escalated], type=pa.int64()).cast(TIMESTAMP),
            "event_type": pa.array(["escalated"] * len(escalated), type=pa.string()),
        }
    )
    return replace(log, events=pa.concat_tables([kept, added], promote_options="default"), is_sorted=False)


def _only(log: EventLog, only: OnlyTickets) -> EventLog:
    notes = Annotations(History.from_log(log))
    history = notes.history
    told = history.coded("value")
    rows = np.flatnonzero((history.kind == KINDS["group_changed"]) & (told.codes >= 0))[::-1]
    first = np.full(history.n_tickets, -1)
    first[history.ticket[rows]] = told.codes[rows]
    dropped = np.array([*(_found(only.group_not_matches, word) for word in told.words), False])[first]
    left = history.ticket_ids.filter(pa.array(~dropped))
    if not len(left):
        raise UsageError("escalation: only_tickets leaves no ticket. Loosen group_not_matches")
    tables = (log.events, log.tickets)
    events, tickets = (table.filter(pc.is_in(table["ticket_id"], left)) for table in tables)
    return replace(log, events=events, tickets=tickets)


def _among(history: History, column: str, words: tuple[str, ...]) -> Mask:
    coded = history.coded(column)
    return np.array([*(word in words for word in coded.words), False])[coded.codes]


def _found(pattern: str | None, word: str) -> bool:
    return pattern is not None and re.search(pattern, word) is not None


def _checked(pattern: str | None) -> str | None:
    """Return ``pattern``; raise `ValueError`, which names the key, for what is no regular expression."""
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return pattern


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return float("nan")


def _rises(history: History, changed: Mask, order: tuple[str, ...]) -> Mask:
    """Return which changes raise the level above the ticket's level before; the first known level is no rise."""
    told = history.coded("value")
    levels = np.array([*(order.index(word) if word in order else -1 for word in told.words), -1])[told.codes]
    rows = np.flatnonzero(changed & (levels >= 0))
    rises = np.zeros(len(changed), dtype=bool)
    same = history.ticket[rows[1:]] == history.ticket[rows[:-1]]
    rises[rows[1:]] = same & (levels[rows[1:]] > levels[rows[:-1]])
    return rises


def _reaches(notes: Annotations, word: str, priority_order: tuple[str, ...]) -> Mask:
    history = notes.history
    told = history.coded("value")
    if priority_order and word not in priority_order:
        raise UsageError(f"escalation: priority_at_least '{word}' is not in priority_order")
    level = priority_order.index if priority_order else priority_level
    least = level(word)
    if np.isnan(least):
        raise UsageError(f"escalation: priority '{word}' is not known; declare priority_order")
    known = [each in priority_order if priority_order else True for each in told.words]
    levels = [level(each) if ok else float("nan") for each, ok in zip(told.words, known, strict=True)]
    return (history.kind == KINDS["priority_changed"]) & (np.array([*levels, np.nan])[told.codes] >= least)


def _nth(history: History, flags: Mask, n: int) -> Mask:
    rows = np.flatnonzero(flags)
    counts = np.cumsum(flags)
    before = np.where(history.offsets[:-1] > 0, counts[history.offsets[:-1] - 1], 0)
    reached = np.zeros(len(flags), dtype=bool)
    reached[rows] = counts[rows] - before[history.ticket[rows]] >= n
    return reached


def _missed(notes: Annotations) -> tuple[Ints, Ints]:
    """Return tickets and due times of targets not met by then; when they were told of, if later."""
    history = notes.history
    moved = np.flatnonzero(notes.flag("sla_moved"))
    ticket = history.ticket[moved]
    following = np.append(
        np.where(ticket[1:] == ticket[:-1], history.time[moved[1:]], history.end), history.end
    )
    following = following[: len(moved)]
    # Hours as floats are a fraction of a microsecond off.
    due = np.round(notes.value("sla_due")[moved] * HOUR)
    missed = due < following
    return ticket[missed].astype(np.int64), np.maximum(
        due[missed].astype(np.int64), history.time[moved[missed]]
    )
