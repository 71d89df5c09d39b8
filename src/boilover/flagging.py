"""Thresholds: chosen on a slice that neither the model nor its calibration learnt from, then applied
night by night.

All functions take plain arrays: ``risk`` (n risks, 0 to 1), ``y`` (n zeros and ones), ``night`` (n whole
numbers, the night of each point, see `boilover.evaluation.workload.nights_of`).

What a threshold promises was measured on the slice where it was chosen. Two things make the promise too
good: points of one ticket are counted as if they were independent, and the best of many thresholds is
also the luckiest. Read it as an upper estimate, and the backtest as the judge.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.errors import GateError, InputError, UsageError
from boilover.evaluation.interval import Interval, clopper_pearson, lower_bound
from boilover.evaluation.metrics import Floats, checked
from boilover.model.reached import Reached
from boilover.model.saved import SavedModel
from boilover.points import REASONS, SOLVED
from boilover.policy import Capacity, FixedRisk, LeastCost, LeastPrecision, Policy

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Threshold:
    """A threshold, the policy that set it, and what it gave on the slice where it was chosen."""

    value: float
    """Points of at least this risk are flagged; for `Capacity` it tells where the capacity ends on an
    average night, each ticket being flagged once, and is NaN where no past point tells it."""
    policy: Policy
    precision: Interval
    recall: Interval
    """Exact 95 % intervals (Clopper & Pearson); recall over the points of the slice that escalate."""
    flags_per_night: Interval
    """Mean, and the range that holds 95 % of the nights."""
    nights: int
    points: int
    positives: int
    cost_per_point: float | None = None
    """For `LeastCost`, in the unit of its costs."""

    @property
    def share(self) -> float:
        """Share of the slice's points that it flags, which is the recall of as many drawn at random."""
        return self.flags_per_night.estimate * self.nights / self.points if self.points else np.nan

    def to_dict(self) -> dict[str, Any]:
        """Return the threshold as plain values for JSON; an undefined figure is None."""
        values = {**asdict(self), "policy": self.policy.model_dump()}
        for name in ("precision", "recall", "flags_per_night"):
            values[name] = [None if np.isnan(figure) else figure for figure in values[name]]
        return values | {"value": None if np.isnan(self.value) else self.value}

    def summary(self) -> str:
        """Return what it gave on the slice, one line."""
        if not self.points:
            return "not measured on past points, as no model is named"
        asked = f"on {self.points} past points of {self.nights} nights"
        told = (
            f"precision {self.precision.estimate:.2f}"
            f" ({self.precision.low:.2f} to {self.precision.high:.2f}), recall {self.recall.estimate:.2f}"
            f" ({self.recall.low:.2f} to {self.recall.high:.2f}; at random {self.share:.2f}),"
            f" {self.flags_per_night.estimate:.1f} flags a night"
        )
        if not isinstance(self.policy, Capacity):
            return f"{asked}: {told}"
        share = f"{100 * self.policy.of_open:g} % and at most " if self.policy.of_open < 1 else ""
        taken = f"of the riskiest {share}{self.policy.per_night} a night, each point for itself, {told}"
        return f"{asked}, {taken}; what nights catch, flagging a ticket once, boilover backtest tells"


