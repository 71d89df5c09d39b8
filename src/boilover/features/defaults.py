"""Which features a log can feed: the families it has events for, and one feature each for what is its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from boilover.annotations import Annotations
from boilover.features.base import Feature
from boilover.features.columns import Attribute, FieldState, is_number
from boilover.features.families import FAMILIES, outcomes
from boilover.features.filters import Match
from boilover.features.primitives import Count, SinceLast
from boilover.features.view import DESK, HOLDERS, TICKET
from boilover.history import KINDS
from boilover.schema import TEXTS

FREQUENT = 0.005
"""A value, field or type of event is followed when at least this share of tickets has it."""
MAX_FOLLOWED = 40
IDENTIFYING = 0.9
"""An attribute whose values are that close to one per ticket says who, not what kind."""
FEW = 2
HISTORIES = ("customer_id", "account_id")
NEEDS: dict[str, tuple[str, ...]] = {
    "status and reopens": ("status_changed",),
    "response gaps and waiting": ("message",),
    "priority": ("priority_changed",),
    "service levels": ("sla_due",),
    "handoffs and returns": ("assignee_changed", "group_changed"),
    "assignee": ("assignee_changed",),
    "group": ("group_changed",),
}
"""Family to the types of event of which the log must hold one."""
OTHER_KEYS = (TICKET, DESK, *HOLDERS, *(f"{holder}_before" for holder in HOLDERS))
"""Keys that are no attributes: one of such a name is a category and no key."""


def default_features(notes: Annotations) -> tuple[Feature, ...]:
    """Return the features that ``notes`` can feed, in a fixed order.

    Chosen once, on the log that a model is trained on, and saved with the model.
    """
    history = notes.history
    present = {kind for kind, code in KINDS.items() if (history.kind == code).any()}
    chosen = list(FAMILIES["age and calendar"])
    fed = [family for family, kinds in NEEDS.items() if present & set(kinds)]
    for family in fed:
        if family not in HOLDERS:
            chosen += FAMILIES[family]
    for family, measure in (("sentiment", "sentiment"), ("text", "words")):
        if not np.isnan(notes.value(measure)).all():
            chosen += FAMILIES[family]
    for family, attribute in (("customer history", "customer_id"), ("account history", "account_id")):
        if (history.attribute(attribute).codes >= 0).any():
            chosen += FAMILIES[family]
    for holder in HOLDERS:
        if holder in fed:
            chosen += FAMILIES[holder]
    chosen += FAMILIES["desk"]
    return (*chosen, *_attributes(notes), *_fields(notes), *_steps(notes))


def _attributes(notes: Annotations) -> Iterator[Feature]:
    """Follow each attribute as a category or number, and the escalation rate of its values.

    By name: an import may have them in another order than the export, and trees draw columns by their place.
    """
    history = notes.history
    for column in sorted(history.attributes.schema, key=lambda column: column.name):
        if column.name in TEXTS or pa.types.is_temporal(column.type):
            continue
        if is_number(column.type) and not column.name.endswith("_id"):
            yield Attribute(column.name)
            continue
        coded = history.attribute(column.name)
        known = int((coded.codes >= 0).sum())
        if len(coded.words) < FEW or len(coded.words) > IDENTIFYING * known:
            continue
        yield Attribute(column.name)
        if column.name not in (*HISTORIES, *OTHER_KEYS):
            yield from outcomes(column.name)


def _fields(notes: Annotations) -> Iterator[Feature]:
    """Follow each field that changes, as a category."""
    history = notes.history
    changed = history.kind == KINDS["field_changed"]
    for field in _frequent(notes, "field", changed):
        yield FieldState(field)
        yield Count(Match("field_changed", field=field))


def _steps(notes: Annotations) -> Iterator[Feature]:
    """Count each frequent status, and each frequent event of a type that the contract does not know."""
    history = notes.history
    for status in _frequent(notes, "value", history.kind == KINDS["status_changed"]):
        yield Count(Match("status_changed", status))
    for step in _frequent(notes, "event_type", history.kind < 0):
        yield Count(Match(step))
        yield SinceLast(Match(step))


def _frequent(
    notes: Annotations, column: str, among: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> list[str]:
    """Return the words of a column that enough tickets have among some events, the most frequent first."""
    history = notes.history
    coded = history.coded(column)
    rows = np.flatnonzero(among & (coded.codes >= 0))
    pairs = np.unique(history.ticket[rows].astype(np.int64) * (len(coded.words) + 1) + coded.codes[rows])
    counts = np.bincount(pairs % (len(coded.words) + 1), minlength=len(coded.words))
    order = sorted(range(len(coded.words)), key=lambda code: (-counts[code], coded.words[code]))
    least = max(FREQUENT * history.n_tickets, FEW)
    return [coded.words[code] for code in order[:MAX_FOLLOWED] if counts[code] >= least]
