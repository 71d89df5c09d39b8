"""How far a column has moved, and how far it moves anyway.

The measure is the population stability index, PSI = sum over bins of (q - p) ln(q / p), known from credit scoring
(Siddiqi, Credit Risk Scorecards, 2006), where 0.1 counts as slight and 0.25 as large. Those marks suit columns whose
rows are drawn anew each time. On a desk many are not: the backlog, or the rate of a queue, is the same for all tickets
of a night and wanders by itself, so that fixed marks cry wolf every week.

The mark is therefore drawn from the training. Its time is cut into windows about as long as the one that is judged,
each is compared with all others, and the PSI is divided by 1/n + 1/m, to which it is proportional where nothing has
changed (Yurdakul, Statistical properties of population stability index, 2018). What is judged may exceed the mean of
these by the quantile of an F distribution: a ratio of two chi-squares. Its degrees of freedom follow from how much
the windows differ (Satterthwaite 1946), three at most, and its level is shared by all columns (Bonferroni).

Two kinds of columns have no such mark. A count over 90 days is too low in the first 90 days of a log: windows of that
time are left out where enough remain. And what is the same for all tickets of a night, or grows with the log, such as
the hours since a customer's last escalation, differs so much among the windows that its mark lies beyond what a move
can come to: of such a column nothing is told, in place of that it is stable.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from boilover.model.reference import Distribution

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SLIGHT = 0.1
"""A PSI below this is never called drift."""
BEYOND = 2.0
"""So far a PSI goes where one half of the values is left by 97 % of its rows. A mark beyond it is none."""
LEVEL = 0.01
"""Chance of any false alarm, shared by all columns."""
MIN_WINDOWS = 4
MIN_ROWS = 30
"""Windows of the training with fewer rows tell nothing."""
MOST_FREEDOM = 3.0
"""Freedom is estimated from a handful of windows; more would claim to know the tail."""


def psi(before: npt.ArrayLike, now: npt.ArrayLike) -> Floats:
    """Return the population stability index of counts over bins, the last axis; bins empty on both sides are none.

    Half a row is added to each bin (Krichevsky & Trofimov 1981), so that an empty one gives no infinity.
    """
    first, second = np.broadcast_arrays(
        np.asarray(before, dtype=np.float64), np.asarray(now, dtype=np.float64)
    )
    used = (first + second) > 0
    p, q = (_shares(counts, used) for counts in (first, second))
    gaps: Floats = (q - p) * np.log(q / p)
    return np.where(used, gaps, 0.0).sum(axis=-1)


def warmed(reference: Distribution, block_days: float, days: float, span: float) -> Distribution:
    """Return the distribution without its first ``span`` days, in which a history so long was not there yet.

    All of it is returned where too few windows, see `windows`, would remain.
    """
    if not span or not block_days:
        return reference
    later = replace(reference, counts=reference.counts[int(np.ceil(span / block_days)) :])
    wide = _wide(reference, block_days, days)
    kept = len(later.counts) // wide >= MIN_WINDOWS and len(windows(later, block_days, days))
    return later if kept else reference


def windows(reference: Distribution, block_days: float, days: float) -> Ints:
    """Return the counts of windows of the training about ``days`` long, int64[windows, bins].

    There are `MIN_WINDOWS` or more; the remainder, and windows of fewer than `MIN_ROWS` rows, are left out. Empty where
    too few are left.
    """
    blocks = len(reference.counts)
    wide = _wide(reference, block_days, days)
    count = blocks // wide
    grouped = reference.counts[blocks - count * wide :].reshape(count, wide, -1).sum(axis=1)
    grouped = grouped[grouped.sum(axis=1) >= MIN_ROWS]
    return grouped if len(grouped) >= MIN_WINDOWS else grouped[:0]


def _wide(reference: Distribution, block_days: float, days: float) -> int:
    """Return of how many blocks a window of about so many days is made."""
    most = max(len(reference.counts) // MIN_WINDOWS, 1)
    return int(np.clip(round(days / block_days) if block_days else 1, 1, most))


def bound(parts: Ints, total: Ints, now: Ints, level: float) -> float:
    """Return the PSI that a window like ``now`` exceeds with a chance of ``level`` where nothing has changed.

    parts : counts of windows of the training, int64[windows, bins]. total : of all of it, int64[bins].
    NaN where the training has too few windows to tell.
    """
    if len(parts) < MIN_WINDOWS or not now.sum():
        return float("nan")
    from scipy.special import fdtri

    rest = total - parts
    own = psi(rest, parts) / (1 / parts.sum(axis=1) + 1 / rest.sum(axis=1))
    mean, spread = float(own.mean()), float(own.var(ddof=1))
    bins = int(((total + now) > 0).sum())
    freedom = (
        float(np.clip(2 * mean**2 / spread, 1, min(MOST_FREEDOM, max(bins - 1, 1)))) if spread > 0 else 1.0
    )
    most = mean * fdtri(freedom, freedom * (len(own) - 1), 1 - level)
    return float(most * (1 / now.sum() + 1 / total.sum()))


def _shares(counts: Floats, used: npt.NDArray[np.bool_]) -> Floats:
    """Return the share of each used bin; 1 for the others, which adds nothing."""
    smoothed = np.where(used, counts + 0.5, 0.0)
    return np.where(used, smoothed / smoothed.sum(axis=-1, keepdims=True), 1.0)
