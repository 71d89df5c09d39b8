"""Figures of the model by age and by segment: where it works and where it does not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from boilover.errors import InputError
from boilover.evaluation.bootstrap import average_precision_interval
from boilover.evaluation.metrics import checked, roc_auc

MIN_POINTS = 30
MIN_POSITIVES = 5
"""Smaller groups are suppressed: their figures are chance, and may point at one customer."""
MAX_GROUPS = 30
ROUNDS = 200
"""Of the bootstrap in each group."""

AGES = (
    (0, "under 1 h"),
    (1, "1 h to 8 h"),
    (8, "8 h to 1 d"),
    (24, "1 d to 2 d"),
    (48, "2 d to 4 d"),
    (96, "4 d to 7 d"),
    (168, "7 d to 14 d"),
    (336, "14 d to 30 d"),
    (720, "30 d to 60 d"),
    (1440, "60 d to 90 d"),
    (2160, "90 d and more"),
)
"""Lower bound in hours, included, and name of each bin of age."""
AGE_UNKNOWN = "unknown"


class Group(NamedTuple):
    """The model on the points of one group."""

    name: str
    points: int
    positives: int
    base_rate: float
    mean_risk: float
    average_precision: float
    roc_auc: float
    average_precision_low: float
    average_precision_high: float
    """95 % interval from a bootstrap over tickets."""


class GroupTable(NamedTuple):
    """The groups that are large enough, and how much was suppressed."""

    groups: list[Group]
    suppressed_groups: int
    suppressed_points: int


def by_segment(
    y: npt.ArrayLike,
    risk: npt.ArrayLike,
    segment: npt.ArrayLike,
    tickets: npt.ArrayLike,
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> GroupTable:
    """Return the figures of each value of ``segment`` (n names), the largest groups first.

    Groups under `MIN_POINTS` points or `MIN_POSITIVES` positives, and those beyond the `MAX_GROUPS`
    largest, are suppressed and counted.
    """
    labels, scores = checked(y, risk)
    named = np.asarray(segment).astype(str)
    if named.shape != labels.shape:
        raise InputError(f"{len(labels)} points but a segment of shape {named.shape}")
    names, codes = np.unique(named, return_inverse=True)
    points, positives = np.bincount(codes), np.bincount(codes, labels)
    shown = np.flatnonzero((points >= MIN_POINTS) & (positives >= MIN_POSITIVES))
    shown = shown[np.argsort(-points[shown], kind="stable")][:MAX_GROUPS]
    rows = np.split(np.argsort(codes, kind="stable"), np.cumsum(points)[:-1])
    owners = np.asarray(tickets)
    groups = []
    for code in shown:
        mine = rows[code]
        found = average_precision_interval(labels[mine], scores[mine], owners[mine], rounds=rounds, seed=seed)
        groups.append(
            Group(
                str(names[code]),
                len(mine),
                int(labels[mine].sum()),
                float(labels[mine].mean()),
                float(scores[mine].mean()),
                found.estimate,
                roc_auc(labels[mine], scores[mine]),
                found.low,
                found.high,
            )
        )
    return GroupTable(groups, len(names) - len(shown), int(points.sum() - points[shown].sum()))


def by_age(
    y: npt.ArrayLike,
    risk: npt.ArrayLike,
    age_hours: npt.ArrayLike,
    tickets: npt.ArrayLike,
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> GroupTable:
    """Return the figures of each bin of `AGES`, youngest first; suppressed as in `by_segment`."""
    ages = np.asarray(age_hours, dtype=np.float64)
    names = np.array([AGE_UNKNOWN, *(name for _, name in AGES)])
    bins = np.searchsorted([bound for bound, _ in AGES], ages, side="right")
    segment = names[np.where(np.isnan(ages), 0, np.maximum(bins, 1))]
    found = by_segment(y, risk, segment, tickets, rounds=rounds, seed=seed)
    order = names.tolist()
    return found._replace(groups=sorted(found.groups, key=lambda group: order.index(group.name)))
