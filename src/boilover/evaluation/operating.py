"""What a desk gets from each threshold, ticket by ticket: flags a night, escalations caught, flags that were right.

A ticket is flagged once, at its first point of at least the threshold, and the flag stays. That is no policy with
memory and capacity, which the backtest replays; it is what one line through the risks does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from boilover.errors import InputError
from boilover.evaluation.metrics import NAN
from boilover.evaluation.workload import nights_of
from boilover.history import Floats
from boilover.model.reached import highest_so_far

LINES = 120


class Operating(NamedTuple):
    """Figures at thresholds from the highest down, at most `LINES`, float64 each."""

    threshold: Floats
    flags_a_night: Floats
    recall: Floats
    """Of the tickets that escalate, those that are flagged by then."""
    by_chance: Floats
    """What as many tickets drawn at random would come to."""
    precision: Floats
    """Of the tickets that are flagged, those that escalate within the horizon of that moment."""


def operating(
    y: npt.ArrayLike,
    risk: npt.ArrayLike,
    as_of_us: npt.ArrayLike,
    tickets: npt.ArrayLike,
    *,
    before: npt.ArrayLike | None = None,
    unseen: int = 0,
) -> Operating:
    """Return what each threshold gives on n points.

    Parameters
    ----------
    y : whether the ticket escalates within the horizon, 0, 1 or NaN where that is not known yet.
    risk : n risks.
    as_of_us : moment of each point, int64 microseconds since 1970, UTC; nights are all dates from first to last.
    tickets : the ticket of each point.
    before : at which points a flag would catch the ticket's escalation; those with a label of 1 where left out.
    unseen : escalations of tickets that no point asks about: no threshold catches them.

    Raises `InputError` for no point, or arrays that do not match.
    """
    labels, scores = np.asarray(y, dtype=np.float64), np.asarray(risk, dtype=np.float64)
    times, codes = np.asarray(as_of_us, dtype=np.int64), np.unique(tickets, return_inverse=True)[1]
    ahead = labels == 1 if before is None else np.asarray(before, dtype=np.bool_)
    if not len(labels) or len({each.shape for each in (labels, scores, times, codes, ahead)}) > 1:
        raise InputError(
            f"{labels.shape} labels, {scores.shape} risks and {times.shape} moments do not match"
        )
    order = np.lexsort((times, codes))
    labels, scores, codes, ahead = labels[order], scores[order], codes[order], ahead[order]
    begins = np.r_[True, codes[1:] != codes[:-1]]
    so_far = highest_so_far(scores, begins)
    # The first point of at least a threshold is the one that rises above all before it, past that threshold.
    earlier = np.where(begins, -np.inf, np.r_[-np.inf, so_far[:-1]])
    known = ~np.isnan(labels)
    right = known & (labels == 1)
    highest = np.full(codes[-1] + 1, -np.inf)
    np.maximum.at(highest, codes, scores)
    caught = np.full(codes[-1] + 1, -np.inf)
    np.maximum.at(caught, codes[ahead], scores[ahead])
    lines = _lines(highest)
    positives = float(np.isfinite(caught).sum() + unseen)
    crossed, hits = (
        _at_least(so_far[which], lines) - _at_least(earlier[which], lines) for which in (known, right)
    )
    nights = nights_of(times)
    found = _at_least(caught, lines)
    return Operating(
        lines,
        _at_least(highest, lines) / float(nights.max() - nights.min() + 1),
        found / positives if positives else np.full(len(lines), NAN),
        _at_least(highest, lines) / len(highest) * (1 - unseen / positives if positives else NAN),
        np.divide(hits, crossed, where=crossed > 0, out=np.full(len(lines), NAN)),
    )


def _lines(highest: Floats) -> Floats:
    """Return thresholds that flag from one ticket to all, closer where few are flagged."""
    sizes = np.unique(np.geomspace(1, len(highest), LINES).round().astype(np.int64))
    return np.unique(np.sort(highest)[::-1][sizes - 1])[::-1]


def _at_least(values: Floats, lines: Floats) -> Floats:
    """Return how many of ``values`` are at or above each line."""
    return (len(values) - np.searchsorted(np.sort(values), lines)).astype(np.float64)