def choose_threshold(
    policy: Policy,
    risk: npt.ArrayLike,
    y: npt.ArrayLike,
    night: npt.ArrayLike,
    reached: Reached | None = None,
    at_risk: int | None = None,
) -> Threshold:
    """Choose the threshold that ``policy`` asks for on the n points of a slice, and measure it there.

    ``reached`` tells how risks rose from night to night (`SavedModel.reached`): the value of `Capacity` is then that at
    which nights use it, each ticket being flagged once. Without, it is counted on the points of the slice. ``at_risk``
    is how many tickets tonight asks about, where the capacity is a share of them.

    Raises `InputError` for an empty slice or bad values, `GateError` where no threshold reaches the
    precision.
    """
    labels, scores = checked(y, risk)
    nights = _checked_nights(night, len(labels))
    match policy:
        case FixedRisk() | LeastCost(method="calibrated"):
            value = _told(policy)
        case Capacity() if reached is not None:
            value = reached.threshold(policy.per_night if at_risk is None else policy.limit(at_risk))
        case Capacity():
            value = capacity_threshold(scores, nights, policy)
        case LeastPrecision():
            value = precision_threshold(labels, scores, policy.at_least, policy.confidence)
        case LeastCost():
            value = cheapest_threshold(labels, scores, policy.miss, policy.false_alarm)
    flagged = _flag(policy, value, scores, nights, np.arange(len(labels)))
    return _measured(policy, value, flagged, labels, nights)


def threshold_for(
    policy: Policy, saved: SavedModel | None, *, by_rank: bool = False, at_risk: int | None = None
) -> Threshold:
    """Return the threshold that ``policy`` asks for, chosen on the past points that a model keeps.

    Without a model it is not measured, and one that has to be chosen raises `UsageError`. ``by_rank``: the riskiest of
    each night are taken, as `apply_threshold` does, so that a capacity needs no value; it is NaN then.
    """
    if saved is not None:
        past = saved.calibration
        return choose_threshold(policy, past.risk, past.label, past.night, saved.reached, at_risk)
    match policy:
        case FixedRisk() | LeastCost(method="calibrated"):
            value = _told(policy)
        case Capacity() if by_rank:
            value = np.nan
        case _:
            raise UsageError(
                f"a [threshold] of kind '{policy.kind}' is chosen on past points, which the model keeps. Name the"
                ' model that scored with --model, or set the risk: kind = "fixed"'
            )
    unknown = Interval(np.nan, np.nan, np.nan)
    return Threshold(value, policy, unknown, unknown, unknown, nights=0, points=0, positives=0)


def apply_threshold(
    threshold: Threshold, risk: npt.ArrayLike, night: npt.ArrayLike, ids: npt.ArrayLike
) -> Bools:
    """Return which of n points to flag, ``bool[n]``; a NaN risk is never flagged.

    `Capacity` flags exactly the highest risks of each night, as many as its limit; of equal risks the lower of ``ids``
    goes first, so that neither the order of rows nor a re-run changes a flag.
    """
    scores, names = np.asarray(risk, dtype=np.float64), np.asarray(ids)
    nights = _checked_nights(night, len(scores))
    if len(names) != len(scores):
        raise InputError(f"{len(scores)} risks and {len(names)} ids differ in number")
    ranks = np.unique(names, return_inverse=True)[1]
    return _flag(threshold.policy, threshold.value, scores, nights, ranks)


def may_be_flagged(scores: pd.DataFrame) -> pd.Series:
    """Return which of n scores have a risk and are not of a ticket that was solved as of then, bool (n)."""
    known = scores["risk"].notna()
    return known & (scores["note"] != REASONS[SOLVED]) if "note" in scores.columns else known


def capacity_threshold(risk: Floats, night: npt.NDArray[np.int64], policy: Capacity) -> float:
    """Return the smallest threshold that flags no more points on an average night than ``policy`` allows."""
    allowed = sum(map(policy.limit, np.unique_counts(night).counts.tolist()))
    thresholds, flagged, _ = _ladder(np.zeros(len(risk)), risk)
    return _last(thresholds, flagged <= allowed, risk)


