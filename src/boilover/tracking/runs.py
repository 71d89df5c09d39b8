"""Runs in MLflow: parameters, figures, plots and the model, kept beside the model's folder by default.

All goes through a client of its own, so the tracking URI and the active run of the caller stay as they are.
The model is logged as code (`boilover.tracking.pyfunc`) and text: loading it unpickles nothing.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from boilover.model.manifest import check_fits
from boilover.model.saved import SavedModel
from boilover.scoring import model_name
from boilover.tracking.facts import metrics, parameters
from boilover.tracking.store import client_of, quiet, refusals

# isort: split
# After the store, which holds back what MLflow warns of while it is imported.
with quiet():
    import mlflow.pyfunc
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModelOutput, Metric, Param, Run
    from mlflow.models import Model, ModelSignature
    from mlflow.types.schema import ColSpec, DataType, Schema

    from boilover.tracking.drawn import log_for_readers

EXPERIMENT = "boilover"
MODEL_NAME = "model"
MODEL_FOLDER = "model_folder"
"""Name under which `boilover.tracking.pyfunc` finds the saved model among the artifacts."""


def log_run(
    saved: SavedModel,
    folder: Path,
    *,
    evaluation: Mapping[str, Any] | None = None,
    tracking_uri: str | None = None,
    sample: pd.DataFrame | None = None,
) -> str:
    """Log a model that `boilover.model.saved.save_model` wrote to ``folder``; return the id of the run.

    Parameters
    ----------
    evaluation : `Evaluation.to_dict()`; its figures, with intervals as ``_low`` and ``_high``, and its plots.
    tracking_uri : where to. Without it MLFLOW_TRACKING_URI, and without that a SQLite file `STORE` with
        artifacts in `ARTIFACTS`, both beside ``folder``.
    sample : a feature frame of many points in order of time, on which the importance of features is drawn; no row of it
        is kept.

    Raises `MismatchError` where ``sample`` lacks columns of the model, `UsageError` where the store refuses. A run that
    fails is marked as failed.
    """
    if sample is not None:
        check_fits(saved.manifest, list(sample.columns))
    with refusals("log the run"):
        client, artifacts = client_of(folder, tracking_uri)
        run = client.create_run(_experiment_id(client, artifacts), run_name=model_name(saved))
        with _terminating(client, run):
            _log(client, run, saved, folder, evaluation)
            log_for_readers(client, run.info.run_id, saved, evaluation, sample)
    return str(run.info.run_id)


@contextmanager
def _terminating(client: MlflowClient, run: Run) -> Iterator[None]:
    """Mark the run as finished, or as failed where the block fails."""
    try:
        yield
    except BaseException:
        client.set_terminated(run.info.run_id, "FAILED")
        raise
    client.set_terminated(run.info.run_id)


def _log(
    client: MlflowClient,
    run: Run,
    saved: SavedModel,
    folder: Path,
    evaluation: Mapping[str, Any] | None,
) -> None:
    run_id = run.info.run_id
    model_id = _log_model(client, run, saved, folder)
    now = time.time_ns() // 1_000_000
    figures = [
        Metric(name, value, now, 0, model_id=model_id, run_id=run_id)
        for name, value in metrics(saved, evaluation)
    ]
    client.log_batch(run_id, figures, [Param(name, value) for name, value in parameters(saved)])


def _experiment_id(client: MlflowClient, artifacts: str | None) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    return str(client.create_experiment(EXPERIMENT, artifacts) if found is None else found.experiment_id)


def _log_model(client: MlflowClient, run: Run, saved: SavedModel, folder: Path) -> str:
    """Log the folder as a model of the run, ``models:/<id>``; return its id."""
    run_id = run.info.run_id
    logged = client.create_logged_model(run.info.experiment_id, name=MODEL_NAME, source_run_id=run_id)
    with tempfile.TemporaryDirectory() as workshop:
        path = Path(workshop) / MODEL_NAME
        mlflow.pyfunc.save_model(
            path,
            python_model=Path(__file__).with_name("pyfunc.py"),
            artifacts={MODEL_FOLDER: str(folder.absolute())},
            signature=_signature(saved),
            # Given, not guessed: guessing starts a process that loads the model and asks the package index.
            pip_requirements=_requirements(saved),
            mlflow_model=Model(
                artifact_path=logged.artifact_location,
                model_uuid=logged.model_id,
                run_id=run_id,
                model_id=logged.model_id,
            ),
        )
        client.log_model_artifacts(logged.model_id, str(path))
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    return str(logged.model_id)


def _signature(saved: SavedModel) -> ModelSignature:
    """Return numbers as doubles and categories as strings, any of which may be missing; risks come back."""
    manifest = saved.manifest
    inputs = [
        ColSpec(DataType.string if name in manifest.categories else DataType.double, name)
        for name in manifest.columns
    ]
    outputs = [ColSpec(DataType.double, f"risk_{horizon}") for horizon in manifest.horizons]
    return ModelSignature(Schema(inputs), Schema(outputs))


def _requirements(saved: SavedModel) -> list[str]:
    pinned = [f"{name}=={version}" for name, version in saved.manifest.packages.items()]
    return [f"boilover=={saved.manifest.boilover_version}", *pinned]
