"""What a run holds, as plain names and values: the parameters and the figures of a model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from boilover.evaluation.evaluate import MODEL
from boilover.model.saved import SavedModel


def parameters(saved: SavedModel) -> Iterator[tuple[str, str]]:
    """Yield what the model was fitted on and with, and what was chosen per horizon."""
    manifest = saved.manifest
    yield "horizons", ", ".join(manifest.horizons)
    yield "escalation", json.dumps(manifest.escalation)
    yield "features", str(len(manifest.columns))
    yield "trained_from", manifest.trained_from
    yield "trained_until", manifest.trained_until
    yield "fingerprint", manifest.fingerprint
    yield "boilover", manifest.boilover_version
    yield from ((f"split_{name}", value) for name, value in manifest.split.items())
    yield from ((f"package_{name}", value) for name, value in manifest.packages.items())
    for name, value in saved.model.primary.get_params().items():
        yield name, str(value)
    for horizon, classifier in saved.model.models.items():
        yield f"rounds_{horizon}", str(classifier.rounds_)
        yield f"linear_weight_{horizon}", str(classifier.linear_weight_)
        yield f"calibrator_{horizon}", type(classifier.calibrator_).__name__


def metrics(saved: SavedModel, evaluation: Mapping[str, Any] | None) -> Iterator[tuple[str, float]]:
    """Yield the figures of the calibration slice and those of the evaluation; undefined ones are left out."""
    yield "training_base_rate", saved.manifest.base_rate
    for name, value in saved.manifest.metrics.items():
        if value is not None:
            yield f"held_out_{name}", value
    if evaluation is None:
        return
    for name in ("points", "tickets", "positives", "base_rate"):
        yield name, float(evaluation[name])
    for name, figures in _figures(evaluation):
        for suffix, part in (("", "estimate"), ("_low", "low"), ("_high", "high")):
            value = figures[part]
            if value is not None:
                # MLflow allows no per cent sign in a name.
                yield name.replace("%", "_percent") + suffix, value


def _figures(evaluation: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, float | None]]]:
    """Yield name and interval of each figure: the model's bare, a peer's after its name, the differences."""
    for who, scores in evaluation["scores"].items():
        for name, figures in scores.items():
            yield (name if who == MODEL else f"{who}.{name}"), figures
    for peer, figures in evaluation["differences"].items():
        yield f"average_precision_beyond.{peer}", figures
