"""Rows of features with labels, for the tests of the model."""

import numpy as np
import pandas as pd

from boilover.model.calibrators import sigmoid


def desk(rows=1500, seed=0):
    """A frame with all kinds of columns, and labels that follow from two of them."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "age": np.where(rng.random(rows) < 0.2, np.nan, rng.lognormal(size=rows)),
            "queue": pd.Categorical(rng.choice(["net", "db", "app", "hr"], rows)),
            "channel": pd.Series(rng.choice(["mail", "phone"], rows), dtype="str"),
            "vip": rng.random(rows) < 0.1,
            "empty": np.full(rows, np.nan),
            "same": np.ones(rows),
        }
    )
    log_odds = X["age"].fillna(0) * 1.2 + (X["queue"] == "db") * 1.5 - 2.5
    return X, (rng.random(rows) < sigmoid(log_odds.to_numpy(dtype=float))).astype(int)
