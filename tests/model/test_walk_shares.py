"""Contributions and path attributions of the walked trees against LightGBM's values and a slow walk."""

from __future__ import annotations

from pathlib import Path

import lightgbm
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boilover.model.trees import Trees
from boilover.model.walk import read_walk
from boilover.model.walk_counts import quadratures

DEMO = Path(__file__).parents[2] / "models" / "demo" / "model-7d.txt"


def trained(seed, n_columns, leaves, rounds=6, n=400):
    """Return the text of a model of numbers with gaps and one category, and rows."""
    rng = np.random.default_rng(seed)
    matrix = np.round(rng.normal(size=(n, n_columns)), 1).astype(np.float32)
    matrix[:, -1] = rng.integers(0, 9, n)
    matrix[rng.random(matrix.shape) < 0.15] = np.nan
    label = (np.nan_to_num(matrix) ** 2).sum(axis=1) + rng.normal(size=n) > n_columns
    parameters = {
        "objective": "binary",
        "num_leaves": leaves,
        "min_data_in_leaf": 1,
        "verbosity": -1,
        "num_threads": 1,
        "learning_rate": 0.5,
        "cat_smooth": 1,
    }
    data = lightgbm.Dataset(
        matrix, label.astype(float), categorical_feature=[n_columns - 1], params=parameters
    )
    booster = lightgbm.train(parameters, data, num_boost_round=rounds)
    return booster.model_to_string(), matrix


def by_lightgbm(text, matrix):
    return lightgbm.Booster(model_str=text).predict(matrix, pred_contrib=True, num_threads=1)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 1), n_columns=st.integers(1, 9), leaves=st.sampled_from([2, 5, 31, 120]))
def test_contributions_are_those_of_lightgbm(seed, n_columns, leaves):
    text, matrix = trained(seed, n_columns, leaves)
    rows = matrix[:40]
    found = read_walk(text).contributions(rows)
    np.testing.assert_allclose(found, by_lightgbm(text, rows), rtol=0, atol=1e-9)


def test_contributions_of_the_demo_model():
    text = DEMO.read_text(encoding="utf-8")
    rng = np.random.default_rng(0)
    trees = read_walk(text)
    rows = rng.exponential(20, size=(70, trees.n_features)).astype(np.float32)
    rows[rng.random(rows.shape) < 0.3] = 0
    rows[rng.random(rows.shape) < 0.3] = np.nan
    np.testing.assert_allclose(trees.contributions(rows), by_lightgbm(text, rows), rtol=0, atol=1e-9)


def slow_path(dump, row, found):
    """Walk one tree of `dump_model` and note at each split what the mean of the training rows changes."""

    def mean(node):
        if "leaf_value" in node:
            return node["leaf_value"]
        parts = [node["left_child"], node["right_child"]]
        counts = [part.get("leaf_count", part.get("internal_count")) for part in parts]
        return sum(map(lambda part, count: mean(part) * count, parts, counts)) / sum(counts)

    node = dump
    while "leaf_value" not in node:
        value = row[node["split_feature"]]
        if node["decision_type"] == "==":
            left = not np.isnan(value) and str(int(value)) in node["threshold"].split("||")
        elif np.isnan(value) and node["missing_type"] == "NaN":
            left = node["default_left"]
        else:
            left = np.nan_to_num(value) <= node["threshold"]
        child = node["left_child" if left else "right_child"]
        found[node["split_feature"]] += mean(child) - mean(node)
        node = child


def test_path_attributions_are_those_of_a_slow_walk():
    text, matrix = trained(4, 5, 20)
    trees = lightgbm.Booster(model_str=text).dump_model()["tree_info"]
    expected = np.zeros((30, 5))
    for row in range(30):
        for tree in trees:
            slow_path(tree["tree_structure"], matrix[row].astype(float), expected[row])
    found = read_walk(text).path_attributions(matrix[:30])
    np.testing.assert_allclose(found[:, :-1], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("way", ["contributions", "path_attributions"])
def test_shares_add_up_to_the_score_whatever_rows_and_threads(way):
    text, matrix = trained(5, 6, 40, n=1100)
    walk = read_walk(text)
    shares = getattr(walk, way)
    whole = shares(matrix)
    np.testing.assert_allclose(whole.sum(axis=1), walk.margins(matrix), rtol=0, atol=1e-9)
    assert np.ptp(whole[:, -1]) == 0
    for rows, threads in ((1, 1), (31, 2), (33, 1), (700, 3)):
        assert np.array_equal(shares(matrix[:rows], threads), whole[:rows])


def test_trees_that_are_not_understood_are_asked_through_lightgbm():
    text, matrix = trained(6, 3, 5)
    # Of the same length: LightGBM finds its trees by their places in the text.
    known, unknown = Trees(text), Trees(text.replace("version=v4", "version=v5"))
    assert known.walk is not None
    assert unknown.walk is None
    assert unknown.n_features == known.n_features == 3
    rows = matrix[:20]
    assert np.array_equal(unknown.margins(rows, 1), known.margins(rows, 1))
    for way in ("contributions", "path_attributions"):
        np.testing.assert_allclose(
            getattr(unknown, way)(rows, 1), known.contributions(rows, 1), rtol=0, atol=1e-9
        )


def test_counts_that_do_not_add_up_are_left_to_lightgbm():
    text, matrix = trained(7, 3, 4, rounds=1)
    lines = [
        "leaf_count=" + " ".join(["0"] * 4) if line.startswith("leaf_count=") else line
        for line in text.splitlines()
    ]
    trees = read_walk("\n".join(lines))
    assert trees.contributions(matrix[:2]) is None
    assert trees.path_attributions(matrix[:2]) is None
    assert np.array_equal(trees.margins(matrix), read_walk(text).margins(matrix))


def test_a_quadrature_of_n_nodes_is_exact_to_the_degree_of_twice_as_many():
    for n, (places, weights) in enumerate(quadratures(12), start=1):
        for power in range(2 * n):
            assert (weights[:n] * places[:n] ** power).sum() == pytest.approx(1 / (power + 1), rel=1e-12)
