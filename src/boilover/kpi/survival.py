"""Times that are not over for all: the product-limit estimate of Kaplan and Meier (JASA 1958).

A ticket that has not escalated, or is not resolved, when the log ends has been waited for until then, no longer: to
leave it out makes times too short, to count it as never makes rates too low. A resolved ticket counts as one that may
still escalate, as a reopened one does, and is waited for until the log ends; the share by a time is then the cumulative
incidence among all tickets, not the chance of those that stay open.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from boilover.evaluation.interval import Interval, Z, clopper_pearson

Floats = npt.NDArray[np.float64]


class Curve(NamedTuple):
    """The share to which it happened by each of ascending times, float64[m], with bounds of its 95 % interval."""

    time: Floats
    share: Floats
    low: Floats
    high: Floats
    followed: Floats
    """For how long each of n cases was followed, ascending, float64[n]."""

    def at(self, time: float) -> Interval:
        """Return the share by a time.

        Before the first time the upper bound is the exact one of none among those that were followed for so long.
        """
        place = int(np.searchsorted(self.time, time, side="right")) - 1
        if place < 0:
            longer = len(self.followed) - int(np.searchsorted(self.followed, time))
            return Interval(0.0, 0.0, clopper_pearson(0, longer).high)
        return Interval(*(float(values[place]) for values in (self.share, self.low, self.high)))

    def when(self, share: float) -> Interval:
        """Return the time by which it happened to a share; NaN where the curve does not reach it.

        The bounds are where those of the curve reach it (Brookmeyer & Crowley 1982).
        """
        found = [self._reach(values, share) for values in (self.share, self.high, self.low)]
        return Interval(*found)

    def _reach(self, values: Floats, share: float) -> float:
        # A sum of shares may fall short of it by a rounding error.
        reached = np.flatnonzero(values >= share - 1e-12)
        return float(self.time[reached[0]]) if len(reached) else float("nan")


def kaplan_meier(time: Floats, happened: npt.NDArray[np.bool_]) -> Curve:
    """Return the curve of n cases: ``time`` until it happened, or until the end of what is known of it.

    Intervals are Greenwood's, on the log-log scale, where they stay between 0 and 1.
    """
    moments, place = np.unique(time, return_inverse=True)
    events = np.bincount(place, happened, minlength=len(moments))
    at_risk = len(time) - np.r_[0, np.cumsum(np.bincount(place, minlength=len(moments)))[:-1]]
    some = events > 0
    moments, events, at_risk = moments[some], events[some], at_risk[some].astype(np.float64)
    left = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
        spread = Z * np.sqrt(variance) / np.abs(np.log(left))
        low, high = (1 - left ** np.exp(sign * spread) for sign in (-1, 1))
    # Where all have gone Greenwood's variance is not defined: the bound from before stays.
    over = left <= 0
    low = np.where(over, np.r_[0.0, low][: len(low)], low)
    high = np.where(over, 1.0, high)
    return Curve(moments, 1 - left, low, high, np.sort(time))
