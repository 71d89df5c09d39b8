"""Prediction for a million rows by a model that `boilover train` made, beside LightGBM's own predictor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from benchmarks.speed.stage import Engine, Figures, Job, Stage, clocked

from boilover.model.fitted import Fitted
from boilover.model.saved import load_model

ROWS, SHOWN = 1_000_000, 1_000
Matrix = np.ndarray[Any, np.dtype[np.float32]]


def rows_of(model: Fitted, n: int) -> Matrix:
    """Return made-up rows of the model's columns: counts, numbers with gaps, and categories of which a few are new."""
    rng = np.random.default_rng(0)
    encoding = model.encoding_
    matrix = np.empty((n, len(encoding.columns)), dtype=np.float32)
    for place, name in enumerate(encoding.columns):
        if name in encoding.categories:
            matrix[:, place] = rng.integers(0, int(1.05 * len(encoding.categories[name])) + 1, n)
        else:
            numbers = rng.lognormal(1.5, 1.5, n)
            matrix[:, place] = np.floor(numbers) if place % 2 else numbers
            matrix[rng.random(n) < 0.3 * (place % 3), place] = np.nan
    return matrix


def _asking(ask: Callable[[Fitted, Matrix], Any], name: str) -> Callable[[Job], Figures]:
    def run(job: Job) -> Figures:
        model = load_model(job.model()).model.primary
        n = SHOWN if name.endswith("-shown") else ROWS
        matrix = rows_of(model, n)
        ask(model, matrix[:9])
        figures, found = clocked(lambda: ask(model, matrix), job.repeats)
        np.save(job.out / f"{name}.npy", found)
        return figures | {"rows": n, "trees": model.rounds_, "features": matrix.shape[1]}

    return run


def check(job: Job, told: Mapping[str, Figures]) -> list[str] | None:
    if not told.keys() >= STAGE.engines.keys():
        return None
    found = []
    ours, theirs = np.load(job.out / "walk.npy"), np.load(job.out / "lightgbm.npy")
    if (unequal := int(np.count_nonzero(ours != theirs))) > 0:
        found.append(f"{unequal} scores differ")
    gap = np.abs(np.load(job.out / "walk-shown.npy") - np.load(job.out / "lightgbm-shown.npy")).max()
    return [*found, f"contributions differ by {gap}"] if gap > 1e-9 else found


STAGE = Stage(
    f"Prediction, {ROWS:,} rows",
    {
        "walk": Engine(
            "Boilover's walk over the trees",
            _asking(lambda model, rows: model.trees_.margins(rows, 0), "walk"),
        ),
        "lightgbm": Engine(
            "LightGBM's Booster.predict",
            _asking(lambda model, rows: model.booster_.predict(rows, raw_score=True), "lightgbm"),
        ),
        "walk-shown": Engine(
            f"Boilover, exact contributions of {SHOWN:,} rows",
            _asking(lambda model, rows: model.trees_.contributions(rows, 0), "walk-shown"),
        ),
        "lightgbm-shown": Engine(
            f"LightGBM, pred_contrib of {SHOWN:,} rows",
            _asking(lambda model, rows: model.booster_.predict(rows, pred_contrib=True), "lightgbm-shown"),
        ),
    },
    "walk",
    prepare=Job.model,
    check=check,
    is_sized=False,
)
