"""What is chosen on the stopping slice: how many trees, and how much the linear partner has to say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover import boosting
from boilover.boosting import Capacity, Settings
from boilover.calibration import clearly_better, fit_calibrator
from boilover.calibrators import log_loss
from boilover.encoding import Matrix
from boilover.errors import InputError
from boilover.linear import LinearPartner
from boilover.split import CALIBRATE, CALIBRATE_SHARE, FIT, LEFT_OUT, REFIT, STOP, STOP_SHARE

Floats = npt.NDArray[np.float64]
Slices = npt.NDArray[np.int8]

MIN_ROWS = 200
"""Fewer rows are not cut into slices."""
MIN_KNOWN = 10
"""A stopping slice with fewer tickets of either outcome joins the rows to fit on."""
WEIGHTS = (0.5, 0.25, 0.75, 0.0, 1.0)
"""Weights of the linear partner that are tried, the preferred ones first."""


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


def tune(fit: Rows, stop: Rows, settings: Settings) -> tuple[int, float]:
    """Return the best number of trees for the rows to fit on, and the weight of the linear partner."""
    trees = boosting.train_stopped(
        fit.matrix,
        fit.labels,
        stop.matrix,
        stop.labels,
        fit.capacity,
        settings,
    )
    linear = LinearPartner().fit(fit.frame, fit.labels).decision(stop.frame)
    margins = boosting.margins(trees, stop.matrix, settings.threads)
    return trees.best_iteration, choose_weight(margins, linear, stop.labels, stop.tickets)


def choose_weight(trees: Floats, linear: Floats, y: Floats, tickets: npt.NDArray[np.int64]) -> float:
    """Return the weight nearest to 0.5 that is not clearly worse than the best of `WEIGHTS`.

    Each blend is rescaled to the slice first, so that it is judged by its order and shape: a shift of the
    base rate is the calibrator's affair. "Clearly" is one standard error over tickets (Breiman et al.,
    CART, 1984).
    """
    places = np.unique(tickets, return_inverse=True)[1]
    losses = {}
    for weight in WEIGHTS:
        blend = (1.0 - weight) * trees + weight * linear
        losses[weight] = log_loss(fit_calibrator(blend, y, method="platt").log_odds(blend), y)
    best = min(WEIGHTS, key=lambda weight: losses[weight].sum())
    near = (weight for weight in WEIGHTS if not clearly_better(losses[best], losses[weight], places))
    distance = min(abs(weight - 0.5) for weight in near)
    return min(
        (weight for weight in WEIGHTS if abs(weight - 0.5) == distance),
        key=lambda weight: losses[weight].sum(),
    )


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
