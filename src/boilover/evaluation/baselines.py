"""The peers that always run beside the model, on the same points: what it must beat to be worth its keep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.errors import InputError
from boilover.evaluation.metrics import log_losses
from boilover.history import Floats
from boilover.model.calibrators import sigmoid
from boilover.model.linear import LinearPartner

BASE_RATE = "base_rate"
AGE_ONLY = "age_only"
SLA_RULE = "sla_rule"
LOGISTIC = "logistic"
TITLES = {
    BASE_RATE: "base rate",
    AGE_ONLY: "age only",
    SLA_RULE: "75 % SLA rule",
    LOGISTIC: "logistic regression",
}
SLA_SHARE_TO_FLAG = 0.75
"""The rule of thumb of many desks: look at a ticket once 75 % of its SLA is used."""
NOT_PROBABILITIES = frozenset({SLA_RULE})
"""Scores that rank points and claim no probability."""

PRIOR_POINTS = 20.0
"""The rate at an age is shrunk towards the rate of all ages as if so many points had been seen at that
rate."""
MAX_AGES = 40
CHOICES_OF_C = (0.001, 0.01, 0.1, 1.0)
LATER_SHARE = 0.25
MAX_ROWS_TO_CHOOSE = 20_000


@dataclass(frozen=True)
class AgeRates:
    """The rate of each age: a step function, shrunk towards the base rate.

    Training points asked at up to `MAX_AGES` distinct ages give one step per age, and a step reaches
    half the way to the next age on a logarithmic scale; more ages are cut into as many groups of about
    equal count.
    """

    edges: Floats
    """Upper ends of all steps but the last, in log1p(hours)."""
    rates: Floats
    base_rate: float

    @classmethod
    def fit(cls, age_hours: Floats, y: Floats) -> AgeRates:
        """Learn the rates; points without a known age count for the base rate only."""
        known = np.isfinite(age_hours)
        ages, labels = _log_age(age_hours[known]), y[known]
        distinct = np.unique(ages)
        if len(distinct) > MAX_AGES:
            distinct = np.unique(np.quantile(ages, (np.arange(MAX_AGES) + 0.5) / MAX_AGES))
        edges = (distinct[1:] + distinct[:-1]) / 2
        step = np.searchsorted(edges, ages)
        counts = np.bincount(step, minlength=len(edges) + 1)
        hits = np.bincount(step, labels, minlength=len(edges) + 1)
        rate = float(y.mean())
        return cls(edges, (hits + PRIOR_POINTS * rate) / (counts + PRIOR_POINTS), rate)

    def predict(self, age_hours: Floats) -> Floats:
        """Return the rate at each age, ``float64[n]``; the base rate where the age is unknown."""
        known = np.isfinite(age_hours)
        steps = np.searchsorted(self.edges, _log_age(np.where(known, age_hours, 0.0)))
        return np.where(known, self.rates[steps], self.base_rate)


@dataclass(frozen=True)
class Baselines:
    """The fitted peers; ``unavailable`` tells why one cannot run on this log."""

    base_rate: float
    age_rates: AgeRates
    logistic: LinearPartner
    unavailable: dict[str, str]

    def predict(
        self, X: pd.DataFrame, age_hours: npt.ArrayLike, sla_share: npt.ArrayLike | None
    ) -> dict[str, Floats | None]:
        """Return the score of each peer on the same n points, ``float64[n]``; None where it cannot run.

        ``sla_share`` is the share of the SLA used, 1 when it is due; a point without an SLA counts as 0.
        """
        share = None if SLA_RULE in self.unavailable else _known_shares(sla_share)
        return {
            BASE_RATE: np.full(len(X), self.base_rate),
            AGE_ONLY: self.age_rates.predict(np.asarray(age_hours, dtype=np.float64)),
            SLA_RULE: share,
            LOGISTIC: sigmoid(self.logistic.decision(X)),
        }


def fit_baselines(
    X: pd.DataFrame,
    y: npt.ArrayLike,
    age_hours: npt.ArrayLike,
    sla_share: npt.ArrayLike | None,
    *,
    seed: int,
    as_of_us: npt.ArrayLike | None = None,
) -> Baselines:
    """Fit the peers on n training points.

    Parameters
    ----------
    X : n rows of features, numeric (NaN allowed) or categorical.
    y : n zeros and ones.
    age_hours : age of the ticket at each point.
    sla_share : share of the SLA used at each point, NaN where there is none; None when the log has no SLA.
    seed : draws the rows on which the shrinkage of the logistic regression is chosen, when there are many.
    as_of_us : moment of each point, int64 microseconds; without it, rows are taken to be in order of time.
    """
    labels, ages = np.asarray(y, dtype=np.float64), np.asarray(age_hours, dtype=np.float64)
    if not len(labels):
        raise InputError("there is no point to learn from", mend="Train on a log with tickets before the cut")
    if not len(X) == len(labels) == len(ages):
        raise InputError(f"{len(X)} rows, {len(labels)} labels and {len(ages)} ages differ in number")
    order = np.arange(len(X)) if as_of_us is None else np.argsort(np.asarray(as_of_us), kind="stable")
    best = choose_c(X, labels, order, seed=seed)
    no_sla = {} if _known_shares(sla_share) is not None else {SLA_RULE: "no ticket of the log has an SLA"}
    logistic = LinearPartner(C=best).fit(X, labels)
    return Baselines(float(labels.mean()), AgeRates.fit(ages, labels), logistic, no_sla)


def choose_c(X: pd.DataFrame, y: Floats, order: npt.NDArray[np.int64], *, seed: int) -> float:
    """Return the shrinkage that, learnt on the earlier rows of ``order``, has the least log loss on the
    later ones.

    Of many rows, `MAX_ROWS_TO_CHOOSE` are drawn. Where either part has one class only, the default is
    returned.
    """
    if len(order) > MAX_ROWS_TO_CHOOSE:
        drawn = np.random.default_rng(seed).choice(len(order), MAX_ROWS_TO_CHOOSE, replace=False)
        order = order[np.sort(drawn)]
    cut = len(order) - round(LATER_SHARE * len(order))
    early, late = order[:cut], order[cut:]
    if any(len(np.unique(y[part])) < 2 for part in (early, late)):
        return LinearPartner().C
    losses = []
    for C in CHOICES_OF_C:
        logits = LinearPartner(C=C).fit(X.iloc[early], y[early]).decision(X.iloc[late])
        losses.append(float(log_losses(y[late], sigmoid(logits)).mean()))
    return CHOICES_OF_C[int(np.argmin(losses))]


def _log_age(age_hours: Floats) -> Floats:
    return np.log1p(np.maximum(age_hours, 0.0))


def _known_shares(sla_share: npt.ArrayLike | None) -> Floats | None:
    shares = np.array([] if sla_share is None else sla_share, dtype=np.float64)
    known = np.isfinite(shares)
    return np.where(known, shares, 0.0) if known.any() else None
