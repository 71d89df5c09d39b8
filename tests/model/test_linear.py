import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilover.errors import InputError, MismatchError
from boilover.model.linear import LinearPartner


def frame(n: int = 400, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "hours": rng.lognormal(1, 2, n).astype(np.float32),
            "gap": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)).astype(np.float32),
            "constant": np.ones(n, dtype=np.float32),
            "absent": np.full(n, np.nan, dtype=np.float32),
            "group": pd.Categorical(rng.choice(["a", "b", "rare"], n, p=[0.6, 0.38, 0.02])),
            "flag": rng.random(n) < 0.5,
        }
    )
    logit = np.log(X["hours"].to_numpy()) - 2 + 1.5 * (X["group"] == "b") + np.isnan(X["gap"].to_numpy())
    return X, (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float)


def test_fit_is_the_penalised_maximum_of_the_likelihood() -> None:
    """Oracle: scipy minimises the penalised likelihood on a design matrix built by hand."""
    from scipy.optimize import minimize

    X, y = frame()
    X = X[["hours", "gap", "group"]]
    hours = np.log1p(X["hours"].to_numpy(np.float64))
    gap = X["gap"].to_numpy(np.float64)
    squeezed = np.sign(gap) * np.log1p(np.abs(gap))
    design = np.column_stack(
        [
            np.clip((hours - hours.mean()) / hours.std(), -10, 10),
            np.nan_to_num((squeezed - np.nanmean(squeezed)) / np.nanstd(squeezed)),
            np.isnan(gap),
            X["group"] == "a",
            X["group"] == "b",
        ]
    ).astype(float)

    def loss(weights: np.ndarray[Any, Any]) -> float:
        logits = weights[0] + design @ weights[1:]
        fit = np.logaddexp(0, logits) - y * logits
        return float(0.1 * fit.sum() + 0.5 * (weights[1:] ** 2).sum())

    best = minimize(loss, np.zeros(6), method="BFGS", options={"gtol": 1e-7}).x
    found = LinearPartner(C=0.1).fit(X, y).decision(X)
    # The solver stops at a gradient of 1e-4 per row, which is far below what a score means.
    np.testing.assert_allclose(found, best[0] + design @ best[1:], atol=2e-3)


