"""What a replay found: a frozen value, plain enough for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from boilover.backtest.figures import FIGURES, Costs, resample
from boilover.backtest.measures import Outcomes, Tickets
from boilover.backtest.replay import Decided
from boilover.backtest.schedule import Schedule
from boilover.backtest.trainings import Trained
from boilover.backtest.verdict import differences_of, verdict
from boilover.evaluation.evaluate import plain_values
from boilover.evaluation.interval import Interval
from boilover.training import moment


class Counts(NamedTuple):
    """Whole tickets and flags of one method."""

    caught: int
    missed: int
    flags: int
    flagged_tickets: int
    false_flags: int
    pending_flags: int
    """Raised less than a horizon before the end, and standing: neither right nor wrong yet."""
    first_flags_known: int
    """Over which the precision of first flags is taken."""
    first_flags_right: int


class Training(NamedTuple):
    """One training of the replay."""

    at: str
    nights: int
    """That its model served."""
    features: int
    base_rate: float
    held_out_average_precision: float | None
    threshold: float
    """On the first of these nights."""


class NightRow(NamedTuple):
    """One night: tickets at risk, flags standing after it, and what it decided."""

    as_of: str
    open: int
    standing: int
    new: int
    risen: int
    cleared: int
    suppressed: int
    threshold: float


@dataclass(frozen=True)
class Backtest:
    """Everything measured in a replay. Figures of tickets, not of points: see `boilover.backtest.measures`."""

    since: str
    until: str
    """First and last night."""
    nights: int
    horizon: str
    retrain: str
    tickets: int
    """At risk on at least one night, or escalated in the window."""
    escalations: int
    """Tickets that escalated between the first night and a day after the last."""
    unseen: int
    """Of those, escalated before they were at risk on any night: missed by every method here."""
    costs: Costs
    verdict: tuple[str, ...]
    figures: dict[str, dict[str, Interval]]
    """For the policy, and for each rule that could run, every figure of `FIGURES`."""
    counts: dict[str, Counts]
    differences: dict[str, dict[str, Interval]]
    """What is compared of the policy less those of each rule, paired."""
    unavailable: tuple[str, ...]
    """Rules that the log cannot feed."""
    trainings: tuple[Training, ...]
    by_night: tuple[NightRow, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: tuples of figures by name, an undefined figure as None."""
        return plain_values(self)


def result_of(
    plan: Schedule,
    tickets: Tickets,
    methods: Mapping[str, Outcomes],
    decided: Decided,
    trained: Sequence[Trained],
    unavailable: tuple[str, ...],
    *,
    horizon: str,
    retrain: str,
    costs: Costs,
    rounds: int,
    seed: int,
) -> Backtest:
    """Return the figures of all ``methods``, the policy's among them, and how the replay went."""
    found = resample(tickets, methods, len(plan.nights), costs, rounds=rounds, seed=seed)
    figures = {name: {figure: each.interval(figure) for figure in FIGURES} for name, each in found.items()}
    differences = differences_of(found)
    escalations = int((tickets.escalated > 0).sum())
    return Backtest(
        since=moment(int(plan.nights[0])),
        until=moment(int(plan.nights[-1])),
        nights=len(plan.nights),
        horizon=horizon,
        retrain=retrain,
        tickets=len(tickets.ticket),
        escalations=escalations,
        unseen=int(tickets.unseen.sum()),
        costs=costs,
        verdict=verdict(figures, differences, costs, escalations),
        figures=figures,
        counts={name: _counts(each, escalations) for name, each in methods.items()},
        differences=differences,
        unavailable=unavailable,
        trainings=tuple(_training(plan, model, made) for model, made in enumerate(trained)),
        by_night=tuple(_nights(plan, decided, trained)),
    )


def _counts(found: Outcomes, escalations: int) -> Counts:
    caught = round(found.caught.sum())
    sums = (found.flags, found.flagged, found.false, found.pending, found.first_known, found.first_right)
    return Counts(caught, escalations - caught, *(round(values.sum()) for values in sums))


def _training(plan: Schedule, model: int, made: Trained) -> Training:
    manifest = made.saved.manifest
    return Training(
        moment(made.at),
        len(plan.served(model)),
        len(manifest.columns),
        manifest.base_rate,
        manifest.metrics.get("average_precision"),
        made.thresholds[0],
    )


def _nights(plan: Schedule, decided: Decided, trained: Sequence[Trained]) -> Iterator[NightRow]:
    for place, model in enumerate(plan.model.tolist()):
        counts = {name: int(values[place]) for name, values in decided.by_night.items()}
        threshold = trained[model].thresholds[place - int(plan.served(model)[0])]
        yield NightRow(as_of=moment(int(plan.nights[place])), threshold=threshold, **counts)
