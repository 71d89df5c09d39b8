"""Columns that carry little are left out, and what is left tells the same."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from boilover.errors import UsageError
from boilover.escalation import EscalationRule, declare
from boilover.model.classifier import EscalationClassifier
from boilover.model.horizons import HorizonModel
from boilover.model.narrowing import FEW_COLUMNS, kept
from boilover.model.saved import load_model, save_model
from boilover.scoring import score
from boilover.synthetic import synthetic_desk
from boilover.training import train
from desk_rows import desk

NOISE = [f"noise_{place}" for place in range(FEW_COLUMNS)]


def wide(rows: int = 3000, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Return rows of which two columns tell, beside much that tells nothing; no column tells of the clock."""
    X, y = desk(rows, seed)
    drawn = np.random.default_rng(seed + 1).random((rows, len(NOISE)))
    noise = pd.DataFrame(drawn, columns=NOISE)
    clock = pd.Series(np.ones(rows), name="clock")
    return pd.concat([noise, clock, X], axis=1), y


@pytest.fixture(scope="module")
def narrow() -> EscalationClassifier:
    return EscalationClassifier(keep=0.8, age="clock", n_jobs=1).fit(*wide())


def test_what_tells_is_kept_and_noise_is_left_out(narrow):
    columns = narrow.encoding_.columns
    assert {"age", "queue", "clock"} <= set(columns)
    assert not {"empty", "same"} & set(columns)
    assert len(set(NOISE) & set(columns)) < len(NOISE) / 2
    # In the order in which they were given.
    assert list(columns) == [name for name in wide()[0] if name in columns]


def test_a_narrowed_model_is_one_of_its_columns_alone(narrow):
    X, _ = wide(seed=3)
    X = X[list(narrow.encoding_.columns)]
    assert narrow.n_features_in_ == narrow.contributions(X[:9]).shape[1] == X.shape[1]
    assert list(narrow.feature_names_in_) == list(X)
    assert narrow.trees_.n_features == X.shape[1]
    assert set(narrow.linear_.columns_) == set(X)
    found = narrow.contributions(X[:50]).sum(axis=1) + narrow.base_value
    assert found == pytest.approx(narrow.raw_scores(X[:50]), abs=1e-9)


def test_threads_do_not_change_what_is_kept(narrow):
    X, y = wide()
    again = EscalationClassifier(keep=0.8, age="clock", n_jobs=2).fit(X, y)
    assert again.encoding_ == narrow.encoding_
    X = X[list(again.encoding_.columns)]
    assert np.array_equal(again.raw_scores(X), narrow.raw_scores(X))


@pytest.mark.parametrize("escalated", [8, 200])
def test_where_few_escalated_all_are_kept(escalated):
    X, y = wide()
    # Three hundred and more leave a slice that can tell.
    y = y * (np.cumsum(y) % (y.sum() // escalated) == 0)
    assert EscalationClassifier(keep=0.5, n_jobs=1).fit(X, y).encoding_.columns == tuple(X)


def test_the_first_horizon_chooses_for_all_and_rows_beside_are_told_of(narrow):
    X, y = wide()
    later = y * (np.arange(len(y)) % 2)
    model = HorizonModel.fit(X, {"7d": y, "24h": later}, beside=X[:40], keep=0.8, age="clock", n_jobs=1)
    assert model.columns == narrow.encoding_.columns == model.models["24h"].encoding_.columns
    assert model.primary.beside_risk_.shape == (40,)


def test_the_fewest_columns_that_carry_the_share_are_kept():
    parts = np.random.default_rng(0).permutation([0.5, 0.2, 0.1, 0.1, 0.06, 0.04, *[0.0] * FEW_COLUMNS])
    chosen = kept(parts, 0.85)
    assert parts[chosen].sum() >= 0.85
    assert chosen == sorted(chosen)
    assert not any(
        parts[list(fewer)].sum() >= 0.85 for fewer in combinations(range(len(parts)), len(chosen) - 1)
    )
    least = int(parts.argmin())
    assert set(kept(parts, 0.85, [least])) == {*chosen, least}


@pytest.mark.parametrize("parts", [np.arange(FEW_COLUMNS) / 9, np.zeros(3 * FEW_COLUMNS)])
def test_few_columns_are_all_kept_and_so_are_those_that_move_nothing(parts):
    assert kept(parts, 0.1) == list(range(len(parts)))


@pytest.mark.parametrize("share", [0.0, 1.1])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(UsageError, match="keep"):
        EscalationClassifier(keep=share, n_jobs=1).fit(*desk(300))


def test_a_trained_model_reads_what_it_kept_and_says_what_it_left_out(tmp_path):
    # Moved on twice: often enough that a slice can tell what carries.
    rule = EscalationRule.model_validate({"any": [{"reassignments": 2}]})
    log = declare(synthetic_desk(n_tickets=1800, days=120, seed=4), rule)
    saved = train(log, rule, horizons=["72h"], ages=[4, 24, 72], n_jobs=1)
    manifest = saved.manifest
    assert 0 < len(manifest.not_kept) < len(manifest.columns)
    assert "hours_since_created" in manifest.columns
    assert not set(manifest.columns) & set(manifest.not_kept)
    assert len(manifest.features) == len(manifest.columns)
    assert saved.reference is not None
    assert set(saved.reference.columns) == set(manifest.columns)
    save_model(tmp_path / "model", saved)
    loaded = load_model(tmp_path / "model")
    assert loaded.manifest.not_kept == manifest.not_kept
    pd.testing.assert_frame_equal(score(log, loaded), score(log, saved))
