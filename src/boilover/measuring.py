"""Measuring: a model on points after its training window, beside its peers on the same points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.annotations import Annotations
from boilover.errors import InputError, UsageError
from boilover.evaluation.baselines import Baselines, fit_baselines
from boilover.evaluation.evaluate import Evaluation, evaluate
from boilover.evaluation.segments import segments_of
from boilover.features.families import SLA_SHARE
from boilover.features.view import Sight
from boilover.history import Coded, Floats
from boilover.labels import is_covered, label
from boilover.log import EventLog
from boilover.model.saved import SavedModel
from boilover.points import AGES_HOURS, Points, ages_of, landmarks
from boilover.scoring import feature_frame, notes_for
from boilover.times import iso, parse_duration, parse_moment
from boilover.words import spelled


@dataclass(frozen=True)
class Measured:
    """An evaluation and what it was computed from, one entry per test point; ``notes`` are those of the log."""

    evaluation: Evaluation
    points: Points = field(repr=False)
    label: Floats = field(repr=False)
    risk: Floats = field(repr=False)
    notes: Annotations = field(repr=False)


def measure(
    log: EventLog,
    saved: SavedModel,
    *,
    since: int | str | datetime | None = None,
    ages: Sequence[float] | None = AGES_HOURS,
    threshold: float | None = None,
    seed: int = 0,
    rounds: int = 500,
) -> Measured:
    """Evaluate ``saved`` on points of ``log`` after ``since``, a time; the end of training where left out.

    The peers learn from the points whose horizon ends by then. Raises `InputError` where no point is left, and
    `UsageError` for a time before the end of training: the model has seen those outcomes.
    """
    trained_until = parse_moment(saved.manifest.trained_until)
    since = trained_until if since is None else parse_moment(since)
    if since < trained_until:
        raise UsageError(
            f"the model was trained on what happened until {saved.manifest.trained_until}: points before that tell"
            " nothing about it. Measure since then or later"
        )
    notes = notes_for(log, saved)
    history = notes.history
    points = landmarks(history, ages)
    horizon = parse_duration(saved.manifest.horizons[0])
    covered = is_covered(history, points, horizon)
    past, later = points.as_of + horizon <= since, covered & (points.as_of > since)
    y = label(history, points, horizon)
    for part, what in ((past, "up to"), (later, "after")):
        if not part.any():
            raise InputError(
                f"the log has no point {what} {iso(since)} whose outcome within"
                f" {spelled(saved.manifest.horizons[0])} is known; it tells of {iso(int(history.time.min()))} to"
                f" {iso(history.end)}",
                mend="Evaluate on a log that begins before that time and goes on after it for longer than the horizon",
            )
    frame = feature_frame(notes, points, saved)
    peers = _fit_peers(notes, points, frame, y, past, seed)
    asked = points.take(later)
    risk = saved.model.risks(frame[later])[:, 0]
    evaluation = evaluate(
        y[later],
        risk,
        asked.as_of,
        asked.ticket,
        ages_of(notes.history, asked),
        segments=segments_of(notes, asked),
        baselines=peers.predict(frame[later], ages_of(notes.history, asked), _sla_share(notes, asked)),
        threshold=threshold,
        rounds=rounds,
        seed=seed,
    )
    return Measured(evaluation, asked, y[later], risk, notes)


def _fit_peers(
    notes: Annotations, points: Points, frame: pd.DataFrame, y: Floats, past: npt.NDArray[np.bool_], seed: int
) -> Baselines:
    known = points.take(past)
    return fit_baselines(
        frame[past],
        y[past],
        ages_of(notes.history, known),
        _sla_share(notes, known),
        seed=seed,
        as_of_us=known.as_of,
    )


def _sla_share(notes: Annotations, points: Points) -> Floats | None:
    share = SLA_SHARE.compute(Sight(notes, points))
    if isinstance(share, Coded) or np.isnan(share).all():
        return None
    return share.astype(np.float64, copy=False)
