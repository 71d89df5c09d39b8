"""What is chosen on the stopping slice: how many trees, and how much the linear partner has to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.errors import InputError
from boilover.model import boosting
from boilover.model.boosting import Capacity, Settings
from boilover.model.calibration import fit_calibrator
from boilover.model.calibrators import log_loss
from boilover.model.encoding import Matrix
from boilover.model.linear import LinearPartner
from boilover.split import CALIBRATE, CALIBRATE_SHARE, FIT, LEFT_OUT, REFIT, STOP, STOP_SHARE

Floats = npt.NDArray[np.float64]
Slices = npt.NDArray[np.int8]

MIN_ROWS = 200
"""Fewer rows are not cut into slices."""
MIN_KNOWN = 10
"""A stopping slice with fewer tickets of either outcome joins the rows to fit on."""
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Weights of the linear partner that are tried."""
USUAL_WEIGHTS = ((200, 1.0), (1000, 0.75), (3000, 0.5))
"""Below so many tickets of the rarer outcome, this weight is the usual one."""
DOUBT_OF_WEIGHT = 0.1
"""Standard deviation of the belief in the usual weight."""
CHOICES_OF_C = (1e-4, 1e-3, 1e-2, 1e-1)
DOUBT_OF_C = 0.35
"""Standard deviation of the belief in the usual shrinkage, in powers of ten."""
MAX_ROWS_TO_CHOOSE = 30_000
"""Of more rows, evenly spaced ones choose the shrinkage."""


@dataclass(frozen=True)
class Chosen:
    """Number of trees, shrinkage of the linear partner and its weight."""

    rounds: int
    C: float
    weight: float


@dataclass(frozen=True)
class Rows:
    """Training rows in the two forms that the two parts read, with labels and numbered tickets."""

    frame: pd.DataFrame
    matrix: Matrix
    labels: Floats
    tickets: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.labels)

    def where(self, kept: npt.NDArray[np.bool_]) -> Rows:
        """Return the kept rows."""
        return Rows(self.frame[kept], self.matrix[kept], self.labels[kept], self.tickets[kept])

    def with_(self, other: Rows) -> Rows:
        """Return these rows and then the other ones."""
        return Rows(
            pd.concat([self.frame, other.frame]),
            np.vstack([self.matrix, other.matrix]),
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.tickets, other.tickets]),
        )

    def thinned(self, most: int) -> Rows:
        """Return at most so many rows, evenly spaced."""
        kept = np.zeros(len(self), dtype=bool)
        kept[np.linspace(0, len(self) - 1, min(most, len(self))).astype(np.int64)] = True
        return self.where(kept)

    @property
    def capacity(self) -> Capacity:
        """How much there is to learn from."""
        return Capacity(_known(self.labels, self.tickets), len(self))


def usable_slices(slices: npt.ArrayLike | None, labels: Floats, tickets: npt.NDArray[np.int64]) -> Slices:
    """Return the slice of each row, ``int8[n]``: as given, or by order of the rows.

    A stopping slice with too little in it joins the rows to fit on.
    """
    parts = _by_order(len(labels)) if slices is None else np.array(slices, dtype=np.int8)
    if len(parts) != len(labels):
        raise InputError(f"{len(parts)} slices and {len(labels)} rows differ in number")
    if not np.isin(parts, (LEFT_OUT, FIT, STOP, CALIBRATE, REFIT)).all():
        raise InputError("not a slice", column="slices", mend="Take those of boilover.split")
    fit, stop = parts == FIT, parts == STOP
    if slices is None and len(np.unique(labels[fit | stop])) < 2:
        return np.zeros(len(labels), dtype=np.int8)
    if len(np.unique(labels[fit])) < 2 or _known(labels[stop], tickets[stop]) < MIN_KNOWN:
        parts[stop] = FIT
    return parts


def tune(fit: Rows, stop: Rows, settings: Settings) -> Chosen:
    """Return what serves best on the stopping slice, of models fitted on the rows to fit on."""
    known = fit.capacity.known
    few = fit.thinned(MAX_ROWS_TO_CHOOSE)
    decisions = {C: LinearPartner(C=C).fit(few.frame, few.labels).decision(stop.frame) for C in CHOICES_OF_C}
    usual_c = usual_shrinkage(known)
    C = most_plausible(
        decisions, {C: np.log10(C / usual_c) / DOUBT_OF_C for C in CHOICES_OF_C}, stop.labels, stop.tickets
    )
    trees = boosting.train_stopped(fit.matrix, fit.labels, stop.matrix, stop.labels, fit.capacity, settings)
    margins = boosting.margins(trees, stop.matrix, settings.threads)
    blends = {weight: (1.0 - weight) * margins + weight * decisions[C] for weight in WEIGHTS}
    usual = usual_weight(known)
    weight = most_plausible(
        blends, {each: (each - usual) / DOUBT_OF_WEIGHT for each in WEIGHTS}, stop.labels, stop.tickets
    )
    return Chosen(trees.best_iteration, C, weight)


def usual_shrinkage(known: int) -> float:
    """Return the linear partner's C that fits so many tickets of the rarer outcome: the more, the freer."""
    return float(np.clip(1.6e-5 * known, CHOICES_OF_C[0], CHOICES_OF_C[-1]))


def usual_weight(known: int) -> float:
    """Return the linear partner's weight that fits so many tickets: trees pay once there is much to learn from."""
    return next((weight for below, weight in USUAL_WEIGHTS if known < below), 0.25)


def most_plausible(
    scores: Mapping[float, Floats],
    strangeness: Mapping[float, float],
    y: Floats,
    tickets: npt.NDArray[np.int64],
) -> float:
    """Return the choice of greatest posterior: its likelihood on the slice, and how far it is from the usual.

    Each score is rescaled to the slice first, so that it is judged by its order and shape: a shift of the base rate
    is the calibrator's affair. The points of a ticket count as one, for they are nearly the same. ``strangeness`` is
    in standard deviations: with few tickets the usual choice stands, with many the slice decides.
    """
    places = np.unique(tickets, return_inverse=True)[1]
    share = 1.0 / np.bincount(places)[places]
    losses = {
        choice: float(share @ log_loss(fit_calibrator(score, y, method="platt").log_odds(score), y))
        + 0.5 * strangeness[choice] ** 2
        for choice, score in scores.items()
    }
    return min(losses, key=lambda choice: losses[choice])


def _by_order(rows: int) -> Slices:
    parts = np.zeros(rows, dtype=np.int8)
    if rows >= MIN_ROWS:
        calibrate = rows - round(rows * CALIBRATE_SHARE)
        parts[calibrate - round(rows * STOP_SHARE) : calibrate] = STOP
        parts[calibrate:] = CALIBRATE
    return parts


def _known(labels: Floats, tickets: npt.NDArray[np.int64]) -> int:
    """Return the number of tickets with the rarer outcome among their rows."""
    return min(len(np.unique(tickets[labels == outcome])) for outcome in (0.0, 1.0))
