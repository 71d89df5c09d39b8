from __future__ import annotations

import math

import numpy as np
import pytest

from boilover.kpi.survival import kaplan_meier


def slow_share(time: list[float], happened: list[bool], at: float) -> tuple[float, float]:
    """The product-limit estimate and Greenwood's sum, by their definitions."""
    left, variance = 1.0, 0.0
    for moment in sorted({t for t, done in zip(time, happened, strict=True) if done and t <= at}):
        at_risk = sum(t >= moment for t in time)
        events = sum(t == moment and done for t, done in zip(time, happened, strict=True))
        left *= 1 - events / at_risk
        variance += events / (at_risk * (at_risk - events)) if at_risk > events else math.inf
    return 1 - left, variance


@pytest.mark.parametrize("seed", range(6))
def test_the_curve_is_that_of_its_definition(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 60))
    time = rng.integers(0, 12, n).astype(float)
    happened = rng.random(n) < 0.6
    curve = kaplan_meier(time, happened)
    for at in (-1.0, 0.0, 3.0, 7.5, 11.0):
        share, variance = slow_share(time.tolist(), happened.tolist(), at)
        told = curve.at(at)
        assert told.estimate == pytest.approx(share)
        if 0 < share < 1:
            spread = 1.959964 * math.sqrt(variance) / abs(math.log(1 - share))
            assert told.low == pytest.approx(1 - (1 - share) ** math.exp(-spread), rel=1e-5)
            assert told.high == pytest.approx(1 - (1 - share) ** math.exp(spread), rel=1e-5)
        assert told.low <= told.estimate <= told.high


def test_without_censoring_it_is_the_share_and_the_quantile():
    time = np.arange(1.0, 101.0)
    curve = kaplan_meier(time, np.ones(100, dtype=bool))
    assert curve.at(25.0).estimate == pytest.approx(0.25)
    assert curve.when(0.5).estimate == 50
    low, high = curve.when(0.5)[1:]
    assert 35 < low < 50 < high < 65
    assert curve.at(1000.0) == (1.0, curve.low[-2], 1.0)


def test_what_never_happened_and_what_is_not_reached():
    nothing = kaplan_meier(np.array([1.0, 2.0]), np.zeros(2, dtype=bool))
    # Nobody was followed for so long: nothing is known.
    assert nothing.at(5.0) == (0, 0, 1)
    assert math.isnan(nothing.when(0.5).estimate)
    half = kaplan_meier(np.array([1.0, 9, 9, 9]), np.array([True, False, False, False]))
    assert half.when(0.25).estimate == 1
    assert math.isnan(half.when(0.5).estimate)


def test_leaving_out_what_is_not_over_would_make_times_too_short():
    rng = np.random.default_rng(0)
    true, limit = rng.exponential(100, 4000), rng.uniform(0, 120, 4000)
    told = kaplan_meier(np.minimum(true, limit), true <= limit).when(0.5)
    naive = np.median(true[true <= limit])
    assert told.low < 100 * math.log(2) < told.high
    assert naive < told.low


def test_before_the_first_time_the_share_may_still_be_above_nothing():
    time = np.r_[np.full(60, 10.0), 30.0, np.full(39, 50.0)]
    curve = kaplan_meier(time, np.r_[np.zeros(60, dtype=bool), True, np.zeros(39, dtype=bool)])
    # None of 100 by 5, none of 40 by 20: exact bounds of no success.
    assert curve.at(5.0) == pytest.approx((0, 0, 1 - 0.025 ** (1 / 100)))
    assert curve.at(20.0) == pytest.approx((0, 0, 1 - 0.025 ** (1 / 40)))
    covered = 0
    rng = np.random.default_rng(0)
    for _ in range(200):
        late, limit = rng.exponential(2000, 100), rng.uniform(0, 1000, 100)
        told = kaplan_meier(np.minimum(late, limit), late <= limit).at(24.0)
        covered += told.low <= 1 - math.exp(-24 / 2000) <= told.high
    assert covered >= 184
