"""What a log can tell: which types of events it holds, and which default features can say something of it.

Found from what the features read: no feature is computed. A `Survey` looks at a log piece by piece.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from boilover.annotations import Annotations
from boilover.capability.needs import Given, Need, needs
from boilover.errors import UsageError, one_line
from boilover.escalation import EscalationRule, declare
from boilover.features import Feature
from boilover.features.defaults import NEEDS
from boilover.features.families import FAMILIES
from boilover.history import KINDS, History
from boilover.log import EventLog
from boilover.schema import EVENT_TYPES, MEASURES
from boilover.text import with_measures

STATES = ("status_changed", "assignee_changed", "group_changed", "priority_changed")
SAMPLE = 500
"""Messages of a piece that are read to see whether their text says something."""
MAX_SAMPLED = 5000
MOST_NAMED = 20
"""So many fields are named in a sentence."""
WIDEST = 40
MEASURED = {column.name for column in MEASURES}


@dataclass(frozen=True)
class Family:
    """A family of default features: those that say something, the others, and why they cannot."""

    name: str
    available: tuple[str, ...]
    lost: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True)
class Capability:
    """What a log holds: ``types`` counts events by type, ``escalated`` the tickets that escalate under its rule."""

    tickets: int
    types: Mapping[str, int]
    escalated: int
    has_history: bool
    attributes: tuple[str, ...]
    families: tuple[Family, ...]
    fields: tuple[str, ...] = ()
    """Names of the fields of which events tell, the most frequent first."""
    lacking: tuple[str, ...] = ()
    """What the rule names and the log lacks, where nothing escalates."""

    @property
    def available(self) -> int:
        """How many default features can say something."""
        return sum(len(family.available) for family in self.families)

    @property
    def catalogue(self) -> int:
        """How many default features there are, those that follow from the log aside."""
        return self.available + sum(len(family.lost) for family in self.families)

    @property
    def lacks(self) -> tuple[str, ...]:
        """What cannot be told, in plain sentences; the first says how many features can say something."""
        said = [f"Scores would rest on {self.available} of {self.catalogue} default features."]
        if not self.has_history:
            said.append(
                "No history: no ticket tells a change or a message after its creation, so handoffs, reopens and"
                " response gaps are not available. Export the changes of the tickets too."
            )
        lost = [family for family in self.families if not family.available]
        return (*said, *(f"Nothing about {family.name}: {'; '.join(family.why)}." for family in lost))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The report in plain sentences."""
        said = list(self.lacks)
        if self.attributes:
            said.append(f"Attributes of tickets come on top: {', '.join(self.attributes)}.")
        if self.fields:
            more = f" and {len(self.fields) - MOST_NAMED:,} more" if len(self.fields) > MOST_NAMED else ""
            named = ", ".join(one_line(name, WIDEST) for name in self.fields[:MOST_NAMED])
            said.append(f"Fields that change, by their names in an [escalation] table: {named}{more}.")
        said.append(
            f"{self.escalated:,} of {self.tickets:,} tickets escalate."
            if self.escalated
            else "No ticket escalates: choose another declaration of the recipe with --escalation, or write one in an"
            " [escalation] table, see docs/configuration.md."
        )
        return (*said, *self.lacking)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values that JSON can hold."""
        told = asdict(self) | {
            "attributes": list(self.attributes),
            "types": dict(self.types),
            "fields": list(self.fields),
            "lacking": list(self.lacking),
        }
        told["families"] = [
            {key: list(value) if isinstance(value, tuple) else value for key, value in family.items()}
            for family in told["families"]
        ]
        return told | {
            "available": self.available,
            "catalogue": self.catalogue,
            "sentences": list(self.sentences),
        }


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
