"""Drift: what a model was trained on beside what it is asked now, and how good it still is."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from boilover.errors import MismatchError
from boilover.evaluation.evaluate import plain_values
from boilover.evaluation.interval import Interval
from boilover.evaluation.verdict import level
from boilover.log import EventLog
from boilover.model.reference import Reference
from boilover.model.saved import SavedModel
from boilover.monitoring.asked import Asked, Moment, ask, window_of
from boilover.monitoring.estimate import ROUNDS, estimated, levelled, realised
from boilover.monitoring.shifts import Rate, Shift, rate_of, risk_shift, shifts_of, spans_of
from boilover.monitoring.stability import windows
from boilover.monitoring.words import verdict_of
from boilover.points import DAY
from boilover.scoring import model_name
from boilover.times import iso

FEATURES, RISKS, BASE_RATE, PERFORMANCE = "features", "risks", "base rate", "performance"


@dataclass(frozen=True)
class Performance:
    """Figures of `boilover.monitoring.estimate`: expected if the risks are calibrated, and realised.

    ``open`` is expected of points whose outcome is not known yet, ``expected`` and ``realised`` are of matured ones;
    ``levelled`` is what would be expected of these if the level of the risks were that of the outcomes. None where
    there are none, or too few that escalated.
    """

    open: dict[str, Interval] | None
    expected: dict[str, Interval] | None
    levelled: dict[str, Interval] | None
    realised: dict[str, Interval] | None
    level: str | None
    """Whether the level of the risks is right, in plain words."""

    @property
    def fell(self) -> bool:
        """Whether the ranking came out worse than chance explains: the two intervals do not touch.

        Beside what is expected at the level that came true: average precision rises with the rate, and a rate that
        moved is told for itself.
        """
        if self.levelled is None or self.realised is None:
            return False
        return self.realised["average_precision"].high < self.levelled["average_precision"].low


@dataclass(frozen=True)
class Drift:
    """What moved between a model's training and what it is asked in (since, as_of]."""

    model: str
    horizon: str
    since: str
    as_of: str
    points: int
    tickets: int
    matured: int
    """Points whose whole horizon has passed."""
    windows: int
    """Windows of the training that tell how far columns move anyway; 0 where it is too short to tell."""
    drifted: bool
    reasons: tuple[str, ...]
    """Which of features, risks, base rate and performance have drifted."""
    verdict: tuple[str, ...]
    features: tuple[Shift, ...] = field(repr=False)
    """The worst first."""
    risk: Shift = field(repr=False)
    base_rate: Rate | None = field(repr=False)
    performance: Performance = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        told = {field.name: plain_values(getattr(self, field.name)) for field in fields(self)}
        performance = {
            each.name: plain_values(getattr(self.performance, each.name)) for each in fields(Performance)
        }
        return told | {"performance": performance}


def drift(
    log: EventLog,
    saved: SavedModel,
    *,
    as_of: Moment | None = None,
    since: Moment | None = None,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Drift:
    """Compare what ``saved`` was trained on with what ``log`` asks of it in (since, as_of].

    Parameters
    ----------
    log : with the escalations that the model's rule declares; goes on after its training.
    as_of : a time; the log's end where left out. What was observed later is not looked at.
    since : a time; the end of training where left out.
    rounds, seed : of what is drawn for intervals.

    Raises
    ------
    UsageError : ``since`` is before the end of training.
    InputError : too few questions between the two moments, or no escalation in the log.
    MismatchError : the log's tickets lack attributes of the model, or it was saved without its distributions.
    """
    reference = reference_kept(saved)
    begin, end = window_of(log, [saved], since, as_of)
    asked = ask(log, saved, begin, end, reference.ages)
    shifts, risk = shifts_of(reference, asked, spans_of(saved)), risk_shift(reference, asked)
    rate = rate_of(reference, asked)
    performance = performance_of(asked, rounds=rounds, seed=seed)
    found = {
        FEATURES: any(each.drifted for each in shifts),
        RISKS: risk.drifted,
        BASE_RATE: rate is not None and rate.drifted,
        PERFORMANCE: performance.fell,
    }
    days = (end - begin) / DAY
    compared = len(windows(reference.outcome, reference.days[0], days))
    return Drift(
        model=model_name(saved),
        horizon=saved.manifest.horizons[0],
        since=iso(begin),
        as_of=iso(end),
        points=len(asked.points),
        tickets=len(np.unique(asked.points.ticket)),
        matured=int(asked.matured.sum()),
        windows=compared,
        drifted=any(found.values()),
        reasons=tuple(name for name, moved in found.items() if moved),
        verdict=verdict_of(shifts, risk, rate, performance, compared),
        features=shifts,
        risk=risk,
        base_rate=rate,
        performance=performance,
    )


def performance_of(asked: Asked, *, rounds: int = ROUNDS, seed: int = 0) -> Performance:
    """Return what the risks promise, and what was kept where outcomes are known."""
    known, tickets = asked.matured, asked.points.ticket
    promised = [
        estimated(asked.risk[part], tickets[part], rounds=rounds, seed=seed) if part.any() else None
        for part in (~known, known)
    ]
    y, risk, codes = asked.label[known], asked.risk[known], np.unique(tickets[known], return_inverse=True)[1]
    kept = realised(y, risk, codes, rounds=rounds, seed=seed)
    if kept is None or y.all():
        return Performance(promised[0], promised[1], None, kept, None)
    at_rate = estimated(levelled(risk, float(y.mean())), codes, rounds=rounds, seed=seed)
    return Performance(promised[0], promised[1], at_rate, kept, level(y, risk, codes.astype(np.int64)))


def reference_kept(saved: SavedModel) -> Reference:
    """Return what the model was trained on; raise `MismatchError` where it was not kept."""
    if saved.reference is None:
        raise MismatchError(
            "the model was saved without the distributions that it was trained on, so that drift cannot be told."
            " Train it again"
        )
    return saved.reference
