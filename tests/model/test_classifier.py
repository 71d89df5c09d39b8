import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import average_precision_score, log_loss

from boilover.errors import MismatchError, UsageError
from boilover.model.calibrators import Platt
from boilover.model.classifier import EscalationClassifier
from boilover.model.fitted import Fitted
from desk_rows import desk


@pytest.fixture(scope="module")
def fitted():
    return EscalationClassifier(n_jobs=1).fit(*desk())


def test_it_learns_and_its_risks_can_be_taken_at_their_word(fitted):
    X, y = desk(seed=1)
    risk = fitted.predict_proba(X)[:, 1]
    assert average_precision_score(y, risk) > 2 * y.mean()
    assert log_loss(y, risk) < log_loss(y, np.full(len(y), y.mean())) - 0.05
    assert risk.mean() == pytest.approx(y.mean(), abs=0.04)


def test_the_same_rows_and_seed_give_the_same_model_on_any_number_of_threads(fitted):
    X, y = desk()
    again = EscalationClassifier(n_jobs=2).fit(X, y)
    assert np.array_equal(again.raw_scores(X), fitted.raw_scores(X))
    assert np.array_equal(again.predict_proba(X), fitted.predict_proba(X))
    other = clone(fitted).set_params(random_state=1).fit(X, y)
    assert not np.array_equal(other.raw_scores(X), fitted.raw_scores(X))


def test_a_row_has_the_same_risk_alone_and_among_others(fitted):
    X, _ = desk()
    assert np.array_equal(fitted.predict_proba(X[100:101]), fitted.predict_proba(X)[100:101])


@pytest.mark.parametrize("linear", [0.0, 0.25, 1.0])
def test_contributions_add_up_to_the_raw_score(linear):
    X, y = desk(600)
    model = EscalationClassifier(linear=linear, n_jobs=1).fit(X, y)
    found = model.contributions(X[:50])
    assert found.shape == (50, 6)
    assert model.linear_weight_ == linear
    assert found.sum(axis=1) + model.base_value == pytest.approx(model.raw_scores(X[:50]), abs=1e-9)
    assert (np.abs(found).max(axis=0)[[0, 1]] > 0.1).all()
    assert not found[:, [4, 5]].any()


def test_the_blend_is_the_weighted_sum_of_its_parts():
    X, y = desk(600)
    trees, half, partner = (
        EscalationClassifier(linear=weight, n_jobs=1).fit(X, y).raw_scores(X) for weight in (0.0, 0.5, 1.0)
    )
    assert half == pytest.approx((trees + partner) / 2, abs=1e-12)


@pytest.mark.parametrize("linear", [0.0, 0.5, 1.0])
def test_what_rises_never_lowers_the_risk_whatever_the_rows_say(linear):
    X, _ = desk(2000)
    rate = np.random.default_rng(0).lognormal(0, 1, 2000).astype(np.float32)
    y = (np.random.default_rng(1).random(2000) < 1 / (1 + rate)).astype(int)
    X["rate"] = rate
    told = X[:200].assign(rate=rate[:200] + 1.0)

    def changes(**parameters):
        model = EscalationClassifier(linear=linear, n_jobs=1, **parameters).fit(X, y)
        return model.raw_scores(told) - model.raw_scores(X[:200])

    assert changes().mean() < -0.2
    assert (changes(rising=("rate", "queue", "no column")) >= 0.0).all()


def test_unseen_categories_read_as_missing(fitted):
    X, _ = desk(50)
    unseen = X.assign(queue="never heard of", channel="pigeon")
    missing = X.assign(queue=pd.Series([None] * 50, dtype="str"), channel=pd.Series([None] * 50, dtype="str"))
    trees = fitted.encoding_.encode(unseen)
    np.testing.assert_array_equal(trees, fitted.encoding_.encode(missing))
    assert np.isfinite(fitted.raw_scores(unseen)).all()


def test_rare_categories_are_not_kept():
    X, y = desk(1000)
    X["queue"] = X["queue"].astype(str).where(np.arange(1000) % 300 != 0, "rare")
    model = EscalationClassifier(n_jobs=1).fit(X, y)
    assert model.categories_ == {"queue": ("app", "db", "hr", "net"), "channel": ("mail", "phone")}


