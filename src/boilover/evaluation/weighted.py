"""Figures of one score with each ticket counted so many times: weighted sums over points sorted once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boilover.evaluation.chance import errors_by_chance
from boilover.evaluation.metrics import NAN, are_probabilities, calibration_bins, log_losses
from boilover.evaluation.workload import WORKLOADS
from boilover.history import Floats, Ints
from boilover.kernels.base import compiled

Bools = npt.NDArray[np.bool_]

RECALLS = tuple(f"recall_at_{100 * workload:g}%" for workload in WORKLOADS)
METRICS = ("average_precision", "roc_auc", "brier", "brier_skill", "log_loss", "calibration_error", *RECALLS)
NOTHING = np.empty(0)


@dataclass(frozen=True)
class Order:
    """Label and ticket of each point, and whether a run of equal risks ends there, from the highest risk down."""

    positive: Bools
    codes: Ints
    run_ends: Bools

    @classmethod
    def of(cls, labels: Floats, scores: Floats, codes: Ints) -> Order:
        """Sort n points."""
        order = np.argsort(-scores, kind="stable")
        return cls(labels[order] == 1, codes[order], np.r_[np.diff(scores[order]) != 0, True])

    def ranking(self, counts: Floats, limits: Floats = NOTHING) -> tuple[float, float, Floats]:
        """Return average precision, AUC, and recall where the weight of points reaches each of ``limits``."""
        return _ranking(self.positive, self.codes, self.run_ends, counts, limits)


@dataclass(frozen=True)
class Figures:
    """One score, sorted and summed as far as no round changes it."""

    order: Order
    per_ticket: Floats
    """Points, positives, squared errors and log losses of each ticket, ``float64[4, tickets]``."""
    bins: Ints
    codes: Ints
    gaps: Floats
    """Bin, ticket, and risk minus label of each point."""
    risk: Floats
    are_probabilities: bool

    @classmethod
    def of(cls, labels: Floats, scores: Floats, codes: Ints) -> Figures:
        """Prepare n points; ``codes`` are of their tickets, from 0."""
        parts = (np.ones(len(labels)), labels, (scores - labels) ** 2, log_losses(labels, scores))
        sums: Floats = np.stack([np.bincount(codes, values) for values in parts]).astype(
            np.float64, copy=False
        )
        order, bins = Order.of(labels, scores, codes), calibration_bins(scores)
        return cls(order, sums, bins, codes, scores - labels, scores, are_probabilities(scores))

    def drawn(self, counts: Floats) -> Floats:
        """Return the figures of `METRICS` with each ticket counted ``counts`` times."""
        points, positives, squares, losses = self.per_ticket @ counts
        precision, auc, recalls = self.order.ranking(counts, points * np.array(WORKLOADS))
        probability = [NAN] * 4
        if self.are_probabilities:
            rate = positives / points
            skill = 1 - squares / points / (rate * (1 - rate)) if 0 < positives < points else NAN
            error = _calibration_error(self.bins, self.codes, self.gaps, counts) / points
            probability = [squares / points, skill, losses / points, error]
        return np.array([precision, auc, *probability, *recalls])

    def by_chance(self, rounds: int, seed: int) -> Floats | None:
        """Return calibration errors of right risks; none where scores are no probabilities."""
        if not self.are_probabilities:
            return None
        return errors_by_chance(self.bins, self.codes, self.risk, rounds=rounds, seed=seed)


@compiled
def _ranking(
    positive: Bools, codes: Ints, run_ends: Bools, counts: Floats, limits: Floats
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
def _calibration_error(bins: Ints, codes: Ints, gaps: Floats, counts: Floats) -> float:
    """Return the sum over bins of the absolute weighted gap."""
    sums = np.zeros(bins.max() + 1)
    for row in range(len(codes)):
        sums[bins[row]] += gaps[row] * counts[codes[row]]
    return np.abs(sums).sum()  # type: ignore[no-any-return,unused-ignore]
