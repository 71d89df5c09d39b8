"""Training: from a log to a saved model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np
import numpy.typing as npt
import pandas as pd

import boilover
from boilover.annotations import Annotations
from boilover.card.figures import held_out
from boilover.errors import InputError
from boilover.escalation import EscalationRule
from boilover.evaluation.evaluate import Evaluation, evaluate
from boilover.evaluation.held_out import held_out_metrics
from boilover.evaluation.segments import segments_of
from boilover.evaluation.workload import nights_of
from boilover.features import (
    Attribute,
    Feature,
    Flag,
    SinceLast,
    compute,
    default_features,
    to_json,
)
from boilover.history import HOUR, Floats, History
from boilover.labels import first_escalations, is_covered, label
from boilover.log import EventLog
from boilover.model.calibration_slice import CalibrationSlice
from boilover.model.horizons import HorizonModel, in_order
from boilover.model.manifest import Manifest
from boilover.model.reached import Reached
from boilover.model.reference import reference_of
from boilover.model.saved import SavedModel
from boilover.nights import Nightly, last_nights
from boilover.points import AGES_HOURS, Points, landmarks
from boilover.split import CALIBRATE, Split, split
from boilover.times import parse_duration

MIN_ESCALATED = 30
"""With fewer escalated tickets a model would be a tale told by chance."""
AGE = SinceLast(Flag("created")).name
"""The column whose curve a model falls back on."""
LOG_SAYS = EscalationRule()
"""The log's own escalated events say what escalated means."""
PACKAGES = ("lightgbm", "numpy", "pandas", "scikit-learn")
Doubts = Callable[[Annotations, Points, int], npt.NDArray[np.bool_]]
"""Of n points and a horizon in microseconds: which labels are not to be learned from, bool (n)."""


@dataclass(frozen=True)
class TrainingRows:
    """Points in time order with their features, and per horizon labels (NaN: left out) and slices."""

    notes: Annotations
    points: Points
    features: tuple[Feature, ...]
    frame: pd.DataFrame
    labels: dict[str, Floats]
    splits: dict[str, Split]
    ages: Sequence[float] | None = AGES_HOURS
    """At which was asked, in hours; None: every night."""
    nightly: Nightly | None = None
    """What a nightly job would have asked in the last weeks, with its features."""
    nightly_frame: pd.DataFrame | None = None

    @property
    def held_out(self) -> npt.NDArray[np.bool_]:
        """The points of the calibration slice of the first horizon."""
        return next(iter(self.splits.values())).slices == CALIBRATE

    @property
    def age_hours(self) -> Floats:
        """Age of the ticket at each point, hours."""
        return (self.points.as_of - self.notes.history.created[self.points.ticket]) / HOUR


def training_rows(
    log: EventLog,
    horizons: Sequence[str],
    *,
    ages: Sequence[float] | None = AGES_HOURS,
    features: Sequence[Feature] | None = None,
    compute: Callable[[Sequence[Feature], Annotations, Points], pd.DataFrame] = compute,
    doubts: Doubts | None = None,
) -> TrainingRows:
    """Ask the log at fixed ages in hours (None: every night), compute features, label and split.

    ``compute`` may keep rows between logs: they are point-in-time, see `boilover.backtest.asked.Rows`. ``doubts`` tells
    which points are to be left out, since their label is no plain outcome, see `boilover.flagger.doubts`.
    Raises `InputError` for a log with too few escalations, one outcome only, or shorter than a horizon.
    """
    in_order(horizons)
    notes = Annotations(History.from_log(log))
    _check_escalations(notes)
    points = landmarks(notes, ages)
    labels, splits = {}, {}
    for horizon in horizons:
        length = parse_duration(horizon)
        covered = is_covered(notes, points, length)
        if doubts is not None:
            covered &= ~doubts(notes, points, length)
        _check_horizon(notes, points, horizon, length, covered)
        labels[horizon] = np.where(covered, label(notes, points, length), np.nan)
        _check_classes(labels[horizon], horizon)
        splits[horizon] = split(points.as_of, length, points.ticket, covered)
    chosen = tuple(features) if features is not None else default_features(notes)
    frame = compute(chosen, notes, points)
    if features is None:
        varies = [frame[feature.name].duplicated().sum() < len(frame) - 1 for feature in chosen]
        chosen = tuple(feature for feature, keep in zip(chosen, varies, strict=True) if keep)
        frame = frame[[feature.name for feature in chosen]]
    asked = last_nights(notes, splits[horizons[0]])
    beside = None if asked is None else compute(chosen, notes, asked.points)
    return TrainingRows(notes, points, chosen, frame, labels, splits, ages, asked, beside)


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
    created_at: datetime | None = None,
) -> SavedModel:
    """Fit, calibrate and describe a model of ``log``, whose escalated events ``rule`` declared.

    The same log, options and seed give the same model to the last bit, unless ``tune_seconds`` are spent on a search:
    how far it gets depends on the machine. Raises what `training_rows` raises.
    """
    rows = training_rows(log, horizons, ages=ages, features=features)
    saved = fit(log, rule, rows, seed=seed, n_jobs=n_jobs, tune_seconds=tune_seconds, created_at=created_at)
    return described(saved, rows, held_out_evaluation(rows, saved, seed=seed))