def test_of_little_trees_learn_no_names_by_heart_and_of_much_they_do():
    X, _ = desk(1000)
    X["who"] = [f"customer {number % 13}" for number in range(1000)]
    little, much = (np.arange(1000) % every == 0 for every in (6, 5))
    assert EscalationClassifier(n_jobs=1).fit(X, little).categories_["who"] == ()
    assert len(EscalationClassifier(n_jobs=1).fit(X, much).categories_["who"]) == 13
    partner = EscalationClassifier(linear=1.0, n_jobs=1).fit(X, little)
    assert np.abs(partner.contributions(X)[:, X.columns.get_loc("who")]).max() > 0


@pytest.mark.parametrize("rows", [2, 3, 10, 60, 199, 200])
def test_tiny_data_gives_a_model(rows):
    X, _ = desk(rows)
    risk = EscalationClassifier(n_jobs=1).fit(X, np.arange(rows) % 2).predict_proba(X)
    assert ((risk > 0) & (risk < 1)).all()
    assert risk.sum(axis=1) == pytest.approx(np.ones(rows))


def test_slices_decide_what_is_learned_from():
    X, y = desk()
    slices = np.repeat(np.array([0, 1, 2, -1], dtype=np.int8), [800, 300, 300, 100])
    model = EscalationClassifier(n_jobs=1).fit(X, y, slices=slices)
    garbled = y.copy()
    garbled[1400:] = 1 - garbled[1400:]
    same = EscalationClassifier(n_jobs=1).fit(X, garbled, slices=slices)
    assert np.array_equal(same.predict_proba(X), model.predict_proba(X))
    garbled[1100:1400] = 1
    moved = EscalationClassifier(n_jobs=1).fit(X, garbled, slices=slices)
    assert (moved.linear_weight_, moved.linear_shares_) == (model.linear_weight_, model.linear_shares_)
    assert moved.rounds_ == model.rounds_
    assert moved.predict_proba(X)[:, 1].mean() > model.predict_proba(X)[:, 1].mean() + 0.2


def test_held_out_risks_are_of_a_model_that_had_not_seen_the_calibration_slice():
    X, y = desk()
    slices = np.repeat(np.array([0, 1, 2], dtype=np.int8), [800, 350, 350])
    model = EscalationClassifier(linear=0.5, n_jobs=1, calibration="identity").fit(X, y, slices=slices)
    garbled = y.copy()
    garbled[1150:] = 1 - garbled[1150:]
    other = EscalationClassifier(linear=0.5, n_jobs=1, calibration="identity").fit(X, garbled, slices=slices)
    assert np.array_equal(model.held_out_risk_, other.held_out_risk_)
    assert len(model.held_out_risk_) == 350
    assert not np.array_equal(model.raw_scores(X), other.raw_scores(X))


@pytest.mark.parametrize("method", ["auto", "isotonic"])
def test_a_rate_that_moved_is_counted_once(method):
    # Labels whose rate rises for the last slice: first the calibrator follows it, then trees and partner do.
    X, y = desk()
    slices = np.repeat(np.array([0, 1, 2], dtype=np.int8), [800, 350, 350])
    moved = y.copy()
    moved[1150:] |= np.random.default_rng(3).random(350) < 0.4
    model = EscalationClassifier(n_jobs=1, calibration=method).fit(X, moved, slices=slices)
    assert model.held_out_risk_.mean() == pytest.approx(moved[1150:].mean(), abs=0.03)
    assert model.predict_proba(X)[1150:, 1].mean() == pytest.approx(model.held_out_risk_.mean(), abs=1e-9)


def test_without_a_calibration_slice_nothing_is_calibrated():
    X, y = desk()
    slices = np.repeat(np.array([0, 1, 2, -1], dtype=np.int8), [800, 300, 300, 100])
    uncalibrated = EscalationClassifier(n_jobs=1).fit(X, y, slices=np.where(slices == 2, -1, slices))
    assert uncalibrated.calibrator_ == Platt()


def test_text_labels_and_arrays_are_welcome():
    X, y = desk(400)
    numbers = X[["age", "empty", "same"]].to_numpy()
    model = EscalationClassifier(n_jobs=1).fit(numbers, np.where(y, "yes", "no"))
    assert model.classes_.tolist() == ["no", "yes"]
    assert set(model.predict(numbers)) <= {"no", "yes"}
    assert np.array_equal(model.predict(numbers) == "yes", model.predict_proba(numbers)[:, 1] > 0.5)


