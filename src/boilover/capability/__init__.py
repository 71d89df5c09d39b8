"""What a log can tell: which types of events it holds, and which default features can say something of it.

Found from what the features read: no feature is computed. A `Survey` looks at a log piece by piece.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from boilover.annotations import Annotations
from boilover.capability.found import Capability, Family
from boilover.capability.needs import Given, Need, needs
from boilover.errors import UsageError
from boilover.escalation import EscalationRule, declare
from boilover.features import Feature
from boilover.features.defaults import NEEDS
from boilover.features.families import FAMILIES
from boilover.history import KINDS, History
from boilover.log import EventLog
from boilover.schema import EVENT_TYPES, MEASURES
from boilover.text import with_measures

__all__ = ["Capability", "Family", "Survey"]

STATES = ("status_changed", "assignee_changed", "group_changed", "priority_changed")
SAMPLE = 500
"""Messages of a piece that are read to see whether their text says something."""
MAX_SAMPLED = 5000
MEASURED = {column.name for column in MEASURES}


class Survey:
    """Looks at a log piece by piece; each piece holds whole tickets. ``rule`` says what escalated means."""

    def __init__(self, rule: EscalationRule | None = None) -> None:
        self.rule = rule or EscalationRule()
        self.needs = {feature: needs(feature) for family in FAMILIES.values() for feature in family}
        self.unmet: set[Need] = {need for each in self.needs.values() for need in each}
        self.types: Counter[str] = Counter()
        self.attributes: dict[str, None] = {}
        self.tickets = self.escalated = self.sampled = 0
        self.has_history = False
        self.fields: Counter[str] = Counter()
        self.lacking: tuple[str, ...] = ()

    def seen(self, piece: EventLog) -> EventLog:
        """Look at a piece and hand it on."""
        self.look(piece)
        return piece

    def look(self, piece: EventLog) -> None:
        """Take a piece into account."""
        told = pc.value_counts(piece.events["event_type"]).to_pylist()
        self.types.update({str(each["values"]): each["counts"] for each in told})
        if "field" in piece.events.column_names:
            told = pc.value_counts(piece.events["field"]).to_pylist()
            self.fields.update(
                {each["values"]: each["counts"] for each in told if each["values"] is not None}
            )
        self.tickets += len(piece.tickets)
        given = (name for name in piece.tickets.column_names if name != "ticket_id")
        self.attributes |= {
            name: None for name in given if piece.tickets[name].null_count < len(piece.tickets)
        }
        notes = self._declared(piece)
        if notes is None:
            return
        self.escalated += int(notes.flag("escalated").sum())
        self.has_history = self.has_history or _has_history(notes.history)
        self._meet(notes, {need for need in self.unmet if need.name not in MEASURED})
        spoken = {need for need in self.unmet if need.name in MEASURED}
        if spoken and self.sampled < MAX_SAMPLED and (sample := _sample(piece)) is not None:
            self.sampled += len(sample.events)
            self._meet(Annotations(History.from_log(with_measures(sample))), spoken)

    def capability(self) -> Capability:
        """Return what was found in all pieces."""
        families = []
        for name, features in FAMILIES.items():
            lacking = self._family_lacks(name)
            lost = [feature for feature in features if lacking or self.needs[feature] & self.unmet]
            why = dict.fromkeys(lacking or (clause for feature in lost for clause in self._why(feature)))
            families.append(
                Family(
                    name,
                    tuple(feature.name for feature in features if feature not in lost),
                    tuple(feature.name for feature in lost),
                    tuple(why),
                )
            )
        types = {
            kind: self.types[kind] for kind in (*EVENT_TYPES, *sorted(set(self.types) - set(EVENT_TYPES)))
        }
        return Capability(
            self.tickets,
            types,
            self.escalated,
            self.has_history,
            tuple(self.attributes),
            tuple(families),
            tuple(name for name, _ in self.fields.most_common()),
            () if self.escalated else self.lacking,
        )

    def _family_lacks(self, name: str) -> tuple[str, ...]:
        """Return why `default_features` would not take a family at all."""
        kinds = NEEDS.get(name, ())
        return (f"no {' or '.join(kinds)} events",) if kinds and not set(self.types) & set(kinds) else ()

    def _why(self, feature: Feature) -> Iterator[str]:
        """Yield what a feature lacks; where there is no such customer or account, nothing else matters."""
        lacking = self.needs[feature] & self.unmet
        keys = {need for need in lacking if isinstance(need, Given)}
        for need in sorted(keys or lacking, key=lambda need: need.name):
            yield need.lack(set(self.types))

    def _meet(self, notes: Annotations, asked: set[Need]) -> None:
        self.unmet -= {need for need in asked if need.met(notes)}

    def _declared(self, piece: EventLog) -> Annotations | None:
        """Return the annotations of a piece under the rule, None where the rule leaves none of its tickets."""
        try:
            declared = declare(piece, self.rule)
            self.lacking = tuple(map(str, declared.warnings[len(piece.warnings) :])) or self.lacking
            return Annotations(History.from_log(declared))
        except UsageError:
            if self.rule.only_tickets is None:
                raise
            return None


def _has_history(history: History) -> bool:
    """Return whether a ticket tells two states of one kind, or a message after its creation."""
    said = history.kind == KINDS["message"]
    if (history.time[said] > history.created[history.ticket[said]]).any():
        return True
    for state in STATES:
        rows = np.flatnonzero(history.kind == KINDS[state])
        if len(rows) and np.bincount(history.ticket[rows]).max() > 1:
            return True
    return False


def _sample(piece: EventLog) -> EventLog | None:
    """Return the first messages of a piece as a log, None where there is no text."""
    if "text" not in piece.events.column_names:
        return None
    spoken = pc.and_(pc.equal(piece.events["event_type"], "message"), pc.is_valid(piece.events["text"]))
    rows = np.flatnonzero(spoken.to_numpy())[:SAMPLE]
    return EventLog(piece.events.take(pa.array(rows)), piece.tickets) if len(rows) else None
