import json
from typing import Any

import numpy as np
import pytest

from boilover.errors import InputError
from boilover.evaluation import metrics
from boilover.evaluation.baselines import AGE_ONLY, BASE_RATE, LOGISTIC, SLA_RULE
from boilover.evaluation.evaluate import MODEL, Evaluation, evaluate
from boilover.evaluation.interval import Interval
from boilover.evaluation.table import render
from boilover.evaluation.verdict import compare, level
from boilover.evaluation.workload import MICROSECONDS_PER_DAY, at_workload, top_k_a_night

Array = np.ndarray[Any, Any]
N = 1500


def sample(seed: int = 0) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    risk = rng.beta(1, 4, N)
    return {
        "y": (rng.random(N) < risk).astype(float),
        "risk": risk,
        "as_of_us": rng.integers(0, 30, N) * MICROSECONDS_PER_DAY,
        "tickets": np.array([f"T{ticket}" for ticket in rng.integers(0, 400, N)]),
        "age_hours": rng.exponential(100, N),
    }


def peers(data: dict[str, Array]) -> dict[str, Array | None]:
    rng = np.random.default_rng(5)
    return {
        BASE_RATE: np.full(N, 0.2),
        AGE_ONLY: rng.random(N),
        SLA_RULE: rng.random(N),
        LOGISTIC: np.clip(data["risk"] + rng.normal(0, 1e-4, N), 0, 1),
        "rules": None,
    }


def whole(**changed: Any) -> Evaluation:
    data = sample()
    options: dict[str, Any] = {
        "segments": {"channel": np.where(data["age_hours"] > 50, "mail", "phone")},
        "baselines": peers(data),
        "threshold": 0.3,
        "rounds": 60,
    }
    return evaluate(**data, **{**options, **changed})


def test_figures_are_those_of_the_parts() -> None:
    data, found = sample(), whole(k=3)
    y, risk = data["y"], data["risk"]
    assert (found.points, found.positives, found.tickets) == (N, y.sum(), len(set(data["tickets"])))
    assert found.base_rate == pytest.approx(y.mean())
    model = found.scores[MODEL]
    assert model["average_precision"].estimate == pytest.approx(metrics.average_precision(y, risk))
    assert model["recall_at_11.8%"].estimate == pytest.approx(at_workload(y, risk, 0.118).recall)
    assert found.top_k == top_k_a_night(y, risk, data["as_of_us"], 3)
    assert sum(group.points for group in found.by_segment["channel"].groups) == N
    assert found.at_threshold is not None
    assert found.at_threshold.precision == pytest.approx(y[risk >= 0.3].mean())
    assert found.at_threshold.net_benefit > max(0, found.at_threshold.net_benefit_of_all)
    for name, score in peers(data).items():
        if score is not None:
            gap = metrics.average_precision(y, risk) - metrics.average_precision(y, score)
            assert found.differences[name].estimate == pytest.approx(gap)


def test_a_better_model_beats_and_an_equal_one_loudly_does_not() -> None:
    found = whole()
    assert found.beats_age_only is True
    assert found.unavailable == ("rules",)
    said = dict(zip(found.differences, found.verdict, strict=True))
    assert said[AGE_ONLY].startswith("beats age only (average precision 0.")
    assert f"base rate {found.base_rate:.3f}" in said[AGE_ONLY]
    assert said[LOGISTIC].startswith("DOES NOT BEAT logistic regression")
    data = sample()
    worse = evaluate(**{**data, "risk": np.full(N, 0.1)}, baselines={AGE_ONLY: data["risk"]}, rounds=30)
    assert worse.beats_age_only is False
    assert worse.verdict[0].startswith("FALLS BEHIND age only (")


