"""Figures of the quality benchmark against scikit-learn's and against cases known by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

sys.path.append(str(Path(__file__).resolve().parents[2]))
from benchmarks.quality.figures import NAMES, Ranking, difference, draws, figures, intervals


@pytest.mark.parametrize("decimals", [1, 8])
def test_weighted_figures_are_those_of_repeated_rows(decimals):
    rng = np.random.default_rng(decimals)
    risk = rng.random(300).round(decimals)
    y = (rng.random(300) < risk**2).astype(float)
    weight = rng.integers(0, 4, 300)
    found = dict(zip(NAMES, Ranking.of(y, risk).figures(weight.astype(float)), strict=True))
    assert found["ap"] == pytest.approx(average_precision_score(y, risk, sample_weight=weight))
    assert found["auc"] == pytest.approx(roc_auc_score(y, risk, sample_weight=weight))
    repeated = figures(np.repeat(y, weight), np.repeat(risk, weight))
    assert repeated["recall"] == pytest.approx(found["recall"])
    assert repeated["brier_skill"] == pytest.approx(found["brier_skill"])


def test_recall_counts_ties_at_the_border_by_their_share():
    y = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 0] * 100, dtype=float)
    assert figures(y, np.full(1000, 0.3))["recall"] == pytest.approx(0.118)
    perfect = figures(y, y)
    assert perfect["recall"] == pytest.approx(118 / 200)
    assert (perfect["ap"], perfect["auc"], perfect["brier_skill"]) == (1, 1, 1)


def test_calibration_error_is_the_gap_of_rate_and_risk():
    y = np.array([1, 0] * 50, dtype=float)
    assert figures(y, y)["ece"] == pytest.approx(0)
    assert figures(y, np.full(100, 0.5))["ece"] == pytest.approx(0)
    assert figures(y, np.full(100, 0.8))["ece"] == pytest.approx(0.3)
    halves = np.repeat([0.9, 0.1], 50)
    assert figures(np.repeat([1.0, 0.0], 50), halves)["ece"] == pytest.approx(0.1)


def test_a_bootstrap_draws_whole_tickets_and_both_outcomes():
    ticket = np.repeat(np.arange(20), 3)
    y = (ticket == 0).astype(float)
    for weight in draws(y, ticket):
        assert (weight.reshape(20, 3) == weight.reshape(20, 3)[:, :1]).all()
        assert 0 < (weight * y).sum() < weight.sum() == 60


def test_differences_have_the_sign_of_the_better_one():
    rng = np.random.default_rng(0)
    y = (rng.random(400) < 0.2).astype(float)
    good, poor = y + rng.normal(0, 0.5, 400), rng.random(400)
    ticket = np.arange(400)
    delta, low, high = difference(y, good, poor, ticket)
    assert 0 < low < delta < high
    assert difference(y, good, good, ticket) == (0, 0, 0)
    span = intervals(y, good, ticket)
    assert all(
        span[name][0] <= figure <= span[name][1] for name, figure in figures(y, good).items() if name != "ece"
    )
