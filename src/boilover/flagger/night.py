"""What a decision is made of: one night's tickets, what is remembered of them, and what is decided.

All arrays have one value per open ticket, in the same order. Times are UTC microseconds, int64; 0 is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from boilover.errors import InputError

Objects = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.int8]
Counts = npt.NDArray[np.int32]
Times = npt.NDArray[np.int64]


class State(IntEnum):
    """What a ticket's latest flag is; a flag is *open* in every state but ``NONE`` and ``CLEARED``."""

    NONE = 0
    RAISED = 1
    ACKNOWLEDGED = 2
    SNOOZED = 3
    DISAGREED = 4
    CLEARED = 5
    """Also what was resolved or has expired: the flag is over, and the cooldown runs from ``cleared_at``."""


class Tier(IntEnum):
    """How urgent a flag is."""

    NONE = 0
    WATCH = 1
    WARN = 2
    CRITICAL = 3


class Verdict(IntEnum):
    """What is decided about a ticket."""

    QUIET = 0
    """No flag, and no reason for one."""
    NEW = 1
    """A flag is raised."""
    STILL = 2
    """The open flag stays as it is; one whose snooze is over is raised again."""
    RAISED_TIER = 3
    """The open flag moves to a higher tier."""
    CLEARED = 4
    """The open flag ends."""
    SUPPRESSED = 5
    """Held back; ``why_not`` says by what."""


class By(IntEnum):
    """Who asks for the flag tonight; ``NONE`` where the risk lies between the levels of clearing and raising."""

    NONE = 0
    MODEL = 1
    TRIGGER = 2
    BOTH = 3


class WhyNot(IntEnum):
    """What holds a flag, or the rise of its tier, back; of several the first in this order is told."""

    NOTHING = 0
    SNOOZED = 1
    DISAGREED = 2
    MINIMUM_NIGHTS = 3
    COOLDOWN = 4
    HOLDOUT = 5
    QUIET_HOURS = 6
    CAPACITY = 7


WHY_NOT = tuple("" if each is WhyNot.NOTHING else each.name.lower().replace("_", " ") for each in WhyNot)
"""The words of `WhyNot`, by code: ``WHY_NOT[4]`` is ``cooldown``."""
OPEN_STATES = (State.RAISED, State.ACKNOWLEDGED, State.SNOOZED, State.DISAGREED)
QUEUE = "queue"
"""The segment key by which the capacity of a queue is counted."""


@dataclass(frozen=True)
class Night:
    """The n open tickets of a night, as of one moment; their ids are different.

    ``risk`` is 0 to 1, NaN where it is unknown. ``segments`` holds the keys that the policy asks for (``queue``, …),
    words or None. ``weight`` is the customer's value, 1 for the usual one. ``fired`` (n, t) tells which of the t
    triggers fire.
    """

    as_of: int
    ticket_id: Objects
    risk: Floats
    segments: Mapping[str, Objects]
    weight: Floats
    fired: Flags
    trigger_names: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check that all arrays tell of the same tickets."""
        n = len(self.ticket_id)
        told = {"risk": self.risk, "weight": self.weight, "fired": self.fired, **self.segments}
        _same_length(n, told)
        if self.fired.shape != (n, len(self.trigger_names)):
            raise InputError(
                f"{len(self.trigger_names)} triggers and fired of shape {self.fired.shape} differ"
            )

    def __len__(self) -> int:
        """Return how many tickets are open."""
        return len(self.ticket_id)


@dataclass(frozen=True)
class Memory:
    """What the ledger knows of a night's tickets before it, aligned to ``Night.ticket_id``.

    ``state``: of the latest flag, codes of `State`. ``tier``: the highest of that flag so far. ``nights_above``: nights
    in a row at or above the level of raising, up to the night before, of every ticket: 0 for most, so that only
    others need be kept. ``nights_below``: nights in a row of an open flag below the level of clearing, no trigger
    firing; 0 where no flag is open.
    """

    state: Bytes
    tier: Bytes
    raised_at: Times
    cleared_at: Times
    nights_above: Counts
    nights_below: Counts
    snoozed_until: Times

    def __post_init__(self) -> None:
        """Check that all arrays are of one length."""
        _same_length(len(self.state), {each.name: getattr(self, each.name) for each in fields(self)})

    def __len__(self) -> int:
        """Return of how many tickets it tells."""
        return len(self.state)

    @classmethod
    def empty(cls, n: int) -> Memory:
        """Return the memory of ``n`` tickets that were never flagged."""
        byte, count, time = np.zeros(n, np.int8), np.zeros(n, np.int32), np.zeros(n, np.int64)
        return cls(byte, byte.copy(), time, time.copy(), count, count.copy(), time.copy())


@dataclass(frozen=True)
class Decision:
    """What is decided about each ticket of a night, aligned to ``Night.ticket_id``.

    ``verdict``, ``tier``, ``by`` and ``why_not`` are codes of the enumerations here. ``tier``: of the flag after
    tonight; what a held-back flag would have had; 0 where there is none. ``nights_above`` and ``nights_below``:
    tonight counted. ``threshold``: the risk from which on this ticket counts as above tonight.
    """

    verdict: Bytes
    tier: Bytes
    by: Bytes
    nights_above: Counts
    nights_below: Counts
    why_not: Bytes
    threshold: Floats

    def __len__(self) -> int:
        """Return how many tickets were decided."""
        return len(self.verdict)


def _same_length(n: int, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    for name, values in arrays.items():
        if len(values) != n:
            raise InputError(f"{n} tickets and {len(values)} values differ in number", column=name)