def test_the_verdict_needs_an_interval_above_nought() -> None:
    def verdict(*difference: float) -> str:
        return compare(
            "age_only", Interval(0.3, 0.2, 0.4), Interval(0.2, 0.1, 0.3), Interval(*difference), 0.1
        )

    assert verdict(0.1, 0.01, 0.2).startswith("beats age only")
    assert verdict(0.1, 0.0, 0.2).startswith("DOES NOT BEAT age only beyond chance")
    assert verdict(-0.1, -0.2, 0.1).startswith("DOES NOT BEAT age only (")
    assert verdict(-0.1, -0.2, -0.01).startswith("FALLS BEHIND age only (")
    assert verdict(np.nan, np.nan, np.nan).startswith("cannot be compared")


def test_the_model_stands_beside_the_rule_at_the_same_workload() -> None:
    data, found = sample(), whole().beside_sla_rule
    flagged = peers(data)[SLA_RULE] >= 0.75  # type: ignore[operator]
    assert found is not None
    assert found.flagged_share == pytest.approx(flagged.mean())
    assert found.recall == pytest.approx(data["y"][flagged].sum() / data["y"].sum())
    assert found.precision == pytest.approx(data["y"][flagged].mean())
    highest = np.sort(data["risk"])[-flagged.sum()]
    assert found.model_precision == pytest.approx(data["y"][data["risk"] >= highest].mean())
    assert "model, as many" in render(whole().to_dict())
    assert whole(baselines={SLA_RULE: np.zeros(N)}).beside_sla_rule is None
    assert whole(baselines={}).beside_sla_rule is None


def test_a_rule_claims_no_probability() -> None:
    found = whole().scores[SLA_RULE]
    assert np.isnan(found["brier_skill"]).all()
    assert np.isnan(found["calibration_error"]).all()
    assert np.isfinite(found["average_precision"]).all()


def test_the_dictionary_is_json_and_the_same_every_time() -> None:
    found = whole().to_dict()
    text = json.dumps(found, allow_nan=False)
    assert text == json.dumps(whole().to_dict())
    assert text != json.dumps(whole(seed=1).to_dict())
    assert found["scores"][SLA_RULE]["brier"] == {"estimate": None, "low": None, "high": None}
    assert found["curves"]["recall"][-1] == 1
    assert "accuracy" not in text


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class_is_measured_without_a_warning(label: float) -> None:
    data = sample()
    data["y"] = np.full(N, label)
    found = evaluate(**data, baselines=peers(data), threshold=0.3, rounds=5)
    assert np.isnan(found.scores[MODEL]["roc_auc"].estimate)
    assert not found.beats_age_only
    json.dumps(found.to_dict(), allow_nan=False)
    assert "The model" in render(found.to_dict())


def test_equal_risks_and_one_point() -> None:
    data = sample()
    found = evaluate(**{**data, "risk": np.full(N, 0.2)}, rounds=5)
    assert [row.recall for row in found.workloads] == pytest.approx([row.workload for row in found.workloads])
    assert found.scores[MODEL]["roc_auc"].estimate == 0.5
    one = evaluate([1], [0.5], [0], ["T"], [1.0], rounds=3)
    assert one.points == one.tickets == 1
    assert one.verdict == ()
    assert one.beats_age_only is None


def test_a_threshold_that_flags_nothing() -> None:
    found = whole(threshold=np.nextafter(1, 2), rounds=3).at_threshold
    assert found is not None
    assert (found.flagged_share, found.recall) == (0, 0)
    assert np.isnan([found.precision, found.net_benefit, found.net_benefit_of_all]).all()


def test_bad_input() -> None:
    with pytest.raises(InputError, match="no point"):
        evaluate([], [], [], [], [])
    data = sample()
    with pytest.raises(InputError, match=r"'risk'.*outside 0 to 1"):
        evaluate(**{**data, "risk": data["risk"] + 1})
    with pytest.raises(InputError, match="tickets of shape"):
        evaluate(**{**data, "tickets": data["tickets"][1:]})


