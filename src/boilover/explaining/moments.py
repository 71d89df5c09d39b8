"""The moments at which a ticket is asked: after its events, on nights, and now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boilover.annotations import Annotations
from boilover.history import HOUR, Ints
from boilover.points import DAY, NIGHT_HOUR, READY, REASONS, SOLVED, Points, state_of

MAX_NIGHTS = 200
"""Of more nights, every second, third, … is asked."""
EVENT, NIGHT, NOW = "event", "night", "now"


@dataclass(frozen=True)
class Moments:
    """m moments in order of time: ``at`` (UTC microseconds), the kind of each, and whether the ticket is asked then."""

    at: Ints
    kind: tuple[str, ...]
    is_asked: npt.NDArray[np.bool_]
    note: tuple[str, ...]
    """As `boilover.score` says it: why there is no risk, or that the ticket is solved."""


def moments_of(notes: Annotations, ticket: int, happened: Sequence[int], until: int) -> Moments:
    """Return the moments of a ticket: ``happened`` (UTC microseconds), its nights at risk, and ``until``.

    A ticket that is over by ``until`` is asked no more after its last event.
    """
    kinds = dict.fromkeys(_nights(notes, ticket, happened[0], until), NIGHT)
    kinds |= dict.fromkeys(happened, EVENT)
    if until not in kinds and _states(notes, ticket, np.array([until]))[0] == READY:
        kinds[until] = NOW
    at = np.array(sorted(kinds), dtype=np.int64)
    state = _states(notes, ticket, at)
    return Moments(
        at,
        tuple(kinds[int(moment)] for moment in at),
        (state == READY) | (state == SOLVED),
        tuple(REASONS[code] for code in state),
    )


def _nights(notes: Annotations, ticket: int, since: int, until: int) -> list[int]:
    """Return the nights on which the ticket is at risk; of very many, an even selection."""
    shift = NIGHT_HOUR * HOUR
    nights = np.arange(-(-(since - shift) // DAY), (until - shift) // DAY + 1, dtype=np.int64) * DAY + shift
    nights = nights[_states(notes, ticket, nights) == READY]
    return [int(night) for night in nights[:: -(-len(nights) // MAX_NIGHTS) or 1]]


def _states(notes: Annotations, ticket: int, at: Ints) -> npt.NDArray[np.int8]:
    return state_of(notes.history, Points(np.full(len(at), ticket, dtype=np.int32), at))
