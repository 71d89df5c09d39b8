"""Escalations by queue, priority, month or any attribute: small groups are not told, few escalations are marked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.annotations import Annotations
from boilover.errors import UsageError
from boilover.evaluation.interval import Interval, clopper_pearson
from boilover.history import HOUR, Floats
from boilover.kpi.cases import Cases
from boilover.kpi.people import refuse_people
from boilover.mistakes import listed
from boilover.nouns import is_about_people
from boilover.schema import TEXTS

MIN_TICKETS = 30
"""Smaller groups are suppressed and counted: their rates are chance, and may point at one customer."""
FEW = 5
"""Groups with fewer escalations are marked: their rates are little more than chance."""
MOST_GROUPS = 30
NONE = "(none)"
QUEUE, PRIORITY, MONTH, CUSTOMER = "queue", "priority", "month", "customer"
STATES = {QUEUE: "group", PRIORITY: "priority"}
"""What changes is taken as it was first: later queues and priorities are what an escalation leads to."""
SYNONYMS = {CUSTOMER: "customer_id", "account": "account_id", "group": QUEUE}
Strings = npt.NDArray[np.object_]


class Group(NamedTuple):
    """The tickets of one group."""

    name: str
    tickets: int
    escalated: int
    rate: Interval
    """Share that has escalated so far; the interval is exact (Clopper & Pearson)."""
    lift: float
    """The rate over that of all other tickets; NaN where none of those escalated."""
    few: bool
    """Whether there are too few escalations to make much of the rate."""
    hours: float
    """Median hours from creation to the first escalation, of those that escalated."""


class Groups(NamedTuple):
    """The groups that are large enough, the largest first, and how much was suppressed."""

    groups: tuple[Group, ...]
    suppressed_groups: int
    suppressed_tickets: int


def grouped(cases: Cases, by: str) -> Groups:
    """Return escalations by an attribute; raise `UsageError` for one that is not there or tells people of the desk."""
    names = names_of(cases, by)
    happened = cases.has_escalated
    hours: Floats = np.where(happened, (cases.escalated - cases.created) / HOUR, np.nan)
    # Not `np.unique`, to which each name takes as much room as the longest.
    codes, found = pd.factorize(names, sort=True)
    tickets, escalated = np.bincount(codes), np.bincount(codes, happened).astype(np.int64)
    shown = np.flatnonzero(tickets >= MIN_TICKETS)
    shown = shown[np.argsort(-tickets[shown], kind="stable")][:MOST_GROUPS]
    if by == MONTH:
        shown = np.sort(shown)
    total, all_escalated = len(cases), int(happened.sum())
    groups = tuple(
        Group(
            str(found[code]),
            int(tickets[code]),
            int(escalated[code]),
            clopper_pearson(int(escalated[code]), int(tickets[code])),
            _lift(int(escalated[code]), int(tickets[code]), all_escalated, total),
            bool(escalated[code] < FEW),
            _median(hours[codes == code]),
        )
        for code in shown
    )
    told = int(tickets[shown].sum())
    return Groups(groups, len(found) - len(shown), total - told)


def names_of(cases: Cases, by: str) -> Strings:
    """Return the group of each ticket by an attribute, a queue, a priority or the month of creation."""
    refuse_people(by)
    notes, history = cases.notes, cases.notes.history
    if by == MONTH:
        return cases.created.astype("datetime64[us]").astype("datetime64[M]").astype(str).astype(object)
    attributes, synonym = history.attributes.column_names, SYNONYMS.get(by, by)
    if synonym in _states(notes):
        told = notes.codes(STATES[synonym])
        return np.array([*told.words, NONE], dtype=object)[cases.first_code(told)]
    chosen = by if by in attributes else synonym
    if chosen not in attributes:
        raise UsageError(f"tickets of the log have no '{by}'. There are {listed(by, available(notes))}")
    column = history.attributes[chosen].combine_chunks().cast("string").fill_null(NONE)
    values: Strings = np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)
    return values[cases.ticket]


def available(notes: Annotations) -> tuple[str, ...]:
    """Return by what escalations may be told of a log: never by who of the desk worked on them."""
    states, attributes = _states(notes), notes.history.attributes.column_names
    kept = [name for name in attributes if name not in TEXTS and not is_about_people(name)]
    return (*states, MONTH, *(name for name in kept if name not in (*states, MONTH)))


def _states(notes: Annotations) -> list[str]:
    """Return which states the log tells; an attribute may have the name of one that it does not."""
    return [name for name, state in STATES.items() if (notes.codes(state).codes >= 0).any()]


def usual(cases: Cases) -> tuple[str, ...]:
    """Return the attributes that are told unasked: those with a handful of groups that are large enough."""
    return tuple(name for name in available(cases.notes) if _has_few(names_of(cases, name)))


def _has_few(names: Strings) -> bool:
    counts = np.bincount(pd.factorize(names)[0])
    large = int((counts >= MIN_TICKETS).sum())
    return large >= 2 and len(counts) <= 2 * MOST_GROUPS


def _lift(escalated: int, tickets: int, all_escalated: int, total: int) -> float:
    others, rest = all_escalated - escalated, total - tickets
    return escalated / tickets / (others / rest) if others else float("nan")


def _median(hours: Floats) -> float:
    known = hours[~np.isnan(hours)]
    return float(np.median(known)) if len(known) else float("nan")
