"""What a run holds for readers: its card, its evaluation as JSON, and plots."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow import MlflowClient

from boilover.card import model_card
from boilover.model.importance import importance_of
from boilover.model.saved import CARD, SavedModel
from boilover.plots import PLOTS, feature_importance, figure, figure_of, figure_png

IMPORTANCE = "feature_importance"
WIDE = (7.0, 4.4)


def log_for_readers(
    client: MlflowClient,
    run_id: str,
    saved: SavedModel,
    evaluation: Mapping[str, Any] | None,
    sample: pd.DataFrame | None,
) -> None:
    """Log the model's card, and where they are given the whole evaluation and the importance of features."""
    client.log_text(run_id, model_card(saved).to_markdown(), CARD)
    if evaluation is not None:
        client.log_dict(run_id, dict(evaluation), "evaluation.json")
    with tempfile.TemporaryDirectory() as workshop:
        for name, made in _figures(saved, evaluation, sample):
            (Path(workshop) / f"{name}.png").write_bytes(figure_png(made))
        client.log_artifacts(run_id, workshop, "plots")


def _figures(
    saved: SavedModel, evaluation: Mapping[str, Any] | None, sample: pd.DataFrame | None
) -> Iterator[tuple[str, Any]]:
    if evaluation is not None:
        yield from ((name, figure(name, evaluation)) for name in PLOTS)
    if sample is not None:
        found = importance_of(saved.model.primary, sample[list(saved.manifest.columns)])
        yield IMPORTANCE, figure_of(feature_importance, found, WIDE)
