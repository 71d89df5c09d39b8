"""What a rule names that a log does not hold, where nothing escalates under it: beside it stands what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from boilover.errors import one_line
from boilover.escalation.moments import found
from boilover.escalation.rule import Condition, EscalationRule
from boilover.mistakes import nearest
from boilover.schema import Violation

MOST = 1000
"""So many values, the most frequent ones, are compared with one that is not there."""
WIDEST = 40
MEND = "Name what is there in the [escalation] table: a field by its name in the log"


def lacking(rule: EscalationRule, events: pa.Table) -> tuple[Violation, ...]:
    """Return a warning for each name of a rule's conditions that no event bears."""
    told = dict.fromkeys(sentence for condition in rule.any for sentence in _lacking(condition, events))
    return tuple(Violation("escalation", each, MEND, severity="warning") for each in told)


def _lacking(condition: Condition, events: pa.Table) -> Iterator[str]:
    kind = (
        condition.event or condition.event_type or ("field_changed" if condition.field is not None else None)
    )
    if condition.group_in or condition.group_matches is not None:
        kind = "group_changed"
    if kind is None:
        return
    some = events.filter(pc.equal(events["event_type"], kind))
    if not len(some) and kind in (condition.event, condition.event_type):
        yield _sentence("event", kind, _words(events, "event_type"))
        return
    if condition.field is not None:
        own = (
            some.filter(pc.equal(some["field"], condition.field))
            if "field" in some.column_names
            else some[:0]
        )
        if not len(own):
            yield _sentence("field", condition.field, _words(some, "field"))
            return
        some = own
    values = _words(some, "value")
    for word, fits in _asked(condition):
        if not any(map(fits, values)):
            of = f"value of the field {condition.field!r}" if condition.field is not None else "value"
            yield _sentence("group" if kind == "group_changed" else of, word, values)


def _asked(condition: Condition) -> Iterator[tuple[str, Callable[[str], bool]]]:
    """Yield each word that a condition asks for, and what tells whether a value is it."""
    equal = (*condition.group_in, *condition.value_in, *condition.order)
    for word in (*equal, *([] if condition.equals is None else [condition.equals])):
        yield word, word.__eq__
    if condition.holds is not None:
        holds = condition.holds
        yield holds, lambda value: holds in value.split()
    if condition.group_matches is not None:
        pattern = condition.group_matches
        yield pattern, lambda value: found(pattern, value)


def _words(events: pa.Table, column: str) -> list[str]:
    """Return the words of a column, the most frequent ones first."""
    if column not in events.column_names:
        return []
    counted = [each for each in pc.value_counts(events[column]).to_pylist() if each["values"] is not None]
    return [str(each["values"]) for each in sorted(counted, key=lambda each: -each["counts"])[:MOST]]


def _sentence(what: str, word: str, known: Iterable[str]) -> str:
    there = ", ".join(repr(one_line(each, WIDEST)) for each in nearest(word, known)) or "none"
    return f"no ticket escalates, and no {what} is {one_line(word, WIDEST)!r}; there are: {there}"