@pytest.mark.parametrize(("escalated", "compared"), [(9, False), (10, True)])
def test_few_escalations_compare_with_nobody(escalated: int, compared: bool) -> None:
    """Of two that know nothing one beats the other in 45 % of logs where one ticket escalates, by its interval."""
    n = 200
    tickets = np.arange(n) // 2
    y = (tickets < escalated).astype(float)
    found = evaluate(
        y, 0.9 * y, np.arange(n), tickets, np.arange(n), baselines={"age_only": np.arange(n) / n}, rounds=20
    )
    gap = found.differences["age_only"]
    assert found.beats_age_only is (True if compared else None)
    assert np.isnan(gap.low) != compared
    assert gap.estimate > 0
    assert found.verdict[0].startswith("beats age only" if compared else "cannot be compared with age only")


def test_the_level_of_the_risks_is_told_in_words() -> None:
    rng = np.random.default_rng(0)
    tickets = np.arange(4000)
    rate = rng.uniform(0.02, 0.3, 4000)
    y = (rng.random(4000) < rate).astype(float)
    assert level(y, rate, tickets).startswith(
        "Risks are right on the whole to within 11%: 15.9 % on average, where"
    )
    assert level(y, rate / 2, tickets).startswith("Risks are too low")
    assert level(y, np.minimum(rate * 2, 1), tickets).startswith("Risks are too high")
    rare = level(y * (tickets == tickets[y > 0][0]), np.full(4000, 0.0003), tickets)
    assert " 0.03 % on average, where 0.03 % escalate, 0.83 times as many" in rare, "and not none of them"
    # Where few tickets escalate, right risks are not told as wrong, however few there were; nor as right.
    few, three = np.full(1500, 0.01), np.repeat(np.arange(500), 3)
    told = [level((rng.random(500)[three] < few).astype(float), few, three) for _ in range(400)]
    assert np.mean([each.startswith("Risks are too") for each in told]) < 0.05
    nine, ten = (
        level(y * (tickets <= tickets[y > 0][few]), np.full(4000, few / 4000), tickets) for few in (8, 9)
    )
    for number, said in ((9, nine), (10, ten)):
        wanted = (
            f"Whether risks are right on the whole cannot be told: {number} tickets escalated, and about "
        )
        assert said.startswith(wanted)
    # One ticket's many points are one observation.
    assert level(y[:40], rate[:40] / 2, np.zeros(40, dtype=int)).startswith("Whether risks are right")


def test_risks_are_not_called_right_where_the_data_cannot_tell() -> None:
    """A desk was told that 4.6 % are right where 3.4 % came: 15 escalations, which could not tell it from 4.6 %."""
    tickets = np.arange(440)
    y = (tickets < 15).astype(float)
    assert level(y, np.full(440, 0.046), tickets) == (
        "Whether risks are right on the whole cannot be told: 15 tickets escalated, and about 95 are needed to tell it"
        " within 20%; 4.6 % on average, where 3.4 % escalate, 0.74 times as many (95 % interval 0.31 to 1.18)."
    )
    # So many more of the same tell it.
    more = np.arange(440 * 12)
    assert level(np.tile(y, 12), np.full(len(more), 0.046), more).startswith(
        "Risks are too high on the whole: 4.6 %"
    )
    assert level(np.zeros(9), np.zeros(9), np.arange(9)).startswith("Whether risks are right")


@pytest.mark.parametrize("n", [200, 20_000])
def test_the_interval_of_the_level_holds_what_is_right(n: int) -> None:
    rng = np.random.default_rng(n)
    risk, three = rng.uniform(0.01, 0.2, n), np.repeat(np.arange(n), 3)
    told = [level((rng.random(n) < risk)[three].astype(float), risk[three], three) for _ in range(300)]
    assert np.mean(["on the whole: " in each and each.startswith("Risks are too") for each in told]) < 0.08
    # It is called right only with enough to tell it from what is a fifth off.
    right = np.mean([each.startswith("Risks are right") for each in told])
    assert right == 0 if n < 20_000 else right > 0.9
