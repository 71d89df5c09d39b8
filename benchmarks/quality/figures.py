"""Figures of a ranking: precision, recall at a workload, calibration, and how sure each of them is.

All are weighted, for a bootstrap over tickets is a count of how often each ticket is drawn. Equal risks are one step:
within them no order is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
WORKLOAD = 0.118
"""The share of points to look at, as in Montgomery et al. 2018."""
BINS = 10
ROUNDS = 500
LEVEL = (0.025, 0.975)
NAMES = ("ap", "auc", "recall", "ece", "brier_skill")


@dataclass(frozen=True)
class Ranking:
    """Points from the highest risk to the lowest, and where each run of equal risks begins."""

    order: Ints
    starts: Ints
    y: Floats
    risk: Floats

    @classmethod
    def of(cls, y: Floats, risk: Floats) -> Ranking:
        order = np.argsort(-risk, kind="stable")
        sorted_risk = risk[order]
        starts = np.flatnonzero(np.r_[True, sorted_risk[1:] != sorted_risk[:-1]])
        return cls(order, starts, y[order], sorted_risk)

    def figures(self, weight: Floats) -> Floats:
        """Return the figures of `NAMES` where row i counts ``weight[i]`` times."""
        w = weight[self.order]
        hits, counts = self._steps(w)
        true, asked = np.cumsum(hits), np.cumsum(counts)
        positives, total = true[-1], asked[-1]
        pairs = positives * (total - positives)
        base = positives / total
        return np.array(
            [
                _average_precision(hits, true, asked),
                ((counts - hits) * (true - hits / 2)).sum() / pairs if pairs else np.nan,
                _within(WORKLOAD * total, hits, counts, asked) / positives,
                self._calibration_error(w, hits, counts),
                1 - (w * (self.risk - self.y) ** 2).sum() / (total * base * (1 - base)),
            ]
        )

    def average_precision(self, weight: Floats) -> float:
        """Return the average precision where row i counts ``weight[i]`` times."""
        hits, counts = self._steps(weight[self.order])
        return _average_precision(hits, np.cumsum(hits), np.cumsum(counts))

    def _steps(self, w: Floats) -> tuple[Floats, Floats]:
        """Return escalations and points of each run of equal risks."""
        return np.add.reduceat(w * self.y, self.starts), np.add.reduceat(w, self.starts)

    def _calibration_error(self, w: Floats, hits: Floats, counts: Floats) -> float:
        """Return the mean gap between risk and rate over bins of equal count; equal risks share their rate."""
        rate = np.divide(hits, counts, out=np.zeros_like(hits), where=counts > 0)
        gap = w * (np.repeat(rate, np.diff(np.r_[self.starts, len(w)])) - self.risk)
        before = np.cumsum(w) - w
        bins = np.minimum((BINS * before / w.sum()).astype(np.int64), BINS - 1)
        return float(np.abs(np.bincount(bins, gap, BINS)).sum() / w.sum())


def figures(y: Floats, risk: Floats) -> dict[str, float]:
    """Return AP, AUC, recall at the workload, calibration error and Brier skill against the base rate."""
    return dict(zip(NAMES, Ranking.of(y, risk).figures(np.ones(len(y))).tolist(), strict=True))


def intervals(y: Floats, risk: Floats, ticket: Ints, seed: int = 0) -> dict[str, list[float]]:
    """Return the 95 % interval of each figure from a bootstrap over tickets."""
    ranking = Ranking.of(y, risk)
    drawn = np.array([ranking.figures(weight) for weight in draws(y, ticket, seed)])
    return {name: np.quantile(column, LEVEL).tolist() for name, column in zip(NAMES, drawn.T, strict=True)}


def difference(
    y: Floats, risk: Floats, peer: Floats, ticket: Ints, seed: int = 0
) -> tuple[float, float, float]:
    """Return the difference in AP and its 95 % interval from a bootstrap over tickets, paired."""
    own, other = Ranking.of(y, risk), Ranking.of(y, peer)
    drawn = [own.average_precision(w) - other.average_precision(w) for w in draws(y, ticket, seed)]
    low, high = np.quantile(drawn, LEVEL)
    ones = np.ones(len(y))
    return own.average_precision(ones) - other.average_precision(ones), float(low), float(high)


def draws(y: Floats, ticket: Ints, seed: int = 0) -> Iterator[Floats]:
    """Yield how often each row counts, round by round; a draw without both outcomes is drawn again."""
    rng = np.random.default_rng(seed)
    n = int(ticket.max()) + 1
    rounds = 0
    while rounds < ROUNDS:
        weight = np.bincount(rng.integers(0, n, n), minlength=n)[ticket].astype(np.float64)
        if 0 < (weight * y).sum() < weight.sum():
            rounds += 1
            yield weight


def _average_precision(hits: Floats, true: Floats, asked: Floats) -> float:
    precision = np.divide(true, asked, out=np.zeros_like(true), where=asked > 0)
    return float((hits * precision).sum() / true[-1])


def _within(budget: float, hits: Floats, counts: Floats, asked: Floats) -> float:
    """Return the escalations among the riskiest; ties at the border are drawn by lot, on average."""
    step = min(int(np.searchsorted(asked, budget - 1e-9)), len(asked) - 1)
    share = (budget - asked[step] + counts[step]) / counts[step] if counts[step] else 0.0
    return float(hits[:step].sum() + share * hits[step])
