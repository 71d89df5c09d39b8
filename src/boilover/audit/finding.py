"""What an audit finds: one column that knows the future, with its evidence and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["future time", "final value", "final count", "course", "alone", "named", "name", "planned"]
KINDS: dict[str, str] = {
    "future time": "tells a time after the row that carries it, and it is when the ticket ended",
    "final value": "stands from the first row and is what another column holds at the end",
    "final count": "stands from the first row and is how often something happened in the end",
    "course": "stands from the first row and ranks tickets as their course does",
    "alone": "predicts escalations by itself better than anything known so early should",
    "named": "is called like something of the end, stands from the first row, and depends on the end",
    "name": "is called like something of the end, and stands from the first row",
    "planned": "tells a time after the row that carries it, with no bearing on the end: right for a promise",
}
HINTS = ("name", "planned")
"""Kinds that are worth a look and no proof."""


@dataclass(frozen=True)
class Finding:
    """One column, and why it is suspected.

    ``place`` says what the column is: ``attribute`` of tickets, ``field`` or ``number`` of events, ``column`` of an
    export. ``figures`` holds the numbers of ``evidence``; ``read`` is whether a model would see the column.
    """

    column: str
    place: str
    kind: Kind
    evidence: str
    example: str
    figures: dict[str, float]
    read: bool
    mend: str

    @property
    def is_leak(self) -> bool:
        """Whether this is proof and not only a hint."""
        return self.kind not in HINTS


@dataclass(frozen=True)
class Audit:
    """All findings, proofs first; ``columns`` are those that were looked at, ``tickets`` how many were."""

    tickets: int
    columns: tuple[str, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def leaks(self) -> tuple[str, ...]:
        """The columns that leak, each once."""
        return tuple(dict.fromkeys(each.column for each in self.findings if each.is_leak))

    @property
    def harmful(self) -> tuple[str, ...]:
        """The columns that leak and that a model would see."""
        return tuple(dict.fromkeys(each.column for each in self.findings if each.is_leak and each.read))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values that JSON can hold."""
        return {
            "tickets": self.tickets,
            "columns": list(self.columns),
            "leaks": list(self.leaks),
            "harmful": list(self.harmful),
            "findings": [asdict(each) | {"is_leak": each.is_leak} for each in self.findings],
            "notes": list(self.notes),
        }


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return proofs before hints; the order of columns stays."""
    return tuple(sorted(findings, key=lambda each: not each.is_leak))
