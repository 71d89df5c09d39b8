"""A time-ordered search for settings of the trees, within a stated budget of time.

Each setting is drawn by the seed, fitted on the earlier rows and judged on the later ones by its log-loss there. The
usual settings are judged first, and stand unless another one is clearly better: with few tickets the best of many
tries is mostly luck. The same seed and number of tries give the same choice; how many tries a budget buys depends on
the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

import lightgbm
import numpy as np

from boilover.history import Floats
from boilover.model import boosting
from boilover.model.boosting import Settings
from boilover.model.rows import Rows

SPACE: dict[str, tuple[float, ...]] = {
    "num_leaves": (0.25, 0.5, 1.0, 2.0, 4.0),
    "min_data_in_leaf": (0.25, 0.5, 1.0, 2.0, 4.0),
    "lambda_l2": (0.1, 1.0, 5.0, 25.0),
    "learning_rate": (0.5, 1.0),
    "feature_fraction": (0.4, 1.0, 1.6),
    "bagging_fraction": (0.75, 1.0, 1.25),
    "cat_smooth": (0.2, 1.0, 5.0),
    "max_bin": (0.25, 1.0),
}
"""By what each of the usual settings is multiplied."""
USUAL_BINS = 255


@dataclass(frozen=True)
class Found:
    """The settings that stand, the trees fitted with them, and how many settings were tried."""

    settings: Settings
    trees: lightgbm.Booster
    tried: int


def search(
    fit: Rows, stop: Rows, settings: Settings, seconds: float, clock: Callable[[], float] = monotonic
) -> Found:
    """Return what does clearly best on ``stop`` of what is tried on ``fit`` before ``seconds`` are over.

    A fit that has begun is finished. At least the usual settings are tried.
    """
    until = clock() + seconds
    rng = np.random.default_rng(settings.seed)
    usual = best = _fitted(fit, stop, settings)
    tried, least = 1, stop.loss(_margins(best, stop))
    while clock() < until:
        changed = replace(settings, changes=_drawn(fit.capacity.parameters(), rng))
        another = _fitted(fit, stop, changed)
        tried += 1
        loss = stop.loss(_margins(another, stop))
        if loss < least:
            best, least = another, loss
    if best is not usual and not stop.is_better(_margins(best, stop), _margins(usual, stop)):
        best = usual
    return Found(best[0], best[1], tried)


def _fitted(fit: Rows, stop: Rows, settings: Settings) -> tuple[Settings, lightgbm.Booster]:
    trees = boosting.train_stopped(fit.matrix, fit.labels, stop.matrix, stop.labels, fit.capacity, settings)
    return settings, trees


def _margins(fitted: tuple[Settings, lightgbm.Booster], rows: Rows) -> Floats:
    return boosting.margins(fitted[1], rows.matrix, fitted[0].threads)


def _drawn(usual: Mapping[str, Any], rng: np.random.Generator) -> tuple[tuple[str, float], ...]:
    """Return each usual setting times a factor drawn for it, within what LightGBM takes."""
    drawn: dict[str, float] = {}
    for name, factors in SPACE.items():
        value = usual.get(name, USUAL_BINS) * rng.choice(factors)
        if name.endswith("_fraction"):
            value = min(value, 1.0)
        drawn[name] = float(value)
    whole = {"num_leaves": 2, "min_data_in_leaf": 1, "max_bin": 15}
    return tuple(
        (name, max(int(value), whole[name]) if name in whole else value) for name, value in drawn.items()
    )
