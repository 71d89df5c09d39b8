"""The benchmark of predicting compares like with like; how fast it is is no test's matter."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import predict


def test_the_predictors_are_asked_the_same_and_differences_are_told(monkeypatch):
    monkeypatch.setattr(predict, "TRAINED_ON", 2000)
    options = Namespace(rows=1500, features=20, trees=8, leaves=15, threads=1, explained=6, repeats=1, seed=3)
    rng = np.random.default_rng(options.seed)
    text = predict.trained(rng, options)
    assert "num_cat=1" in text
    matrix = predict.rows_of(rng, options.rows, options.features)
    assert np.isnan(matrix).any(axis=0).sum() == 6
    told = predict.measure(text, matrix, options)
    assert told["differences"] == 0
    assert told["largest_gap"] < 1e-9

    monkeypatch.setattr(predict, "known", lambda text: other)
    other = predict.read_walk(predict.trained(rng, options))
    assert predict.measure(text, matrix, options)["differences"] > 1000
