from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from boilover.errors import InputError, UsageError
from boilover.evaluation import bootstrap as bs
from boilover.evaluation import metrics
from boilover.evaluation.interval import Interval, clopper_pearson, lower_bound, percentile_interval
from boilover.evaluation.weighted import METRICS, Figures
from boilover.evaluation.workload import WORKLOADS, at_workload

Array = np.ndarray[Any, Any]


def sample(n_tickets: int = 120, per_ticket: int = 5, seed: int = 0) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    tickets = np.repeat(np.arange(n_tickets), per_ticket)
    level = rng.normal(-1.5, 1, n_tickets)[tickets]
    risk = np.round(1 / (1 + np.exp(-level - rng.normal(0, 0.3, len(tickets)))), 2)
    y = (rng.random(len(tickets)) < 1 / (1 + np.exp(-level))).astype(float)
    return y, risk, tickets


def by_copies(y: Array, risk: Array) -> list[float]:
    """Every figure with an unweighted definition, in the order of METRICS."""
    squares, spread = np.mean((risk - y) ** 2), np.mean((y - y.mean()) ** 2)
    losses = -np.log(np.maximum(np.where(y == 1, risk, 1 - risk), np.finfo(float).eps))
    return [
        metrics.average_precision(y, risk),
        metrics.roc_auc(y, risk),
        squares,
        1 - squares / spread if spread else np.nan,
        losses.mean(),
        *(at_workload(y, risk, share).recall for share in WORKLOADS),
    ]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_weighted_figures_equal_figures_of_copied_rows(seed: int) -> None:
    y, risk, tickets = sample(15, 4, seed)
    counts = np.random.default_rng(seed).integers(0, 4, 15)
    if not counts.any():
        counts[0] = 1
    found = Figures.of(y, risk, tickets).drawn(counts.astype(float))
    rows = np.repeat(np.arange(len(y)), counts[tickets])
    kept = [place for place, name in enumerate(METRICS) if name != "calibration_error"]
    np.testing.assert_allclose(found[kept], by_copies(y[rows], risk[rows]), atol=1e-12)


def test_ranking_equals_scikit_learn_with_sample_weights() -> None:
    y, risk, tickets = sample()
    figures = Figures.of(y, risk, tickets)
    for counts in bs.draws(120, 5, 3):
        weights = counts[tickets]
        found = figures.drawn(counts)
        assert found[0] == pytest.approx(average_precision_score(y, risk, sample_weight=weights))
        assert found[1] == pytest.approx(roc_auc_score(y, risk, sample_weight=weights))
        bins = metrics.calibration_bins(risk)
        gaps = [abs((weights * (risk - y))[bins == place].sum()) for place in range(10)]
        assert found[METRICS.index("calibration_error")] == pytest.approx(sum(gaps) / weights.sum())


def test_estimates_equal_the_plain_figures() -> None:
    y, risk, tickets = sample()
    found = bs.bootstrap_intervals(y, risk, tickets, rounds=20)
    assert list(found) == list(METRICS)
    assert found["calibration_error"].estimate == pytest.approx(metrics.calibration_error(y, risk))
    kept = [interval.estimate for name, interval in found.items() if name != "calibration_error"]
    assert kept == pytest.approx(by_copies(y, risk))
    assert all(interval.low <= interval.high for interval in found.values())


def test_draws_are_whole_tickets_and_seeded() -> None:
    draws = np.array(list(bs.draws(50, 200, 7)))
    assert (draws.sum(axis=1) == 50).all()
    assert draws.mean(axis=0) == pytest.approx(np.ones(50), abs=0.35)
    np.testing.assert_array_equal(draws, list(bs.draws(50, 200, 7)))
    assert (draws != np.array(list(bs.draws(50, 200, 8)))).any()


def test_row_order_and_ticket_names_do_not_matter() -> None:
    y, risk, tickets = sample()
    order = np.random.default_rng(0).permutation(len(y))
    names = np.array([f"T{ticket:04d}" for ticket in tickets])
    figures = [name for name in METRICS if name != "calibration_error"]
    first = bs.bootstrap_intervals(y, risk, tickets, figures, rounds=30)
    second = bs.bootstrap_intervals(y[order], risk[order], names[order], figures, rounds=30)
    for name in figures:
        assert first[name] == pytest.approx(second[name])


def test_points_of_one_ticket_widen_the_interval() -> None:
    y, risk, tickets = sample(60, 1)
    y, risk, tickets = (np.repeat(values, 20) for values in (y, risk, tickets))
    clustered = bs.bootstrap_intervals(y, risk, tickets, ["roc_auc"], rounds=300)["roc_auc"]
    naive = bs.bootstrap_intervals(y, risk, np.arange(len(y)), ["roc_auc"], rounds=300)["roc_auc"]
    assert clustered.high - clustered.low > 3 * (naive.high - naive.low)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    truth = bs.resample(*sample(40_000, 1, 999), rounds=1).estimates[1]
    covered = 0
    for seed in range(60):
        found = bs.bootstrap_intervals(*sample(300, 1, seed), ["roc_auc"], rounds=120, level=0.9)["roc_auc"]
        covered += found.low <= truth <= found.high
    # Binomial(60, 0.9): fewer than 46 or all 60 would each be rarer than one in 500.
    assert 46 <= covered <= 59


