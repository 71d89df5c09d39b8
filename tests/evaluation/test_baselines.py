from typing import Any

import numpy as np
import pandas as pd
import pytest

from boilover.errors import InputError
from boilover.evaluation import baselines as bl
from boilover.evaluation.metrics import roc_auc
from boilover.model.linear import LinearPartner

Array = np.ndarray[Any, Any]


def sample(n: int = 800, seed: int = 0) -> tuple[pd.DataFrame, Array, Array, Array]:
    rng = np.random.default_rng(seed)
    age = rng.choice([0.0, 1.0, 24.0, 168.0], n)
    X = pd.DataFrame(
        {
            "handoffs": rng.poisson(2, n).astype(np.float32),
            "gap": np.where(rng.random(n) < 0.4, np.nan, rng.random(n)).astype(np.float32),
            "group": pd.Categorical(rng.choice(["a", "b"], n)),
        }
    )
    logits = 0.8 * X["handoffs"].to_numpy() - 3 + 0.5 * (age > 1)
    share = np.where(rng.random(n) < 0.5, np.nan, rng.random(n) * 1.5)
    return X, (rng.random(n) < 1 / (1 + np.exp(-logits))).astype(float), age, share


def test_every_peer_scores_every_point() -> None:
    X, y, age, share = sample()
    fitted = bl.fit_baselines(X.iloc[:600], y[:600], age[:600], share[:600], seed=0)
    found = fitted.predict(X.iloc[600:], age[600:], share[600:])
    assert list(found) == [bl.BASE_RATE, bl.AGE_ONLY, bl.SLA_RULE, bl.LOGISTIC]
    assert fitted.unavailable == {}
    for name, score in found.items():
        assert score is not None
        assert score.dtype == np.float64
        assert score.shape == (200,)
        assert name in bl.NOT_PROBABILITIES or (score.min() >= 0 and score.max() <= 1)
    assert set(found[bl.BASE_RATE]) == {y[:600].mean()}
    assert roc_auc(y[600:], found[bl.LOGISTIC]) > 0.7
    np.testing.assert_array_equal(found[bl.SLA_RULE], np.nan_to_num(share[600:]))


def test_rate_by_age_is_the_shrunken_share_at_that_age() -> None:
    _, y, age, _ = sample()
    rates = bl.AgeRates.fit(age, y)
    for value in (0.0, 1.0, 24.0, 168.0):
        at = y[age == value]
        expected = (at.sum() + bl.PRIOR_POINTS * y.mean()) / (len(at) + bl.PRIOR_POINTS)
        assert rates.predict(np.array([value]))[0] == pytest.approx(expected)
    # Between two ages the nearer one counts, on a logarithmic scale; beyond the last the last.
    between = np.expm1((np.log1p(24) + np.log1p(168)) / 2)
    low, high, far, last = rates.predict(np.array([between - 0.1, between + 0.1, 1e6, 168.0]))
    assert low == rates.predict(np.array([24.0]))[0]
    assert high == far == last
    assert rates.predict(np.array([np.nan]))[0] == y.mean()


def test_many_ages_are_grouped_and_follow_the_rate() -> None:
    rng = np.random.default_rng(0)
    age = rng.exponential(100, 20_000)
    truth = 0.05 + 0.4 * np.exp(-age / 50)
    rates = bl.AgeRates.fit(age, (rng.random(20_000) < truth).astype(float))
    assert len(rates.rates) == bl.MAX_AGES
    assert np.abs(rates.predict(age) - truth).mean() < 0.03


def test_unknown_ages_only_still_give_the_base_rate() -> None:
    rates = bl.AgeRates.fit(np.full(4, np.nan), np.array([1.0, 0.0, 0.0, 0.0]))
    np.testing.assert_allclose(rates.predict(np.array([3.0, np.nan])), 0.25)


@pytest.mark.parametrize("share", [None, np.full(800, np.nan)])
def test_without_an_sla_the_rule_is_unavailable_and_says_why(share: Array | None) -> None:
    X, y, age, _ = sample()
    fitted = bl.fit_baselines(X, y, age, share, seed=0)
    assert "SLA" in fitted.unavailable[bl.SLA_RULE]
    assert fitted.predict(X, age, share)[bl.SLA_RULE] is None


def test_shrinkage_is_chosen_on_the_later_rows() -> None:
    """Later rows are pure noise, so that the strongest shrinkage is best; in the other order it is not."""
    X, y, _, _ = sample(4000)
    order = np.arange(len(y))
    noise = np.random.default_rng(1).permutation(y[3000:])
    assert bl.choose_c(X, np.r_[y[:3000], noise], order, seed=0) == min(bl.CHOICES_OF_C)
    assert bl.choose_c(X, np.r_[noise, y[1000:]], order, seed=0) > min(bl.CHOICES_OF_C)
    shuffled = np.random.default_rng(2).permutation(4000)
    first = bl.fit_baselines(X, y, np.ones(4000), None, seed=0)
    second = bl.fit_baselines(X.iloc[shuffled], y[shuffled], np.ones(4000), None, seed=0, as_of_us=shuffled)
    assert first.logistic.C == second.logistic.C
    np.testing.assert_allclose(second.logistic.decision(X), first.logistic.decision(X), atol=1e-6)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class(label: float) -> None:
    X, _, age, share = sample(60)
    fitted = bl.fit_baselines(X, np.full(60, label), age, share, seed=0)
    assert fitted.logistic.C == LinearPartner().C
    found = fitted.predict(X, age, share)
    for name in (bl.BASE_RATE, bl.AGE_ONLY, bl.LOGISTIC):
        np.testing.assert_allclose(found[name], label, atol=0.02)


def test_many_rows_are_drawn_by_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, age, share = sample()
    monkeypatch.setattr(bl, "MAX_ROWS_TO_CHOOSE", 300)
    first, second = (bl.fit_baselines(X, y, age, share, seed=3).predict(X, age, share) for _ in range(2))
    np.testing.assert_array_equal(first[bl.LOGISTIC], second[bl.LOGISTIC])


def test_bad_input() -> None:
    X, y, age, share = sample(10)
    with pytest.raises(InputError, match="no point"):
        bl.fit_baselines(X.iloc[:0], [], [], None, seed=0)
    with pytest.raises(InputError, match="differ in number"):
        bl.fit_baselines(X, y[:5], age, share, seed=0)
