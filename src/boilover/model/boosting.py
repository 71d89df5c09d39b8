"""Gradient-boosted trees whose capacity follows from how much there is to learn from.

What limits a model of escalations is not rows but tickets of the rarer outcome: many rows of one ticket
are nearly the same row. So everything below is a function of that number, *known*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import lightgbm
import numpy as np

from boilover.history import Floats
from boilover.model.encoding import Matrix

MAX_ROUNDS = 1000
PATIENCE = 50
"""Training stops after so many rounds without a lower log-loss on the later slice."""
ROWS_OF_A_TREE = 60_000
"""Of more rows a tree is grown on so many, drawn anew for each: a fifth of the time less, and no worse."""
UNSTOPPED_ROUNDS = 100
"""Rounds where there is no slice to stop on."""
FEW_KNOWN = 200
MOST_CATEGORIES = 12
"""Below so many known, trees read no column of more categories: they would learn names by heart."""


@dataclass(frozen=True)
class Capacity:
    """What LightGBM is allowed, from the size of what it learns from.

    known : tickets of the rarer outcome (rows, where tickets are not told). rows : training rows.
    """

    known: int
    rows: int

    @property
    def most_categories(self) -> int | None:
        """How many categories a column may have to be read by trees; none for any number."""
        return MOST_CATEGORIES if self.known < FEW_KNOWN else None

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
            "bagging_fraction": min(0.8, ROWS_OF_A_TREE / max(self.rows, 1)),
            "bagging_freq": 1,
            "cat_smooth": 50.0,
            "cat_l2": 50.0 if known < 5000 else 20.0,
            "max_cat_to_onehot": 8,
            "min_data_per_group": int(np.clip(self.rows // 20, 1, 100)),
        }


@dataclass(frozen=True)
class Settings:
    """What does not depend on the rows: positions of categorical columns, seed, threads (0: all cores).

    ``rising`` is empty, or tells of each column whether trees may never lower the risk as its number rises.
    ``changes`` go before what follows from the rows: names of LightGBM's parameters and values.
    """

    categorical: Sequence[int]
    seed: int
    threads: int
    changes: tuple[tuple[str, float], ...] = ()
    rising: Sequence[bool] = ()

    def of(self, columns: Sequence[int]) -> Settings:
        """Return what is told of the columns at these places."""
        categorical = [place for place, column in enumerate(columns) if column in self.categorical]
        rising = [self.rising[column] for column in columns] if self.rising else ()
        return replace(self, categorical=categorical, rising=rising)


@dataclass(frozen=True)
class Labelled:
    """Rows with their labels, and the positions of their categorical columns."""

    matrix: Matrix
    y: Floats
    categorical: Sequence[int]

    def every(self, step: int, first: int) -> Labelled:
        """Return every ``step``-th row from the ``first`` on."""
        return Labelled(self.matrix[first::step].copy(), self.y[first::step].copy(), self.categorical)


Trainer = Callable[[Mapping[str, Any], Labelled, Labelled | None, int], lightgbm.Booster]
"""Grows so many trees at most by LightGBM's parameters, stopping on later rows where there are any."""


def grow_here(
    parameters: Mapping[str, Any], rows: Labelled, later: Labelled | None, rounds: int
) -> lightgbm.Booster:
    """Grow trees in this process."""
    told = dict(parameters)
    dataset = lightgbm.Dataset(rows.matrix, rows.y, categorical_feature=list(rows.categorical), params=told)
    if later is None:
        return lightgbm.train(told, dataset, num_boost_round=rounds)
    stop = lightgbm.Dataset(later.matrix, later.y, reference=dataset, params=told)
    stopping = lightgbm.early_stopping(PATIENCE, verbose=False)
    return lightgbm.train(told, dataset, num_boost_round=rounds, valid_sets=[stop], callbacks=[stopping])


_trainer: Trainer = grow_here


@contextmanager
def grown_by(trainer: Trainer) -> Iterator[None]:
    """Let all trees of this process be grown by ``trainer`` while the block runs."""
    global _trainer
    before, _trainer = _trainer, trainer
    try:
        yield
    finally:
        _trainer = before


def train(matrix: Matrix, y: Floats, capacity: Capacity, settings: Settings, rounds: int) -> str:
    """Fit ``rounds`` trees and return them as they will be read from disk."""
    rows = Labelled(matrix, y, settings.categorical)
    return str(_trainer(_parameters(capacity, settings), rows, None, rounds).model_to_string())


def train_stopped(
    matrix: Matrix, y: Floats, later_matrix: Matrix, later_y: Floats, capacity: Capacity, settings: Settings
) -> lightgbm.Booster:
    """Fit trees until the log-loss of the later rows no longer falls; ``best_iteration`` is the best
    round."""
    rows = Labelled(matrix, y, settings.categorical)
    later = Labelled(later_matrix, later_y, settings.categorical)
    return _trainer(_parameters(capacity, settings), rows, later, MAX_ROUNDS)


def margins(booster: lightgbm.Booster, matrix: Matrix, threads: int) -> Floats:
    """Return the log-odds of each row, ``float64[n]``."""
    return booster.predict(matrix, raw_score=True, num_threads=threads)


def _parameters(capacity: Capacity, settings: Settings) -> dict[str, Any]:
    # The basic method parts leaves at the middle of each split, and so shuts out much that would rise as well.
    rising = {
        "monotone_constraints": [int(rises) for rises in settings.rising],
        "monotone_constraints_method": "intermediate",
    }
    return {
        **capacity.parameters(),
        **dict(settings.changes),
        **(rising if any(settings.rising) else {}),
        "objective": "binary",
        "metric": "binary_logloss",
        "seed": settings.seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": settings.threads,
        "verbosity": -1,
    }
