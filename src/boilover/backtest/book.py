"""What is remembered between nights, for all tickets of a log, and every flag that was ever raised."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from boilover.flagger import Decision, Memory, State, Tier, Verdict
from boilover.history import Codes, Ints

Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]


class End(IntEnum):
    """How a flag ended."""

    STANDS = 0
    """It was open when the replay ended."""
    CLEARED = 1
    """The policy let it go."""
    RESOLVED = 2
    """Its ticket was no longer at risk on the next night."""
    ESCALATED = 3
    """Its ticket escalated while it stood."""


@dataclass(frozen=True)
class Flags:
    """Flags in the order in which they were raised, and counts of nights of all ``n_tickets`` of a log.

    ``ticket`` (n), ``raised_at`` (n) and ``ended_at`` (n; 0: it stands) in microseconds, ``end`` (n) codes of `End`,
    ``tier`` (n) the highest. ``stood`` (n_tickets): nights on which a flag stood.
    """

    ticket: Places
    raised_at: Ints
    ended_at: Ints
    end: npt.NDArray[np.int8]
    tier: npt.NDArray[np.int8]
    stood: Places

    def __len__(self) -> int:
        """Return how many flags were raised."""
        return len(self.ticket)


@dataclass(frozen=True)
class Ends:
    """How tickets end, as far as a replay asks: when they ``escalated`` (n_tickets), and when they were over."""

    escalated: Ints
    _keys: Places
    _times: Ints
    _n_nights: int

    @classmethod
    def of(cls, escalated: Ints, ticket: Codes, time: Ints, nights: Ints) -> Ends:
        """Keep when tickets ceased to be at risk, sorted by (ticket, time), for ascending ``nights``."""
        n = len(nights) + 1
        return cls(escalated, ticket.astype(np.int64) * n + np.searchsorted(nights, time), time, n)

    def resolved(self, tickets: Places, night: int) -> Ints:
        """Return since when tickets that are not at risk on a night have been so."""
        return self._times[np.searchsorted(self._keys, tickets * self._n_nights + night, side="right") - 1]


class Book:
    """The ledger of a replay: nobody answers its flags.

    A flag ends when the policy clears it, or when its ticket escalates or is not at risk on a night.
    """

    def __init__(self, ends: Ends) -> None:
        """Remember nothing yet of tickets that end so."""
        self._ends = ends
        n_tickets = len(ends.escalated)
        self._memory = Memory.empty(n_tickets)
        self._flag = np.full(n_tickets, -1, dtype=np.int64)
        empty = np.empty(0, dtype=np.int64)
        byte = np.empty(0, dtype=np.int8)
        stood = np.zeros(n_tickets, dtype=np.int64)
        self._flags = Flags(empty, empty, empty, byte, byte, stood)

    def turn_to(self, night: int, as_of: int, tickets: Codes) -> Memory:
        """End the flags of tickets that are not at risk as of a night; return what is known of those that are."""
        absent = self._flag >= 0
        absent[tickets] = False
        left = np.flatnonzero(absent)
        escalated = self._end_escalated(left, as_of)
        lost = left[~escalated]
        self._end(lost, self._ends.resolved(lost, night), End.RESOLVED)
        return Memory(**{each.name: getattr(self._memory, each.name)[tickets] for each in fields(Memory)})

    def standing(self, tickets: Codes) -> Bools:
        """Return which of some tickets have an open flag."""
        return self._flag[tickets] >= 0

    def decided(self, as_of: int, tickets: Codes, decision: Decision) -> None:
        """Take down a night's decision."""
        self.changed(
            as_of,
            tickets,
            decision.verdict == Verdict.NEW,
            decision.verdict == Verdict.CLEARED,
            decision.tier,
        )
        rises = decision.verdict == Verdict.RAISED_TIER
        self._memory.tier[tickets[rises]] = decision.tier[rises]
        self._flags.tier[self._flag[tickets[rises]]] = decision.tier[rises]
        self._memory.nights_above[:] = 0
        self._memory.nights_above[tickets] = decision.nights_above
        self._memory.nights_below[tickets] = np.where(self.standing(tickets), decision.nights_below, 0)

    def changed(
        self, as_of: int, tickets: Codes, new: Bools, cleared: Bools, tier: npt.NDArray[np.int8] | None = None
    ) -> None:
        """Take down which tickets of a night get a flag, and which lose theirs; it is a watch without ``tier``."""
        self._end(tickets[cleared], as_of, End.CLEARED)
        raised = tickets[new]
        count = len(raised)
        tiers = np.full(count, Tier.WATCH, dtype=np.int8) if tier is None else tier[new]
        memory, flags = self._memory, self._flags
        memory.state[raised], memory.tier[raised], memory.raised_at[raised] = State.RAISED, tiers, as_of
        self._flag[raised] = len(flags) + np.arange(count)
        self._flags = Flags(
            np.append(flags.ticket, raised),
            np.append(flags.raised_at, np.full(count, as_of)),
            np.append(flags.ended_at, np.zeros(count, dtype=np.int64)),
            np.append(flags.end, np.full(count, End.STANDS, dtype=np.int8)),
            np.append(flags.tier, tiers),
            flags.stood,
        )
        flags.stood[tickets[self.standing(tickets)]] += 1

    def close(self, at: int) -> Flags:
        """End the flags of tickets that escalated up to the end of the replay; return all flags."""
        self._end_escalated(np.flatnonzero(self._flag >= 0), at)
        return self._flags

    def _end_escalated(self, tickets: Places, at: int) -> Bools:
        """End the flags of those of ``tickets`` that have escalated; return which these are."""
        times = self._ends.escalated[tickets]
        escalated: Bools = times <= at
        self._end(tickets[escalated], times[escalated], End.ESCALATED)
        return escalated

    def _end(self, tickets: npt.NDArray[np.integer], at: int | Ints, end: End) -> None:
        places = self._flag[tickets]
        self._flags.end[places], self._flags.ended_at[places] = end, at
        self._memory.state[tickets], self._memory.cleared_at[tickets] = State.CLEARED, at
        self._memory.nights_below[tickets] = 0
        self._flag[tickets] = -1
