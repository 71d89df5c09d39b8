"""Training: from a log to a saved model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import numpy as np

import boilover
from boilover.card.figures import held_out
from boilover.errors import UsageError
from boilover.escalation import EscalationRule
from boilover.evaluation.evaluate import Evaluation, evaluate
from boilover.evaluation.held_out import held_out_metrics
from boilover.evaluation.segments import segments_of
from boilover.evaluation.workload import nights_of
from boilover.features import Attribute, Feature, Flag, SinceLast, to_json
from boilover.log import EventLog
from boilover.model.calibration_slice import CalibrationSlice
from boilover.model.horizons import HorizonModel
from boilover.model.manifest import Manifest
from boilover.model.reached import Reached
from boilover.model.reference import reference_of
from boilover.model.saved import SavedModel
from boilover.points import AGES_HOURS
from boilover.training.rows import Doubts, TrainingRows, training_rows

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AGE = SinceLast(Flag("created")).name
"""The column whose curve a model falls back on."""
LOG_SAYS = EscalationRule()
"""The log's own escalated events say what escalated means."""
CARRIED = 0.97
"""Columns are kept that carry so much of what moves the scores: a third fewer, as good on the logs that were tried."""
PACKAGES = ("lightgbm", "numpy", "pandas", "scikit-learn")


def train(
    log: EventLog,
    rule: EscalationRule = LOG_SAYS,
    *,
    horizons: Sequence[str] = ("7d",),
    ages: Sequence[float] | None = AGES_HOURS,
    features: Sequence[Feature] | None = None,
    seed: int = 0,
    n_jobs: int = -1,
    tune_seconds: float = 0.0,
    all_columns: bool = False,
    doubts: Doubts | None = None,
    created_at: datetime | None = None,
) -> SavedModel:
    """Fit, calibrate and describe a model of ``log``, whose escalated events ``rule`` declared.

    Columns that carry little are left out, unless ``features`` name them or ``all_columns`` are wanted; and points in
    ``doubts``, see `training_rows`.

    The same log, options and seed give the same model to the last bit, unless ``tune_seconds`` are spent on a search:
    how far it gets depends on the machine. Raises what `training_rows` raises, and `UsageError` where rule and log do
    not agree on who is at risk.
    """
    if log.at_risk_until != rule.at_risk_until:
        raise UsageError(
            f"the log asks about tickets until they are {log.at_risk_until}, the rule until they are"
            f" {rule.at_risk_until}. Pass the rule by which the log was declared"
        )
    rows = training_rows(log, horizons, ages=ages, features=features, doubts=doubts)
    saved = fit(
        log,
        rule,
        rows,
        seed=seed,
        n_jobs=n_jobs,
        tune_seconds=tune_seconds,
        all_columns=all_columns or features is not None,
        created_at=created_at,
    )
    return described(saved, rows, held_out_evaluation(rows, saved, seed=seed))


