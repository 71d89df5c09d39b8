"""Intervals of figures from a bootstrap over tickets.

The points of one ticket are alike, so whole tickets are drawn, with replacement and with all of their
points (the cluster bootstrap; Field & Welsh, JRSS B 2007). A round is a vector of counts, how often each
ticket was drawn, and its figures are weighted sums over points sorted once: no row is copied. Equal
seeds draw equal tickets, so the rounds of two scores on the same points are paired.

Calibration error keeps the bins of all points in every round. Being a sum of absolute values it grows
with noise: with that which resampling adds, so its rounds are moved to have the estimate as their mean
before percentiles are taken, and with that of the points themselves, so the lower bound goes down by as
much again, and to 0 where right risks come to such an error by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boilover.errors import InputError, UsageError
from boilover.evaluation.chance import errors_by_chance
from boilover.evaluation.interval import Interval, percentile_interval, share_interval
from boilover.evaluation.metrics import NAN, Floats, are_probabilities, calibration_bins, checked, log_losses
from boilover.evaluation.workload import WORKLOADS
from boilover.kernels.base import compiled

RECALLS = tuple(f"recall_at_{100 * workload:g}%" for workload in WORKLOADS)
METRICS = ("average_precision", "roc_auc", "brier", "brier_skill", "log_loss", "calibration_error", *RECALLS)
ROUNDS = 500
CHANCE_ROUNDS = 200


@dataclass(frozen=True)
class Resampled:
    """Every figure of `METRICS` on all points, ``float64[m]``, and in each round, ``float64[rounds, m]``."""

    estimates: Floats
    rounds: Floats
    by_chance: Floats
    """Calibration errors that right risks come to on these points; none where scores are no probabilities."""
    escalated: int
    """Tickets with a positive."""

    def interval(self, metric: str, level: float = 0.95) -> Interval:
        """Return the percentile interval of one figure."""
        place = _place(metric)
        estimate, rounds = float(self.estimates[place]), self.rounds[:, place]
        if metric == "calibration_error":
            return self._calibration_error(estimate, rounds, level)
        return share_interval(estimate, rounds, level, self.escalated if metric in RECALLS else 0)

    def _calibration_error(self, estimate: float, rounds: Floats, level: float) -> Interval:
        added = float(rounds.mean()) - estimate
        found = percentile_interval(estimate, np.maximum(rounds - added, 0), level)
        if not len(self.by_chance):
            return found
        is_chance = estimate <= np.quantile(self.by_chance, (1 + level) / 2)
        return found._replace(low=0.0 if is_chance else max(found.low - max(added, 0.0), 0.0))

    def difference(self, other: Resampled, metric: str, level: float = 0.95) -> Interval:
        """Return the interval of this figure minus the other's; both of the same points, rounds and seed."""
        place = _place(metric)
        estimate = float(self.estimates[place] - other.estimates[place])
        return percentile_interval(estimate, self.rounds[:, place] - other.rounds[:, place], level)


def resample(
    y: npt.ArrayLike, risk: npt.ArrayLike, tickets: npt.ArrayLike, *, rounds: int = ROUNDS, seed: int = 0
) -> Resampled:
    """Return every figure on all points and in each round; ``tickets`` names each point's ticket."""
    labels, scores = checked(y, risk)
    names = np.asarray(tickets)
    if names.shape != labels.shape:
        raise InputError(f"{len(labels)} points but tickets of shape {names.shape}")
    if rounds < 1:
        raise UsageError(f"{rounds} bootstrap rounds: give at least 1")
    codes = np.unique(names, return_inverse=True)[1].astype(np.int64)
    figures = _Figures.prepare(labels, scores, codes)
    n_tickets = int(codes.max()) + 1
    found = np.stack([figures.of(counts) for counts in draws(n_tickets, rounds, seed)])
    by_chance = figures.by_chance(min(rounds, CHANCE_ROUNDS), seed)
    return Resampled(figures.of(np.ones(n_tickets)), found, by_chance, len(np.unique(codes[labels == 1])))


