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

Floats = npt.NDArray[np.float64]
Slices = npt.NDArray[np.int8]

FIT, STOP, CALIBRATE, LEFT_OUT = 0, 1, 2, -1
"""The values of ``slices``, each slice later than the one before."""
LATER_SHARE = 0.15
"""Share of the rows in each later slice, where the caller gives no slices."""
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
    if not np.isin(parts, (LEFT_OUT, FIT, STOP, CALIBRATE)).all():
        raise InputError("a slice is 0 (fit), 1 (stop), 2 (calibrate) or -1 (left out)", column="slices")
    fit, stop = parts == FIT, parts == STOP
    if slices is None and len(np.unique(labels[fit | stop])) < 2:
        return np.zeros(len(labels), dtype=np.int8)
    if len(np.unique(labels[fit])) < 2 or _known(labels[stop], tickets[stop]) < MIN_KNOWN:
        parts[stop] = FIT
    return parts


def tune(fit: Rows, stop: Rows, settings: Settings) -> tuple[int, float]:
    """Return the number of trees for the rows of both slices together, and the weight of the linear partner.

    The number grows with the rows: more of them bear more trees.
    """
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
    rounds = max(1, round(trees.best_iteration * (1 + len(stop) / len(fit))))
    return rounds, choose_weight(margins, linear, stop.labels, stop.tickets)


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
        later = round(rows * LATER_SHARE)
        parts[-2 * later : -later] = STOP
        parts[-later:] = CALIBRATE
    return parts


def _known(labels: Floats, tickets: npt.NDArray[np.int64]) -> int:
    """Return the number of tickets with the rarer outcome among their rows."""
    return min(len(np.unique(tickets[labels == outcome])) for outcome in (0.0, 1.0))
