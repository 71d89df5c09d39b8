"""What stands behind an evaluation: what the model reads, how far that has moved, and how risks of single tickets went.

Shifts and single tickets rest on samples, drawn with a seed, and on one pass for features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from boilover.card import Card, card_beside_figures
from boilover.measuring import Measured
from boilover.model.importance import importance_of
from boilover.model.reference import Distribution
from boilover.model.saved import SavedModel
from boilover.monitoring.asked import Asked
from boilover.monitoring.shifts import Shift, risk_shift, shifts_of, spans_of
from boilover.points import Points
from boilover.report.evidence.courses import Course, choose, courses, moments
from boilover.scoring import feature_frame
from boilover.times import parse_moment

SAMPLE = 4000
"""Points since the training whose features are compared with those of the training."""
EXPLAINED = 300
"""Points whose contributions are averaged."""


class Part(NamedTuple):
    """A range of risks up to ``bound``, and the shares of points in it: in training, and since."""

    bound: float
    then: float
    now: float


class Moves(NamedTuple):
    """What has moved since training: every feature, the risk, and the risk in detail."""

    features: Sequence[Shift]
    risk: Shift
    parts: Sequence[Part]


@dataclass(frozen=True)
class Evidence:
    """What the report tells beside the figures."""

    moves: Moves | None
    """None of a model that was saved without the distributions that it was trained on."""
    importance: Sequence[tuple[str, float]]
    """Name of each feature and what it moves the log-odds by on average, the greatest first."""
    courses: Sequence[Course]
    card: Card


def gather(measured: Measured, saved: SavedModel, *, seed: int = 0) -> Evidence:
    """Return the evidence behind ``measured``."""
    rng = np.random.default_rng(seed)
    notes, until = measured.notes, parse_moment(saved.manifest.trained_until)
    drawn = np.sort(rng.permutation(len(measured.points))[:SAMPLE])
    asked, followed = measured.points.take(drawn), moments(notes, choose(measured, until, rng))
    both = Points(
        np.concatenate([asked.ticket, followed.ticket]), np.concatenate([asked.as_of, followed.as_of])
    )
    frame = feature_frame(notes, both, saved)
    risk = saved.model.risks(frame)[:, 0]
    now = frame[: len(asked)]
    end = int(measured.points.as_of.max())
    question = Asked(until, end, notes, asked, now, risk[: len(asked)], measured.label[drawn])
    importance = importance_of(saved.model.primary, now, EXPLAINED)
    return Evidence(
        _moves(question, saved),
        [(str(name), weight) for name, weight in importance.items() if weight > 0],
        courses(notes, followed, risk[len(asked) :]),
        card_beside_figures(saved.manifest, saved),
    )


def _moves(asked: Asked, saved: SavedModel) -> Moves | None:
    kept = saved.reference
    if kept is None:
        return None
    return Moves(shifts_of(kept, asked, spans_of(saved)), risk_shift(kept, asked), _parts(kept.risk, asked))


def _parts(then: Distribution, asked: Asked) -> list[Part]:
    """Return the shares of risks between the cuts of the training; no risk is missing."""
    shares = [
        counts[:-1] / max(counts.sum(), 1)
        for counts in (then.counts.sum(axis=0), then.count(pd.Series(asked.risk)))
    ]
    bounds = [*([] if then.cuts is None else then.cuts.tolist()), 1.0]
    return [Part(*each) for each in zip(bounds, *(share.tolist() for share in shares), strict=True)]