def bootstrap_intervals(
    y: npt.ArrayLike,
    risk: npt.ArrayLike,
    tickets: npt.ArrayLike,
    metrics: Sequence[str] = METRICS,
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Return each figure of ``metrics``, names of `METRICS`, with its percentile interval."""
    resampled = resample(y, risk, tickets, rounds=rounds, seed=seed)
    return {metric: resampled.interval(metric, level) for metric in metrics}


def average_precision_interval(
    y: npt.ArrayLike, risk: npt.ArrayLike, tickets: npt.ArrayLike, *, rounds: int = ROUNDS, seed: int = 0
) -> Interval:
    """Return average precision with its percentile interval: `bootstrap_intervals` for that figure alone."""
    labels, scores = checked(y, risk)
    codes = np.unique(np.asarray(tickets), return_inverse=True)[1].astype(np.int64)
    order = np.argsort(-scores, kind="stable")
    run_ends = np.r_[np.diff(scores[order]) != 0, True]
    positive, codes, n_tickets = labels[order] == 1, codes[order], int(codes.max()) + 1
    found = [
        _ranking(positive, codes, run_ends, counts, np.empty(0))[0]
        for counts in (np.ones(n_tickets), *draws(n_tickets, rounds, seed))
    ]
    return percentile_interval(float(found[0]), np.array(found[1:]), 0.95)


@dataclass(frozen=True)
class _Figures:
    """One score, sorted and summed as far as no round changes it."""

    positive: npt.NDArray[np.bool_]
    codes: npt.NDArray[np.int64]
    run_ends: npt.NDArray[np.bool_]
    """Label, ticket, and whether a run of equal risks ends here, from the highest risk down."""
    per_ticket: Floats
    """Points, positives, squared errors and log losses of each ticket, ``float64[4, tickets]``."""
    gaps: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]
    """Bin, ticket, and risk minus label of each point."""
    risk: Floats
    are_probabilities: bool

    @classmethod
    def prepare(cls, labels: Floats, scores: Floats, codes: npt.NDArray[np.int64]) -> _Figures:
        order = np.argsort(-scores, kind="stable")
        run_ends = np.r_[np.diff(scores[order]) != 0, True]
        squares = (scores - labels) ** 2
        sums = [
            np.bincount(codes, values)
            for values in (np.ones(len(labels)), labels, squares, log_losses(labels, scores))
        ]
        gaps = (calibration_bins(scores), codes, scores - labels)
        return cls(
            labels[order] == 1,
            codes[order],
            run_ends,
            np.stack(sums),
            gaps,
            scores,
            are_probabilities(scores),
        )

    def of(self, counts: Floats) -> Floats:
        """Return the figures of `METRICS` with each ticket counted ``counts`` times."""
        points, positives, squares, losses = self.per_ticket @ counts
        precision, auc, recalls = _ranking(
            self.positive, self.codes, self.run_ends, counts, points * np.array(WORKLOADS)
        )
        probability = [NAN] * 4
        if self.are_probabilities:
            rate = positives / points
            skill = 1 - squares / points / (rate * (1 - rate)) if 0 < positives < points else NAN
            error = _calibration_error(*self.gaps, counts) / points
            probability = [squares / points, skill, losses / points, error]
        return np.array([precision, auc, *probability, *recalls])

    def by_chance(self, rounds: int, seed: int) -> Floats:
        """Return calibration errors of right risks."""
        if not self.are_probabilities:
            return np.empty(0)
        bins, codes, _ = self.gaps
        return errors_by_chance(bins, codes, self.risk, rounds=rounds, seed=seed)


def draws(n_tickets: int, rounds: int, seed: int) -> Iterator[Floats]:
    """Yield how often each ticket is drawn in each round, ``float64[n_tickets]``."""
    generator = np.random.default_rng(seed)
    for _ in range(rounds):
        drawn = generator.integers(n_tickets, size=n_tickets)
        yield np.bincount(drawn, minlength=n_tickets).astype(np.float64)


def _place(metric: str) -> int:
    if metric not in METRICS:
        raise UsageError(f"no figure is called '{metric}'; there are {', '.join(METRICS)}")
    return METRICS.index(metric)


@compiled
def _ranking(
    positive: npt.NDArray[np.bool_],
    codes: npt.NDArray[np.int64],
    run_ends: npt.NDArray[np.bool_],
    counts: Floats,
    limits: Floats,
) -> tuple[float, float, Floats]:
    """Return average precision, AUC, and recall where the weight of points reaches each of ``limits``."""
    found = np.zeros(len(limits))
    hits = alarms = area = inverted = run_hits = run_alarms = 0.0
    place = 0
    for row in range(len(codes)):
        if positive[row]:
            run_hits += counts[codes[row]]
        else:
            run_alarms += counts[codes[row]]
        if not run_ends[row]:
            continue
        weight = run_hits + run_alarms
        while place < len(limits) and weight > 0 and hits + alarms + weight >= limits[place]:
            found[place] = hits + run_hits * (limits[place] - hits - alarms) / weight
            place += 1
        inverted += run_hits * (alarms + 0.5 * run_alarms)
        hits += run_hits
        alarms += run_alarms
        if run_hits > 0:
            area += run_hits * hits / (hits + alarms)
        run_hits = run_alarms = 0.0
    if hits == 0:
        return np.nan, np.nan, np.full(len(limits), np.nan)
    return area / hits, 1 - inverted / (hits * alarms) if alarms > 0 else np.nan, found / hits


@compiled
def _calibration_error(
    bins: npt.NDArray[np.int64], codes: npt.NDArray[np.int64], gaps: Floats, counts: Floats
) -> float:
    """Return the sum over bins of the absolute weighted gap."""
    sums = np.zeros(bins.max() + 1)
    for row in range(len(codes)):
        sums[bins[row]] += gaps[row] * counts[codes[row]]
    return np.abs(sums).sum()  # type: ignore[no-any-return,unused-ignore]
