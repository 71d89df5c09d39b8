"""What a desk gets for the tickets that it looks at: recall at a workload, top-k a night, above a threshold.

Where a limit falls inside a run of equal risks, the figure is its expectation over a random order of the
run: a constant risk gets a recall equal to the workload, and no order of rows is lucky.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from boilover.errors import UsageError
from boilover.evaluation.baselines import SLA_SHARE_TO_FLAG
from boilover.evaluation.metrics import NAN, checked
from boilover.history import Floats

WORKLOADS = (0.01, 0.05, 0.10, 0.118, 0.20)
"""11.8 % is the workload of Montgomery, Reading & Damian (Requirements Engineering 2018)."""
MICROSECONDS_PER_DAY = 86_400_000_000
CURVE_POINTS = 200


class AtWorkload(NamedTuple):
    """What looking at the share ``workload`` of points with the highest risk finds."""

    workload: float
    recall: float
    precision: float
    lift: float
    """Precision over base rate."""


class TopK(NamedTuple):
    """What looking at the ``k`` points with the highest risk of every night finds."""

    k: int
    nights: int
    share: float
    """Of all points, which is the recall of as many drawn at random."""
    recall: float
    precision: float


class AtThreshold(NamedTuple):
    """What flagging every point of at least ``threshold`` gives; net benefit beside that of flagging all."""

    threshold: float
    flagged_share: float
    recall: float
    precision: float
    net_benefit: float
    net_benefit_of_all: float


class BesideRule(NamedTuple):
    """What the rule of 75 % of the SLA finds, and what the model finds among as many points."""

    flagged_share: float
    recall: float
    precision: float
    model_recall: float
    model_precision: float


class Curves(NamedTuple):
    """Curves over thresholds, from the highest risk down, at most `CURVE_POINTS` long."""

    workload: Floats
    recall: Floats
    precision: Floats
    threshold: Floats


def at_workload(y: npt.ArrayLike, risk: npt.ArrayLike, workload: float) -> AtWorkload:
    """Return the figures at a share of points in (0, 1]; fractions of a point count as such."""
    labels, scores = checked(y, risk)
    if not 0 < workload <= 1:
        raise UsageError(f"a workload of {workload} is not a share: give a number above 0 and up to 1")
    positives = float(labels.sum())
    taken = workload * len(labels)
    flagged, found, _ = _cumulative(labels, scores)
    hits = float(np.interp(taken, np.r_[0, flagged], np.r_[0, found]))
    recall = hits / positives if positives else NAN
    return AtWorkload(workload, recall, hits / taken, recall / workload)


def top_k_a_night(y: npt.ArrayLike, risk: npt.ArrayLike, as_of_us: npt.ArrayLike, k: int) -> TopK:
    """Return recall over all positives and precision of the ``k`` highest risks of each night.

    A night is the UTC date of ``as_of_us``, int64 microseconds since 1970.
    """
    labels, scores = checked(y, risk)
    if k < 1:
        raise UsageError(f"k = {k} points a night: give at least 1")
    nights = nights_of(as_of_us)
    order = np.lexsort((-scores, nights))
    nights, scores, labels = nights[order], scores[order], labels[order]
    new_night = np.r_[True, nights[1:] != nights[:-1]]
    new_run = new_night | np.r_[True, scores[1:] != scores[:-1]]
    positions = np.arange(len(labels))
    night_start = np.maximum.accumulate(np.where(new_night, positions, 0))
    run = np.cumsum(new_run) - 1
    before = (positions - night_start)[new_run]
    share = np.clip((k - before) / np.bincount(run), 0, 1)[run]
    hits, positives = float(share @ labels), float(labels.sum())
    taken = float(share.sum())
    return TopK(
        k, int(new_night.sum()), taken / len(labels), hits / positives if positives else NAN, hits / taken
    )


def nights_of(as_of_us: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the UTC date of each moment as days since 1970, ``int64[n]``."""
    return np.asarray(as_of_us, dtype=np.int64) // MICROSECONDS_PER_DAY


def net_benefit(y: npt.ArrayLike, risk: npt.ArrayLike, threshold: float) -> float:
    """Return true positives less false ones at the odds of ``threshold``, per point (Vickers & Elkin, 2006).

    Points of a risk at or above the threshold, in [0, 1), are flagged. Flagging none gets 0.
    """
    labels, scores = checked(y, risk)
    if not 0 <= threshold < 1:
        raise UsageError(f"net benefit at a threshold of {threshold}: give a number from 0 to below 1")
    flagged = scores >= threshold
    hits = float(labels[flagged].sum())
    return (hits - (float(flagged.sum()) - hits) * threshold / (1 - threshold)) / len(labels)


def at_threshold(y: npt.ArrayLike, risk: npt.ArrayLike, threshold: float) -> AtThreshold:
    """Return the figures of flagging from ``threshold`` on; net benefit is undefined from 1 on."""
    labels, scores = checked(y, risk)
    flagged = scores >= threshold
    hits, flags, positives = float(labels[flagged].sum()), float(flagged.sum()), float(labels.sum())
    benefits = [
        net_benefit(labels, each, threshold) if threshold < 1 else NAN
        for each in (scores, np.ones(len(labels)))
    ]
    return AtThreshold(
        threshold,
        flags / len(labels),
        hits / positives if positives else NAN,
        hits / flags if flags else NAN,
        *benefits,
    )


def beside_sla_rule(y: npt.ArrayLike, risk: npt.ArrayLike, sla_share: Floats | None) -> BesideRule | None:
    """Return what the rule of the SLA finds beside the model; ``sla_share`` is the share used at each point.

    None where it is not known, or the rule flags nothing.
    """
    labels, scores = checked(y, risk)
    flagged = np.zeros(len(labels)) if sla_share is None else np.asarray(sla_share) >= SLA_SHARE_TO_FLAG
    if not flagged.any():
        return None
    hits, positives = float(labels @ flagged), float(labels.sum())
    model = at_workload(labels, scores, float(flagged.mean()))
    recall = hits / positives if positives else NAN
    return BesideRule(model.workload, recall, hits / float(flagged.sum()), model.recall, model.precision)


def curves(y: npt.ArrayLike, risk: npt.ArrayLike) -> Curves:
    """Return recall and precision over workload: the precision-recall curve and the gain curve in one."""
    labels, scores = checked(y, risk)
    flagged, found, thresholds = _cumulative(labels, scores)
    positives = float(labels.sum())
    kept = np.arange(len(flagged))
    if len(kept) > CURVE_POINTS:
        # Half of them evenly over what is looked at, half over what is found: that may all lie in the first hundredth.
        half = CURVE_POINTS // 2
        evenly = np.linspace(0, kept[-1], half).round().astype(np.int64)
        kept = np.union1d(evenly, np.searchsorted(found, np.linspace(min(positives, 1.0), positives, half)))
    flagged, found = flagged[kept], found[kept]
    recall = found / positives if positives else np.full(len(kept), NAN)
    return Curves(flagged / len(labels), recall, found / flagged, thresholds[kept])


def _cumulative(labels: Floats, scores: Floats) -> tuple[Floats, Floats, Floats]:
    """Return points and positives at or above each distinct risk, and the risks, from the highest down."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(scores[order]) != 0, True])
    return (ends + 1).astype(np.float64), np.cumsum(labels[order])[ends], scores[order][ends]
