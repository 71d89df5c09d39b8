"""What a log can tell, as a value and in plain sentences."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from boilover.errors import one_line

MOST_NAMED = 20
"""So many attributes or fields are named in a sentence."""
WIDEST = 40


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
    types: dict[str, int]
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
            said.append(f"Attributes of tickets come on top: {_named(self.attributes)}.")
        if self.fields:
            said.append(
                f"Fields that change, by their names in an [escalation] table: {_named(self.fields)}."
            )
        said.append(
            f"{self.escalated:,} of {self.tickets:,} tickets escalate."
            if self.escalated
            else "No ticket escalates: choose another declaration of the recipe with --escalation, or write one in an"
            " [escalation] table, see docs/configuration.md."
        )
        return (*said, *self.lacking)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values that JSON can hold."""
        return asdict(self) | {
            "available": self.available,
            "catalogue": self.catalogue,
            "sentences": self.sentences,
        }


def _named(names: tuple[str, ...]) -> str:
    """Return foreign names for a sentence, the first of them."""
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(one_line(name, WIDEST) for name in names[:MOST_NAMED]) + more
