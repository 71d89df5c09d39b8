"""Reasons agree in rank with exact SHAP values, of trees, of the linear partner and of their blend."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import reasons as benchmark
from boilover.annotations import Annotations
from boilover.features import compute, default_features
from boilover.history import HOUR, History
from boilover.labels import is_covered, label
from boilover.model.classifier import EscalationClassifier
from boilover.points import fixed_ages
from boilover.synthetic import synthetic_desk
from boilover.text import with_measures

WEEK = 7 * 24 * HOUR


@pytest.fixture(scope="module")
def rows():
    notes = Annotations(History.from_log(with_measures(synthetic_desk(n_tickets=500, seed=3))))
    points = fixed_ages(notes.history, (0.0, 24.0, 96.0))
    points = points.take(is_covered(notes.history, points, WEEK))
    points = points.take(np.argsort(points.as_of, kind="stable"))
    features = default_features(notes)
    return features, compute(features, notes, points, n_jobs=1), label(notes.history, points, WEEK)


@pytest.fixture(scope="module", params=[0.0, 0.4, 1.0], ids=["trees", "blend", "linear"])
def fitted(request, rows):
    features, frame, y = rows
    return EscalationClassifier(linear=request.param, n_jobs=1).fit(frame, y), features, frame.iloc[-25:]


def test_reasons_agree_with_exact_values(fitted):
    figures = benchmark.agreement(*fitted)
    assert figures["additive"] < 1e-5
    assert (figures["first"], figures["order"], figures["raises"]) == (1.0, 1.0, 1.0)
    assert figures["covered"] > 0.1
    assert figures["silent"] < 0.1


def test_contributions_rank_the_columns_as_exact_values_do(fitted):
    model, _, sample = fitted
    values, told = benchmark.exact(model, sample), model.contributions(sample)
    np.testing.assert_allclose(told, values, atol=1e-6)
    for mine, wanted in zip(told, values, strict=True):
        # Rounding may part what is equal.
        assert spearmanr(mine.round(9), wanted.round(9)).statistic > 0.999


def test_reasons_in_another_order_are_noticed(fitted, monkeypatch):
    model, features, sample = fitted
    shuffled = np.random.default_rng(0).permuted(model.contributions(sample), axis=1)
    monkeypatch.setattr(model, "contributions", lambda frame: shuffled)
    figures = benchmark.agreement(model, features, sample)
    assert figures["first"] < 0.7
    assert figures["raises"] < 1.0
