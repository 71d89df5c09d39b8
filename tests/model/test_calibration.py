import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from boilover.errors import InputError, MismatchError, UsageError
from boilover.model.calibration import clearly_better, fit_calibrator, level
from boilover.model.calibrators import Beta, Isotonic, Platt, calibrator_from_dict, log_loss, sigmoid

METHODS = ("identity", "platt", "beta", "isotonic", "auto")


def sample(rows, slope=1.0, shift=0.0, seed=0, base=-2.0):
    """Scores whose true log-odds are ``slope * score + shift``."""
    rng = np.random.default_rng(seed)
    score = rng.normal(base, 1.5, rows)
    return score, (rng.random(rows) < sigmoid(slope * score + shift)).astype(int)


@pytest.mark.parametrize("method", METHODS)
@given(
    scores=st.lists(st.integers(-8_000_000, 8_000_000), min_size=2, max_size=60, unique=True),
    seed=st.integers(0, 5),
    base=st.sampled_from([-6.0, -2.0, 2.0]),
)
@settings(max_examples=25, deadline=None)
def test_no_calibrator_ties_or_swaps_two_scores(method, scores, seed, base):
    calibrator = fit_calibrator(*sample(400, seed=seed, base=base), method=method)
    asked = np.sort(np.array(scores)) * 1e-6
    assert (np.diff(calibrator.log_odds(asked)) > 0).all()
    risk = calibrator(asked)
    assert (np.diff(risk) >= 0).all()
    assert (np.diff(risk)[risk[1:] < 0.9999] > 0).all()
    assert ((risk > 0) & (risk < 1)).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_calibrator_survives_json_to_the_last_bit(method):
    calibrator = fit_calibrator(*sample(2000), method=method)
    again = calibrator_from_dict(json.loads(json.dumps(calibrator.to_dict())))
    assert again == calibrator
    asked = np.random.default_rng(1).normal(0, 10, 1000)
    assert np.array_equal(again(asked), calibrator(asked))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("by", [-2.5, 0.0, 0.75])
def test_a_raised_calibrator_adds_as_much_to_every_log_odds(method, by):
    calibrator = fit_calibrator(*sample(2000), method=method)
    asked = np.random.default_rng(1).normal(0, 10, 1000)
    raised = calibrator.raised(by)
    assert raised.log_odds(asked) == pytest.approx(calibrator.log_odds(asked) + by, abs=1e-9)
    assert calibrator_from_dict(raised.to_dict()) == raised


@given(
    log_odds=st.lists(st.floats(-30, 30), min_size=1, max_size=40),
    mean=st.floats(1e-6, 1 - 1e-6),
)
def test_the_level_gives_the_mean_that_was_asked_for(log_odds, mean):
    scores = np.array(log_odds)
    assert sigmoid(scores + level(scores, mean)).mean() == pytest.approx(mean, rel=1e-6)


def test_platt_agrees_with_unpenalised_logistic_regression_on_many_rows():
    score, y = sample(200_000, slope=0.6, shift=-0.5)
    oracle = LogisticRegression(C=np.inf, tol=1e-8).fit(score[:, None], y)
    fitted = fit_calibrator(score, y, method="platt")
    assert fitted.slope == pytest.approx(oracle.coef_[0, 0], abs=2e-3)
    assert fitted.intercept == pytest.approx(oracle.intercept_[0], abs=2e-3)


def test_beta_calibration_agrees_with_logistic_regression_on_ln_p_and_ln_1_minus_p():
    rng = np.random.default_rng(2)
    p = rng.beta(1, 3, 200_000)
    true = 1.4 * np.log(p) - 0.6 * np.log(1 - p) + 0.3
    y = (rng.random(len(p)) < sigmoid(true)).astype(int)
    terms = np.column_stack([np.log(p), -np.log(1 - p)])
    oracle = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(terms, y)
    fitted = fit_calibrator(np.log(p / (1 - p)), y, method="beta")
    assert [fitted.a, fitted.b] == pytest.approx(oracle.coef_[0], abs=0.02)
    assert fitted.c == pytest.approx(oracle.intercept_[0], abs=0.02)


def test_beta_slopes_are_never_negative():
    score, y = sample(5000)
    fitted = fit_calibrator(-score, y, method="beta")
    assert fitted.a > 0
    assert fitted.b > 0


def test_isotonic_runs_through_the_pooled_rates_at_their_centres():
    score, y = sample(20_000)
    fitted = fit_calibrator(score, y, method="isotonic")
    steps = IsotonicRegression(out_of_bounds="clip").fit(score, y)
    inner = np.array(fitted.centres)[2:-2]
    assert len(inner) > 5
    assert fitted(inner) == pytest.approx(steps.predict(inner), abs=0.02)
    assert fitted(score).mean() == pytest.approx(y.mean(), abs=0.003)


def test_isotonic_gives_no_certainty_to_one_lucky_row():
    score = np.linspace(-4, 0, 1000)
    y = np.zeros(1000)
    y[-1] = 1
    y[::20] = 1
    assert fit_calibrator(score, y, method="isotonic")(score[-1:])[0] < 0.3


@pytest.mark.parametrize("method", ["platt", "beta", "isotonic", "auto"])
def test_a_shifted_rate_is_put_right(method):
    score, y = sample(20_000, shift=1.2)
    assert fit_calibrator(score, y, method=method)(score).mean() == pytest.approx(y.mean(), abs=0.005)


