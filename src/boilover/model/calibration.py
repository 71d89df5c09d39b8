"""Fitting a calibrator: from a model's raw log-odds to a probability that can be taken at its word.

Every fit is drawn towards "the scores are right already" by a prior, so a slice of a few positives moves the
level a little and bends nothing. What the slice says against it counts by its escalated tickets, not by their
rows, which are nearly the same row: taken for as many, they make the highest risks too sure of themselves. With
more positives the simplest kind wins that no other clearly beats in cross-validation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from boilover.errors import InputError, UsageError
from boilover.history import Floats
from boilover.model.calibrators import TILT, Beta, Calibrator, Isotonic, Platt, beta_terms, log_loss, sigmoid

BETA_POSITIVES = 30
"""Beta calibration is tried from so many positives on (groups with a positive, where groups are given)."""
ISOTONIC_POSITIVES = 100
"""Isotonic regression is tried from so many positives on."""
MIN_BLOCK_ROWS = 30
"""Isotonic blocks of fewer rows are merged with their neighbour: one lucky row at the top is not a risk of
100 %."""
FOLDS = 5
MIN_SLOPE = 1e-3
"""A model that ranks no better than chance is flattened to the base rate, yet keeps its order."""
SLOPE_SPREAD, INTERCEPT_SPREAD = 0.25, 0.5
"""Standard deviations of the priors, around slope 1 and intercept 0."""


def fit_calibrator(
    score: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    method: str = "auto",
    groups: npt.ArrayLike | None = None,
    seed: int = 0,
) -> Calibrator:
    """Fit a calibrator on scores that the model was not trained on.

    Parameters
    ----------
    score : raw log-odds, float[n], finite.
    y : 0 or 1, [n].
    method : ``auto``, or one of ``identity``, ``platt``, ``beta``, ``isotonic``.
    groups : the ticket of each row, [n]; rows of one ticket stay in one fold, and weigh against the prior as one.
    seed : decides the folds of ``auto``.

    Raises `UsageError` for an unknown method, `InputError` for empty, unequal or non-finite input.
    """
    scores, labels, tickets = _check(score, y, groups)
    if method == "identity":
        return Platt()
    if method == "auto":
        method = _choose(scores, labels, tickets, seed)
    if method not in _FITTERS:
        raise UsageError(f"unknown calibration {method!r}; known are auto, identity, {', '.join(_FITTERS)}")
    return _FITTERS[method](scores, labels, _evidence(labels, tickets))


def level(log_odds: Floats, mean: float) -> float:
    """Return what must be added to ``log_odds``, float64[n], for the mean of their risks to be ``mean``."""
    from scipy.optimize import brentq

    target = np.log(mean) - np.log1p(-mean)
    bounds = target - log_odds.max() - 0.1, target - log_odds.min() + 0.1
    return float(brentq(lambda by: sigmoid(log_odds + by).mean() - mean, *bounds, xtol=1e-12))


def clearly_better(
    loss: Floats, reference: Floats, groups: npt.NDArray[np.int64], errors: float = 1.0
) -> bool:
    """Tell whether ``loss`` lies below ``reference`` by more than so many standard errors, counted over groups.

    loss, reference : float64[n], of the same rows. groups : int64[n], numbered from 0.
    """
    gain = np.bincount(groups, weights=reference - loss)
    if len(gain) < 2:
        return False
    error = gain.std(ddof=1) * np.sqrt(len(gain))
    return bool(gain.sum() > errors * error)


def _evidence(y: Floats, groups: npt.NDArray[np.int64]) -> float:
    """Return what a row weighs against the prior: tickets of the rarer outcome per row of it."""
    rarer = groups[y == float(y.mean() <= 0.5)]
    return len(np.unique(rarer)) / len(rarer) if len(rarer) else 1.0


def _fit_platt(score: Floats, y: Floats, evidence: float) -> Platt:
    slope, intercept = _fit_logistic(score[:, None], y, evidence)
    return Platt(slope, intercept)


def _fit_beta(score: Floats, y: Floats, evidence: float) -> Beta:
    return Beta(*_fit_logistic(np.column_stack(beta_terms(score)), y, evidence))


def _fit_isotonic(score: Floats, y: Floats, evidence: float) -> Isotonic:
    from sklearn.isotonic import isotonic_regression

    values, place, rows = np.unique(score, return_inverse=True, return_counts=True)
    positives = np.bincount(place, weights=y)
    fitted = isotonic_regression(positives / rows, sample_weight=rows.astype(np.float64))
    block = np.concatenate([[0], np.cumsum(np.diff(fitted) > 0)])
    sizes = np.bincount(block, weights=rows)
    block = _merge_small(sizes)[block]
    sizes = np.bincount(block, weights=rows)
    rates = np.bincount(block, weights=positives) / sizes
    centres = np.bincount(block, weights=values * rows) / sizes
    # A block without a positive has a rate that is small, not none.
    rates = np.clip(rates, 0.5 / len(score), 1.0 - 0.5 / len(score))
    levels = np.log(rates) - np.log1p(-rates) - TILT * score.mean()
    return Isotonic(tuple(centres.tolist()), tuple(levels.tolist()))


_FITTERS = {"platt": _fit_platt, "beta": _fit_beta, "isotonic": _fit_isotonic}


def _merge_small(sizes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the new number of each block, neighbours being merged until all have `MIN_BLOCK_ROWS` rows."""
    number = np.zeros(len(sizes), dtype=np.int64)
    current, filled = 0, 0.0
    for place, size in enumerate(sizes.tolist()):
        if filled >= MIN_BLOCK_ROWS:
            current, filled = current + 1, 0.0
        number[place] = current
        filled += size
    if filled < MIN_BLOCK_ROWS and current > 0:
        number[number == current] = current - 1
    return number


