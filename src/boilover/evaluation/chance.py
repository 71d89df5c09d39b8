"""The calibration error that right risks come to by chance.

It is never 0: a bin of few points has another rate than its risks say, however right these are. So an error of a small
sample proves nothing until it is larger than what chance alone makes.
"""

from __future__ import annotations

import numpy as np

from boilover.history import Floats, Ints
from boilover.kernels.base import compiled


def errors_by_chance(bins: Ints, tickets: Ints, risk: Floats, *, rounds: int, seed: int) -> Floats:
    """Return the calibration error in each of ``rounds`` draws of outcomes that the risks are right about.

    bins, tickets : of each point, codes from 0. risk : float64[n], 0 to 1. Points of one ticket share its fate: their
    outcomes agree as far as the risks allow.
    """
    generator = np.random.default_rng(seed)
    fates = int(tickets.max()) + 1
    return np.array([_error(bins, tickets, risk, generator.random(fates)) for _ in range(rounds)])


@compiled
def _error(bins: Ints, tickets: Ints, risk: Floats, fate: Floats) -> float:
    sums = np.zeros(bins.max() + 1)
    for row in range(len(risk)):
        sums[bins[row]] += risk[row] - (1.0 if fate[tickets[row]] < risk[row] else 0.0)
    return np.abs(sums).sum() / len(risk)  # type: ignore[no-any-return,unused-ignore]
