"""Which features move the risks of a model, over many rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from boilover.model.fitted import Fitted

ROWS = 400
"""Enough to tell the strong features apart from the weak; exact contributions cost milliseconds a row."""


def importance_of(model: Fitted, frame: pd.DataFrame, rows: int = ROWS) -> pd.Series:
    """Return the mean absolute contribution of each feature to the log-odds, float64 by its name, the greatest first.

    ``frame`` holds features of n points in order of time; of more than ``rows`` an even selection is taken. It tells
    what the model goes by, not what causes escalations.
    """
    step = max(1, -(-len(frame) // rows))
    added = np.abs(model.contributions(frame.iloc[::step])).mean(axis=0)
    names = [str(name) for name in frame.columns]
    return pd.Series(added, index=names, name="importance").sort_values(ascending=False, kind="stable")
