"""Gradient-boosted trees whose capacity follows from how much there is to learn from.

What limits a model of escalations is not rows but tickets of the rarer outcome: many rows of one ticket
are nearly the same row. So everything below is a function of that number, *known*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from boilover.model.encoding import Matrix

Floats = npt.NDArray[np.float64]

MAX_ROUNDS = 1000
PATIENCE = 50
"""Training stops after so many rounds without a lower log-loss on the later slice."""
UNSTOPPED_ROUNDS = 100
"""Rounds where there is no slice to stop on."""


@dataclass(frozen=True)
class Capacity:
    """What LightGBM is allowed, from the size of what it learns from.

    known : tickets of the rarer outcome (rows, where tickets are not told). rows : training rows.
    """

    known: int
    rows: int

    def parameters(self) -> dict[str, Any]:
        """Return LightGBM's parameters.

        Leaves grow with the square root of ``known``, as a histogram's bins do with its sample; the
        penalty on leaf values falls with it. Categories are shrunk harder than numbers, having more ways
        to be split by chance.
        """
        known = max(self.known, 1)
        return {
            "num_leaves": int(np.clip(np.sqrt(known), 4, 127)),
            "min_data_in_leaf": int(np.clip(self.rows // 20, 1, 100 if known < 5000 else 50)),
            "lambda_l2": float(np.clip(2000 / known, 1.0, 50.0)),
            "learning_rate": 0.03 if known < 1000 else 0.05,
            "feature_fraction": 0.5,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "cat_smooth": 50.0,
            "cat_l2": 50.0 if known < 5000 else 20.0,
            "max_cat_to_onehot": 8,
            "min_data_per_group": int(np.clip(self.rows // 20, 1, 100)),
        }


@dataclass(frozen=True)
class Settings:
    """What does not depend on the rows: positions of categorical columns, seed, threads (0: all cores).

    ``changes`` go before what follows from the rows: names of LightGBM's parameters and values.
    """

    categorical: Sequence[int]
    seed: int
    threads: int
    changes: tuple[tuple[str, float], ...] = ()


def train(matrix: Matrix, y: Floats, capacity: Capacity, settings: Settings, rounds: int) -> str:
    """Fit ``rounds`` trees and return them as they will be read from disk."""
    parameters = _parameters(capacity, settings)
    booster = lightgbm.train(parameters, _dataset(matrix, y, settings, parameters), num_boost_round=rounds)
    return str(booster.model_to_string())


def train_stopped(
    matrix: Matrix, y: Floats, later_matrix: Matrix, later_y: Floats, capacity: Capacity, settings: Settings
) -> lightgbm.Booster:
    """Fit trees until the log-loss of the later rows no longer falls; ``best_iteration`` is the best
    round."""
    parameters = _parameters(capacity, settings)
    dataset = _dataset(matrix, y, settings, parameters)
    later = lightgbm.Dataset(later_matrix, later_y, reference=dataset, params=parameters)
    return lightgbm.train(
        parameters,
        dataset,
        num_boost_round=MAX_ROUNDS,
        valid_sets=[later],
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
    )


def reread(text: str) -> lightgbm.Booster:
    """Return the model that LightGBM wrote as ``text``."""
    return lightgbm.Booster(model_str=text)


def margins(booster: lightgbm.Booster, matrix: Matrix, threads: int) -> Floats:
    """Return the log-odds of each row, ``float64[n]``."""
    found: Floats = booster.predict(matrix, raw_score=True, num_threads=threads)
    return found


def contributions(booster: lightgbm.Booster, matrix: Matrix, threads: int) -> Floats:
    """Return exact additive contributions (TreeSHAP), ``float64[n, columns + 1]``, the base value last.

    Lundberg, Erion, Lee: Consistent individualized feature attribution for tree ensembles, 2018.
    """
    found: Floats = booster.predict(matrix, pred_contrib=True, num_threads=threads)
    return found


def _parameters(capacity: Capacity, settings: Settings) -> dict[str, Any]:
    return {
        **capacity.parameters(),
        **dict(settings.changes),
        "objective": "binary",
        "metric": "binary_logloss",
        "seed": settings.seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": settings.threads,
        "verbosity": -1,
    }


def _dataset(matrix: Matrix, y: Floats, settings: Settings, parameters: dict[str, Any]) -> lightgbm.Dataset:
    return lightgbm.Dataset(matrix, y, categorical_feature=list(settings.categorical), params=parameters)
