"""What flags change: tickets that a lot kept unflagged beside those that it did not, by intention to treat.

Both arms are all tickets that were to be flagged on a night that drew lots, from the first such night on, whether or
not the capacity reached them: they differ by the lot alone. Nothing else in a ledger can tell an effect, since flagged
tickets are riskier than others to begin with.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from sqlalchemy import Connection, select

from boilover.errors import InputError
from boilover.evaluation.interval import Interval, wilson
from boilover.flagger.ledger.life import Happening
from boilover.flagger.ledger.memory import check_desk, latest_night
from boilover.flagger.ledger.schema import lots
from boilover.times import iso, parse_duration
from boilover.words import spelled


@dataclass(frozen=True)
class Arm:
    """Tickets of one arm that can be judged, and how many of them escalated in time."""

    tickets: int
    escalated: int

    @property
    def share(self) -> Interval:
        """The share that escalated, with its score interval."""
        share = self.escalated / self.tickets
        (low,), (high,) = wilson(np.array([share]), np.array([float(self.tickets)]))
        return Interval(share, float(low), float(high))


@dataclass(frozen=True)
class Effect:
    """Both arms; ``unripe`` tickets drew a lot too late to be judged by outcomes told ``until`` then (µs, UTC)."""

    within: str
    held_out: Arm
    others: Arm
    unripe: int
    until: int

    @property
    def difference(self) -> Interval:
        """The share of the others less that of those held out (Newcombe, Statistics in Medicine 1998, method 10)."""
        flagged, held = self.others.share, self.held_out.share
        gap = flagged.estimate - held.estimate
        low = gap - sqrt((flagged.estimate - flagged.low) ** 2 + (held.high - held.estimate) ** 2)
        high = gap + sqrt((flagged.high - flagged.estimate) ** 2 + (held.estimate - held.low) ** 2)
        return Interval(gap, low, high)

    @property
    def says(self) -> str:
        """What can be claimed, as a sentence."""
        gap, low, high = (100 * each for each in self.difference)
        told = f"{abs(gap):.1f} points (95 % interval {low:+.1f} to {high:+.1f})"
        if low <= 0 <= high:
            return f"no effect can be told from chance: the shares differ by {told}"
        return f"tickets that may be flagged escalate {'less' if gap < 0 else 'more'} often, by {told}"


def effect(connection: Connection, desk: str, *, within: str = "7d") -> Effect:
    """Return both arms of a desk; escalations count within a span after the first night that was to flag a ticket.

    A desk may stop to tell outcomes while nights go on, so a ticket is judged only where its span was over by the
    latest outcome that is known of these tickets. Raises `InputError` where a lot held nobody out, or nobody long
    enough ago, or no outcome of any ticket that long ago is known: without that no effect can be claimed; `UsageError`
    for a desk that the ledger does not know.
    """
    span = parse_duration(within)
    check_desk(connection, desk)
    latest = latest_night(connection, desk)
    rows = connection.execute(select(lots).where(lots.c.desk == desk)).fetchall()
    ripe = [row for row in rows if latest is not None and row.as_of + span <= latest.as_of]
    until = max((row.outcome_at for row in rows if row.outcome), default=0)
    judged = [row for row in ripe if row.as_of + span <= until]
    arms = {}
    for is_held_out in (True, False):
        did = "held out" if is_held_out else "left to be flagged"
        if not any(row.is_held_out == is_held_out for row in ripe):
            raise InputError(
                f"no ticket was {did} by a lot at least {spelled(within)} ago, so no effect can be claimed",
                mend="Set [outcome] holdout in the policy, and let nights pass",
            )
        arm = [row for row in judged if row.is_held_out == is_held_out]
        if not arm or not any(row.outcome for row in judged):
            known = f"outcomes were told until {iso(until)}" if until else "no outcome was told"
            raise InputError(
                f"nothing was judged yet: {known}, and none of a ticket that was {did} {spelled(within)} before",
                mend="Tell outcomes with `boilover ledger outcomes`",
            )
        in_time = [
            row.outcome == Happening.ESCALATED_ANYWAY and row.outcome_at <= row.as_of + span for row in arm
        ]
        arms[is_held_out] = Arm(len(arm), sum(in_time))
    return Effect(within, arms[True], arms[False], len(rows) - len(judged), until)
