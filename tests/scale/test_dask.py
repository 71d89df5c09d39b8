"""A real Dask cluster of two processes gives the same rows, and trees as good, also when a worker dies meanwhile."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from boilover.cli import app
from boilover.errors import InputError, UsageError
from boilover.model import boosting
from boilover.model.boosting import Capacity, Labelled, Settings
from boilover.model.classifier import EscalationClassifier
from boilover.scale import engine, score_in_pieces
from boilover.scale.growing import grown_on
from desk_rows import desk as desk_of

pytest.importorskip("distributed", reason="Dask is not installed: pip install boilover[dask]")


@pytest.mark.parametrize("ending", [".piece", ".joined"])
def test_two_workers_of_which_one_dies_give_the_rows_of_one_process(
    desk, rows, dask, killing, tmp_path, ending
):
    found = score_in_pieces(*desk, explain=3, run=killing(engine(dask), above=0, ending=ending))
    pd.testing.assert_frame_equal(found, rows, check_exact=True)
    assert len(list(tmp_path.glob("pid-*"))) >= 2


def test_what_is_wrong_with_the_log_is_told_as_it_is_without_workers(desk, dask, broken):
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        score_in_pieces(broken, desk[1], run=engine(dask))


def test_a_scheduler_that_does_not_answer_is_named():
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:1"):
        list(engine("dask://127.0.0.1:1")(len, []))


@pytest.fixture(scope="module")
def learned():
    """Return rows of a made-up desk to learn from, and later ones to judge on."""
    return desk_of(4000, 1), desk_of(4000, 2)


def precision(model, later):
    X, y = later
    return average_precision_score(y, model.predict_proba(X)[:, 1])


def test_a_model_is_as_good_wherever_its_trees_grew(learned, dask):
    (X, y), later = learned
    alone = EscalationClassifier(n_jobs=1, random_state=0).fit(X, y)
    with grown_on(dask):
        together = EscalationClassifier(n_jobs=1, random_state=0).fit(X, y)
    assert together.trees_.text != alone.trees_.text
    assert precision(alone, later) > 1.5 * later[1].mean()
    assert precision(together, later) == pytest.approx(precision(alone, later), abs=0.02)
    again = EscalationClassifier(n_jobs=1, random_state=0).fit(X, y)
    assert again.trees_.text == alone.trees_.text


def test_all_workers_stop_at_one_round(dask):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(3000, 5)).astype(np.float32)
    y = (rng.random(3000) < 1 / (1 + np.exp(-2 * X[:, 0]))).astype(np.float64)
    capacity, settings = Capacity(500, 2000), Settings((), 0, 1)
    with grown_on(dask):
        found = boosting.train_stopped(X[:2000], y[:2000], X[2000:], y[2000:], capacity, settings)
    here = boosting.train_stopped(X[:2000], y[:2000], X[2000:], y[2000:], capacity, settings)
    assert 10 < found.best_iteration < boosting.MAX_ROUNDS
    assert found.num_trees() == found.best_iteration
    losses = [
        -np.mean(np.log(np.where(y[2000:] == 1, risk, 1 - risk)))
        for risk in (found.predict(X[2000:]), here.predict(X[2000:]))
    ]
    assert losses[0] == pytest.approx(losses[1], abs=0.01)


def test_a_worker_that_is_lost_ends_the_training(dask, tmp_path, monkeypatch):
    marks = str(tmp_path / "killed")

    # Within a function, so that it is sent whole: workers do not know the tests.
    def dying(parameters, rows, later, rounds):
        try:
            Path(marks).touch(exist_ok=False)
        except FileExistsError:
            time.sleep(2)
        else:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr("boilover.scale.growing._grow_part", dying)
    capacity, settings = Capacity(10, 20), Settings((), 0, 1)
    with pytest.raises(UsageError, match="a worker was lost"), grown_on(dask):
        boosting.train(np.ones((20, 1), np.float32), np.arange(20) % 2.0, capacity, settings, 5)


def test_rows_are_dealt_out_whole():
    rows = Labelled(np.arange(14, dtype=np.float32).reshape(7, 2), np.arange(7.0), (1,))
    parts = [rows.every(3, place) for place in range(3)]
    assert sorted(y for part in parts for y in part.y) == list(range(7))
    assert all((part.matrix[:, 0] == 2 * part.y).all() for part in parts)


def test_a_cluster_that_cannot_grow_trees_is_named(desk, tmp_path):
    with pytest.raises(UsageError, match="dask://host:port"), grown_on("spark"):
        pass
    command = ["train", str(desk[0]), "--model", str(tmp_path / "model"), "--no-track", "--cluster"]
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        app([*command, "dask://127.0.0.1:1"])
    assert not (tmp_path / "model").exists()