def test_plain_values_and_text_give_the_same_model_back(fitted):
    X, _ = desk(seed=2)
    values = json.loads(json.dumps(fitted.to_dict(), allow_nan=False))
    again = Fitted.from_dict(values, fitted.booster_.model_to_string())
    assert np.array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert np.array_equal(again.contributions(X[:20]), fitted.contributions(X[:20]))
    assert again.base_value == fitted.base_value
    assert again.get_params() == json.loads(json.dumps(fitted.get_params()))


def test_a_model_that_was_read_names_the_columns_that_do_not_fit(fitted):
    X, _ = desk(300)
    again = Fitted.from_dict(fitted.to_dict(), fitted.trees_.text)
    for frame, told in (
        (X.drop(columns="queue"), "'queue' is missing"),
        (X.assign(shoe_size=43), "'shoe_size' is none of them"),
        (X[X.columns[::-1]], "their order differs"),
    ):
        with pytest.raises(MismatchError, match=told):
            again.predict(frame)


def test_no_number_of_jobs_is_one_job(fitted):
    X, y = desk()
    found = EscalationClassifier(n_jobs=None).fit(X, y).predict_proba(X)
    assert np.array_equal(found, EscalationClassifier(n_jobs=1).fit(X, y).predict_proba(X))


def test_one_class_is_refused():
    X, _ = desk(300)
    with pytest.raises(ValueError, match="one class only"):
        EscalationClassifier().fit(X, np.zeros(300))
    with pytest.raises(ValueError, match="rows to fit on hold one class"):
        EscalationClassifier().fit(X, np.arange(300) > 250, slices=np.where(np.arange(300) > 250, 2, 0))


def test_bad_calls_are_named(fitted):
    X, y = desk(300)
    with pytest.raises(UsageError, match="linear"):
        EscalationClassifier(linear=1.5).fit(X, y)
    with pytest.raises(UsageError, match="linear is 'much'; it takes 'auto' or"):
        EscalationClassifier(linear="much").fit(X, y)
    for weight in (np.float32(0.5), np.int64(1)):
        assert EscalationClassifier(linear=weight, n_jobs=1).fit(X, y).linear_weight_ == weight
    with pytest.raises(UsageError, match="rising is 'age'; it takes a list of names"):
        EscalationClassifier(rising="age").fit(X, y)
    with pytest.raises(UsageError, match="keep is 'all'; it takes a share"):
        EscalationClassifier(keep="all").fit(X, y)
    with pytest.raises(ValueError, match="0 feature"):
        EscalationClassifier().fit(X[[]], y)
    with pytest.raises(ValueError, match="unique column names"):
        EscalationClassifier().fit(pd.concat([X, X[["age"]]], axis=1), y)
    with pytest.raises(ValueError, match="queue"):
        fitted.predict(X.drop(columns="queue"))
    with pytest.raises(MismatchError, match="'age'"):
        fitted.predict(X.assign(age="old"))
    with pytest.raises(ValueError, match="0 sample"):
        fitted.predict(X[:0])


def test_many_words_and_many_threads_change_no_score(fitted, monkeypatch):
    X, _ = desk(300)
    queue = np.array([*(f"unheard of {number}" for number in range(200)), "app", "db", "hr"], dtype=object)
    queue = queue[np.random.default_rng(0).integers(0, len(queue), len(X))]
    queue[::7] = None
    coded = X.assign(queue=pd.Series(queue).astype(pd.CategoricalDtype(pd.unique(pd.Series(queue).dropna()))))
    assert len(coded["queue"].cat.categories) > 100
    plain = X.assign(queue=pd.Series(queue, dtype="str"))
    wanted = fitted.raw_scores(plain)
    monkeypatch.setattr("boilover.model.fitted.BLOCK_ROWS", 64)
    monkeypatch.setattr(fitted, "n_jobs", 3)
    assert np.array_equal(fitted.raw_scores(coded), wanted)
    assert np.array_equal(fitted.contributions(coded), fitted.contributions(plain))
