"""What figures of risks come to, in plain words: whether their level is right, and whom a model beats."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.evaluation.baselines import TITLES
from boilover.evaluation.interval import FEWEST, Interval
from boilover.history import Floats
from boilover.words import numbered, rate

WITHIN = 0.2
"""Risks are called right on the whole only where the data can tell that they are so to within this share."""


def level(y: Floats, risk: Floats, tickets: npt.NDArray[np.int64]) -> str:
    """Return how many escalate for each that the risks tell, with its interval, and what that comes to in plain words.

    The interval is two standard errors over tickets to either side: those of the outcomes or of right risks, whichever
    are larger, since few escalations tell too little of how much their number varies. Right is what the interval holds
    within `WITHIN`; where it is wider, so many are told that would make it as narrow.
    """
    # Half an escalation is the least that is told, and the least that chance may add: none tells nothing.
    told, came = max(float(risk.sum()), 0.5), np.bincount(tickets, y) > 0
    gaps = np.bincount(tickets, y - risk)
    spread = max(float((gaps**2).sum()), _spread_of_right(risk, tickets), 0.25)
    ratio, half = float(y.sum()) / told, 2 * np.sqrt(spread) / told
    low, high = max(ratio - half, 0.0), ratio + half
    figures = (
        f"{rate(risk.mean())} on average, where {rate(y.mean())} escalate, {ratio:.2f} times as many"
        f" (95 % interval {low:.2f} to {high:.2f})"
    )
    if not low <= 1 <= high:
        return f"Risks are too {'low' if low > 1 else 'high'} on the whole: {figures}."
    off = max(1 - low, high - 1)
    if came.sum() >= FEWEST and off <= WITHIN:
        return f"Risks are right on the whole to within {off:.0%}: {figures}."
    highest = np.zeros(len(came))
    np.maximum.at(highest, tickets, risk)
    # Two digits of what is a guess.
    needed = float(f"{max(came.sum(), highest.sum(), 1.0) * (half / WITHIN) ** 2:.1e}")
    found = numbered(int(came.sum()), "ticket")
    return (
        f"Whether risks are right on the whole cannot be told: {found} escalated, and about {max(needed, FEWEST):,.0f}"
        f" are needed to tell it within {WITHIN:.0%}; {figures}."
    )


def _spread_of_right(risk: Floats, tickets: npt.NDArray[np.int64]) -> float:
    """Return the variance of how many points escalate if risks are right and points of a ticket share its fate."""
    order = np.lexsort((-risk, tickets))
    place = np.arange(len(risk)) - np.searchsorted(tickets[order], tickets[order])
    return float(((2 * place + 1) * risk[order]).sum() - (np.bincount(tickets, risk) ** 2).sum())


def compare(name: str, model: Interval, peer: Interval, difference: Interval, base_rate: float) -> str:
    """Return the verdict on the model against one peer: ahead or behind only if the interval lies beside 0."""
    words, digits = TITLES.get(name, name), 3 if base_rate >= 0.05 else 4
    if np.isnan(difference.low):
        return f"cannot be compared with {words}: these points are too few or all alike"
    figures = (
        f"average precision {model.estimate:.{digits}f} against {peer.estimate:.{digits}f},"
        f" base rate {base_rate:.{digits}f};"
        f" difference {difference.estimate:+.{digits}f},"
        f" 95 % interval {difference.low:+.{digits}f} to {difference.high:+.{digits}f}"
    )
    if difference.low > 0:
        return f"beats {words} ({figures})"
    if difference.high < 0:
        return f"FALLS BEHIND {words} ({figures})"
    beyond = " beyond chance" if difference.estimate > 0 else ""
    return f"DOES NOT BEAT {words}{beyond} ({figures})"