def fit(
    log: EventLog,
    rule: EscalationRule,
    rows: TrainingRows,
    *,
    seed: int = 0,
    n_jobs: int = -1,
    tune_seconds: float = 0.0,
    all_columns: bool = False,
    created_at: datetime | None = None,
) -> SavedModel:
    """Fit a model on prepared rows of ``log``; see `train`."""
    horizons = tuple(rows.labels)
    slices = {horizon: each.slices for horizon, each in rows.splits.items()}
    model = HorizonModel.fit(
        rows.frame,
        rows.labels,
        slices=slices,
        groups=rows.points.ticket,
        beside=None if rows.nightly_frame is None else rows.nightly_frame[list(rows.frame)],
        age=AGE if AGE in rows.frame.columns else None,
        rising=tuple(feature.name for feature in rows.features if feature.rises),
        keep=1.0 if all_columns else CARRIED,
        tune_seconds=tune_seconds / len(horizons),
        random_state=seed,
        n_jobs=n_jobs,
    )
    primary = horizons[0]
    read = set(model.columns)
    y, cut, held_out = rows.labels[primary], rows.splits[primary], rows.held_out
    calibration = CalibrationSlice(
        nights_of(rows.points.as_of[held_out]), model.primary.held_out_risk_, y[held_out].astype(np.int8)
    )
    manifest = Manifest(
        boilover_version=boilover.__version__,
        created_at=(created_at or datetime.now(UTC)).isoformat(timespec="seconds"),
        horizons=horizons,
        columns=model.columns,
        categories=model.primary.categories_,
        features=tuple(to_json(feature) for feature in rows.features if feature.name in read),
        not_kept=tuple(feature.name for feature in rows.features if feature.name not in read),
        escalation=rule.model_dump(mode="json", exclude_defaults=True),
        trained_from=moment(int(rows.notes.history.time.min())),
        trained_until=moment(rows.notes.history.end),
        split={"stop": _second(cut.stop), "calibrate": _second(cut.calibrate), "by": cut.by},
        base_rate=float(np.nanmean(y)),
        metrics=held_out_metrics(calibration.label, calibration.risk, model.primary.held_out_scores_),
        fingerprint=fingerprint(log),
        packages={name: version(name) for name in PACKAGES},
    )
    return SavedModel(model, manifest, calibration, reached=_reached(rows, model))


def described(saved: SavedModel, rows: TrainingRows, evaluation: Evaluation | None) -> SavedModel:
    """Return the model with what is told of it later: figures held out, attributes not read, what it was trained on."""
    read = {feature.column for feature in rows.features if isinstance(feature, Attribute)}
    attributes = sorted(rows.notes.history.attributes.column_names)
    told = {
        "held_out": {} if evaluation is None else held_out(evaluation.to_dict()),
        "left_out": tuple(name for name in attributes if name not in read),
    }
    as_of, y = rows.points.as_of, next(iter(rows.labels.values()))
    frame = rows.frame[list(saved.manifest.columns)]
    reference = reference_of(frame, as_of, y, saved.calibration.risk, as_of[rows.held_out], rows.ages)
    return replace(saved, manifest=saved.manifest.model_copy(update=told), reference=reference)


def held_out_evaluation(rows: TrainingRows, saved: SavedModel, *, seed: int = 0) -> Evaluation | None:
    """Measure the calibration slice, by the model that had not seen it; its calibrator had. None where it is empty.

    Quick, and a little too good: `boilover.measuring.measure` asks about what came after the training window.
    """
    asked = rows.points.take(rows.held_out)
    if not len(saved.calibration.label):
        return None
    return evaluate(
        saved.calibration.label,
        saved.calibration.risk,
        asked.as_of,
        asked.ticket,
        rows.age_hours[rows.held_out],
        segments=segments_of(rows.notes, asked),
        seed=seed,
    )


def fingerprint(log: EventLog) -> str:
    """Return a SHA-256 of what the log tells: ticket, time and type of each event, in order."""
    events = log.ordered().events
    digest = hashlib.sha256(events["occurred_at"].cast("int64").to_numpy().tobytes())
    for name in ("ticket_id", "event_type"):
        words = events[name].combine_chunks().dictionary_encode()
        digest.update(words.indices.to_numpy().tobytes())
        digest.update("\n".join(words.dictionary.to_pylist()).encode())
    return digest.hexdigest()


def _reached(rows: TrainingRows, model: HorizonModel) -> Reached | None:
    if rows.nightly is None or not rows.held_out.any():
        return None
    points = rows.nightly.points
    return Reached.of(points.ticket, points.as_of, model.primary.beside_risk_, rows.nightly.share)


def _second(microseconds: int) -> str:
    """Return `moment` to the second: enough where it is only told, and nothing is measured from there on."""
    return moment(microseconds - microseconds % 1_000_000)


def moment(microseconds: int) -> str:
    """Return a moment in ISO 8601, UTC, exactly: of whole seconds without a fraction."""
    return (EPOCH + timedelta(microseconds=microseconds)).isoformat()
