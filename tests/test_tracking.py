import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import requests

from boilover.card import model_card
from boilover.errors import MismatchError, UsageError
from boilover.evaluation.evaluate import evaluate
from boilover.model.calibration_slice import CalibrationSlice
from boilover.model.horizons import HorizonModel
from boilover.model.importance import importance_of
from boilover.model.manifest import Manifest
from boilover.model.saved import SavedModel, save_model
from boilover.plots import PLOTS
from boilover.tracking.located import located
from boilover.tracking.runs import log_run
from boilover.tracking.store import ARTIFACTS, STORE, check_answers
from desk_rows import desk

# isort: split
# After boilover.tracking, which holds back what MLflow warns of while it is imported.
import mlflow
from mlflow import MlflowClient

# SQLAlchemy and MLflow warn of MLflow's own storage, which the tests read beside `boilover.tracking`.
pytestmark = pytest.mark.filterwarnings(r"ignore:::mlflow\.")


def frame(seed: int, rows: int = 1500) -> tuple[pd.DataFrame, np.ndarray]:
    """A feature frame as `boilover.features.compute` makes it: float32 numbers and categories."""
    X, y = desk(rows, seed)
    numbers = X[["age", "empty", "same"]].astype("float32")
    return numbers.assign(queue=X["queue"], channel=X["channel"].astype("category")), y


def small_model() -> SavedModel:
    X, y = frame(0)
    model = HorizonModel.fit(X, {"7d": y, "24h": y * (np.arange(len(y)) % 2)}, n_jobs=1)
    manifest = Manifest(
        boilover_version="0.1.0",
        created_at="2026-01-02T03:04:05+00:00",
        horizons=model.horizons,
        columns=model.columns,
        categories=model.primary.categories_,
        features=(),
        escalation={"any": [{"reopened": 2}]},
        trained_from="2025-01-01T00:00:00+00:00",
        trained_until="2025-12-01T00:00:00+00:00",
        split={"stop": "2025-09-01T00:00:00+00:00", "calibrate": "2025-10-15T00:00:00+00:00", "by": "time"},
        base_rate=float(y.mean()),
        metrics={"average_precision": 0.5, "roc_auc": None},
        fingerprint="abcdef0123456789",
        packages={"lightgbm": "4.7.0"},
    )
    risk = np.linspace(0, 1, 50)
    calibration = CalibrationSlice(np.arange(20_000, 20_050), risk, (risk > 0.7).astype(np.int8))
    return SavedModel(model, manifest, calibration)


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """A logged run: model, folder, evaluation, client, run."""
    home = tmp_path_factory.mktemp("tracking")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        saved, folder = small_model(), home / "model"
        save_model(folder, saved)
        X, y = frame(3)
        n = len(y)
        risk = saved.model.risks(X)[:, 0]
        found = evaluate(
            y, risk, np.arange(n), np.arange(n), np.arange(n), rounds=20, baselines={"age_only": risk}
        )
        before = mlflow.get_tracking_uri()
        run_id = log_run(saved, folder, evaluation=found.to_dict(), sample=X)
        assert mlflow.get_tracking_uri() == before
        assert mlflow.active_run() is None
    uri = f"sqlite:///{home / STORE}"
    client = MlflowClient(uri)
    run = client.get_run(run_id)
    return SimpleNamespace(
        saved=saved, folder=folder, home=home, found=found, client=client, run=run, uri=uri, X=X
    )


def model_uri(logged) -> str:
    return f"models:/{logged.run.outputs.model_outputs[0].model_id}"


def test_parameters_tell_what_was_fitted_and_chosen(logged):
    params = logged.run.data.params
    primary = logged.saved.model.primary
    assert params["horizons"] == "7d, 24h"
    assert params["escalation"] == '{"any": [{"reopened": 2}]}'
    assert params["random_state"] == "0"
    assert params["rounds_7d"] == str(primary.rounds_)
    assert params["linear_weight_7d"] == str(primary.linear_weight_)
    assert params["calibrator_24h"] == type(logged.saved.model.models["24h"].calibrator_).__name__
    assert params["trained_until"] == "2025-12-01T00:00:00+00:00"
    assert params["split_calibrate"] == "2025-10-15T00:00:00+00:00"


def test_metrics_have_their_intervals_and_what_is_undefined_is_left_out(logged):
    metrics = logged.run.data.metrics
    interval = logged.found.scores["model"]["average_precision"]
    for suffix, value in zip(("", "_low", "_high"), interval, strict=True):
        assert metrics[f"average_precision{suffix}"] == value
    assert metrics["base_rate"] == logged.found.base_rate
    assert metrics["age_only.recall_at_11.8_percent"] == logged.found.scores["age_only"]["recall_at_11.8%"][0]
    assert metrics["average_precision_beyond.age_only"] == 0
    assert metrics["held_out_average_precision"] == 0.5
    assert "held_out_roc_auc" not in metrics
    assert logged.run.info.status == "FINISHED"


