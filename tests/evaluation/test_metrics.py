from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilover.errors import InputError
from boilover.evaluation import metrics

Array = np.ndarray[Any, Any]
FIGURES = (metrics.average_precision, metrics.roc_auc, metrics.calibration_error)
points = st.lists(st.tuples(st.booleans(), st.integers(0, 10)), min_size=1, max_size=40)


def arrays(drawn: list[tuple[bool, int]]) -> tuple[Array, Array]:
    return np.array([label for label, _ in drawn], float), np.array([risk / 10 for _, risk in drawn])


def sample(n: int = 500, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    risk = rng.random(n) ** 3
    return (rng.random(n) < risk).astype(float), risk


@settings(max_examples=40, deadline=None)
@given(points)
def test_auc_is_the_share_of_ordered_pairs(drawn: list[tuple[bool, int]]) -> None:
    y, risk = arrays(drawn)
    pairs = [(a > b) + 0.5 * (a == b) for a in risk[y == 1] for b in risk[y == 0]]
    expected = np.mean(pairs) if pairs else np.nan
    assert metrics.roc_auc(y, risk) == pytest.approx(expected, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(points)
def test_average_precision_sums_over_thresholds(drawn: list[tuple[bool, int]]) -> None:
    y, risk = arrays(drawn)
    total, before = 0.0, 0.0
    for threshold in sorted(set(risk), reverse=True):
        flagged = risk >= threshold
        hits = y[flagged].sum()
        total += (hits - before) * hits / flagged.sum()
        before = hits
    expected = total / y.sum() if y.any() else np.nan
    assert metrics.average_precision(y, risk) == pytest.approx(expected, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(points, st.randoms(use_true_random=False))
def test_order_of_points_does_not_matter(drawn: list[tuple[bool, int]], random: Any) -> None:
    shuffled = list(drawn)
    random.shuffle(shuffled)
    # Without the calibration error: its bins split ties in the order of points, as documented.
    for figure in FIGURES[:-1]:
        assert figure(*arrays(drawn)) == pytest.approx(figure(*arrays(shuffled)), nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(points)
def test_ranges(drawn: list[tuple[bool, int]]) -> None:
    y, risk = arrays(drawn)
    for figure in FIGURES:
        value = figure(y, risk)
        assert np.isnan(value) or 0 <= value <= 1
    assert (metrics.log_losses(y, risk) >= 0).all()


def test_log_losses_against_their_formula() -> None:
    y, risk = sample()
    losses = [-np.log(p if label else 1 - p) for label, p in zip(y, risk, strict=True)]
    assert metrics.log_losses(y, risk) == pytest.approx(losses)
    assert np.isfinite(metrics.log_losses(np.array([0.0, 1.0]), np.array([1.0, 0.0]))).all()


def test_calibration_over_bins_of_equal_count() -> None:
    y, risk = sample(503)
    rows = np.array_split(np.argsort(risk, kind="stable"), 10)
    curve = metrics.calibration_curve(y, risk)
    assert [found.points for found in curve] == [len(row) for row in rows]
    for found, row in zip(curve, rows, strict=True):
        assert found.mean_risk == pytest.approx(risk[row].mean())
        assert found.rate == pytest.approx(y[row].mean())
    error = sum(abs(risk[row].mean() - y[row].mean()) * len(row) for row in rows) / len(y)
    assert metrics.calibration_error(y, risk) == pytest.approx(error)


def test_calibration_bins_with_ties_follow_the_order_of_points() -> None:
    y = np.r_[np.ones(10), np.zeros(10)]
    curve = metrics.calibration_curve(y, np.full(20, 0.5))
    assert [found.rate for found in curve] == [1.0] * 5 + [0.0] * 5
    assert len(metrics.calibration_curve([0, 1, 1], [0.1, 0.2, 0.3])) == 3


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class(label: float) -> None:
    y, risk = np.full(20, label), np.linspace(0, 1, 20)
    assert np.isnan(metrics.roc_auc(y, risk))
    assert np.isnan(metrics.average_precision(y, risk)) == (label == 0)


def test_scores_that_are_no_probabilities_only_rank() -> None:
    y, risk = sample()
    assert metrics.average_precision(y, 3 * risk - 1) == metrics.average_precision(y, risk)
    assert np.isnan(metrics.calibration_error(y, 3 * risk - 1))


@pytest.mark.parametrize("figure", FIGURES)
def test_bad_input(figure: Any) -> None:
    with pytest.raises(InputError, match="no point"):
        figure([], [])
    with pytest.raises(InputError, match="do not match"):
        figure([0, 1], [0.5])
    with pytest.raises(InputError, match="column 'risk', row 2, value nan"):
        figure([0, 1], [0.5, np.nan])
    with pytest.raises(InputError, match=r"column 'y', row 1, value 2\.0"):
        figure([2, 1], [0.5, 0.5])
