"""Does a log hold still? Base rates slice by slice, and what happened beside what ages alone made likely."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from benchmarks.quality.context import Context
from benchmarks.quality.figures import LEVEL, draws

SLICES = 4
"""Of the training points, by count; the test points have half as many."""
TOLERATED = 0.1
"""A log holds still when the test points escalate as often as training points of their ages do, within this share."""


def drift(context: Context) -> dict[str, Any]:
    """Return base rates by slice of time, and the rate of test points over that of training points of their ages.

    ``stationary`` is whether the interval of that ratio, from a bootstrap over tickets, comes within `TOLERATED` of 1.
    """
    y, past, test = context.y, np.flatnonzero(context.past), np.flatnonzero(context.test)
    points = context.case.points
    rate = points.iloc[past].groupby("age")["label"].mean()
    expected = points["age"].iloc[test].map(rate).fillna(y[past].mean()).to_numpy()
    ticket = pd.factorize(points["ticket_id"].iloc[test])[0]
    drawn = [(w * y[test]).sum() / (w * expected).sum() for w in draws(y[test], ticket)]
    low, high = np.quantile(drawn, LEVEL)
    return {
        "training": [float(y[rows].mean()) for rows in np.array_split(past, SLICES)],
        "test": [float(y[rows].mean()) for rows in np.array_split(test, SLICES // 2)],
        "ratio": float(y[test].sum() / expected.sum()),
        "interval": [float(low), float(high)],
        "stationary": bool(low <= 1 + TOLERATED and high >= 1 - TOLERATED),
    }