def fit(
    log: EventLog,
    rule: EscalationRule,
    rows: TrainingRows,
    *,
    seed: int = 0,
    n_jobs: int = -1,
    tune_seconds: float = 0.0,
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
        tune_seconds=tune_seconds / len(horizons),
        random_state=seed,
        n_jobs=n_jobs,
    )
    primary = horizons[0]
    y, cut, held_out = rows.labels[primary], rows.splits[primary], rows.held_out
    calibration = CalibrationSlice(
        nights_of(rows.points.as_of[held_out]), model.primary.held_out_risk_, y[held_out].astype(np.int8)
    )
    manifest = Manifest(
        boilover_version=boilover.__version__,
        created_at=(created_at or datetime.now(UTC)).isoformat(timespec="seconds"),
        horizons=horizons,
        columns=tuple(map(str, rows.frame.columns)),
        categories=model.primary.categories_,
        features=tuple(to_json(feature) for feature in rows.features),
        escalation=rule.model_dump(mode="json", exclude_defaults=True),
        trained_from=_moment(int(rows.notes.history.time.min())),
        trained_until=_moment(rows.notes.history.end),
        split={"stop": _moment(cut.stop), "calibrate": _moment(cut.calibrate), "by": cut.by},
        base_rate=float(np.nanmean(y)),
        metrics=held_out_metrics(calibration.label, calibration.risk, model.primary.held_out_scores_),
        fingerprint=fingerprint(log),
        packages={name: version(name) for name in PACKAGES},
    )
    return SavedModel(model, manifest, calibration, reached=_reached(rows, model))


def described(saved: SavedModel, rows: TrainingRows, evaluation: Evaluation | None) -> SavedModel:
    """Return the model with what is told of it later: figures held out, attributes not read, what it was trained on."""
    read = {feature.column for feature in rows.features if isinstance(feature, Attribute)}
    attributes = rows.notes.history.attributes.column_names
    told = {
        "held_out": {} if evaluation is None else held_out(evaluation.to_dict()),
        "left_out": tuple(name for name in attributes if name not in read),
    }
    as_of, y = rows.points.as_of, next(iter(rows.labels.values()))
    reference = reference_of(rows.frame, as_of, y, saved.calibration.risk, as_of[rows.held_out], rows.ages)
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


def _check_escalations(notes: Annotations) -> None:
    escalated = int((first_escalations(notes) < np.iinfo(np.int64).max).sum())
    if not escalated:
        raise InputError(
            "no ticket of the log ever escalated",
            mend="Add escalated events, or declare what escalated means in an [escalation] table",
        )
    if escalated < MIN_ESCALATED:
        raise InputError(
            f"only {escalated} of {notes.history.n_tickets} tickets escalated; at least {MIN_ESCALATED} are needed",
            mend="Take a longer log, or a wider declaration of what escalated means",
        )


def _check_horizon(
    notes: Annotations, points: Points, horizon: str, length: int, covered: npt.NDArray[np.bool_]
) -> None:
    history = notes.history
    if not covered.any():
        span = (history.end - int(history.time.min())) / (24 * HOUR)
        raise InputError(
            f"the horizon of {horizon} is longer than the log can answer: it spans {span:.1f} days",
            mend="Take a shorter horizon or a longer log",
        )


def _check_classes(y: Floats, horizon: str) -> None:
    outcomes = np.unique(y[~np.isnan(y)])
    if len(outcomes) < 2:
        every = "escalates" if outcomes[0] else "stays calm"
        raise InputError(
            f"within {horizon} of every point the ticket {every}: there is nothing to tell apart",
            mend="Take another horizon, or another declaration of what escalated means",
        )


def _moment(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat(timespec="seconds")
