import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from boilover.errors import GateError, InputError, UsageError
from boilover.flagging import apply_threshold, choose_threshold
from boilover.policy import Capacity, FixedRisk, LeastCost, LeastPrecision, Policy, parse_policy

Array = np.ndarray[Any, Any]
POLICIES: tuple[Policy, ...] = (
    FixedRisk(risk=0.4),
    Capacity(per_night=3),
    LeastPrecision(at_least=0.3, confidence=0.8),
    LeastCost(miss=4, false_alarm=1),
    LeastCost(miss=4, false_alarm=1, method="empirical"),
)
points = st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=40)


def sample(n: int = 400, seed: int = 0) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    risk = np.round(rng.beta(1, 3, n), 2)
    return risk, (rng.random(n) < risk).astype(float), rng.integers(0, 20, n)


@pytest.mark.parametrize("policy", POLICIES, ids=repr)
def test_figures_are_those_of_the_flags(policy: Policy) -> None:
    risk, y, night = sample()
    found = choose_threshold(policy, risk, y, night)
    flagged = apply_threshold(found, risk, night, np.arange(len(y)))
    if policy.kind != "capacity":
        np.testing.assert_array_equal(flagged, risk >= found.value)
    exact = binomtest(int(y[flagged].sum()), int(flagged.sum())).proportion_ci(method="exact")
    assert found.precision == pytest.approx((y[flagged].mean(), exact.low, exact.high))
    assert found.recall.estimate == pytest.approx(y[flagged].sum() / y.sum())
    a_night = [flagged[night == date].sum() for date in set(night)]
    assert found.flags_per_night.estimate == pytest.approx(np.mean(a_night))
    assert found.flags_per_night.low <= found.flags_per_night.estimate <= found.flags_per_night.high
    assert (found.nights, found.points, found.positives) == (len(a_night), len(y), y.sum())
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert parse_policy(told["policy"]) == policy
    assert told["precision"] == [None if np.isnan(each) else each for each in found.precision]


@settings(max_examples=40, deadline=None)
@given(points, st.integers(1, 5), st.sampled_from(["1", "0.5", "0.1"]))
def test_capacity_flags_the_highest_of_each_night(
    drawn: list[tuple[bool, int, int]], k: int, share: str
) -> None:
    y, risk, night = (np.array(values, float) for values in zip(*drawn, strict=True))
    ids = np.array([f"T{place}" for place in range(len(y))])
    found = choose_threshold(Capacity(per_night=k, of_open=float(share)), risk / 10, y, night)
    flagged = apply_threshold(found, risk / 10, night, ids)
    assert found.share == pytest.approx(flagged.mean())
    expected, allowed = set(), 0
    for date in set(night):
        rows = sorted((-risk[row], ids[row]) for row in np.flatnonzero(night == date))
        limit = min(k, max(1, math.floor(Fraction(share) * len(rows))))
        expected |= {name for _, name in rows[:limit]}
        allowed += limit
    assert set(ids[flagged]) == expected
    counts = [
        (risk / 10 >= value).sum() for value in sorted({found.value, *(risk / 10)}) if value < found.value
    ]
    assert (risk / 10 >= found.value).sum() <= allowed
    assert all(count > allowed for count in counts)


@pytest.mark.parametrize("policy", POLICIES, ids=repr)
def test_row_order_does_not_matter(policy: Policy) -> None:
    risk, y, night = sample()
    order = np.random.default_rng(1).permutation(len(y))
    found = choose_threshold(policy, risk, y, night)
    assert choose_threshold(policy, risk[order], y[order], night[order]).value == found.value
    ids = np.arange(len(y))
    flagged = apply_threshold(found, risk, night, ids)
    np.testing.assert_array_equal(
        apply_threshold(found, risk[order], night[order], ids[order]), flagged[order]
    )


def test_precision_takes_the_smallest_threshold_whose_bound_holds() -> None:
    risk, y, night = sample()
    found = choose_threshold(LeastPrecision(at_least=0.4, confidence=0.9), risk, y, night)
    holds = []
    for value in sorted(set(risk)):
        flagged = risk >= value
        test = binomtest(int(y[flagged].sum()), int(flagged.sum()), alternative="greater")
        if test.proportion_ci(0.9, method="exact").low >= 0.4:
            holds.append(value)
    assert found.value == min(holds)


