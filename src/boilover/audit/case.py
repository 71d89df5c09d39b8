"""A column on trial: what it tells of each ticket, when, and how a finding about it is written."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from boilover.audit.columns import Column, Flags
from boilover.audit.ends import Vocabulary
from boilover.audit.finding import Finding, Kind
from boilover.errors import shorten
from boilover.history import Codes, Floats, Ints

FEWEST, LEAST_SHARE = 50, 0.05
"""A fact must have become known later in so many tickets, and in such a share of those that have the value."""


@dataclass(frozen=True)
class Case:
    """A column with its times, or None where it holds none, the tickets' ids and the seed of shuffles."""

    column: Column
    moments: Floats | None
    ids: list[str]
    seed: int = 0
    _codes: dict[Vocabulary, Codes] = field(default_factory=dict)

    def codes_in(self, vocabulary: Vocabulary) -> Codes:
        """Return the code in another vocabulary of each ticket's first value, −2 where it is no word of it."""
        if vocabulary not in self._codes:
            places = [vocabulary.places.get(word, -2) for word in self.column.words]
            self._codes[vocabulary] = np.array([*places, -2], dtype=np.int32)[self.column.first]
        return self._codes[vocabulary]

    def finding(self, kind: Kind, evidence: str, ticket: int, fact: str, **figures: float) -> Finding:
        """Return a finding whose example is a ticket's first value beside the fact."""
        column = self.column
        example = f"ticket {shorten(self.ids[ticket])}: {shorten(column.example(ticket))} from the first row; {fact}"
        told = {name: round(float(figure), 4) for name, figure in figures.items()}
        return Finding(
            column.name, column.place, kind, evidence, example, told, column.read, _mend(column, kind)
        )

    def later(self, known: Ints) -> Flags:
        """Return in which tickets a fact became known only after the column told its value."""
        return (self.column.first >= 0) & (known > self.column.since)

    def enough(self, tickets: Flags) -> bool:
        """Return whether that are enough tickets to speak of."""
        return int(tickets.sum()) >= max(FEWEST, LEAST_SHARE * int((self.column.first >= 0).sum()))


def _mend(column: Column, kind: Kind) -> str:
    if kind == "planned":
        return "Leave it, if it is a promise; take it out, if it is set later"
    if kind == "name":
        return "Look in the source when it is filled in; take it out unless that is at creation"
    if not column.read:
        return "No model sees it as it is; keep it so, under [mapping.forbidden] unless a past value is rebuilt from it"
    if column.place == "attribute":
        return "Name it under [mapping.forbidden] instead of [mapping.attributes]; in a log, drop the column of tickets"
    return "Tell it as an event at the moment when it becomes known, or leave it out"
