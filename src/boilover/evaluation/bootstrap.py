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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boilover.errors import InputError, UsageError
from boilover.evaluation.interval import Interval, percentile_interval, share_interval
from boilover.evaluation.metrics import checked
from boilover.evaluation.weighted import METRICS, RECALLS, Figures, Order
from boilover.history import Floats

ROUNDS = 500
CHANCE_ROUNDS = 200


@dataclass(frozen=True)
class Resampled:
    """Figures by ``names`` (m) over all tickets, ``float64[m]``, and in each round, ``float64[rounds, m]``."""

    names: tuple[str, ...]
    estimates: Floats
    rounds: Floats
    trials: Mapping[str, int]
    """Of how many tickets each figure is a share that is one."""
    by_chance: Floats | None = None
    """Calibration errors that right risks come to on these points; none where scores are no probabilities."""

    def interval(self, figure: str, level: float = 0.95) -> Interval:
        """Return the percentile interval of one figure; of a share of none or of all tickets the exact one."""
        place = self._place(figure)
        estimate, rounds = float(self.estimates[place]), self.rounds[:, place]
        if figure == "calibration_error":
            return self._calibration_error(estimate, rounds, level)
        return share_interval(estimate, rounds, level, self.trials.get(figure, 0))

    def _calibration_error(self, estimate: float, rounds: Floats, level: float) -> Interval:
        added = float(rounds.mean()) - estimate
        found = percentile_interval(estimate, np.maximum(rounds - added, 0), level)
        if self.by_chance is None:
            return found
        is_chance = estimate <= np.quantile(self.by_chance, (1 + level) / 2)
        return found._replace(low=0.0 if is_chance else max(found.low - max(added, 0.0), 0.0))

    def difference(self, other: Resampled, figure: str, level: float = 0.95) -> Interval:
        """Return the interval of this figure minus the other's; both of the same tickets, rounds and seed."""
        place = self._place(figure)
        estimate = float(self.estimates[place] - other.estimates[place])
        return percentile_interval(estimate, self.rounds[:, place] - other.rounds[:, place], level)

    def _place(self, figure: str) -> int:
        if figure not in self.names:
            raise UsageError(f"no figure is called '{figure}'; there are {', '.join(self.names)}")
        return self.names.index(figure)


def resample(
    y: npt.ArrayLike, risk: npt.ArrayLike, tickets: npt.ArrayLike, *, rounds: int = ROUNDS, seed: int = 0
) -> Resampled:
    """Return every figure of `METRICS` on all points and in each round; ``tickets`` names each point's ticket."""
    labels, scores = checked(y, risk)
    names = np.asarray(tickets)
    if names.shape != labels.shape:
        raise InputError(f"{len(labels)} points but tickets of shape {names.shape}")
    if rounds < 1:
        raise UsageError(f"{rounds} bootstrap rounds: give at least 1")
    codes = np.unique(names, return_inverse=True)[1].astype(np.int64)
    figures = Figures.of(labels, scores, codes)
    n_tickets = int(codes.max()) + 1
    found = np.stack([figures.drawn(counts) for counts in draws(n_tickets, rounds, seed)])
    by_chance = figures.by_chance(min(rounds, CHANCE_ROUNDS), seed)
    trials = dict.fromkeys(RECALLS, len(np.unique(codes[labels == 1])))
    return Resampled(METRICS, figures.drawn(np.ones(n_tickets)), found, trials, by_chance)


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
    codes = np.unique(tickets, return_inverse=True)[1].astype(np.int64)
    order = Order.of(labels, scores, codes)
    n_tickets = int(codes.max()) + 1
    found = [order.ranking(counts)[0] for counts in (np.ones(n_tickets), *draws(n_tickets, rounds, seed))]
    return percentile_interval(float(found[0]), np.array(found[1:]), 0.95)


def draws(n_tickets: int, rounds: int, seed: int) -> Iterator[Floats]:
    """Yield how often each ticket is drawn in each round, ``float64[n_tickets]``."""
    generator = np.random.default_rng(seed)
    for _ in range(rounds):
        drawn = generator.integers(n_tickets, size=n_tickets)
        yield np.bincount(drawn, minlength=n_tickets).astype(np.float64)
