"""What a model is asked after its training, in the manner of its training, and what came of it so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.annotations import Annotations
from boilover.errors import InputError, UsageError
from boilover.history import Floats
from boilover.inputs import cut
from boilover.labels import is_covered, label
from boilover.log import EventLog
from boilover.model.saved import SavedModel
from boilover.observation import observed
from boilover.points import Points, fixed_ages, nightly
from boilover.scoring import feature_frame, notes_for
from boilover.standing import NEVER, first_escalations
from boilover.times import iso, parse_duration, parse_moment

MIN_POINTS = 100
"""Fewer points are not compared with a training."""

Moment = int | str | datetime


@dataclass(frozen=True, eq=False)
class Asked:
    """Points after a training with features, risks of the first horizon, and labels: NaN where not known yet."""

    since: int
    as_of: int
    notes: Annotations
    points: Points
    frame: pd.DataFrame
    risk: Floats
    label: Floats

    @property
    def matured(self) -> npt.NDArray[np.bool_]:
        """Which points have their whole horizon behind them."""
        return ~np.isnan(self.label)


def ask(log: EventLog, saved: SavedModel, since: int, as_of: int, ages: Sequence[float] | None) -> Asked:
    """Ask about tickets in (since, as_of], at ``ages`` in hours or every night, knowing what ``as_of`` knows.

    Raises `InputError` where the log tells of no such point or of no escalation, `MismatchError` where the model reads
    attributes that its tickets lack.
    """
    notes = notes_for(cut(log, as_of), saved)
    history = notes.history
    if (first_escalations(history) == NEVER).all():
        raise InputError(
            f"no ticket of the log escalated by {iso(as_of)}",
            mend="Add escalated events, or declare what escalated means in an [escalation] table",
        )
    asked = nightly(history, since + 1, as_of) if ages is None else fixed_ages(history, tuple(ages), as_of)
    asked = asked.take(asked.as_of > since)
    if len(asked) < MIN_POINTS:
        raise InputError(
            f"only {len(asked)} questions fall between {iso(since)} and {iso(as_of)}; at least {MIN_POINTS} are needed",
            mend="Wait, or take a log that goes on for longer after the training of the model",
        )
    horizon = parse_duration(saved.manifest.horizons[0])
    covered = is_covered(history, asked, horizon)
    y = np.where(covered, label(history, asked, horizon), np.nan)
    frame = feature_frame(notes, asked, saved)
    return Asked(since, as_of, notes, asked, frame, saved.model.risks(frame)[:, 0], y)


def window_of(
    log: EventLog, models: Sequence[SavedModel], since: Moment | None, as_of: Moment | None
) -> tuple[int, int]:
    """Return the moments between which models are asked: from the end of their trainings to the log's.

    Raises `UsageError` for a beginning before the end of a training: that model has seen those outcomes; `InputError`
    where no moment is left after the trainings.
    """
    trained = max(parse_moment(each.manifest.trained_until) for each in models)
    begin = trained if since is None else parse_moment(since)
    if begin < trained:
        raise UsageError(
            f"the model was trained on what happened until {iso(trained)}: points before that tell nothing about it."
            " Begin then or later"
        )
    newest = int(observed(log.events).max())
    end = newest if as_of is None else min(newest, parse_moment(as_of))
    if end <= trained:
        what, mend = (
            ("end of the log", "log that goes on for longer")
            if end == newest
            else ("moment asked", "later moment")
        )
        raise InputError(
            f"the {what}, {iso(end)}, is not after {iso(trained)}, until which the model was trained: nothing came"
            " since that it could be compared with",
            mend=f"Take a {mend}, or a model that was trained with an earlier --until",
        )
    return begin, end
