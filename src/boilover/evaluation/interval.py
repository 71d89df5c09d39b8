"""A figure with its interval, and the ways in which intervals are made."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from boilover.history import Floats

Z = 1.959963984540054
"""Standard errors to either side of a 95 % interval."""
FEWEST = 10
"""With fewer escalated tickets nobody is compared: the bootstrap's intervals are too narrow then, or of no width."""


class Interval(NamedTuple):
    """A figure and the bounds of its interval; NaN where it is not defined."""

    estimate: float
    low: float
    high: float


def percentile_interval(estimate: float, rounds: Floats, level: float) -> Interval:
    """Return the percentile interval of bootstrap ``rounds``; undefined rounds are left out."""
    rounds = rounds[np.isfinite(rounds)]
    if not len(rounds) or not np.isfinite(estimate):
        return Interval(estimate, float("nan"), float("nan"))
    low, high = np.quantile(rounds, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, float(low), float(high))


def share_interval(share: float, rounds: Floats, level: float, trials: int) -> Interval:
    """Return the percentile interval of a share of ``trials``, and the exact one of a share of none or of all.

    What all cases have in common no resampling varies: the percentiles of such a share are an interval of no width.
    """
    if trials and share in (0.0, 1.0):
        return clopper_pearson(int(share) * trials, trials, level)
    return percentile_interval(share, rounds, level)


def clopper_pearson(successes: int, trials: int, level: float = 0.95) -> Interval:
    """Return the exact two-sided interval of a proportion (Clopper & Pearson, Biometrika 1934)."""
    if not trials:
        return Interval(float("nan"), 0.0, 1.0)
    upper_tail = lower_bound(np.array([trials - successes]), np.array([trials]), (1 + level) / 2)
    low = lower_bound(np.array([successes]), np.array([trials]), (1 + level) / 2)
    return Interval(successes / trials, float(low[0]), 1.0 - float(upper_tail[0]))


def wilson(share: Floats, trials: Floats) -> tuple[Floats, Floats]:
    """Return the bounds of the 95 % score interval of each share of so many trials (Wilson, JASA 1927)."""
    square = Z * Z / trials
    middle = (share + square / 2) / (1 + square)
    half = Z * np.sqrt(share * (1 - share) / trials + square / (4 * trials)) / (1 + square)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def lower_bound(successes: npt.NDArray[np.int64], trials: npt.NDArray[np.int64], confidence: float) -> Floats:
    """Return the exact one-sided lower bound of each proportion (Clopper & Pearson); 0 without a success."""
    # The quantile of the beta distribution; scipy.stats would take a night of a small desk longer than all else.
    from scipy.special import betaincinv

    some = np.maximum(successes, 1)
    bounds = betaincinv(some, np.maximum(trials - some, 0) + 1, 1 - confidence)
    return np.where(successes > 0, bounds, 0.0)
