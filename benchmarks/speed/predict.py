"""How fast a saved model's trees are asked, beside LightGBM's own predictor; and whether the numbers are its own.

    python -m benchmarks.speed.predict
    python -m benchmarks.speed.predict --rows 20000 --trees 50 --explained 20

Trains trees on made-up rows from a seed: counts with many zeros, measures with gaps, and a few categories. Then asks
a million rows in one run, each way several times, and prints one line of JSON: CPU seconds a million rows, how many
times as fast the walk is, and how many scores differ in any bit: 0. The same for the exact contributions of a few
rows (the largest gap is told), and for path attributions, which LightGBM does not have.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np

from boilover.model.walk import Walk, read_walk

COUNTS, GAPPY, CATEGORIES = 0.4, 0.3, 0.05
"""Shares of the features that are counts, have gaps, or are categories; the others are plain numbers."""
TRAINED_ON = 50_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=58)
    parser.add_argument("--trees", type=int, default=300)
    parser.add_argument("--leaves", type=int, default=63)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--explained", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    text = trained(rng, options)
    print(json.dumps(measure(text, rows_of(rng, options.rows, options.features), options)))


def rows_of(rng: np.random.Generator, n: int, n_features: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return ``float32[n, n_features]``: counts first, then numbers with gaps, plain numbers, and categories last."""
    matrix = rng.standard_normal((n, n_features), dtype=np.float32)
    counts, gappy = int(COUNTS * n_features), int(GAPPY * n_features)
    matrix[:, :counts] = np.floor(np.abs(matrix[:, :counts]) * 4)
    gaps = matrix[:, counts : counts + gappy]
    gaps[rng.random(gaps.shape, dtype=np.float32) < 0.4] = np.nan
    for column in categories_of(n_features):
        matrix[:, column] = rng.integers(0, 30, n)
    return matrix


def categories_of(n_features: int) -> list[int]:
    return list(range(n_features - int(np.ceil(CATEGORIES * n_features)), n_features))


def trained(rng: np.random.Generator, options: argparse.Namespace) -> str:
    """Return LightGBM's text of a model of the shape asked for."""
    matrix = rows_of(rng, TRAINED_ON, options.features)
    signal = np.nan_to_num(matrix) @ rng.normal(size=options.features)
    label = signal + signal.std() * rng.normal(size=TRAINED_ON) > np.quantile(signal, 0.9)
    parameters = {
        "objective": "binary",
        "num_leaves": options.leaves,
        "verbosity": -1,
        "num_threads": options.threads,
        "seed": options.seed,
    }
    data = lightgbm.Dataset(
        matrix,
        label.astype(float),
        categorical_feature=categories_of(options.features),
        params=parameters,
    )
    return str(lightgbm.train(parameters, data, num_boost_round=options.trees).model_to_string())


def measure(
    text: str, matrix: np.ndarray[Any, np.dtype[np.float32]], options: argparse.Namespace
) -> dict[str, Any]:
    """Return seconds of the process, ratios, and how far the two predictors differ."""
    booster, threads = lightgbm.Booster(model_str=text), options.threads
    read, walk = timed(lambda: known(text), 1)
    first, _ = timed(lambda: walk.margins(matrix[:1]), 1)
    shown = matrix[: options.explained]
    walk.contributions(shown[:1])
    walk.path_attributions(shown[:1])
    theirs, want = timed(
        lambda: booster.predict(matrix, raw_score=True, num_threads=threads), options.repeats
    )
    ours, got = timed(lambda: walk.margins(matrix, threads), options.repeats)
    their_shares, wanted = timed(lambda: booster.predict(shown, pred_contrib=True, num_threads=threads), 1)
    our_shares, shares = timed(lambda: walk.contributions(shown, threads), options.repeats)
    paths, _ = timed(lambda: walk.path_attributions(shown, threads), options.repeats)
    million, row = 1e6 / len(matrix), 1e6 / len(shown)
    return {
        "rows": len(matrix),
        "trees": options.trees,
        "read_seconds": round(read, 3),
        "first_call_seconds": round(first, 2),
        "lightgbm_seconds_a_million": round(theirs * million, 2),
        "walk_seconds_a_million": round(ours * million, 2),
        "times_as_fast": round(theirs / ours, 1),
        "differences": int(np.count_nonzero(got != want)),
        "lightgbm_contributions_us_a_row": round(their_shares * row),
        "contributions_us_a_row": round(our_shares * row),
        "contributions_times_as_fast": round(their_shares / our_shares, 1),
        "largest_gap": float(np.abs(shares - wanted).max()),
        "path_attributions_us_a_row": round(paths * row, 1),
    }


def known(text: str) -> Walk:
    walk = read_walk(text)
    if walk is None:
        raise SystemExit("the walk does not know these trees")
    return walk


def timed(work: Callable[[], Any], times: int) -> tuple[float, Any]:
    """Return the least seconds of the process's CPU time of so many runs, and what the work returns."""
    seconds = []
    for _ in range(times):
        began = time.process_time()
        result = work()
        seconds.append(time.process_time() - began)
    return min(seconds), result


if __name__ == "__main__":
    main()