def precision_threshold(y: Floats, risk: Floats, at_least: float, confidence: float) -> float:
    """Return the smallest threshold whose precision has a lower bound of at least ``at_least``.

    The bound is the exact one-sided one (Clopper & Pearson) of each threshold by itself: it is not
    corrected for the number of thresholds tried. Precision need not rise with the threshold, so a
    higher threshold may miss the target.
    """
    thresholds, flagged, hits = _ladder(y, risk)
    bounds = lower_bound(hits, flagged, confidence)
    if bounds.max() < at_least:
        best = int(np.argmax(bounds))
        raise GateError(
            f"no threshold has a precision of at least {at_least:g} with confidence {confidence:g}:"
            f" the best is {bounds[best]:.3f}, at a risk of {thresholds[best]:.3f} with {hits[best]}"
            f" of {flagged[best]} flags right. Ask for less precision or confidence, or give a longer slice"
        )
    return _last(thresholds, bounds >= at_least, risk)


def calibrated_threshold(miss: float, false_alarm: float) -> float:
    """Return the calibrated risk at which a flag and silence cost the same (Elkan, IJCAI 2001)."""
    return false_alarm / (false_alarm + miss)


def cheapest_threshold(y: Floats, risk: Floats, miss: float, false_alarm: float) -> float:
    """Return the threshold of least cost on the slice, the highest of equals; it may flag nothing."""
    thresholds, flagged, hits = _ladder(y, risk)
    costs = false_alarm * (flagged - hits) + miss * (y.sum() - hits)
    best = int(np.argmin(costs))
    return float(thresholds[best]) if costs[best] < miss * y.sum() else _above(risk)


def _told(policy: FixedRisk | LeastCost) -> float:
    """Return the risk that a policy tells by itself."""
    if isinstance(policy, FixedRisk):
        return policy.risk
    return calibrated_threshold(policy.miss, policy.false_alarm)


def _ladder(y: Floats, risk: Floats) -> tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return each distinct risk from the highest down, with the points and the positives at or above it."""
    order = np.argsort(-risk, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(risk[order]) != 0, True])
    return risk[order][ends], ends + 1, np.cumsum(y[order]).astype(np.int64)[ends]


def _last(thresholds: Floats, allowed: Bools, risk: Floats) -> float:
    places = np.flatnonzero(allowed)
    return float(thresholds[places[-1]]) if len(places) else _above(risk)


def _above(risk: Floats) -> float:
    """Return a threshold that flags nothing."""
    return float(np.nextafter(risk.max(), np.inf))


def _flag(
    policy: Policy, value: float, risk: Floats, night: npt.NDArray[np.int64], ids: npt.NDArray[Any]
) -> Bools:
    if not isinstance(policy, Capacity):
        return risk >= value
    known = np.isfinite(risk)
    order = np.lexsort((ids, -risk, night))
    _, start, codes = np.unique(night[order], return_index=True, return_inverse=True)
    limits = np.array(
        [policy.limit(int(count)) for count in np.bincount(codes, known[order])], dtype=np.int64
    )
    flagged = np.zeros(len(order), dtype=np.bool_)
    flagged[order] = np.arange(len(order)) - start[codes] < limits[codes]
    return flagged & known


def _measured(
    policy: Policy, value: float, flagged: Bools, y: Floats, night: npt.NDArray[np.int64]
) -> Threshold:
    hits, flags, positives = int(y[flagged].sum()), int(flagged.sum()), int(y.sum())
    by_night = np.bincount(np.unique(night, return_inverse=True)[1], flagged)
    low, high = np.quantile(by_night, [0.025, 0.975])
    cost = None
    if isinstance(policy, LeastCost):
        cost = (policy.false_alarm * (flags - hits) + policy.miss * (positives - hits)) / len(y)
    return Threshold(
        value,
        policy,
        clopper_pearson(hits, flags),
        clopper_pearson(hits, positives),
        Interval(float(by_night.mean()), float(low), float(high)),
        nights=len(by_night),
        points=len(y),
        positives=positives,
        cost_per_point=cost,
    )


def _checked_nights(night: npt.ArrayLike, n: int) -> npt.NDArray[np.int64]:
    nights = np.asarray(night)
    if nights.shape != (n,):
        raise InputError(f"{n} risks and nights of shape {nights.shape} do not match")
    return nights.astype(np.int64)
