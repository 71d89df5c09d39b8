import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from boilover.errors import InputError, UsageError
from boilover.model.classifier import EscalationClassifier
from boilover.model.horizons import HorizonModel, in_order, ordered


@pytest.fixture(scope="module")
def desk():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"age": rng.exponential(size=900), "noise": rng.normal(size=900)})
    wait = rng.exponential(3.0 / (0.2 + X["age"]))
    labels = {
        "72h": (wait < 3).astype(float),
        "24h": (wait < 1).astype(float),
        "7d": np.where(rng.random(900) < 0.1, np.nan, wait < 7),
    }
    return X, labels


@given(risks=arrays(np.float64, (5, 4), elements=st.floats(0, 1)), ascending=st.permutations([0, 1, 2, 3]))
def test_risks_rise_with_the_horizon_and_the_primary_stays(risks, ascending):
    found = ordered(risks.copy(), ascending)
    assert (np.diff(found[:, ascending], axis=1) >= 0).all()
    assert np.array_equal(found[:, 0], risks[:, 0])
    assert np.array_equal(ordered(found.copy(), ascending), found)


@given(risks=arrays(np.float64, (3, 3), elements=st.floats(0, 1)))
def test_risks_in_order_are_left_alone(risks):
    rising = np.sort(risks, axis=1)
    assert np.array_equal(ordered(rising, [0, 1, 2]), rising)


def test_shorter_horizons_are_lowered_and_longer_ones_raised():
    # columns: 72h (primary), 24h, 7d, 30d
    assert ordered(np.array([[0.3, 0.5, 0.2, 0.25]]), [1, 0, 2, 3]).tolist() == [[0.3, 0.3, 0.3, 0.3]]


def test_a_further_horizon_never_changes_the_primary_risk(desk):
    X, labels = desk
    three = HorizonModel.fit(X, labels, n_jobs=1)
    one = HorizonModel.fit(X, {"72h": labels["72h"]}, n_jobs=1)
    risks = three.risks(X)
    assert three.horizons == ("72h", "24h", "7d")
    assert three.columns == ("age", "noise")
    assert risks.shape == (900, 3)
    assert (risks[:, 1] <= risks[:, 0]).all()
    assert (risks[:, 0] <= risks[:, 2]).all()
    assert np.array_equal(risks[:, :1], one.risks(X))
    assert risks.mean(axis=0) == pytest.approx([np.nanmean(labels[h]) for h in labels], abs=0.1)


def test_censored_rows_are_left_out(desk):
    X, labels = desk
    known = ~np.isnan(labels["7d"])
    alone = EscalationClassifier(n_jobs=1).fit(X[known], labels["7d"][known].astype(int))
    model = HorizonModel.fit(X, {"7d": labels["7d"]}, n_jobs=1)
    assert np.array_equal(model.risks(X)[:, 0], alone.predict_proba(X)[:, 1])


def test_slices_and_groups_reach_each_classifier(desk):
    X, labels = desk
    slices = np.repeat(np.array([0, 1, 2, -1], dtype=np.int8), [500, 200, 100, 100])
    groups = np.arange(900) // 3
    model = HorizonModel.fit(X, {"7d": labels["7d"]}, slices={"7d": slices}, groups=groups, n_jobs=1)
    known = ~np.isnan(labels["7d"])
    alone = EscalationClassifier(n_jobs=1).fit(
        X[known], labels["7d"][known].astype(int), slices=slices[known], groups=groups[known]
    )
    assert np.array_equal(model.risks(X)[:, 0], alone.predict_proba(X)[:, 1])


def test_horizons_sort_by_length_not_by_name():
    assert in_order(["7d", "24h", "2w", "72h"]) == [1, 3, 0, 2]


@pytest.mark.parametrize(
    ("horizons", "error"), [([], "no horizon"), (["24h", "1d"], "the same"), (["soon"], "no duration")]
)
def test_bad_horizons_are_named(horizons, error):
    with pytest.raises(UsageError, match=error):
        in_order(horizons)


def test_labels_of_another_length_are_named(desk):
    with pytest.raises(InputError, match="900 rows and 2 labels"):
        HorizonModel.fit(desk[0], {"7d": [0, 1]})
