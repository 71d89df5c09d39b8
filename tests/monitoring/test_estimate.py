from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from boilover.evaluation.metrics import calibration_error
from boilover.evaluation.workload import at_workload
from boilover.monitoring.estimate import WORKLOAD, estimated, levelled, rate_interval, realised


def expected(risk: np.ndarray) -> dict[str, float]:
    """The expectation over every outcome that can be, each with its probability."""
    sums = dict.fromkeys(("base_rate", "average_precision", "recall_at_11.8%", "calibration_error"), 0.0)
    some = 0.0
    for outcome in product((0, 1), repeat=len(risk)):
        y = np.array(outcome)
        chance = float(np.prod(np.where(y, risk, 1 - risk)))
        sums["base_rate"] += chance * y.mean()
        sums["calibration_error"] += chance * calibration_error(y, risk)
        if y.any():
            some += chance
            sums["average_precision"] += chance * average_precision_score(y, risk)
            sums["recall_at_11.8%"] += chance * at_workload(y, risk, WORKLOAD).recall
    return sums | {name: sums[name] / some for name in ("average_precision", "recall_at_11.8%")}


@pytest.mark.parametrize("risk", [[0.9, 0.5, 0.4, 0.1, 0.1, 0.02, 0.3], [0.3] * 6])
def test_the_estimate_is_the_expectation_over_all_outcomes(risk):
    risk = np.array(risk)
    found = estimated(risk, np.arange(len(risk)), rounds=4000, seed=1)
    for name, value in expected(risk).items():
        assert found[name].estimate == pytest.approx(value, abs=0.015), name


def test_points_of_one_ticket_share_their_fate():
    risk = np.full(200, 0.3)
    alone, together = (
        estimated(risk, tickets, rounds=400) for tickets in (np.arange(200), np.arange(200) // 50)
    )
    assert alone["base_rate"].estimate == pytest.approx(0.3, abs=0.02)
    assert together["base_rate"].estimate == pytest.approx(0.3, abs=0.04)
    width = [each["base_rate"].high - each["base_rate"].low for each in (alone, together)]
    assert width[1] > 3 * width[0]


def test_what_comes_true_of_calibrated_risks_lies_in_the_interval_nearly_always():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(40):
        risk = rng.beta(0.5, 4, 300)
        y = (rng.random(300) < risk).astype(float)
        told = estimated(risk, np.arange(300), rounds=100)["average_precision"]
        inside += told.low <= average_precision_score(y, risk) <= told.high
    assert inside >= 34


def test_risks_that_promise_nothing_and_too_few_escalations():
    told = estimated(np.zeros(5), np.arange(5), rounds=20)
    assert told["base_rate"] == (0, 0, 0)
    assert np.isnan(told["average_precision"].estimate)
    y = np.r_[np.ones(9), np.zeros(50)]
    assert realised(y, np.linspace(1, 0, 59), np.arange(59)) is None
    # Ten points of one ticket are one escalation.
    assert realised(np.ones(30), np.ones(30), np.zeros(30)) is None
    assert realised(np.empty(0), np.empty(0), np.empty(0)) is None


def test_figures_that_are_realised_are_those_of_the_evaluation():
    rng = np.random.default_rng(1)
    risk = rng.random(300)
    y = (rng.random(300) < risk).astype(float)
    found = realised(y, risk, np.arange(300), rounds=50)
    assert found is not None
    assert found["average_precision"].estimate == pytest.approx(average_precision_score(y, risk))
    assert found["base_rate"].estimate == y.mean()
    assert found["base_rate"].high - y.mean() == pytest.approx(1.96 * np.sqrt(y.var() / 300), rel=0.02)


def test_the_rate_of_few_escalations_has_an_interval_of_some_width():
    # Wilson's bound of none of four tickets, whatever their codes and however often each was asked.
    none = (0, 0, 1.959964**2 / (4 + 1.959964**2))
    assert rate_interval(np.zeros(4), np.arange(4)) == pytest.approx(none)
    assert rate_interval(np.zeros(12), np.repeat(np.arange(4), 3) * 5) == pytest.approx(none)
    rng, covered = np.random.default_rng(0), 0
    for _ in range(300):
        tickets = np.repeat(np.arange(100), 3)
        y = (rng.random(100) < 0.02)[tickets].astype(float)
        told = rate_interval(y, tickets)
        covered += told.low <= 0.02 <= told.high
    # With two standard errors none escalates, and the interval is nothing, in 13 of 100.
    assert covered >= 276


def test_levelled_risks_keep_their_order_and_have_the_rate():
    risk = np.array([0.0, 0.1, 0.4, 0.9, 1.0])
    for rate in (0.01, 0.48, 0.7):
        found = levelled(risk, rate)
        assert found.mean() == pytest.approx(rate)
        assert (np.diff(found) > 0).all()
    odds = np.log(levelled(risk[1:4], 0.2) / (1 - levelled(risk[1:4], 0.2))) - np.log(
        risk[1:4] / (1 - risk[1:4])
    )
    assert odds == pytest.approx(np.full(3, odds[0]))
