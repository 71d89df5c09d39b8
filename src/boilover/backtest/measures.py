"""What flags came to, ticket by ticket: the numbers that every figure of a replay is a sum of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boilover.backtest.asked import Nights
from boilover.backtest.book import End, Flags
from boilover.history import HOUR, Floats, Ints

AHEAD = 24.0
"""Hours: so long before the escalation a flag leaves time to act."""
Places = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Window:
    """When a replay was: escalations count in (``begin``, ``close``]; the log tells outcomes up to ``known``."""

    begin: int
    close: int
    known: int
    horizon: int


@dataclass(frozen=True)
class Tickets:
    """The n tickets that were at risk on a night or escalated in the window, codes of the history ascending.

    ``escalated`` int64 (n): when, 0 where not in the window. ``nights`` float64 (n): on how many nights at risk.
    """

    ticket: Places
    escalated: Ints
    nights: Floats

    @property
    def unseen(self) -> Bools:
        """Which escalated without having been at risk on any night: no nightly job can catch them."""
        return self.nights == 0


@dataclass(frozen=True)
class Outcomes:
    """What a replay's flags came to for n tickets, float64 (n) each.

    ``caught``: it escalated while a flag stood; ``by_chance``: the share of the open tickets that had a flag on the
    last night before it escalated, which is how likely as many flags drawn at random catch it; ``lead``: hours from
    raising that flag to the escalation, 0 where missed; ``early``: lead of `AHEAD` or more. ``flags``: how many were
    raised. ``stood``: nights with a flag.
    ``false``: flags that caught nothing and are no longer ``pending``: pending stand at the window's close, for less
    than a horizon. ``flips``: clearings, and flags raised after the first. ``flagged``: had one at all. ``first_known``
    and ``first_right``: the horizon of the first flag is in the log; the ticket escalated within it.
    """

    caught: Floats
    by_chance: Floats
    lead: Floats
    early: Floats
    flags: Floats
    stood: Floats
    false: Floats
    pending: Floats
    flips: Floats
    flagged: Floats
    first_known: Floats
    first_right: Floats


def tickets_of(nights: Nights, escalated: Ints, window: Window) -> Tickets:
    """Return the tickets of a replay; ``escalated`` int64 (n_tickets) is when each ticket of the log escalates."""
    counts = np.bincount(nights.points.ticket, minlength=len(escalated)).astype(np.float64)
    within = (escalated > window.begin) & (escalated <= window.close)
    ticket = np.flatnonzero(within | (counts > 0))
    return Tickets(ticket, np.where(within, escalated, 0)[ticket], counts[ticket])


def outcomes(flags: Flags, escalated: Ints, tickets: Tickets, window: Window, nights: Nights) -> Outcomes:
    """Return what ``flags`` came to on ``nights``, ticket by ticket."""
    n = len(escalated)

    def count(which: Bools) -> Floats:
        return np.bincount(flags.ticket[which], minlength=n).astype(np.float64)

    caught = flags.end == End.ESCALATED
    lead = np.zeros(n)
    lead[flags.ticket[caught]] = (flags.ended_at[caught] - flags.raised_at[caught]) / HOUR
    pending = (flags.end == End.STANDS) & (flags.raised_at + window.horizon > window.close)
    is_first = np.zeros(len(flags), dtype=np.bool_)
    is_first[np.unique(flags.ticket, return_index=True)[1]] = True
    until = flags.raised_at + window.horizon
    known = is_first & (until <= window.known)
    right = known & (escalated[flags.ticket] <= until)
    found = {
        "caught": count(caught),
        "by_chance": _by_chance(flags, np.where(escalated <= window.close, escalated, 0), nights),
        "lead": lead,
        "early": (count(caught) > 0) & (lead >= AHEAD),
        "flags": count(np.ones(len(flags), dtype=np.bool_)),
        "stood": flags.stood.astype(np.float64),
        "false": count(~caught & ~pending),
        "pending": count(pending),
        "flips": count(flags.end == End.CLEARED) + count(~is_first),
        "flagged": count(is_first),
        "first_known": count(known),
        "first_right": count(right),
    }
    return Outcomes(**{name: values[tickets.ticket].astype(np.float64) for name, values in found.items()})


def standing(flags: Flags, moments: Ints) -> Places:
    """Return how many flags stand after each night."""
    ended = np.sort(flags.ended_at[flags.ended_at > 0])
    raised = np.searchsorted(np.sort(flags.raised_at), moments, side="right")
    return raised - np.searchsorted(ended, moments, side="right")


def _by_chance(flags: Flags, escalated: Ints, nights: Nights) -> Floats:
    """Return of each ticket the share of open ones with a flag on the night before it escalated, 0 if it was none."""
    n = len(escalated)
    last = np.searchsorted(nights.moments, escalated) - 1
    keys = nights.night * n + nights.points.ticket
    seen = (last >= 0) & np.isin(last * n + np.arange(n), keys)
    share = standing(flags, nights.moments) / np.maximum(np.diff(nights.starts), 1)
    return np.where(seen, share[last], 0.0)
