"""How a peer is tuned: the same number of settings for each, tried in time order, on training points only.

A model of each setting learns from the earlier training points and is judged by its average precision on the later
ones; trees stop where the log-loss of the later ones no longer falls. The best setting is then fitted on all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.quality.context import Answer, Context, Floats
from benchmarks.quality.figures import Ranking
from scipy.sparse import csr_matrix

TRIALS = 8
"""Settings that each peer may try; the first is its standard one."""
Setting = Mapping[str, Any]
Rows = csr_matrix


@dataclass(frozen=True)
class Fitted:
    """A model that gives each row a probability, and the rounds at which it stopped (0: it knows no rounds)."""

    predict: Callable[[Rows], Floats]
    rounds: int = 0


@dataclass(frozen=True)
class Learner:
    """How to fit a setting, on ``(rows, y)`` or on these and later ``(rows, y)`` to stop on, and what to try."""

    fit: Callable[[Setting, Rows, Floats, tuple[Rows, Floats] | None], Fitted]
    standard: Setting
    grid: Mapping[str, Sequence[Any]]


def tuned(context: Context, rows: Rows, learner: Learner, seed: int = 0) -> Answer:
    """Choose a setting, fit it on all training points, and answer the test points."""
    y, past = context.y, context.past
    trials = _try(context, rows, learner, seed) if context.tells_settings_apart else []
    standard = {"setting": dict(learner.standard), "rounds": 0}
    best = max(trials, key=lambda each: each["ap"], default=standard)
    stopped = {"rounds": best["rounds"]} if best["rounds"] else {}
    model = learner.fit({**best["setting"], **stopped}, rows[past], y[past], None)
    return Answer(model.predict(rows[context.test]), {"chosen": best, "trials": len(trials)})


def settings_of(learner: Learner, seed: int = 0) -> list[Setting]:
    """Return the standard setting and others drawn from the grid, all different."""
    rng = np.random.default_rng(seed)
    names, choices = list(learner.grid), list(learner.grid.values())
    size = int(np.prod([len(each) for each in choices]))
    drawn = rng.permutation(size)[: TRIALS - 1]
    places = np.unravel_index(drawn, [len(each) for each in choices])
    cells = zip(*places, strict=True)
    return [
        learner.standard,
        *(
            {name: values[place] for name, values, place in zip(names, choices, cell, strict=True)}
            for cell in cells
        ),
    ]


def _try(context: Context, rows: Rows, learner: Learner, seed: int) -> list[dict[str, Any]]:
    earlier, later = context.slices
    y, found = context.y, []
    for setting in settings_of(learner, seed):
        model = learner.fit(setting, rows[earlier], y[earlier], (rows[later], y[later]))
        ranking = Ranking.of(y[later], model.predict(rows[later]))
        ap = ranking.average_precision(np.ones(int(later.sum())))
        found.append({"setting": dict(setting), "rounds": model.rounds, "ap": ap})
    return found
