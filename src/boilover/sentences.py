"""What the value of a feature says about a ticket, as a clause that can be checked against the ticket.

How often an assignee's tickets escalated is never told: scores are about tickets, not people.
"""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from boilover.features import (
    Aggregate,
    Attribute,
    Calendar,
    Count,
    Decayed,
    Difference,
    Distinct,
    Feature,
    FieldState,
    Last,
    Max,
    Mean,
    Min,
    Ratio,
    SinceLast,
    Slope,
    State,
    Sum,
)
from boilover.features.primitives import Valued
from boilover.times import in_words

WORD_LIMIT = 40
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

NOUNS = {
    "any_event": ("event", "events"),
    "created": ("new ticket", "new tickets"),
    "escalated": ("escalation", "escalations"),
    "handoff": ("handoff", "handoffs"),
    "assignee_handoff": ("change of assignee", "changes of assignee"),
    "group_handoff": ("change of group", "changes of group"),
    "assignee_return": ("return to an earlier assignee", "returns to an earlier assignee"),
    "group_return": ("return to an earlier group", "returns to an earlier group"),
    "reopened": ("reopening", "reopenings"),
    "status_entered": ("change of status", "changes of status"),
    "waits_on_customer": ("question back to the customer", "questions back to the customer"),
    "customer_message": ("customer message", "customer messages"),
    "agent_reply": ("agent reply", "agent replies"),
    "agent_action": ("action of an agent", "actions of an agent"),
    "internal_note": ("internal note", "internal notes"),
    "bot_message": ("automatic message", "automatic messages"),
    "priority_raised": ("rise of the priority", "rises of the priority"),
    "priority_lowered": ("fall of the priority", "falls of the priority"),
    "joined_group": ("new ticket", "new tickets"),
    "joined_assignee": ("new ticket", "new tickets"),
    "assignee": ("assignee", "different assignees"),
    "group": ("group", "different groups"),
    "actor": ("person involved", "different people involved"),
    "status": ("status", "different statuses"),
}
OWNERS = {
    "customer_id": "this customer",
    "account_id": "this account",
    "group": "this queue",
    "assignee": "this assignee",
}
MEASURED = {
    "sentiment": "sentiment of the customer's messages",
    "words": "words from the customer",
    "exclamations": "exclamation marks from the customer",
    "questions": "questions from the customer",
    "shouting": "share of words in capitals",
    "urgency": "words of urgency from the customer",
    "unanswered": "customer messages without an answer",
    "csat": "satisfaction score",
    "priority_level": "level of the priority",
}


def sentence(feature: Feature, value: object) -> str:
    """Return what a feature's value says about the ticket, one clause; empty where it says nothing.

    What is the same for every ticket tonight, the hour or the load of the whole desk, is no reason for one of them.
    """
    if _is_common(feature):
        return ""
    if isinstance(value, str):
        return say_word(feature, value if len(value) <= WORD_LIMIT else f"{value[: WORD_LIMIT - 1]}…")
    number = float(value) if isinstance(value, (int, float, np.number)) else float("nan")
    return "" if np.isnan(number) else say(feature, number)


def say_word(feature: Feature, word: str) -> str:
    """Return the clause for a category."""
    if isinstance(feature, State):
        return f"{feature.of} is {word}"
    return f"{_plain(shown_column(feature))} is {word}"


@singledispatch
def say(feature: Feature, value: float) -> str:
    """Return the clause for a number; a class of features adds its own by registering."""
    return f"{_plain(feature.name)}: {value:.3g}"


@say.register
def _(feature: Count, value: float) -> str:
    one, many = _noun(feature.subject)
    amount = f"{value:.0f} {one if value == 1 else many}" if value else f"no {one}"
    return f"{amount}{_whose(feature)}{_lately(feature) or ('' if value else ' so far')}"


