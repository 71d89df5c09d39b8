import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilover.errors import InputError, UsageError
from boilover.evaluation import workload as wl

points = st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=30)


def split(drawn: list[tuple[bool, int]]) -> tuple[Any, Any]:
    return np.array([label for label, _ in drawn], float), np.array([risk for _, risk in drawn], float)


@pytest.mark.parametrize("taken", [1, 2, 3, 4, 5])
def test_workload_is_the_mean_over_all_orders_of_ties(taken: int) -> None:
    y, risk = np.array([1, 0, 0, 1, 1]), np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    orders = (order for order in itertools.permutations(range(5)) if (np.diff(risk[list(order)]) <= 0).all())
    hits = np.mean([y[list(order)[:taken]].sum() for order in orders])
    found = wl.at_workload(y, risk, taken / 5)
    assert found.recall == pytest.approx(hits / 3)
    assert found.precision == pytest.approx(hits / taken)
    assert found.lift == pytest.approx(found.precision / 0.6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=50).filter(any), st.sampled_from(wl.WORKLOADS))
def test_a_constant_risk_finds_the_workload(labels: list[bool], workload: float) -> None:
    found = wl.at_workload(labels, np.full(len(labels), 0.3), workload)
    assert found.recall == pytest.approx(workload)
    assert found.lift == pytest.approx(1)


@settings(max_examples=40, deadline=None)
@given(points, st.randoms(use_true_random=False))
def test_order_of_points_does_not_matter_and_more_work_finds_more(
    drawn: list[tuple[bool, int]], random: Any
) -> None:
    shuffled = list(drawn)
    random.shuffle(shuffled)
    recalls = [wl.at_workload(*split(drawn), share).recall for share in (*wl.WORKLOADS, 1.0)]
    again = [wl.at_workload(*split(shuffled), share).recall for share in (*wl.WORKLOADS, 1.0)]
    assert recalls == pytest.approx(again, nan_ok=True)
    if split(drawn)[0].any():
        assert (np.diff(recalls) >= -1e-12).all()
        assert recalls[-1] == pytest.approx(1)
    else:
        assert np.isnan(recalls).all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 3)), min_size=1), st.integers(1, 5)
)
def test_top_k_against_a_loop_over_nights(drawn: list[tuple[bool, int, int]], k: int) -> None:
    y, risk, night = (np.array(values, float) for values in zip(*drawn, strict=True))
    hits, taken = 0.0, 0
    for date in set(night):
        left = k
        for value in sorted(set(risk[night == date]), reverse=True):
            run = y[(night == date) & (risk == value)]
            part = min(left, len(run))
            hits += part * run.mean()
            left, taken = left - part, taken + part
    as_of = (night * wl.MICROSECONDS_PER_DAY).astype(np.int64) + 12345
    found = wl.top_k_a_night(y, risk, as_of, k)
    assert found.precision == pytest.approx(hits / taken)
    assert found.recall == pytest.approx(hits / y.sum() if y.any() else np.nan, nan_ok=True)
    assert found.nights == len(set(night))
    assert found.share == pytest.approx(taken / len(y))


def test_a_night_is_a_utc_date() -> None:
    midnight = np.datetime64("2024-03-01", "us").astype(np.int64)
    nights = wl.nights_of(np.array([midnight - 1, midnight, midnight + wl.MICROSECONDS_PER_DAY - 1]))
    assert np.diff(nights).tolist() == [1, 0]
    assert nights[1] == np.datetime64("2024-03-01", "D").astype(np.int64)


def test_net_benefit_by_hand_and_against_flagging_all() -> None:
    y, risk = np.array([1, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.3, 0.25, 0.1])
    # At 0.25: two hits, two false alarms at odds 1 to 3, of five points; 0.25 itself is flagged.
    assert wl.net_benefit(y, risk, 0.25) == pytest.approx((2 - 2 / 3) / 5)
    assert wl.net_benefit(y, np.ones(5), 0.25) == pytest.approx(0.4 - 0.6 / 3)
    assert wl.net_benefit(y, np.zeros(5), 0.25) == 0
    assert wl.net_benefit(y, risk, 0) == pytest.approx(0.4)


def test_curves_against_counting() -> None:
    rng = np.random.default_rng(1)
    risk = rng.integers(0, 2000, 3000) / 2000
    y = rng.random(3000) < risk
    found = wl.curves(y, risk)
    assert len(found.recall) <= wl.CURVE_POINTS
    assert found.recall[-1] == found.workload[-1] == 1
    for place in range(0, len(found.recall), 20):
        flagged = risk >= found.threshold[place]
        assert found.workload[place] == pytest.approx(flagged.mean())
        assert found.recall[place] == pytest.approx(y[flagged].sum() / y.sum())
        assert found.precision[place] == pytest.approx(y[flagged].mean())
    assert np.isnan(wl.curves([0, 0], [0.1, 0.2]).recall).all()


def test_curves_of_rare_escalations_follow_what_is_found() -> None:
    rng = np.random.default_rng(2)
    risk = rng.random(20_000)
    y = (risk > 0.99) & (rng.random(20_000) < 0.5)
    found = wl.curves(y, risk)
    assert len(found.recall) <= wl.CURVE_POINTS
    assert np.diff(found.recall).max() < 0.03
    assert np.diff(found.workload).max() < 0.02
    assert found.recall[-1] == found.workload[-1] == 1
    assert np.isnan(wl.curves(np.zeros(500), rng.random(500)).recall).all()


def test_bad_input() -> None:
    with pytest.raises(InputError, match="no point"):
        wl.at_workload([], [], 0.1)
    with pytest.raises(InputError, match="no point"):
        wl.top_k_a_night([], [], [], 3)
    with pytest.raises(UsageError, match="share"):
        wl.at_workload([1, 0], [0.1, 0.2], 0)
    with pytest.raises(UsageError, match="at least 1"):
        wl.top_k_a_night([1], [0.1], [0], 0)
    with pytest.raises(UsageError, match="threshold"):
        wl.net_benefit([1], [0.1], 1)
