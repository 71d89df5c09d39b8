"""The life of a flag: what each happening makes of it. Pure; the ledger's tables are kept by it and checked by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from boilover.flagger.night import OPEN_STATES, State, Tier


class Happening(StrEnum):
    """What can happen to a flag."""

    RAISED = "raised"
    """Also of a flag that stands again, since the night with which it ran out was taken back."""
    STILL = "still"
    """A snooze is over and the flag stands again. A night that changes nothing is counted, not told."""
    TIER = "tier"
    """It rose to a higher tier."""
    CLEARED = "cleared"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    DISAGREED = "disagreed"
    ESCALATED_ANYWAY = "escalated_anyway"
    RESOLVED = "resolved"
    EXPIRED = "expired"


ANSWERS = (Happening.ACKNOWLEDGED, Happening.SNOOZED, Happening.DISAGREED)
"""What people tell."""
OUTCOMES = (Happening.ESCALATED_ANYWAY, Happening.RESOLVED, Happening.EXPIRED)
"""What a flag came to."""
_ANSWERED = {
    Happening.ACKNOWLEDGED: State.ACKNOWLEDGED,
    Happening.SNOOZED: State.SNOOZED,
    Happening.DISAGREED: State.DISAGREED,
}


@dataclass(frozen=True)
class Life:
    """Where a flag stands. Times are UTC microseconds, 0 none; ``outcome`` is empty or one of `OUTCOMES`."""

    state: int = State.NONE
    tier: int = Tier.NONE
    snoozed_until: int = 0
    cleared_at: int = 0
    outcome: str = ""
    outcome_at: int = 0

    @property
    def is_open(self) -> bool:
        """Return whether the flag stands."""
        return self.state in OPEN_STATES


def step(life: Life, kind: str, at: int, *, tier: int = 0, until: int = 0) -> Life:
    """Return what a happening makes of a flag.

    An answer to a flag that is over is kept in the history and changes nothing. The first outcome stays, but for an
    escalation, which comes after whatever was thought before it.
    """
    match Happening(kind):
        case Happening.RAISED:
            return Life(state=State.RAISED, tier=tier)
        case _ if life.state == State.NONE:
            return life
        case Happening.STILL:
            return replace(life, state=State.RAISED, snoozed_until=0)
        case Happening.TIER:
            woken = State.RAISED if life.state == State.SNOOZED else life.state
            return replace(life, state=woken, tier=max(tier, life.tier), snoozed_until=0)
        case Happening.CLEARED:
            return _over(life, at)
        case Happening.ACKNOWLEDGED | Happening.SNOOZED | Happening.DISAGREED as answer:
            if not life.is_open:
                return life
            return replace(
                life, state=_ANSWERED[answer], snoozed_until=until if answer is Happening.SNOOZED else 0
            )
        case outcome:
            if takes_outcome(life, outcome):
                return replace(_over(life, at), outcome=str(outcome), outcome_at=at)
            return life


def takes_outcome(life: Life, outcome: str) -> bool:
    """Return whether an outcome would be new to the flag."""
    if life.state == State.NONE or life.outcome == outcome:
        return False
    return not life.outcome or outcome == Happening.ESCALATED_ANYWAY


def replay(happenings: Iterable[Any]) -> Life:
    """Return what a flag's happenings, first to last, come to; each has ``kind``, ``at``, ``tier`` and ``until``."""
    life = Life()
    for each in happenings:
        life = step(life, each.kind, each.at, tier=each.tier, until=each.until)
    return life


def _over(life: Life, at: int) -> Life:
    """Return the flag closed at ``at``; one that is over already keeps its time."""
    if not life.is_open:
        return life
    return replace(life, state=State.CLEARED, cleared_at=at, snoozed_until=0)