def test_precision_out_of_reach_names_the_best() -> None:
    risk, y, night = sample()
    with pytest.raises(
        GateError, match=r"at least 0\.99 with confidence 0\.95: the best is 0\.\d+.*flags right"
    ):
        choose_threshold(LeastPrecision(at_least=0.99), risk, y, night)
    with pytest.raises(GateError, match=r"the best is 0\.000"):
        choose_threshold(LeastPrecision(at_least=0.1), risk, np.zeros(len(y)), night)


def test_cost_by_formula_and_by_search() -> None:
    risk, y, night = sample()
    assert choose_threshold(LeastCost(miss=9, false_alarm=1), risk, y, night).value == pytest.approx(0.1)
    found = choose_threshold(LeastCost(miss=3, false_alarm=1, method="empirical"), risk, y, night)
    costs = {}
    for value in (*risk, 2.0):
        flagged = risk >= value
        costs[value] = (3 * y[~flagged].sum() + (1 - y[flagged]).sum()) / len(y)
    assert found.cost_per_point == pytest.approx(min(costs.values()))
    assert found.value == max(value for value, cost in costs.items() if cost == costs[found.value])


def test_where_nothing_is_worth_a_flag() -> None:
    risk, _, night = sample()
    nothing = choose_threshold(
        LeastCost(miss=1, false_alarm=1, method="empirical"), risk, np.zeros(len(risk)), night
    )
    assert not apply_threshold(nothing, risk, night, np.arange(len(risk))).any()
    assert np.isnan(nothing.precision.estimate)
    assert nothing.to_dict()["precision"] == [None, 0.0, 1.0]
    assert nothing.cost_per_point == 0


def test_equal_risks() -> None:
    risk, y, night = np.full(40, 0.2), np.tile([1.0, 0.0], 20), np.repeat([0, 1], 20)
    capacity = choose_threshold(Capacity(per_night=5), risk, y, night)
    # No threshold can part equal risks, but the nightly choice can.
    assert capacity.value > 0.2
    assert capacity.flags_per_night == (5, 5, 5)
    assert choose_threshold(LeastPrecision(at_least=0.3), risk, y, night).value == 0.2
    assert choose_threshold(LeastCost(miss=3, false_alarm=1, method="empirical"), risk, y, night).value == 0.2


def test_an_unknown_risk_is_never_flagged_nor_takes_a_place() -> None:
    risk, night = np.array([np.nan, 0.9, 0.1, np.nan]), np.array([0, 0, 0, 1])
    ids = np.array(["a", "b", "c", "d"])
    for policy in (Capacity(per_night=2), FixedRisk(risk=0.0)):
        found = choose_threshold(policy, [0.5], [1], [0])
        assert apply_threshold(found, risk, night, ids).tolist() == [False, True, True, False]
        assert apply_threshold(found, [], [], []).shape == (0,)


def test_bad_input() -> None:
    with pytest.raises(InputError, match="no point"):
        choose_threshold(FixedRisk(risk=0.5), [], [], [])
    with pytest.raises(InputError, match="nights of shape"):
        choose_threshold(FixedRisk(risk=0.5), [0.1], [1], [0, 1])
    found = choose_threshold(FixedRisk(risk=0.5), [0.1], [1], [0])
    with pytest.raises(InputError, match="ids differ"):
        apply_threshold(found, [0.1], [0], [])


@pytest.mark.parametrize("policy", POLICIES, ids=repr)
def test_a_table_becomes_a_policy(policy: Policy) -> None:
    assert parse_policy(policy.model_dump()) == policy


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"kind": "fixed", "risk": 1.5},
            r"risk: .*less than or equal to 1, not 1\.5\. Write 0\.015 for 1\.5 %",
        ),
        ({"kind": "fixed", "risk": 0.5, "nights": 3}, "nights: is not known"),
        ({"kind": "capacity"}, "per_night: is required"),
        ({"kind": "precision", "at_least": 1}, "at_least: .*less than 1"),
        ({"kind": "cost", "miss": 0, "false_alarm": -1}, "miss: .*; false_alarm: "),
        ({"kind": "vibes"}, "kind: must be one of 'fixed', 'capacity', 'precision', 'cost', not 'vibes'"),
        ({}, "kind: is required"),
    ],
)
def test_a_bad_table_is_refused_with_every_problem(table: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=rf"boilover\.toml: \[threshold\] .*{message}"):
        parse_policy(table, source="boilover.toml")


def test_the_summary_of_a_capacity_says_that_it_counts_points() -> None:
    risk, y, night = sample()
    told = [
        choose_threshold(policy, risk, y, night).summary()
        for policy in (Capacity(per_night=2), FixedRisk(risk=0.5))
    ]
    assert "backtest tells" in told[0]
    assert "backtest" not in told[1]
