"""What figures of risks come to, in plain words: whether their level is right, and whom a model beats."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.evaluation.baselines import TITLES
from boilover.evaluation.interval import FEWEST, Interval
from boilover.history import Floats
from boilover.words import rate


def level(y: Floats, risk: Floats, tickets: npt.NDArray[np.int64]) -> str:
    """Return whether the mean risk fits the rate, in plain words; two standard errors over tickets are the limit.

    They are those of the outcomes or of right risks, whichever are larger: few escalations tell too little of how much
    their number varies. Nothing is told as right where fewer than ten tickets escalate: nearly everything would be.
    """
    gaps = np.bincount(tickets, y - risk)
    spread = max(float((gaps**2).sum()), _spread_of_right(risk, tickets))
    gap, error = gaps.sum() / len(y), np.sqrt(spread) / len(y)
    figures = f"{rate(risk.mean())} on average, where {rate(y.mean())} escalate"
    if abs(gap) > 2 * error:
        return f"Risks are too {'low' if gap > 0 else 'high'} on the whole: {figures}."
    if len(np.unique(tickets[y > 0])) < FEWEST:
        return f"Too few escalate to tell whether risks are right on the whole: {figures}."
    return f"Risks are right on the whole: {figures}."


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
