"""How tickets' risks rise from night to night: what a capacity of flags a night is set by.

A model is fitted and calibrated on points at fixed ages, several of a ticket, some of them hours after its creation. A
nightly job asks about each open ticket every night, and flags it once. So the risk from which on a desk's capacity is
used is found on nights.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boilover.history import Floats
from boilover.model.damage import read_as

FILLED = 0.9
"""Share of the capacity that an average night is to use: nights differ, and all are filled only where no risk is too
low."""


@dataclass(frozen=True, eq=False)
class Reached:
    """Rises of ``share`` of the tickets over some ``nights``.

    ``night`` int64[m] counts from 0; on it a ticket had its highest risk so far, ``risk`` float64[m], and before no
    more than ``below`` float64[m], 0 where it was not asked about. What tickets had on a first night, before these, is
    no rise: their flags were raised before.
    """

    nights: int
    share: float
    night: npt.NDArray[np.int64]
    below: Floats
    risk: Floats

    @classmethod
    def of(
        cls, ticket: npt.NDArray[np.int32], as_of: npt.NDArray[np.int64], risk: Floats, share: float
    ) -> Reached:
        """Read the rises off n questions about ``share`` of the tickets at risk on each night, by (ticket, as_of)."""
        nights, night = np.unique(as_of, return_inverse=True)
        begins = np.append(True, ticket[1:] != ticket[:-1])
        so_far = highest_so_far(risk, begins)
        below = np.where(begins, 0.0, np.append(0.0, so_far[:-1]))
        rises = (risk > below) & (night > 0)
        return cls(len(nights) - 1, share, night[rises] - 1, below[rises], risk[rises])

    def flags_a_night(self, threshold: float, per_night: int) -> float:
        """Return how many tickets an average night flags: those that came to the threshold, as far as there is room.

        A ticket for which there is none waits for the next night.
        """
        came = (self.below < threshold) & (threshold <= self.risk)
        room, waiting, flagged = per_night * self.share, 0.0, 0.0
        for new in np.bincount(self.night[came], minlength=self.nights).tolist():
            raised = min(waiting + new, room)
            waiting += new - raised
            flagged += raised
        return flagged / self.nights / self.share

    def threshold(self, per_night: int) -> float:
        """Return the risk from which on an average night uses `FILLED` of its capacity; the lowest where none does."""
        tried = np.unique(self.risk)[::-1]
        low, high = 0, len(tried) - 1
        while low < high:
            middle = (low + high) // 2
            if self.flags_a_night(float(tried[middle]), per_night) >= FILLED * per_night:
                high = middle
            else:
                low = middle + 1
        return float(tried[low]) if len(tried) else 0.0

    def to_text(self) -> str:
        """Return JSON, a line per rise, that keeps every bit."""
        rises = zip(self.night.tolist(), self.below.tolist(), self.risk.tolist(), strict=True)
        lines = ",\n".join(f"  {json.dumps(each)}" for each in rises)
        return f'{{\n "nights": {self.nights},\n "share": {self.share},\n "rises": [\n{lines}\n ]\n}}\n'

    @classmethod
    def from_text(cls, content: bytes, file: object = None) -> Reached:
        """Return what `to_text` wrote; raise `InputError` for anything else."""
        with read_as("tells no rises of risks", file):
            told = json.loads(content)
            night, below, risk = np.array(told["rises"], dtype=np.float64).reshape(-1, 3).T
            return cls(int(told["nights"]), float(told["share"]), night.astype(np.int64), below, risk)


def highest_so_far(risk: Floats, begins: npt.NDArray[np.bool_]) -> Floats:
    """Return the running maximum of each ticket's risks, float64[n]; ``begins`` tells where a ticket's first one is."""
    order = np.argsort(risk, kind="stable")
    rank = np.empty(len(risk), dtype=np.int64)
    rank[order] = np.arange(len(risk))
    # The ranks of a later ticket lie above all of the one before.
    base = np.cumsum(begins) * len(risk)
    best = np.maximum.accumulate(base + rank) - base
    return risk[order][best]