def _fit_logistic(terms: Floats, y: Floats, evidence: float) -> list[float]:
    """Return the slopes, each at least `MIN_SLOPE`, and the intercept of a logistic regression on ``terms``.

    The prior stands at slopes of 1 and at an intercept of 0 for centred terms: the scores as they are. Each row
    weighs ``evidence`` against it.
    """
    from scipy.optimize import minimize

    middle = terms.mean(axis=0)
    design = np.column_stack([terms - middle, np.ones(len(terms))])
    expected = np.append(np.ones(terms.shape[1]), middle.sum())
    spread = np.append(np.full(terms.shape[1], SLOPE_SPREAD), INTERCEPT_SPREAD) * np.sqrt(evidence)

    def objective(weights: Floats) -> tuple[float, Floats]:
        log_odds = design @ weights
        pull = (weights - expected) / spread
        value = log_loss(log_odds, y).sum() + 0.5 * (pull @ pull)
        slope = design.T @ (sigmoid(log_odds) - y) + pull / spread
        return float(value) / len(y), slope / len(y)

    bounds = [(MIN_SLOPE, None)] * terms.shape[1] + [(None, None)]
    solved = minimize(
        objective, expected, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13, "gtol": 1e-9}
    )
    slopes = np.maximum(solved.x[:-1], MIN_SLOPE)
    intercept = solved.x[-1] - slopes @ middle
    return [*slopes.tolist(), float(intercept)]


def _choose(score: Floats, y: Floats, groups: npt.NDArray[np.int64], seed: int) -> str:
    """Return the simplest kind that no more complex one clearly beats in cross-validation."""
    with_positive = np.bincount(groups, weights=y) > 0
    with_negative = np.bincount(groups, weights=1 - y) > 0
    known = min(int(with_positive.sum()), int(with_negative.sum()))
    chosen = "platt"
    if known < BETA_POSITIVES:
        return chosen
    fold = np.random.default_rng(seed).permutation(len(with_positive))[groups] % FOLDS
    evidence = _evidence(y, groups)
    least = _held_out_loss(chosen, score, y, fold, evidence)
    for challenger in ["beta", "isotonic"] if known >= ISOTONIC_POSITIVES else ["beta"]:
        loss = _held_out_loss(challenger, score, y, fold, evidence)
        if clearly_better(loss, least, groups):
            chosen, least = challenger, loss
    return chosen


def _held_out_loss(
    method: str, score: Floats, y: Floats, fold: npt.NDArray[np.int64], evidence: float
) -> Floats:
    loss = np.empty(len(y))
    for number in range(FOLDS):
        held_out = fold == number
        calibrator = _FITTERS[method](score[~held_out], y[~held_out], evidence)
        loss[held_out] = log_loss(calibrator.log_odds(score[held_out]), y[held_out])
    return loss


def _check(
    score: npt.ArrayLike, y: npt.ArrayLike, groups: npt.ArrayLike | None
) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    scores, labels = np.asarray(score, dtype=np.float64), np.asarray(y, dtype=np.float64)
    keys = np.arange(len(labels)) if groups is None else np.asarray(groups)
    if not len(scores) == len(labels) == len(keys):
        raise InputError(
            f"{len(scores)} scores, {len(labels)} labels and {len(keys)} groups differ in number"
        )
    if not len(scores):
        raise InputError("there is no row to calibrate on")
    if not np.isfinite(scores).all():
        raise InputError("not finite", column="score", row=int((~np.isfinite(scores)).argmax()) + 1)
    if not np.isin(labels, (0.0, 1.0)).all():
        raise InputError("labels other than 0 and 1", column="y", mend="Leave censored points out")
    return scores, labels, np.unique(keys, return_inverse=True)[1].astype(np.int64)
