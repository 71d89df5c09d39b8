"""What a model is trained on: points of the past with their features, labels and slices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.annotations import Annotations
from boilover.errors import InputError, UsageError
from boilover.features import Feature, compute, default_features, to_json
from boilover.features.asked import check_attributes, check_known
from boilover.history import HOUR, Floats, History
from boilover.labels import is_covered, label
from boilover.log import EventLog
from boilover.model.horizons import in_order
from boilover.nights import Nightly, last_nights
from boilover.points import AGES_HOURS, Points, ages_of, landmarks
from boilover.split import CALIBRATE, Split, split
from boilover.standing import NEVER, first_escalations
from boilover.times import parse_duration
from boilover.words import hours

MIN_ESCALATED = 30
"""With fewer escalated tickets a model would be a tale told by chance."""
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
        return ages_of(self.notes.history, self.points)


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
    Raises `InputError` for a log with too few escalations, one outcome only, or shorter than a horizon, and
    `UsageError` for no ``features``, and for those of attributes or fields that the log lacks.
    """
    in_order(horizons)
    history = History.from_log(log)
    notes = Annotations(history)
    _check_escalations(log, notes)
    points = landmarks(history, ages)
    labels, splits = {}, {}
    for horizon in horizons:
        length = parse_duration(horizon)
        covered = is_covered(history, points, length)
        if doubts is not None:
            covered &= ~doubts(notes, points, length)
        _check_horizon(history, horizon, covered)
        labels[horizon] = np.where(covered, label(history, points, length), np.nan)
        _check_classes(labels[horizon], horizon, notes)
        splits[horizon] = split(points.as_of, length, points.ticket, covered)
    chosen = tuple(features) if features is not None else default_features(notes)
    if not chosen:
        raise UsageError(
            "features names none. Name one or more, or leave it out for those that a log can feed"
        )
    if features is not None:
        check_attributes(chosen, history)
        changed = "field that an event of the log changes"
        check_known(set(_fields(chosen)), history.coded("field").words, changed)
    frame = compute(chosen, notes, points)
    if features is None:
        varies = [frame[feature.name].duplicated().sum() < len(frame) - 1 for feature in chosen]
        chosen = tuple(feature for feature, keep in zip(chosen, varies, strict=True) if keep)
        frame = frame[[feature.name for feature in chosen]]
    asked = last_nights(notes, splits[horizons[0]])
    beside = None if asked is None else compute(chosen, notes, asked.points)
    return TrainingRows(notes, points, chosen, frame, labels, splits, ages, asked, beside)


def _fields(features: Sequence[Feature]) -> Iterator[str]:
    """Yield the fields whose changes features read, themselves or in a filter of theirs."""
    told = [to_json(feature) for feature in features]
    while told:
        match told.pop():
            case {"is": "FieldState" | "Match", "field": str(field)}:
                yield field
            case dict(parts):
                told += parts.values()
            case list(parts) | tuple(parts):
                told += parts


def _check_escalations(log: EventLog, notes: Annotations) -> None:
    escalated = int((first_escalations(notes.history) < NEVER).sum())
    if not escalated:
        # A rule that names what the log lacks has said so when it was declared, and what there is.
        lacking = [each for each in log.warnings if each.table == "escalation"]
        if lacking:
            raise InputError("; ".join(each.problem for each in lacking), mend=lacking[0].mend)
        raise InputError(
            "no ticket of the log ever escalated",
            mend="Add escalated events, or declare what escalated means in an [escalation] table",
        )
    if escalated < MIN_ESCALATED:
        raise InputError(
            f"only {escalated} of {notes.history.n_tickets} tickets escalated; at least {MIN_ESCALATED} are needed",
            mend="Take a longer log, or a wider declaration of what escalated means",
        )


def _check_horizon(history: History, horizon: str, covered: npt.NDArray[np.bool_]) -> None:
    if not covered.any():
        span = (history.end - int(history.time.min())) / (24 * HOUR)
        raise InputError(
            f"the horizon of {horizon} is longer than the log can answer: it spans {span:.1f} days",
            mend="Take a shorter horizon or a longer log",
        )


def _check_classes(y: Floats, horizon: str, notes: Annotations) -> None:
    outcomes = np.unique(y[~np.isnan(y)])
    if len(outcomes) < 2:
        every = "escalates" if outcomes[0] else "stays calm"
        first = first_escalations(notes.history)
        ages = (first - notes.history.created)[first < NEVER] / HOUR
        low, middle, high = map(hours, np.quantile(ages, (0.25, 0.5, 0.75)).tolist())
        raise InputError(
            f"within {horizon} of every point the ticket {every}: there is nothing to tell apart. Quartiles of the age"
            f" at which tickets escalate: {low}, {middle}, {high}",
            mend="Take another horizon, ask at other ages or nightly (points), or declare something else as escalated",
        )
