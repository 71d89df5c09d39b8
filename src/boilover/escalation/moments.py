"""When a condition is met: at which moments of which tickets."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from boilover.annotations import Annotations
from boilover.annotations.priority import priority_level
from boilover.escalation.priorities import unknown_priority
from boilover.escalation.rule import Condition
from boilover.history import HOUR, KINDS, History, Ints

Mask = npt.NDArray[np.bool_]


def moments(condition: Condition, notes: Annotations, priority_order: tuple[str, ...]) -> tuple[Ints, Ints]:
    """Return the tickets' codes and the moments at which the condition is met, any number per ticket."""
    if condition.sla_missed:
        return _missed(notes)
    history = notes.history
    rows = np.flatnonzero(_rows(condition, notes, priority_order))
    return history.ticket[rows].astype(np.int64), history.time[rows]


def _rows(condition: Condition, notes: Annotations, priority_order: tuple[str, ...]) -> Mask:
    history = notes.history
    if condition.event is not None:
        return history.kind == KINDS.get(condition.event, -2)
    if condition.event_type is not None:
        rows = history.kind == KINDS.get(condition.event_type, -2)
        rows &= _among(history, "value", condition.value_in)
        return rows & _among(history, "field", (condition.field,)) if condition.field is not None else rows
    if condition.priority_raised:
        changed = history.kind == KINDS["priority_changed"]
        return _rises(history, changed, priority_order) if priority_order else notes.flag("priority_raised")
    if condition.priority_at_least is not None:
        return _reaches(notes, condition.priority_at_least, priority_order)
    if condition.group_in or condition.group_matches is not None:
        words = history.coded("value").words
        chosen = [
            word for word in words if word in condition.group_in or found(condition.group_matches, word)
        ]
        return (history.kind == KINDS["group_changed"]) & _among(history, "value", tuple(chosen))
    if condition.reassignments is not None:
        flag = "handoff" if condition.of == "any" else f"{condition.of}_handoff"
        return _nth(history, notes.flag(flag), condition.reassignments)
    if condition.reopened is not None:
        return _nth(history, notes.flag("reopened"), condition.reopened)
    changed = (history.kind == KINDS["field_changed"]) & _among(history, "field", (str(condition.field),))
    if condition.raised:
        return _rises(history, changed, condition.order)
    if condition.equals is not None:
        return changed & _among(history, "value", (condition.equals,))
    if condition.holds is not None:
        words = history.coded("value").words
        return changed & _among(
            history, "value", tuple(word for word in words if condition.holds in word.split())
        )
    told = history.coded("value")
    numbers = np.array([*(_number(word) for word in told.words), np.nan])
    return changed & (numbers[told.codes] >= (condition.at_least or 0.0))


def _among(history: History, column: str, words: tuple[str, ...]) -> Mask:
    coded = history.coded(column)
    return np.array([*(word in words for word in coded.words), False])[coded.codes]


def found(pattern: str | None, word: str) -> bool:
    """Return whether ``word`` holds the regular expression, where there is one."""
    return pattern is not None and re.search(pattern, word) is not None


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
        raise unknown_priority(word, history, priority_order)
    level = priority_order.index if priority_order else priority_level
    least = level(word)
    if np.isnan(least):
        raise unknown_priority(word, history, priority_order)
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
