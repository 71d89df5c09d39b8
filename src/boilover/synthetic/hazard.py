"""Why a ticket escalates: a hazard made of what can be seen up to a moment, a customer's temper, and luck."""

from __future__ import annotations

from math import log1p

BASE = -9.6
"""Log-hazard per working hour of a quiet ticket; sets the share of tickets that escalate."""
WAIT, HOP, REOPEN, ANGER, TEMPER, OVERDUE = 1.15, 0.65, 1.1, 1.45, 0.85, 0.7
PRIORITY = {"low": -0.5, "normal": 0.0, "high": 0.3, "urgent": 0.7}
STATUS = {"new": 0.0, "open": 0.0, "pending": -1.3, "on_hold": 0.1, "solved": -9.0, "closed": -9.0}
GROUP = {"tier1": 0.0, "tier2": 0.15, "tier3": 0.05, "billing": 0.25, "platform": 0.2}
STEP = 6.0
"""Working hours for which the hazard is taken as constant."""


def standing_hazard(*, temper: float, luck: float, category: float, product: float, plan: float) -> float:
    """Return the part of the log-hazard that is fixed at creation."""
    return BASE + TEMPER * temper + luck + category + product + plan


def log_hazard(
    standing: float,
    *,
    waiting: float,
    hops: int,
    reopens: int,
    anger: float,
    overdue: float,
    priority: str,
    status: str,
    group: str,
) -> float:
    """Return the log-hazard per working hour.

    Parameters
    ----------
    standing : what `standing_hazard` gave.
    waiting : working hours for which the customer has waited for a reply.
    anger : of the customer by now, from 0.
    overdue : share of the time to the resolution target that is used, 0 to 2.
    """
    moved = HOP * min(hops, 4) + REOPEN * min(reopens, 3) + ANGER * anger / 2 + OVERDUE * min(overdue, 2.0)
    return standing + moved + WAIT * log1p(waiting / 4.0) + PRIORITY[priority] + STATUS[status] + GROUP[group]
