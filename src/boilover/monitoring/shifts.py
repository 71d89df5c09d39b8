"""What has moved since the training: columns, risks and the base rate, each beside how far it moves anyway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from boilover.errors import MismatchError
from boilover.evaluation.interval import Interval
from boilover.features import from_json
from boilover.model.reference import Distribution, Reference
from boilover.model.saved import SavedModel
from boilover.monitoring.asked import Asked
from boilover.monitoring.estimate import rate_interval
from boilover.monitoring.stability import BEYOND, LEVEL, SLIGHT, bound, psi, warmed, windows
from boilover.points import DAY
from boilover.times import parse_duration

RATE_MOVES = 0.2
"""A base rate within a fifth of the training's is never called drift."""


class Shift(NamedTuple):
    """One column then, in the training, and now. Shares are of all rows; an unseen category was rare or absent then."""

    name: str
    psi: float
    bound: float
    """What the PSI may reach where nothing has changed; NaN where the training is too short to tell."""
    drifted: bool
    missing_then: float
    missing_now: float
    unseen_then: float
    unseen_now: float
    mean_then: float | None
    mean_now: float | None
    """Of numbers; None for categories and where all values are missing."""
    mover: str | None
    """Of categories: the one whose share changed most, with its share then and now."""
    mover_then: float | None
    mover_now: float | None

    @property
    def wanders(self) -> bool:
        """Whether it differs so much among the windows of the training that no move could be told from that."""
        return self.bound > BEYOND and not self.drifted


class Rate(NamedTuple):
    """The share of points that escalate within the horizon: then, and now where outcomes are known."""

    then: float
    now: Interval
    drifted: bool


def spans_of(saved: SavedModel) -> dict[str, float]:
    """Return how many days of history each feature of a model counts, those that count all or none left out."""
    told = ((from_json(spec).name, list(_windows_in(spec))) for spec in saved.manifest.features)
    return {name: max(map(parse_duration, spans)) / DAY for name, spans in told if spans}


def _windows_in(spec: Any) -> Iterator[str]:
    for key, value in spec.items() if isinstance(spec, Mapping) else ():
        if key == "window" and value:
            yield value
        yield from _windows_in(value)


def shifts_of(reference: Reference, asked: Asked, spans: Mapping[str, float]) -> tuple[Shift, ...]:
    """Return every column of the model, those that exceed their bound most first; ``spans`` as of `spans_of`.

    Raises `MismatchError` where the columns of the model and those that were kept with it differ.
    """
    lacking = [name for name in asked.frame.columns if name not in reference.columns]
    if lacking:
        raise MismatchError(
            f"the model kept no distribution of {len(lacking)} of its columns, such as '{lacking[0]}'. Train it again"
        )
    days = (asked.as_of - asked.since) / DAY
    level = LEVEL / max(len(asked.frame.columns), 1)
    block = reference.days[0]
    found = [
        shift_of(name, warmed(then, block, days, spans.get(name, 0.0)), asked.frame[name], block, days, level)
        for name, then in ((str(column), reference.columns[str(column)]) for column in asked.frame.columns)
    ]
    return tuple(sorted(found, key=lambda each: (not each.drifted, each.wanders, -_excess(each), each.name)))


def risk_shift(reference: Reference, asked: Asked) -> Shift:
    """Return how the distribution of risks moved since the calibration slice, which the model had not seen either."""
    days = (asked.as_of - asked.since) / DAY
    return shift_of("risk", reference.risk, pd.Series(asked.risk), reference.days[1], days, LEVEL)


def rate_of(reference: Reference, asked: Asked) -> Rate | None:
    """Return how the base rate moved; None where no outcome is known yet."""
    known = asked.matured
    if not known.any():
        return None
    y = asked.label[known]
    now = np.array([(y == 0).sum(), (y == 1).sum()])
    total = reference.outcome.counts[:, :2].sum(axis=0)
    parts = windows(
        Distribution(reference.outcome.counts[:, :2]), reference.days[0], (asked.as_of - asked.since) / DAY
    )
    most = bound(parts, total, now, LEVEL)
    then, rate = float(total[1] / total.sum()), rate_interval(y, asked.points.ticket[known])
    moved = abs(rate.estimate - then) > RATE_MOVES * then
    return Rate(then, rate, bool(moved and psi(total, now) > most))


def shift_of(
    name: str, then: Distribution, values: pd.Series, block_days: float, days: float, level: float
) -> Shift:
    """Return how a column moved from the training, whose blocks are ``block_days`` long, to ``values`` of ``days``."""
    now, total = then.count(values), then.counts.sum(axis=0)
    index = float(psi(total, now))
    usual = bound(windows(then, block_days, days), total, now, level)
    most = usual if np.isnan(usual) else max(usual, SLIGHT)
    p, q = (counts / max(counts.sum(), 1) for counts in (total, now))
    mover, mover_then, mover_now = _mover(then, p, q)
    unseen = (0.0, 0.0) if then.is_number else (float(p[-2]), float(q[-2]))
    return Shift(
        name,
        index,
        most,
        bool(index > most),
        float(p[-1]),
        float(q[-1]),
        *unseen,
        then.mean,
        _mean(values) if then.is_number else None,
        mover,
        mover_then,
        mover_now,
    )


def _mover(then: Distribution, p: np.ndarray, q: np.ndarray) -> tuple[str | None, float | None, float | None]:
    if not then.words:
        return None, None, None
    place = int(np.argmax(np.abs(q - p)[: len(then.words)]))
    return then.words[place], float(p[place]), float(q[place])


def _mean(values: pd.Series) -> float | None:
    known = values.to_numpy(dtype=np.float64, na_value=np.nan)
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else None


def _excess(shift: Shift) -> float:
    return shift.psi / shift.bound if np.isfinite(shift.bound) else 0.0
