"""What is to be told of flags: one notice per happening of a recorded night, with a key that never changes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import Connection, select

from boilover.flagger.beside import ready, told
from boilover.flagger.ledger import Happening, Ledger
from boilover.flagger.ledger.connection import transaction
from boilover.flagger.ledger.schema import flags, history, nights
from boilover.flagger.night import By, Tier

TOLD = (Happening.RAISED, Happening.TIER, Happening.STILL, Happening.CLEARED)
"""What nights tell; what people answer they know themselves."""
FIRST_NIGHTS = 2
"""A desk that was never delivered for is told of its last nights: a first run may have been killed before."""


@dataclass(frozen=True)
class Notice:
    """One happening of one flag. Times are UTC microseconds; ``risk`` and ``threshold`` are those of the raising."""

    desk: str
    ticket_id: str
    flag_id: int
    happening: str
    at: int
    """The night that told of it."""
    raised_at: int
    tier: str
    by: str
    risk: float | None
    threshold: float | None
    why: str
    model: str
    policy: str

    @property
    def key(self) -> str:
        """The idempotency key: of the desk, the ticket, the flag's raising, and what happened when."""
        named = [self.desk, self.ticket_id, self.raised_at, self.happening, self.at]
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:32]


def happenings(ledger: Ledger, desk: str) -> tuple[Notice, ...]:
    """Return what nights told of a desk's flags since the last delivery, in the order in which it happened.

    Where no night came after that one it is told again, so that what a re-run adds to it is told too; what was put
    into the outbox before is known there by its key. A night that another record replaced tells nothing.
    """
    with transaction(ledger.engine, writes=True) as connection:
        ready(connection)
        since = _since(connection, desk)
        asked = (
            select(
                history.c.kind,
                history.c.tier.label("tier_then"),
                history.c.reason,
                history.c.at,
                nights.c.model,
                nights.c.policy,
                *(
                    flags.c[name]
                    for name in ("id", "ticket_id", "raised_at", "by", "risk", "threshold", "why")
                ),
                flags.c.tier,
            )
            .join_from(history, flags, flags.c.id == history.c.flag_id)
            .join(nights, nights.c.id == history.c.night_id)
            .where(nights.c.desk == desk, nights.c.replaced.is_(False), nights.c.as_of >= since)
            .where(history.c.kind.in_([str(each) for each in TOLD]))
            .order_by(history.c.id)
        )
        return tuple(
            Notice(
                desk=desk,
                ticket_id=row.ticket_id,
                flag_id=row.id,
                happening=row.kind,
                at=row.at,
                raised_at=row.raised_at,
                tier=Tier(row.tier_then or row.tier).name.lower(),
                by=By(row.by).name.lower() if row.by else "",
                risk=row.risk,
                threshold=row.threshold,
                why=row.reason or row.why,
                model=row.model,
                policy=row.policy,
            )
            for row in connection.execute(asked)
        )


def _since(connection: Connection, desk: str) -> int:
    """Return the first night to tell of: the one after what was told, or that one again where it is the last."""
    known = connection.execute(select(told.c.as_of).where(told.c.desk == desk)).scalar()
    asked = select(nights.c.as_of).where(nights.c.desk == desk, nights.c.replaced.is_(False))
    last = connection.execute(asked.order_by(nights.c.as_of.desc()).limit(FIRST_NIGHTS)).scalars().all()
    if known is None:
        return int(min(last, default=0))
    return int(min(known + 1, max(last, default=0)))