def test_few_positives_move_the_level_and_hardly_bend():
    score, _ = sample(500)
    y = np.zeros(500)
    y[np.argsort(score)[:3]] = 1  # the three lowest scores escalate: noise, not knowledge
    fitted = fit_calibrator(score, y, method="auto")
    assert isinstance(fitted, Platt)
    assert 0 < fitted.slope < 1
    assert np.isfinite(fit_calibrator(score, np.zeros(500)).log_odds(score)).all()


def test_auto_prefers_the_simple_and_takes_the_bent_where_it_is_clearly_better():
    assert isinstance(fit_calibrator(*sample(5000)), Platt)
    rng = np.random.default_rng(0)
    score = rng.normal(0, 2, 20_000)
    y = (rng.random(len(score)) < np.where(np.abs(score) < 1, 0.3, np.where(score < 0, 0.02, 0.35))).astype(
        int
    )
    assert isinstance(fit_calibrator(score, y), Isotonic)


@pytest.mark.parametrize("method", ["platt", "beta"])
@pytest.mark.parametrize("outcome", [0, 1])
def test_many_equal_rows_of_a_ticket_teach_no_more_than_one(method, outcome):
    score, y = sample(60, slope=3.0, seed=6)
    score, y = (score, y) if outcome else (-score, 1 - y)
    once = fit_calibrator(score, y, method=method, groups=np.arange(60))
    again = fit_calibrator(np.repeat(score, 40), np.repeat(y, 40), method=method)
    told = fit_calibrator(
        np.repeat(score, 40), np.repeat(y, 40), method=method, groups=np.repeat(np.arange(60), 40)
    )
    asked = np.linspace(-6, 3, 10)
    assert told.log_odds(asked) == pytest.approx(once.log_odds(asked), abs=1e-4)
    assert np.ptp(told.log_odds(asked)) != pytest.approx(np.ptp(again.log_odds(asked)), rel=0.05)


def test_the_pull_of_the_prior_is_that_of_its_spread():
    score, y = sample(40, slope=3.0, seed=8)
    fitted = fit_calibrator(score, y, method="platt")
    middle = score.mean()
    slopes, levels = np.meshgrid(np.linspace(0.5, 2.5, 401), np.linspace(-4, 1, 501), indexing="ij")
    z = slopes[..., None] * (score - middle) + levels[..., None]
    lost = (np.logaddexp(0, z) - y * z).sum(axis=-1)
    lost += ((slopes - 1) / 0.25) ** 2 / 2 + ((levels - middle) / 0.5) ** 2 / 2
    best = np.unravel_index(lost.argmin(), lost.shape)
    assert fitted.slope == pytest.approx(slopes[best], abs=0.006)
    assert fitted.intercept + fitted.slope * middle == pytest.approx(levels[best], abs=0.012)


def test_a_ticket_of_many_rows_counts_once():
    score, y = sample(2000, seed=3)
    score, y = np.repeat(score[:20], 100) + np.linspace(0, 1, 2000), np.repeat(y[:20], 100)
    assert isinstance(fit_calibrator(score, y, groups=np.repeat(np.arange(20), 100)), Platt)


def test_the_same_seed_gives_the_same_calibrator():
    assert fit_calibrator(*sample(3000), seed=4) == fit_calibrator(*sample(3000), seed=4)


def test_clearly_better_counts_groups_not_rows():
    rng = np.random.default_rng(0)
    gain = np.repeat(rng.normal(0.3, 1, 10), 50)
    one_each, by_ticket = np.arange(500), np.repeat(np.arange(10), 50)
    assert clearly_better(-gain, np.zeros(500), one_each)
    assert clearly_better(-gain, np.zeros(500), by_ticket) == (
        gain.mean() > gain[::50].std(ddof=1) / np.sqrt(10)
    )
    assert not clearly_better(np.zeros(500), -gain, one_each)
    assert not clearly_better(-np.ones(5), np.zeros(5), np.zeros(5, dtype=np.int64))


def test_log_loss_is_the_textbook_one():
    z, y = np.array([-3.0, 0.0, 2.0]), np.array([0.0, 1.0, 1.0])
    p = sigmoid(z)
    assert log_loss(z, y) == pytest.approx(-(y * np.log(p) + (1 - y) * np.log(1 - p)))


@pytest.mark.parametrize(
    ("score", "y", "error"),
    [
        ([], [], "no row"),
        ([0.1, 0.2], [1], "differ in number"),
        ([0.1, np.nan], [0, 1], "row 2"),
        ([0.1, 0.2], [0, np.nan], "labels other than 0 and 1"),
    ],
)
def test_bad_input_is_named(score, y, error):
    with pytest.raises(InputError, match=error):
        fit_calibrator(score, y)


def test_unknown_methods_and_kinds_are_named():
    with pytest.raises(UsageError, match="'spline'"):
        fit_calibrator([0.1, 0.2], [0, 1], method="spline")
    with pytest.raises(MismatchError, match="'spline'"):
        calibrator_from_dict({"kind": "spline"})
    with pytest.raises(MismatchError, match="'beta'"):
        calibrator_from_dict({"kind": "beta", "slope": 1.0})


def test_identity_leaves_scores_alone():
    assert fit_calibrator([0.1, 0.2], [0, 1], method="identity") == Platt(1.0, 0.0)
    assert Beta(1.0, 1.0, 0.0).log_odds([0.7, -3.0]) == pytest.approx([0.7, -3.0])
