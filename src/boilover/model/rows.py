"""Training rows in slices, and what they say of scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.errors import InputError
from boilover.history import Floats
from boilover.model.boosting import Capacity
from boilover.model.calibration import clearly_better, fit_calibrator
from boilover.model.calibrators import log_loss
from boilover.model.encoding import Matrix
from boilover.split import CALIBRATE, CALIBRATE_SHARE, FIT, LEFT_OUT, REFIT, STOP, STOP_SHARE

Slices = npt.NDArray[np.int8]

MIN_ROWS = 200
"""Fewer rows are not cut into slices."""
MIN_KNOWN = 10
"""Fewer tickets of either outcome do not tell which of two scores is better."""
MIN_KNOWN_TO_CHOOSE = 50
"""A stopping slice with fewer tickets of either outcome joins the rows to fit on: what it chooses is mostly chance, and
does worse than the usual choice."""

DOUBT = 2.0
"""Standard errors by which scores are better that take the place of the usual ones."""


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

    def of(self, columns: Sequence[int]) -> Rows:
        """Return the rows in the columns at these places."""
        places = list(columns)
        matrix = np.asfortranarray(self.matrix[:, places])
        return Rows(self.frame[self.frame.columns[places]], matrix, self.labels, self.tickets)

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

    def is_better(self, scores: Floats, than: Floats) -> bool:
        """Tell whether scores of these rows, both rescaled to them, are clearly better than other ones.

        Never where the rows hold too few tickets of either outcome to say.
        """
        if self.capacity.known < MIN_KNOWN:
            return False
        return clearly_better(self._losses(scores), self._losses(than), self._places, DOUBT)

    def loss(self, scores: Floats) -> float:
        """Return the log-loss of scores that are rescaled to these rows, in nats over all tickets.

        So a score is judged by its order and shape: a shift of the base rate is the calibrator's affair. The points of
        a ticket count as one, for they are nearly the same.
        """
        return float(self._losses(scores).sum())

    def _losses(self, scores: Floats) -> Floats:
        """Return each row's part in `loss`."""
        share = 1.0 / np.bincount(self._places)[self._places]
        calibrated = fit_calibrator(scores, self.labels, method="platt").log_odds(scores)
        return share * log_loss(calibrated, self.labels)

    @property
    def _places(self) -> npt.NDArray[np.int64]:
        """The ticket of each row, numbered from 0 without gaps."""
        return np.unique(self.tickets, return_inverse=True)[1].astype(np.int64)

    @property
    def capacity(self) -> Capacity:
        """How much there is to learn from."""
        return capacity_of(self.labels, self.tickets)


def capacity_of(labels: Floats, tickets: npt.NDArray[np.int64]) -> Capacity:
    """Return how much there is to learn from rows of these labels and tickets."""
    return Capacity(_known(labels, tickets), len(labels))


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
    if len(np.unique(labels[fit])) < 2 or _known(labels[stop], tickets[stop]) < MIN_KNOWN_TO_CHOOSE:
        parts[stop] = FIT
    return parts


def zeros_and_ones(y: npt.ArrayLike) -> tuple[npt.NDArray[Any], Floats]:
    """Return the two classes of ``y``, sorted, and which of them each row is, as 0 or 1, ``float64[n]``.

    Raises ValueError, in scikit-learn's words, where there are not two.
    """
    # Fitting needs scikit-learn, predicting does not.
    from sklearn.utils import assert_all_finite
    from sklearn.utils.multiclass import check_classification_targets, type_of_target
    from sklearn.utils.validation import column_or_1d

    values = column_or_1d(y, warn=True)
    assert_all_finite(values, input_name="y")
    check_classification_targets(values)
    kind = type_of_target(values, input_name="y")
    if kind != "binary":
        raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
    classes, codes = np.unique(values, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y holds one class only, {classes[0]!r}; two classes are needed")
    return classes, codes.astype(np.float64)


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
