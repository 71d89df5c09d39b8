"""The walk over saved trees against LightGBM's own predictor: the same numbers, to the last bit."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import lightgbm
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boilover.model import walk
from boilover.model.walk import read_walk
from boilover.model.walk_kernels import BLOCK
from boilover.model.walk_plan import round_down

DEMO = Path(__file__).parents[2] / "models" / "demo"
ODD = np.array(
    [np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-35, -1e-35, 3e-35, -0.5, -1.0, 7.5, 1e9, 3e9, 3e38, -3e38]
)
"""Values that a predictor may read otherwise: nothing, nearly nothing, negative and huge categories."""


def rows_of(rng, n, n_numbers, n_sets, largest):
    """Return n rows: numbers of few and of many values, with zeros and gaps, and categories up to ``largest``."""
    columns = [
        np.where(rng.random(n) < gaps, np.nan, np.round(rng.normal(size=n), digits) * (rng.random(n) > zeros))
        for digits, gaps, zeros in zip(
            rng.integers(0, 8, n_numbers), rng.random(n_numbers) / 2, rng.random(n_numbers) / 2, strict=True
        )
    ]
    known = rng.integers(0, largest, size=12)
    columns += [np.where(rng.random(n) < 0.1, np.nan, rng.choice(known, n)) for _ in range(n_sets)]
    return np.column_stack(columns).astype(np.float32)


def trained(rng, matrix, n_sets, **parameters):
    """Return a model of ``matrix``, the last ``n_sets`` columns of which are categories, and its text."""
    n, width = matrix.shape
    label = (np.nan_to_num(matrix) % 3).sum(axis=1) + rng.normal(size=n) > width
    until_worse = parameters.pop("until_worse", False)
    given = {"objective": "binary", "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 2, **parameters}
    data = lightgbm.Dataset(
        matrix, label.astype(float), categorical_feature=list(range(width - n_sets, width)), params=given
    )
    stopping = {}
    if until_worse:
        later = lightgbm.Dataset(
            matrix[: n // 3], label[: n // 3].astype(float), reference=data, params=given
        )
        stopping = {"valid_sets": [later], "callbacks": [lightgbm.early_stopping(2, verbose=False)]}
    booster = lightgbm.train(given, data, num_boost_round=given.pop("rounds", 12), **stopping)
    return booster, booster.model_to_string()


def disturbed(rng, matrix):
    """Return the rows with odd values strewn in, and as many again of nothing else."""
    strewn = np.where(rng.random(matrix.shape) < 0.1, rng.choice(ODD, matrix.shape), matrix)
    return np.concatenate([strewn, rng.choice(ODD, matrix.shape)]).astype(np.float32)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32 - 1),
    n_numbers=st.integers(0, 5),
    n_sets=st.integers(0, 3),
    largest=st.sampled_from([3, 40, 70_000]),
    missing=st.sampled_from([{}, {"zero_as_missing": True}, {"use_missing": False}]),
    leaves=st.sampled_from([2, 7, 40, 256]),
    bins=st.sampled_from([15, 255, 1000]),
    early=st.booleans(),
)
def test_random_models_predict_what_lightgbm_predicts(
    seed, n_numbers, n_sets, largest, missing, leaves, bins, early
):
    rng = np.random.default_rng(seed)
    matrix = rows_of(rng, 600, max(n_numbers, int(n_sets == 0)), n_sets, largest)
    booster, text = trained(
        rng, matrix, n_sets, num_leaves=leaves, max_bin=bins, until_worse=early, cat_smooth=1, **missing
    )
    asked = disturbed(rng, matrix)
    expected = booster.predict(asked, raw_score=True, num_threads=1)
    assert np.array_equal(read_walk(text).margins(asked), expected)


@pytest.fixture(scope="module")
def many_bins():
    """A model with more thresholds of a feature than a byte has values, its rows and its text."""
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(4000, 1)).astype(np.float32)
    label = np.sin(matrix[:, 0] * 300) > 0
    parameters = {
        "objective": "binary",
        "verbosity": -1,
        "num_threads": 1,
        "max_bin": 2000,
        "num_leaves": 200,
    }
    booster = lightgbm.train(parameters, lightgbm.Dataset(matrix, label, params=parameters), 10)
    return booster, matrix, booster.model_to_string()


def test_a_feature_may_have_more_thresholds_than_a_byte(many_bins):
    booster, matrix, text = many_bins
    found = read_walk(text)
    assert found._plan.n_columns > 1
    assert np.array_equal(found.margins(matrix), booster.predict(matrix, raw_score=True, num_threads=1))


def test_a_feature_may_have_more_sets_than_a_word_has_bits():
    rng = np.random.default_rng(5)
    matrix = rng.integers(0, 300, size=(3000, 1)).astype(np.float32)
    label = np.sin(matrix[:, 0] * 7) > 0
    parameters = {"objective": "binary", "verbosity": -1, "num_threads": 1, "min_data_per_group": 5}
    booster = lightgbm.train(
        parameters, lightgbm.Dataset(matrix, label, categorical_feature=[0], params=parameters), 30
    )
    found = read_walk(booster.model_to_string())
    assert found._plan.sets.column[-1] > len(found._plan.sets.feature) > 1
    asked = disturbed(rng, matrix)
    assert np.array_equal(found.margins(asked), booster.predict(asked, raw_score=True, num_threads=1))


@pytest.mark.parametrize("n", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_neither_the_number_of_rows_nor_of_threads_changes_a_row(many_bins, n):
    _, matrix, text = many_bins
    found = read_walk(text)
    whole = found.margins(matrix)
    for threads in (1, 2, 5, 0):
        assert np.array_equal(found.margins(matrix[:n], threads), whole[:n])


def test_threads_share_the_rows(many_bins, monkeypatch):
    """Each row is walked once, in whole blocks, by as many threads as asked for."""
    shares = []
    walk._share(lambda low, high: shares.append((low, high, threading.get_ident())), 3 * BLOCK + 7, BLOCK, 3)
    bounds = sorted((low, high) for low, high, _ in shares)
    assert bounds == [(0, BLOCK), (BLOCK, 2 * BLOCK), (2 * BLOCK, 3 * BLOCK + 7)]


def test_the_demo_model_and_rows_that_may_not_be_written():
    text = (DEMO / "model-7d.txt").read_text(encoding="utf-8")
    booster = lightgbm.Booster(model_str=text)
    rng = np.random.default_rng(0)
    matrix = disturbed(rng, rng.integers(0, 6, size=(700, booster.num_feature())))
    matrix.flags.writeable = False
    found = read_walk(text)
    assert found.n_features == booster.num_feature()
    expected = booster.predict(matrix, raw_score=True, num_threads=1)
    assert np.array_equal(found.margins(matrix), expected)
    assert np.array_equal(found.margins(np.asfortranarray(matrix)), expected)
    assert len(found.margins(matrix[:0])) == 0


def test_trees_of_a_single_leaf():
    matrix = np.zeros((50, 2), dtype=np.float32)
    label = np.arange(50) % 5 == 0
    booster = lightgbm.train(
        {"objective": "binary", "verbosity": -1, "num_threads": 1}, lightgbm.Dataset(matrix, label), 3
    )
    text = booster.model_to_string()
    assert "num_leaves=1\n" in text
    assert np.array_equal(read_walk(text).margins(matrix), booster.predict(matrix, raw_score=True))


def test_what_is_not_known_is_left_to_lightgbm():
    rng = np.random.default_rng(1)
    matrix = rows_of(rng, 300, 2, 1, 5)
    _, text = trained(rng, matrix, 1, rounds=2)
    assert read_walk(text) is not None
    for other in ({"linear_tree": True}, {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}):
        assert read_walk(trained(rng, matrix, 1, rounds=2, **other)[1]) is None
    wide = rng.normal(size=(2000, 1)).astype(np.float32)
    assert read_walk(trained(rng, wide, 0, num_leaves=300, max_bin=1000, rounds=2)[1]) is None
    several = lightgbm.train(
        {"objective": "multiclass", "num_class": 3, "verbosity": -1, "num_threads": 1},
        lightgbm.Dataset(matrix, np.arange(300) % 3),
        2,
    )
    assert read_walk(several.model_to_string()) is None


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        ("version=v4", "version=v5"),
        ("^tree\n", "forest\n"),
        ("is_linear=0", "is_linear=1"),
        ("shrinkage=", "is_new=1\nshrinkage="),
        ("decision_type=\\d+", "decision_type=16"),
        ("decision_type=\\d+", "decision_type=12"),
        ("split_feature=\\d+", "split_feature=99"),
        ("left_child=\\S+", "left_child=0"),
        ("left_child=\\S+ ", "left_child="),
        ("right_child=\\S+", "right_child=-1"),
        ("threshold=\\S+", "threshold=nan"),
        ("leaf_value=\\S+", "leaf_value=one"),
        ("num_leaves=\\d+", "num_leaves=3"),
        ("cat_boundaries=0 \\d+", "cat_boundaries=0 9"),
        ("leaf_count=", "leaf_number="),
    ],
)
def test_a_changed_text_is_not_guessed_at(pattern, replacement):
    rng = np.random.default_rng(2)
    _, text = trained(rng, rows_of(rng, 300, 1, 2, 5), 2, rounds=3, num_leaves=6)
    changed, n = re.subn(pattern, replacement, text, count=1)
    assert n == 1
    assert changed != text
    assert read_walk(changed) is None


def test_thresholds_are_rounded_towards_what_no_float32_reaches():
    rng = np.random.default_rng(0)
    exact = np.concatenate([rng.normal(size=200), [-1e300, 1e-42, -1e-42, 1e-35, 0.1, 0.5]])
    down = round_down(exact).astype(np.float64)
    up = np.nextafter(round_down(exact), np.float32(np.inf)).astype(np.float64)
    assert (down <= exact).all()
    assert (up > exact).all()
    assert round_down(np.array([1e300, np.inf, -np.inf])).tolist() == [
        np.finfo(np.float32).max,
        np.inf,
        -np.inf,
    ]