def test_paired_difference() -> None:
    y, risk, tickets = sample()
    resampled = bs.resample(y, risk, tickets, rounds=200)
    assert resampled.difference(resampled, "average_precision") == Interval(0, 0, 0)
    blurred = np.clip(risk + np.random.default_rng(1).normal(0, 0.02, len(y)), 0, 1)
    paired = resampled.difference(bs.resample(y, blurred, tickets, rounds=200), "roc_auc")
    alone = bs.bootstrap_intervals(y, risk, tickets, ["roc_auc"], rounds=200)["roc_auc"]
    assert paired.estimate == pytest.approx(metrics.roc_auc(y, risk) - metrics.roc_auc(y, blurred))
    assert paired.high - paired.low < 0.5 * (alone.high - alone.low)


def test_undefined_figures_are_nan_and_undefined_rounds_left_out() -> None:
    nothing = bs.bootstrap_intervals(np.zeros(9), np.linspace(0, 1, 9), np.arange(9), rounds=5)
    assert np.isnan(nothing["average_precision"]).all()
    assert np.isnan(nothing["brier_skill"]).all()
    assert np.isfinite(nothing["brier"]).all()
    rare = np.eye(1, 9)[0]
    found = bs.bootstrap_intervals(rare, np.linspace(0, 1, 9), np.arange(9), ["roc_auc"], rounds=50)
    assert np.isfinite(found["roc_auc"]).all()
    ranks = bs.bootstrap_intervals(rare, np.arange(9.0), np.arange(9), rounds=5)
    assert np.isnan(ranks["brier"]).all()
    assert np.isfinite(ranks["average_precision"].estimate)


def test_the_rounds_of_a_calibration_error_that_is_no_chance_are_centred() -> None:
    rng = np.random.default_rng(0)
    risk = rng.random(800)
    y = (rng.random(800) < risk**2).astype(float)
    found = bs.resample(y, risk, np.arange(800), rounds=200)
    interval = found.interval("calibration_error")
    assert 0 < interval.low < interval.estimate < interval.high
    plain = found.rounds[:, METRICS.index("calibration_error")]
    assert plain.mean() > interval.estimate
    assert interval.high == pytest.approx(np.quantile(plain, 0.975) - plain.mean() + interval.estimate)


def test_right_risks_may_have_no_calibration_error() -> None:
    right = wrong = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        tickets = np.repeat(np.arange(800), 3)
        risk = 0.2 * rng.random(800)[tickets]
        y = (rng.random(800)[tickets] < risk).astype(float)
        found = bs.bootstrap_intervals(y, risk, tickets, ["calibration_error"], rounds=100)
        right += found["calibration_error"].low == 0
        doubled = bs.bootstrap_intervals(y, 2 * risk, tickets, ["calibration_error"], rounds=100)
        # The mean of risks is 0.1: twice the risks err by as much.
        interval = doubled["calibration_error"]
        wrong += 0 < interval.low <= 0.1 <= interval.high
    assert right >= 36
    assert wrong >= 34


def test_the_recall_of_all_or_none_has_the_exact_interval_of_a_share() -> None:
    # Twelve tickets escalate, asked twice each, and all of them come first.
    tickets = np.repeat(np.arange(200), 2)
    y = (tickets < 12).astype(float)
    found = bs.bootstrap_intervals(y, 1 - tickets / 200, tickets, ["recall_at_10%"], rounds=50)
    assert found["recall_at_10%"] == pytest.approx((1, 0.025 ** (1 / 12), 1))
    last = bs.bootstrap_intervals(y, tickets / 200, tickets, ["recall_at_10%"], rounds=50)
    assert last["recall_at_10%"] == pytest.approx((0, 0, 1 - 0.025 ** (1 / 12)))


def test_bad_input() -> None:
    with pytest.raises(InputError, match="no point"):
        bs.resample([], [], [])
    with pytest.raises(InputError, match="tickets of shape"):
        bs.resample([0, 1], [0.1, 0.2], [1])
    with pytest.raises(UsageError, match="at least 1"):
        bs.resample([0, 1], [0.1, 0.2], [1, 2], rounds=0)
    with pytest.raises(UsageError, match="'accuracy'"):
        bs.bootstrap_intervals([0, 1], [0.1, 0.2], [1, 2], ["accuracy"], rounds=1)


def test_clopper_pearson_against_scipy_and_percentiles_by_hand() -> None:
    from scipy.stats import binomtest

    for hits, n in ((0, 10), (3, 10), (10, 10), (57, 400)):
        expected = binomtest(hits, n).proportion_ci(method="exact")
        assert clopper_pearson(hits, n) == pytest.approx((hits / n, expected.low, expected.high))
        one_sided = binomtest(hits, n, alternative="greater").proportion_ci(0.9, method="exact")
        assert lower_bound(np.array([hits]), np.array([n]), 0.9)[0] == pytest.approx(one_sided.low)
    assert clopper_pearson(0, 0)[1:] == (0, 1)
    assert percentile_interval(5, np.arange(101.0), 0.9) == pytest.approx((5, 5, 95))
    assert np.isnan(percentile_interval(np.nan, np.arange(3.0), 0.9).low)
