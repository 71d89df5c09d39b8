"""Figures of risks against outcomes, on plain arrays.

``y`` holds n zeros and ones, ``risk`` n finite numbers. A figure that is not defined, such as a ranking of one class,
is NaN and no warning. The calibration error is also NaN for risks outside [0, 1]. Average precision means nothing
without the base rate: show both. Accuracy is left out on purpose: where few tickets escalate, the best accuracy belongs
to silence.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from boilover.errors import InputError
from boilover.history import Floats as Floats

NAN = float("nan")
BINS = 10


class CalibrationBin(NamedTuple):
    """One bin of the calibration curve."""

    points: int
    mean_risk: float
    rate: float
    """Share of positives in the bin."""


def checked(y: npt.ArrayLike, risk: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return both as float64; raise `InputError` for no point, differing lengths or a value not allowed."""
    labels, scores = np.asarray(y, dtype=np.float64), np.asarray(risk, dtype=np.float64)
    if not labels.size:
        raise InputError("there is no point to evaluate", mend="Widen the window, or shorten the horizon")
    if labels.shape != scores.shape or labels.ndim != 1:
        raise InputError(f"labels of shape {labels.shape} and risks of shape {scores.shape} do not match")
    for name, values, allowed in (
        ("y", labels, np.isin(labels, (0.0, 1.0))),
        ("risk", scores, np.isfinite(scores)),
    ):
        if not allowed.all():
            row = int(np.argmin(allowed))
            mend = "Leave points without an outcome or a risk out"
            raise InputError(
                "not allowed here", column=name, row=row + 1, value=float(values[row]), mend=mend
            )
    return labels, scores


def average_precision(y: npt.ArrayLike, risk: npt.ArrayLike) -> float:
    """Return the area under the precision-recall steps; a random order gets the base rate."""
    labels, scores = checked(y, risk)
    if not labels.any():
        return NAN
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(labels, scores))


def roc_auc(y: npt.ArrayLike, risk: npt.ArrayLike) -> float:
    """Return the chance that a positive has a higher risk than a negative, ties counting half."""
    labels, scores = checked(y, risk)
    if labels.min() == labels.max():
        return NAN
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(labels, scores))


def log_losses(labels: Floats, risk: Floats) -> Floats:
    """Return the negative log-likelihood of each point, ``float64[n]``, in nats.

    Risks are kept one float64 epsilon from 0 and 1.
    """
    epsilon = np.finfo(np.float64).eps
    return -np.log(np.clip(np.where(labels == 1, risk, 1 - risk), epsilon, 1 - epsilon))


def calibration_curve(y: npt.ArrayLike, risk: npt.ArrayLike) -> list[CalibrationBin]:
    """Return mean risk and rate in bins of equal count, lowest risk first.

    The first bins hold any remainder. Ties are split in the order in which the points come, so bins of tied
    risks depend on that order.
    """
    labels, scores = checked(y, risk)
    bin_of = calibration_bins(scores)
    counts = np.bincount(bin_of)
    mean_risk = np.bincount(bin_of, scores) / counts
    rates = np.bincount(bin_of, labels) / counts
    return [
        CalibrationBin(*row) for row in zip(counts.tolist(), mean_risk.tolist(), rates.tolist(), strict=True)
    ]


def calibration_bins(risk: Floats) -> npt.NDArray[np.int64]:
    """Return the bin of each point: equal counts over the stable order of risk, ``int64[n]``."""
    n = len(risk)
    bins = min(BINS, n)
    sizes = np.full(bins, n // bins)
    sizes[: n % bins] += 1
    bin_of = np.empty(n, dtype=np.int64)
    bin_of[np.argsort(risk, kind="stable")] = np.repeat(np.arange(bins), sizes)
    return bin_of


def calibration_error(y: npt.ArrayLike, risk: npt.ArrayLike) -> float:
    """Return the expected calibration error: |mean risk - rate| of `calibration_curve`, weighted by count.

    Naeini, Cooper & Hauskrecht, AAAI 2015, with bins of equal count.
    """
    labels, scores = checked(y, risk)
    if not are_probabilities(scores):
        return NAN
    gaps = np.bincount(calibration_bins(scores), scores - labels)
    return float(np.abs(gaps).sum() / len(labels))


def are_probabilities(risk: Floats) -> bool:
    """Say whether all of ``risk`` lies in [0, 1]."""
    return bool(risk.min() >= 0 and risk.max() <= 1)
