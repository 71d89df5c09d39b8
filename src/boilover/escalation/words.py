"""An escalation rule as a person would say it."""

from __future__ import annotations

from boilover.escalation.rule import Condition, EscalationRule

AT_RISK = {
    "solved": "is neither solved nor closed",
    "closed": "is not closed, though it may be solved",
    "escalated": "may be solved or closed, but neither merged nor deleted",
}
"""Which tickets a rule asks about."""


def rule_in_words(rule: EscalationRule) -> str:
    """Return what escalated means under ``rule``, one or two sentences; words of the desk stand in quotes."""
    ways = [_way(condition) for condition in rule.any]
    told = f"A ticket escalates {_listed(ways)}."
    if rule.only_tickets is not None:
        pattern = rule.only_tickets.group_not_matches
        told += f" Asked only of tickets whose first group does not match {_quoted(pattern)}."
    return told


def _way(condition: Condition) -> str:
    if condition.event is not None:
        return f"when the log holds an event {_quoted(condition.event)} of it"
    if condition.event_type is not None:
        of = f" of {_quoted(condition.field)}" if condition.field else ""
        return f"when {_quoted(condition.event_type)}{of} sets {_any_of(condition.value_in)}"
    if condition.field is not None:
        return _field(condition, _quoted(condition.field))
    return _course(condition)


def _field(condition: Condition, field: str) -> str:
    if condition.raised:
        return f"when {field} rises along {', '.join(map(_quoted, condition.order))}"
    if condition.equals is not None:
        return f"when {field} becomes {_quoted(condition.equals)}"
    if condition.holds is not None:
        return f"when {field} holds the word {_quoted(condition.holds)}"
    return f"when {field} reaches {condition.at_least:g}"


def _course(condition: Condition) -> str:
    if condition.priority_raised:
        return "when its priority is raised"
    if condition.priority_at_least is not None:
        return f"when its priority becomes {_quoted(condition.priority_at_least)} or a more urgent one"
    if condition.group_in:
        return f"when it comes to the group {_any_of(condition.group_in)}"
    if condition.group_matches is not None:
        return f"when it comes to a group whose name matches {_quoted(condition.group_matches)}"
    if condition.reassignments is not None:
        holder = "holder" if condition.of == "any" else condition.of
        return f"at its {_nth(condition.reassignments)} change of {holder}"
    if condition.reopened is not None:
        return f"when it is reopened for the {_nth(condition.reopened)} time"
    return "when it misses a service level"


def _any_of(values: tuple[str, ...]) -> str:
    return " or ".join(map(_quoted, values))


def _listed(ways: list[str]) -> str:
    return f"{', '.join(ways[:-1])} or {ways[-1]}" if len(ways) > 1 else ways[0]


def _quoted(word: str) -> str:
    return f"‘{word}’"


def _nth(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
