"""What the value of a feature says about a ticket, as a clause that can be checked against the ticket.

How often the tickets of somebody at the desk escalated is never told: scores are about tickets, not people.
"""

from __future__ import annotations

from functools import singledispatch
from math import log2

import numpy as np

from boilover.annotations.priority import LEVELS
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
    Lift,
    Max,
    Mean,
    Min,
    Ratio,
    SinceLast,
    Slope,
    State,
    Sum,
)
from boilover.features.valued import Valued
from boilover.features.view import TICKET
from boilover.nouns import MEASURED, is_about_people, lately, matched, noun, owner, plain, span, whose
from boilover.times import in_words

WORD_LIMIT = 40
HALF, LEAST_DECAYED = 0.5, 0.05
"""Of decayed counts: what an event weighs after its half-life, and below what there is nothing to tell."""
MOST_URGENT = max(LEVELS.values())
FLOAT32_MINUTES = 1e-3
"""More than an hour of the day loses in float32, in minutes."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def sentence(feature: Feature, value: object) -> str:
    """Return what a feature's value says about the ticket, one clause; empty where it says nothing.

    What is the same for every ticket tonight, the hour or the load of the whole desk, is no reason for one of them.
    """
    if is_common(feature):
        return ""
    if isinstance(value, str):
        return say_word(feature, value if len(value) <= WORD_LIMIT else f"{value[: WORD_LIMIT - 1]}…")
    number = float(value) if isinstance(value, (int, float, np.number)) else float("nan")
    return "" if np.isnan(number) else say(feature, number)


def say_word(feature: Feature, word: str) -> str:
    """Return the clause for a category."""
    if isinstance(feature, State):
        return f"{feature.of} is {word}"
    return f"{plain(shown_column(feature))} is {word}"


@singledispatch
def say(feature: Feature, value: float) -> str:
    """Return the clause for a number; a class of features adds its own by registering."""
    return f"{plain(feature.name)}: {value:.3g}"


@say.register
def _(feature: Count, value: float) -> str:
    # None of a key may also mean that the ticket has no such customer, queue or assignee.
    if _rates_people(feature) or (not value and feature.key != TICKET):
        return ""
    one, many = matched(feature.where) or noun(feature.subject)
    amount = f"{value:.0f} {one if value == 1 else many}" if value else f"no {one}"
    return f"{amount}{whose(feature)}{lately(feature) or ('' if value else ' so far')}"


@say.register
def _(feature: SinceLast, value: float) -> str:
    if _rates_people(feature):
        return ""
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
        return f"no {noun(feature.until.name)[0]} in {in_words(value)}"
    one = (matched(feature.where) or noun(feature.subject))[0]
    return f"last {one}{whose(feature)} {in_words(value)} ago"


@say.register
def _(feature: Distinct, value: float) -> str:
    one, many = noun(feature.of)
    return f"{value:.0f} {one if value == 1 else many}{whose(feature)}{lately(feature)}" if value else ""


@say.register
def _(feature: Valued, value: float) -> str:
    if feature.value == "outcome":
        if is_about_people(feature.key):
            return ""
        # Drawn toward the desk's rate, so it is what to expect and not what was counted.
        over = f", judged by{lately(feature).removeprefix(' in')}" if feature.window else ""
        return f"tickets of {owner(feature.key)} are expected to escalate at {value:.0%}{over}"
    if feature.value == "response_gap":
        manner = {Mean: "mean", Max: "longest", Last: "last"}.get(type(feature))
        return f"{manner} wait for a reply{whose(feature)} {in_words(value)}" if manner else ""
    if feature.value in ("unanswered", "words", "exclamations", "questions", "urgency") and not value:
        return ""
    if feature.value == "priority_level" and isinstance(feature, (Last, Max)):
        return _urgency(feature, value)
    name, of = MEASURED.get(feature.value, plain(feature.value)), whose(feature)
    if of and "customer" in name:
        # Else "of the customer's messages of this customer" would say it twice.
        of = f" in tickets{of}"
    if isinstance(feature, Slope) and not value:
        return ""
    if isinstance(feature, Slope):
        return f"{name}{of} {'rises' if value > 0 else 'falls'}"
    manner = {Mean: "mean ", Max: "greatest ", Min: "lowest ", Last: "last ", Sum: ""}[type(feature)]
    if feature.value == "sla_hours":
        return f"service level of {in_words(value)}" if value > 0 else ""
    if feature.value == "unanswered" and isinstance(feature, Last):
        return f"{value:.0f} customer message{'' if value == 1 else 's'} without an answer"
    amount = f"{value:.0f}" if isinstance(feature, Sum) or value == round(value) else f"{value:.2f}"
    return f"{manner}{name}{of}{lately(feature)}: {amount}"


@say.register
def _(feature: Lift, value: float) -> str:
    if is_about_people(feature.key) or not value:
        return ""
    # Drawn toward the desk's rate, so it is what to expect and not what was counted.
    over = f", by{lately(feature).removeprefix(' in')}" if feature.window else ""
    return f"tickets of {owner(feature.key)} escalate about {value:.1f} times as often as the desk's{over}"


@say.register
def _(feature: Decayed, value: float) -> str:
    if feature.value is not None:
        return f"{plain(feature.name)}: {value:.3g}"
    if value < LEAST_DECAYED:
        return ""
    one, many = noun(decaying(feature))
    if value < HALF:
        # One event within so many half-lives would weigh more.
        length, unit = feature.half_life[:-1], feature.half_life[-1]
        none = span(f"{float(length) * int(-log2(value)):g}{unit}")
        return f"no {one}{whose(feature)} in the last {none}"
    amount = max(1, round(value))
    return f"about {amount} recent {one if amount == 1 else many}{whose(feature)} (older ones count less)"


@say.register
def _(feature: Calendar, value: float) -> str:
    when = "now" if feature.of == "now" else "at creation"
    if feature.part == "weekday":
        return f"{WEEKDAYS[int(value) % 7]} {when}"
    # Features are float32: 14:20 is 14.333333, a little less than it.
    minutes = int(value * 60 + FLOAT32_MINUTES) % (24 * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d} UTC {when}"


@say.register
def _(feature: Difference, value: float) -> str:
    key = feature.left.key if isinstance(feature.left, Aggregate) else ""
    if not key:
        return f"{plain(feature.name)}: {value:.3g}"
    return f"{value:.0f} open ticket{'' if value == 1 else 's'} of {owner(key)}" if value > 0 else ""


@say.register
def _(feature: Ratio, value: float) -> str:
    used = isinstance(feature.left, SinceLast) and feature.left.at == "sla_start"
    if used and value < 0:
        return ""
    if used and value > 1:
        return "service level overdue"
    return f"{value:.0%} of the service level's time used" if used else f"{plain(feature.name)}: {value:.3g}"


@say.register
def _(feature: Attribute, value: float) -> str:
    return f"{plain(feature.column)}: {value:.7g}"


def _urgency(feature: Valued, value: float) -> str:
    """Return how urgent the desk holds the ticket, where its own word for that is not at hand."""
    if value < 0:
        # Numbered beyond the scale.
        return ""
    level = f"level {value:.0f} of {MOST_URGENT}"
    return f"priority {level}" if isinstance(feature, Last) else f"highest priority so far: {level}"


def decaying(feature: Decayed) -> str:
    """Return the name of the events that are counted the less the older they are."""
    return feature.subject.removesuffix(f"_{feature.half_life}")


def shown_column(feature: Feature) -> str:
    """Return the column or field that a feature shows as it is."""
    if isinstance(feature, FieldState):
        return feature.field
    return feature.column if isinstance(feature, Attribute) else feature.name


def _rates_people(feature: Aggregate) -> bool:
    """Return whether the feature tells how the tickets of somebody at the desk fare."""
    return feature.subject == "escalated" and is_about_people(feature.key)


def is_common(feature: Feature) -> bool:
    """Return whether a feature is the same for every ticket tonight."""
    if isinstance(feature, Calendar):
        return feature.of == "now"
    if isinstance(feature, (Difference, Ratio)):
        return is_common(feature.left)
    return isinstance(feature, Aggregate) and feature.key == "desk"
