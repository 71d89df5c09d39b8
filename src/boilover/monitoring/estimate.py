"""How good a model is before anybody can know: what its risks say of themselves.

If the risks are calibrated on the points that are asked, outcomes are coins of known bias, and the expectation of any
figure follows from the risks alone: confidence-based performance estimation (CBPE; Bialek, Kuberski, Perrakis & Bifet,
Estimating model performance under covariate shift without labels, arXiv:2401.08348). That assumption cannot be checked
without outcomes: where tickets begin to escalate for new reasons, the estimate stays as it was. The figures that are
realised on matured points stand beside it for that reason.

Points of one ticket share its fate. Outcomes are drawn so that they agree as far as the risks allow, which makes the
intervals wide rather than narrow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from boilover.evaluation.bootstrap import bootstrap_intervals
from boilover.evaluation.interval import Interval, percentile_interval, wilson
from boilover.evaluation.metrics import NAN, calibration_bins

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WORKLOAD = 0.118
RECALL = "recall_at_11.8%"
FIGURES = ("base_rate", "average_precision", RECALL, "calibration_error")
ROUNDS = 300
MIN_POSITIVES = 10
"""With fewer tickets that escalated, realised figures are not told."""


def estimated(
    risk: Floats, tickets: npt.ArrayLike, *, rounds: int = ROUNDS, seed: int = 0
) -> dict[str, Interval]:
    """Return the expectation of each of `FIGURES` if the risks are calibrated, with the range of 95 % of outcomes.

    risk : float64[n], 0 to 1, n at least 1. tickets : the ticket of each point. A calibration error above 0 is expected
    even then: it is what chance alone makes of so few points.
    """
    order = np.argsort(-risk, kind="stable")
    scores = risk[order]
    codes = np.unique(np.asarray(tickets)[order], return_inverse=True)[1]
    ends = np.flatnonzero(np.r_[np.diff(scores) != 0, True])
    bins = calibration_bins(scores)
    generator = np.random.default_rng(seed)
    fates = int(codes.max()) + 1
    found = np.array(
        [_figures(scores, generator.random(fates)[codes] < scores, ends, bins) for _ in range(rounds)]
    )
    return {name: _told(found[:, place]) for place, name in enumerate(FIGURES)}


def realised(
    y: Floats, risk: Floats, tickets: npt.ArrayLike, *, rounds: int = ROUNDS, seed: int = 0
) -> dict[str, Interval] | None:
    """Return `FIGURES` of points whose outcome is known, with intervals over tickets; None for too few escalations."""
    codes = np.unique(np.asarray(tickets), return_inverse=True)[1]
    if not len(codes) or len(np.unique(codes[y == 1])) < MIN_POSITIVES:
        return None
    figures = bootstrap_intervals(y, risk, codes, FIGURES[1:], rounds=rounds, seed=seed)
    return {FIGURES[0]: rate_interval(y, codes), **figures}


def levelled(risk: Floats, rate: float) -> Floats:
    """Return the risks moved together, in log-odds, so that their mean is ``rate``, above 0 and below 1.

    What is then expected of them is what their order and their spread promise, whatever their level.
    """
    from scipy.optimize import brentq
    from scipy.special import expit, logit

    log_odds = logit(np.clip(risk, 1e-9, 1 - 1e-9))
    shift = brentq(lambda by: float(expit(log_odds + by).mean()) - rate, -40.0, 40.0)
    moved: Floats = expit(log_odds + shift)
    return moved


def rate_interval(y: Floats, tickets: npt.NDArray[np.integer[Any]]) -> Interval:
    """Return the share of positives with the score interval (Wilson) of as many points as its error over tickets tells.

    Where all outcomes are alike that error is none, and tickets count instead of points.
    """
    rate = float(y.mean())
    gaps = np.bincount(tickets, y - rate)
    square = float((gaps**2).sum()) / len(y) ** 2
    alike = float(len(np.unique(tickets)))
    count = min(rate * (1 - rate) / square, float(len(y))) if square > 0 else alike
    (low,), (high,) = wilson(np.array([rate]), np.array([count]))
    return Interval(rate, min(float(low), rate), max(float(high), rate))


def _figures(scores: Floats, hits: npt.NDArray[np.bool_], ends: Ints, bins: Ints) -> tuple[float, ...]:
    """Return `FIGURES` of outcomes of points from the highest risk down; ``ends`` close runs of equal risks."""
    found = np.cumsum(hits)[ends]
    positives, n = int(found[-1]), len(scores)
    error = float(np.abs(np.bincount(bins, scores - hits)).sum() / n)
    if not positives:
        return 0.0, NAN, NAN, error
    precision = found / (ends + 1)
    average = float((np.diff(found, prepend=0) * precision).sum() / positives)
    recall = float(np.interp(WORKLOAD * n, np.r_[0, ends + 1], np.r_[0, found]) / positives)
    return positives / n, average, recall, error


def _told(rounds: Floats) -> Interval:
    known = rounds[np.isfinite(rounds)]
    return percentile_interval(float(known.mean()) if len(known) else NAN, rounds, 0.95)
