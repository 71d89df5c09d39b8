"""Figures of a ranking: precision, recall at a workload, calibration, and how sure a difference is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

Floats = npt.NDArray[np.float64]
WORKLOAD = 0.118
"""The share of points to look at, as in Montgomery et al. 2018."""
BINS = 10
ROUNDS = 500


def figures(y: Floats, risk: Floats) -> dict[str, float]:
    """Return AP, AUC, recall at the workload, calibration error and Brier skill against the base rate."""
    base = y.mean()
    return {
        "ap": float(average_precision_score(y, risk)),
        "auc": float(roc_auc_score(y, risk)),
        "recall": recall(y, risk),
        "ece": calibration_error(y, risk),
        "brier_skill": float(1 - np.mean((risk - y) ** 2) / np.mean((base - y) ** 2)),
    }


def recall(y: Floats, risk: Floats, share: float = WORKLOAD) -> float:
    """Return the share of escalations among the riskiest points; ties at the border are drawn by lot, on average."""
    budget = share * len(y)
    border = np.sort(risk)[::-1][max(int(np.ceil(budget)) - 1, 0)]
    above, at = risk > border, risk == border
    return float((y[above].sum() + (budget - above.sum()) * y[at].mean()) / y.sum())


def calibration_error(y: Floats, risk: Floats) -> float:
    """Return the mean gap between risk and rate over bins of equal count."""
    order = np.argsort(risk, kind="stable")
    bins = np.array_split(order, BINS)
    return float(
        sum(abs(y[rows].mean() - risk[rows].mean()) * len(rows) for rows in bins if len(rows)) / len(y)
    )


def difference(
    y: Floats, risk: Floats, peer: Floats, ticket: npt.NDArray[np.int64], seed: int = 0
) -> tuple[float, float, float]:
    """Return the difference in AP and its 95 % interval from a bootstrap over tickets."""
    rng = np.random.default_rng(seed)
    n = int(ticket.max()) + 1
    drawn = []
    for _ in range(ROUNDS):
        weight = np.bincount(rng.integers(0, n, n), minlength=n)[ticket]
        kept = weight > 0
        if y[kept].any():
            ap = [
                average_precision_score(y[kept], each[kept], sample_weight=weight[kept])
                for each in (risk, peer)
            ]
            drawn.append(ap[0] - ap[1])
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(average_precision_score(y, risk) - average_precision_score(y, peer)), float(low), float(high)