@say.register
def _(feature: SinceLast, value: float) -> str:
    if feature.at == "sla_due":
        return (
            f"service level missed {in_words(value)} ago"
            if value > 0
            else f"service level due in {in_words(-value)}"
        )
    if feature.name == "hours_since_created":
        return f"open for {in_words(value)}"
    if feature.until is not None:
        if feature.until.name == "wait_ended":
            return f"customer has waited {in_words(value)} for a reply"
        return f"no {_noun(feature.until.name)[0]} in {in_words(value)}"
    return f"last {_noun(feature.subject)[0]}{_whose(feature)} {in_words(value)} ago"


@say.register
def _(feature: Distinct, value: float) -> str:
    one, many = _noun(feature.of)
    return f"{value:.0f} {one if value == 1 else many}{_lately(feature)}" if value else ""


@say.register
def _(feature: Valued, value: float) -> str:
    if feature.value == "outcome":
        if feature.key == "assignee":
            return ""
        whose = "" if feature.key in OWNERS else f" of this {_plain(feature.key)}"
        return f"tickets{whose}{_whose(feature)} escalate at {value:.0%}{_lately(feature)}"
    if feature.value == "response_gap":
        manner = {Mean: "mean", Max: "longest", Last: "last"}.get(type(feature))
        return f"{manner} wait for a reply {in_words(value)}" if manner else ""
    if feature.value in ("unanswered", "words", "exclamations", "questions", "urgency") and not value:
        return ""
    if isinstance(feature, Slope):
        return f"{MEASURED.get(feature.value, _plain(feature.value))} {'rises' if value > 0 else 'falls'}"
    manner = {Mean: "mean ", Max: "greatest ", Min: "lowest ", Last: "last ", Sum: ""}[type(feature)]
    if feature.value == "sla_hours":
        return f"service level of {in_words(value)}"
    name = MEASURED.get(feature.value, _plain(feature.value))
    amount = f"{value:.0f}" if isinstance(feature, Sum) or value == round(value) else f"{value:.2f}"
    return f"{manner}{name}{_whose(feature)}{_lately(feature)}: {amount}"


@say.register
def _(feature: Decayed, value: float) -> str:
    return f"{value:.1f} recent {_noun(feature.subject.removesuffix(f'_{feature.half_life}'))[1]}"


@say.register
def _(feature: Calendar, value: float) -> str:
    when = "now" if feature.of == "now" else "at creation"
    if feature.part == "weekday":
        return f"{WEEKDAYS[int(value) % 7]} {when}"
    return f"{int(value):02d}:{int(value % 1 * 60):02d} UTC {when}"


@say.register
def _(feature: Difference, value: float) -> str:
    key = feature.left.key if isinstance(feature.left, Aggregate) else ""
    if not key:
        return f"{_plain(feature.name)}: {value:.3g}"
    return f"{value:.0f} open ticket{'' if value == 1 else 's'} of {OWNERS.get(key, _plain(key))}"


@say.register
def _(feature: Ratio, value: float) -> str:
    used = isinstance(feature.left, SinceLast) and feature.left.at == "sla_start"
    if used and value > 1:
        return "service level overdue"
    return f"{value:.0%} of the service level's time used" if used else f"{_plain(feature.name)}: {value:.3g}"


@say.register
def _(feature: Attribute, value: float) -> str:
    return f"{_plain(feature.column)}: {value:g}"


def shown_column(feature: Feature) -> str:
    """Return the column or field that a feature shows as it is."""
    if isinstance(feature, FieldState):
        return feature.field
    return feature.column if isinstance(feature, Attribute) else feature.name


def _noun(subject: str) -> tuple[str, str]:
    plain = _plain(subject)
    return NOUNS.get(subject, (f"‘{plain}’", f"times ‘{plain}’"))


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _lately(feature: Aggregate) -> str:
    return f" in the last {feature.window.replace('d', ' days').replace('h', ' h')}" if feature.window else ""


def _whose(feature: Aggregate) -> str:
    return f" of {OWNERS[feature.key]}" if feature.key in OWNERS else ""


def _is_common(feature: Feature) -> bool:
    if isinstance(feature, Calendar):
        return feature.of == "now"
    if isinstance(feature, (Difference, Ratio)):
        return _is_common(feature.left)
    return isinstance(feature, Aggregate) and feature.key == "desk"