def test_plots_and_model_lie_beside_the_folder_and_nothing_is_pickled(logged):
    files = {path.relative_to(logged.home / ARTIFACTS) for path in (logged.home / ARTIFACTS).rglob("*")}
    names = {path.name for path in files}
    assert {f"{name}.png" for name in (*PLOTS, "feature_importance")} < names
    assert {"CARD.md", "evaluation.json", "MLmodel", "pyfunc.py", "manifest.json", "model-7d.txt"} < names
    assert not {path for path in files if path.suffix in (".pkl", ".pickle", ".joblib", ".cloudpickle")}
    for path in (logged.home / ARTIFACTS).rglob("*"):
        # A pickle of protocol 2 or later opens with this byte.
        assert path.is_dir() or path.read_bytes()[:1] != b"\x80"


@pytest.mark.parametrize("categories", ["str", "object"])
def test_a_loaded_model_gives_the_same_risks_to_the_last_bit(logged, monkeypatch, categories):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", logged.uri)
    X, _ = frame(7)
    X.loc[X.index[:5], "queue"] = np.nan
    expected = logged.saved.model.risks(X)
    asked = X.astype({"queue": categories, "channel": categories}).set_axis(X.index + 100)
    answered = mlflow.pyfunc.load_model(model_uri(logged)).predict(asked)
    assert list(answered.columns) == ["risk_7d", "risk_24h"]
    assert np.array_equal(answered.to_numpy(), expected)
    assert np.array_equal(answered.index, asked.index)


def test_the_signature_names_every_column(logged, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", logged.uri)
    signature = mlflow.models.get_model_info(model_uri(logged)).signature
    types = {column.name: column.type.name for column in signature.inputs}
    assert types == {
        "age": "double", "empty": "double", "same": "double", "queue": "string", "channel": "string"
    }  # fmt: skip
    assert signature.outputs.input_names() == ["risk_7d", "risk_24h"]


def test_a_missing_column_is_named(logged, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", logged.uri)
    model = mlflow.pyfunc.load_model(model_uri(logged)).unwrap_python_model()
    with pytest.raises(MismatchError, match="'queue'"):
        model.predict(None, logged.X.drop(columns="queue"))


def test_the_card_and_the_importance_of_features_are_those_of_the_model(logged):
    (card,) = (logged.home / ARTIFACTS).glob("*/artifacts/CARD.md")
    assert card.read_text("utf-8") == model_card(logged.saved).to_markdown()
    found = importance_of(logged.saved.model.primary, logged.X, rows=len(logged.X))
    every = np.abs(logged.saved.model.primary.contributions(logged.X))
    assert found.to_dict() == dict(zip(logged.X.columns, every.mean(axis=0), strict=True))
    assert found.is_monotonic_decreasing
    with pytest.raises(MismatchError, match="'age'"):
        log_run(logged.saved, logged.folder, sample=logged.X.drop(columns="age"))


def test_another_store_and_a_second_run(logged, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", logged.uri)
    run_id = log_run(logged.saved, logged.folder)
    run = logged.client.get_run(run_id)
    assert run.info.experiment_id == logged.run.info.experiment_id
    assert "average_precision" not in run.data.metrics
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_refuses_and_a_run_that_fails(logged, tmp_path):
    with pytest.raises(UsageError, match="tracking URI"):
        log_run(logged.saved, logged.folder, tracking_uri="gopher://nowhere")
    with pytest.raises(KeyError):
        log_run(logged.saved, logged.folder, tracking_uri=logged.uri, evaluation={})
    runs = logged.client.search_runs([logged.run.info.experiment_id])
    assert [run.info.status for run in runs].count("FAILED") == 1


@pytest.mark.parametrize("listens", [False, True])
def test_a_server_that_is_not_there_is_told_at_once(logged, monkeypatch, listens):
    """Refused, and, where a queue of connections is full, without any answer."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, ExitStack() as waiting:
        address = server.getsockname()
        if listens:
            for _ in range(3):
                busy = waiting.enter_context(socket.socket())
                busy.setblocking(False)
                busy.connect_ex(address)
        else:
            server.close()
        uri = f"http://kim:secret@127.0.0.1:{address[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        monkeypatch.setattr("boilover.tracking.store.ANSWER_SECONDS", 0.5)
        ask = requests.Session.request

        def asked(session, method, url, **how):
            if (method, how.get("timeout")) != ("head", 0.5):
                pytest.fail("MLflow itself is asked, which tries for four minutes")
            return ask(session, method, url, **how)

        monkeypatch.setattr(requests.Session, "request", asked)
        for act in (lambda: log_run(logged.saved, logged.folder), lambda: located("models:/desk@champion")):
            with pytest.raises(
                UsageError, match=f"127.0.0.1:{address[1]}. Check MLFLOW_TRACKING_URI$"
            ) as told:
                act()
            assert "secret" not in str(told.value)


def test_a_server_that_answers_whatever_it_be_is_left_to_mlflow():
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        Thread(target=server.handle_request, daemon=True).start()
        check_answers(f"http://127.0.0.1:{server.server_port}")
    check_answers("http://[")
    check_answers("databricks")


def test_importing_it_turns_telemetry_off():
    code = "import boilover.tracking.runs, mlflow.telemetry.client as c; print(c.get_telemetry_client())"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    environment = {
        key: value for key, value in environment.items() if key not in ("CI", "PYTEST_CURRENT_TEST")
    }
    found = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code],
        capture_output=True, text=True, check=True, env=environment, cwd=Path(__file__).parent,
    )  # fmt: skip
    assert found.stdout.strip() == "None"
    assert found.stderr == ""