def test_a_mean_of_shrinkages_scores_as_the_mean_of_their_scores() -> None:
    X, y = frame()
    choices, shares = (1e-3, 1e-2, 1.0), (0.2, 0.5, 0.3)
    mixed, last = LinearPartner.path(X, y, choices, shares=[shares, (0.0, 0.0, 1.0)], free="hours")
    single = LinearPartner.path(X, y, choices, free="hours")
    mean = sum(share * model.decision(X) for share, model in zip(shares, single, strict=True))
    np.testing.assert_allclose(mixed.decision(X), mean, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(mixed.contributions(X).mean(axis=0), 0.0, atol=1e-12)
    assert np.array_equal(last.decision(X), single[2].decision(X))
    np.testing.assert_allclose([mixed.C, last.C], [0.3052, 1.0])


def test_a_rising_column_never_lowers_the_score() -> None:
    X, y = frame()
    X["falling"] = (-y + np.random.default_rng(1).normal(size=len(y))).astype(np.float32)
    rising = ("hours", "gap", "falling", "group", "no column")
    held = LinearPartner.path(X, y, [0.1], rising=rising)[0].contributions(X)
    free = LinearPartner.path(X, y, [0.1])[0].contributions(X)
    last, hours = X.columns.get_loc("falling"), X["hours"].to_numpy()
    assert np.ptp(free[:, last]) > 1.0
    assert not held[:, last].any()
    assert (np.diff(held[np.argsort(hours), 0]) >= 0.0).all()
    # What was right about the sign, and categories, are told as before.
    assert np.corrcoef(held[:, 0], free[:, 0])[0, 1] == pytest.approx(1.0)
    assert len(np.unique(held[:, X.columns.get_loc("group")])) == 3


def test_contributions_sum_to_the_decision_and_are_centred() -> None:
    X, y = frame()
    model = LinearPartner().fit(X, y)
    parts = model.contributions(X)
    assert parts.shape == (len(X), X.shape[1])
    np.testing.assert_allclose(parts.sum(axis=1) + model.intercept_, model.decision(X), atol=1e-12)
    np.testing.assert_allclose(parts.mean(axis=0), 0, atol=1e-12)
    assert not parts[:, [2, 3]].any()


def test_a_row_scores_the_same_alone_in_any_order_and_after_a_round_trip() -> None:
    X, y = frame()
    model = LinearPartner().fit(X, y)
    whole = model.decision(X)
    again = LinearPartner.from_dict(json.loads(json.dumps(model.to_dict())))
    np.testing.assert_array_equal(again.decision(X), whole)
    np.testing.assert_array_equal(again.contributions(X), model.contributions(X))
    np.testing.assert_array_equal([model.decision(X.iloc[[row]])[0] for row in range(50)], whole[:50])
    np.testing.assert_array_equal(model.decision(X[X.columns[::-1]].iloc[::-1])[::-1], whole)


def test_the_odd_values_at_scoring_time() -> None:
    X, y = frame()
    model = LinearPartner().fit(X, y)
    odd = X.iloc[[0] * 4].reset_index(drop=True)
    odd["group"] = pd.Categorical(["never seen", None, "rare", "b"])
    odd["hours"] = np.array([np.inf, np.nan, 1e38, -1e38], dtype=np.float32)
    scores = model.decision(odd)
    assert np.isfinite(scores).all()
    parts = model.contributions(odd)
    group = model.columns_.index("group")
    assert parts[0, group] == parts[1, group] == parts[2, group] != parts[3, group]
    text = odd.assign(group=odd["group"].astype("str"))
    np.testing.assert_array_equal(model.decision(text.iloc[2:]), scores[2:])


def test_smaller_c_shrinks_more() -> None:
    X, y = frame()
    spread = [LinearPartner(C=C).fit(X, y).decision(X).std() for C in (0.001, 0.1, 10.0)]
    assert spread[0] < spread[1] < spread[2]


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_one_class_gives_the_shrunken_rate(label: float) -> None:
    X, _ = frame(30)
    model = LinearPartner().fit(X, np.full(30, label))
    expected = np.log(0.5 / 30.5) * (1 if label == 0 else -1)
    np.testing.assert_allclose(model.decision(X), expected)


def test_no_usable_column_gives_the_rate() -> None:
    X, y = frame()
    model = LinearPartner().fit(X[["constant", "absent"]], y)
    np.testing.assert_allclose(model.decision(X), np.log((y.sum() + 0.5) / (len(y) - y.sum() + 0.5)))


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 60), st.integers(0, 10_000))
def test_any_small_log_fits_to_finite_scores(n: int, seed: int) -> None:
    X, y = frame(n, seed)
    assert np.isfinite(LinearPartner().fit(X, y).decision(X)).all()


def test_more_rows_than_the_limit_are_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = frame(4000)
    full = LinearPartner().fit(X, y).decision(X)
    monkeypatch.setattr("boilover.model.linear.MAX_ROWS", 2000)
    thinned = LinearPartner().fit(X, y).decision(X)
    assert (thinned != full).any()
    assert np.corrcoef(full, thinned)[0, 1] > 0.98


def test_errors_name_what_is_wrong() -> None:
    X, y = frame()
    with pytest.raises(InputError, match="no row"):
        LinearPartner().fit(X.iloc[:0], y[:0])
    with pytest.raises(InputError, match="differ in number"):
        LinearPartner().fit(X, y[:-1])
    with pytest.raises(InputError, match=r"'y'.*0 and 1"):
        LinearPartner().fit(X, y + 0.5)
    model = LinearPartner().fit(X, y)
    with pytest.raises(MismatchError, match="'gap'"):
        model.decision(X.drop(columns="gap"))
    with pytest.raises(MismatchError, match="'hours': is category"):
        model.decision(X.assign(hours=X["group"]))
    with pytest.raises(MismatchError, match="'group': is float32"):
        model.decision(X.assign(group=X["hours"]))
    with pytest.raises(MismatchError, match="format 99"):
        LinearPartner.from_dict({**model.to_dict(), "format": 99})


def test_values_that_read_alike_are_one_category_in_the_fit_too() -> None:
    rng = np.random.default_rng(0)
    texts = rng.choice(["1", "2"], 400)
    mixed = pd.Series([int(each) if rng.random() < 0.5 else each for each in texts], dtype=object)
    y = (texts == "1") & (rng.random(400) < 0.8)
    as_texts = LinearPartner().fit(pd.DataFrame({"tier": texts}), y)
    assert LinearPartner().fit(mixed.to_frame("tier"), y).to_dict() == as_texts.to_dict()
