"""What is chosen on the stopping slice: how many trees, and how much the linear partner has to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from boilover.model import boosting
from boilover.model.boosting import Settings
from boilover.model.linear import LinearPartner
from boilover.model.narrowing import carried, kept
from boilover.model.rows import Rows
from boilover.model.search import search

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Weights of the linear partner that are tried."""
USUAL_WEIGHTS = ((50, 1.0), (200, 0.75), (3000, 0.5))
"""Below so many tickets of the rarer outcome, this weight is the usual one."""
DOUBT_OF_WEIGHT = 0.1
"""Standard deviation of the belief in the usual weight."""
CHOICES_OF_C = (1e-4, 1e-3, 1e-2, 1e-1)
DOUBT_OF_C = 0.7
"""Standard deviation of the belief in the usual shrinkage, in powers of ten."""
LEAST_SHARE = 0.01
"""Shrinkages less plausible are left out: each takes as long to fit as any other."""
AGE_ONLY = 1e-6
"""A shrinkage that leaves nothing of the linear partner but what is free of it, the age of the ticket."""
DOUBT_OF_LEARNING = 2.0
"""Standard deviations that age alone lies from the rest: how surely the slice must say that nothing was learnt."""
MAX_ROWS_TO_CHOOSE = 30_000
"""Of more rows, evenly spaced ones choose the shrinkage."""


@dataclass(frozen=True)
class Chosen:
    """Rounds of the trees, shares of each shrinkage in the linear partner, its weight, changed settings of the trees
    and how many were tried, and places of the columns that are kept, none for all of them."""

    rounds: int
    shares: Mapping[float, float]
    weight: float
    changes: tuple[tuple[str, float], ...] = ()
    tried: int = 1
    columns: Sequence[int] | None = None


def tune(
    fit: Rows,
    stop: Rows,
    settings: Settings,
    age: str | None = None,
    rising: Sequence[str] = (),
    keep: float = 1.0,
    seconds: float = 0.0,
) -> Chosen:
    """Return what serves best on the stopping slice, of models fitted on the rows to fit on; without one the usual.

    age : the column that the linear partner does not shrink. Where the slice says that nothing but age was learnt,
        nothing else is kept.
    rising : columns of which more never lowers the partner's score.
    keep : columns are kept that carry so much of what moves the scores, see `boilover.model.narrowing`. All are
        without a slice, and where it says that nothing but age was learnt.
    seconds : how long to search for settings of the trees, see `boilover.model.search`.
    """
    known = fit.capacity.known
    if not len(stop):
        return Chosen(boosting.UNSTOPPED_ROUNDS, shares_of_shrinkage(known), usual_weight(known), tried=0)
    few = fit.thinned(MAX_ROWS_TO_CHOOSE)
    choices = CHOICES_OF_C if age is None else (AGE_ONLY, *CHOICES_OF_C)
    partners = LinearPartner.path(few.frame, few.labels, choices, free=age, rising=rising)
    decisions = {partner.C: partner.decision(stop.frame) for partner in partners}
    shares = shares_of_shrinkage(known, {C: stop.loss(decision) for C, decision in decisions.items()})
    found = search(fit, stop, settings, seconds)
    rounds, changes = found.trees.best_iteration, found.settings.changes
    if AGE_ONLY in shares:
        return Chosen(rounds, shares, 1.0, changes, found.tried)
    margins = boosting.margins(found.trees, stop.matrix, settings.threads)
    linear = np.sum([share * decisions[C] for C, share in shares.items()], axis=0)
    blends = {weight: (1.0 - weight) * margins + weight * linear for weight in WEIGHTS}
    strangeness = {each: (each - usual_weight(known)) / DOUBT_OF_WEIGHT for each in WEIGHTS}
    weight = most_plausible({each: stop.loss(blend) for each, blend in blends.items()}, strangeness)
    columns = None
    if keep < 1.0:
        always = [place for place, name in enumerate(few.frame.columns) if name == age]
        columns = kept(carried(found.trees, partners, shares, stop), keep, always)
    return Chosen(rounds, shares, weight, changes, found.tried, columns)


def shares_of_shrinkage(known: int, losses: Mapping[float, float] | None = None) -> dict[float, float]:
    """Return how plausible each shrinkage is, adding up to 1; for so many tickets, and by what a slice says of it.

    The partner is their mean, weighted so: which of them serves best can hardly be told from few tickets, and a mean
    is seldom far behind the best (Hoeting et al., Bayesian model averaging, Statistical Science 1999). Age alone has
    no part in a mean: it is all that is kept, or none of it.

    losses : of each shrinkage, in nats over the tickets of the slice; may tell of `AGE_ONLY`, too.
    """
    usual = usual_shrinkage(known)
    belief = np.array([-0.5 * (np.log10(C / usual) / DOUBT_OF_C) ** 2 for C in CHOICES_OF_C])
    told = np.zeros(len(belief)) if losses is None else -np.array([losses[C] for C in CHOICES_OF_C])
    learnt = float(np.logaddexp.reduce(belief + told) - np.logaddexp.reduce(belief))
    if losses is not None and AGE_ONLY in losses and -losses[AGE_ONLY] - 0.5 * DOUBT_OF_LEARNING**2 > learnt:
        return {AGE_ONLY: 1.0}
    plausible = np.exp(belief + told - np.logaddexp.reduce(belief + told))
    heard = plausible >= LEAST_SHARE
    shares = (plausible[heard] / plausible[heard].sum()).tolist()
    return dict(zip(np.array(CHOICES_OF_C)[heard].tolist(), shares, strict=True))


def scaled(rounds: int, growth: float) -> int:
    """Return the rounds for more rows: they bear more trees."""
    return max(1, round(rounds * growth))


def usual_shrinkage(known: int) -> float:
    """Return the linear partner's C that fits so many tickets of the rarer outcome: the more, the freer."""
    return float(np.clip(3e-4 * np.sqrt(known), CHOICES_OF_C[0], CHOICES_OF_C[-1]))


def usual_weight(known: int) -> float:
    """Return the linear partner's weight that fits so many tickets: trees pay once there is much to learn from."""
    return next((weight for below, weight in USUAL_WEIGHTS if known < below), 0.25)


def most_plausible(losses: Mapping[float, float], strangeness: Mapping[float, float]) -> float:
    """Return the choice of greatest posterior: its loss on the slice, and how far it is from the usual.

    ``losses`` are in nats over the tickets, ``strangeness`` in standard deviations: with few tickets the usual choice
    stands, with many the slice decides.
    """
    return min(losses, key=lambda choice: losses[choice] + 0.5 * strangeness[choice] ** 2)
