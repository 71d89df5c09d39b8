"""The champion and a challenger on the same questions, whose outcomes are known by now."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from boilover.errors import InputError, MismatchError
from boilover.evaluation.bootstrap import resample
from boilover.evaluation.evaluate import plain_values
from boilover.evaluation.interval import Interval
from boilover.log import EventLog
from boilover.model.saved import SavedModel
from boilover.monitoring.asked import Moment, ask, window_of
from boilover.points import AGES_HOURS
from boilover.scoring import model_name
from boilover.times import iso

MIN_POSITIVES = 10
"""With fewer tickets that escalated two models are not compared."""
FIGURES = ("average_precision", "recall_at_11.8%", "calibration_error", "log_loss")
WORSE_CALIBRATION, OF_RATE = 0.01, 0.2
"""A calibration error that is higher by less is borne; where it is less, by less than such a share of the base rate."""
ROUNDS = 500


@dataclass(frozen=True)
class Challenge:
    """Two models on the same points in (since, as_of], those whose whole horizon has passed."""

    champion: str
    challenger: str
    horizon: str
    since: str
    as_of: str
    points: int
    tickets: int
    escalated: int
    """Tickets with a point that escalated in time."""
    base_rate: float
    figures: dict[str, dict[str, Interval]]
    """Of champion and challenger, by name of the figure."""
    differences: dict[str, Interval]
    """Challenger minus champion, paired over tickets."""
    promotes: bool
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {field.name: plain_values(getattr(self, field.name)) for field in fields(self)}


def challenge(
    log: EventLog,
    champion: SavedModel,
    challenger: SavedModel,
    *,
    since: Moment | None = None,
    as_of: Moment | None = None,
    sure: bool = False,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Challenge:
    """Compare two models on what neither was trained on.

    The challenger is promoted if its average precision is no lower and its calibration error not beyond chance higher
    by more than `WORSE_CALIBRATION`, or a fifth of the base rate where that is less; with ``sure``, if the interval of
    the difference in average precision lies above 0 as well. Intervals are of a bootstrap over tickets, whose draws
    both share.

    Parameters
    ----------
    log : with the escalations that the models' rule declares.
    since, as_of : times; the end of the later training and the end of the log where left out.
    rounds, seed : of the bootstrap.

    Raises
    ------
    MismatchError : the models have another first horizon or another declaration of what escalated means.
    UsageError : ``since`` is before the end of a training.
    InputError : too few points, or too few escalations among those whose outcome is known.
    """
    if why := differ(champion, challenger):
        raise MismatchError(why)
    begin, end = window_of(log, [champion, challenger], since, as_of)
    ages = AGES_HOURS if challenger.reference is None else challenger.reference.ages
    first, second = (ask(log, each, begin, end, ages) for each in (champion, challenger))
    known, tickets = first.matured, first.points.ticket[first.matured]
    y = first.label[known]
    escalated = len(np.unique(tickets[y == 1]))
    if escalated < MIN_POSITIVES:
        raise InputError(
            f"only {escalated} tickets with a known outcome escalated between {iso(begin)} and {iso(end)}; at least"
            f" {MIN_POSITIVES} are needed to compare two models",
            mend="Wait for more outcomes, or train the challenger on an earlier part of the log",
        )
    told = [resample(y, asked.risk[known], tickets, rounds=rounds, seed=seed) for asked in (first, second)]
    figures = {
        name: {figure: found.interval(figure) for figure in FIGURES}
        for name, found in zip(("champion", "challenger"), told, strict=True)
    }
    differences = {figure: told[1].difference(told[0], figure) for figure in FIGURES}
    promotes, verdict = judge(
        figures["champion"], figures["challenger"], differences, float(y.mean()), sure=sure
    )
    return Challenge(
        champion=model_name(champion),
        challenger=model_name(challenger),
        horizon=champion.manifest.horizons[0],
        since=iso(begin),
        as_of=iso(end),
        points=int(known.sum()),
        tickets=len(np.unique(tickets)),
        escalated=escalated,
        base_rate=float(y.mean()),
        figures=figures,
        differences=differences,
        promotes=promotes,
        verdict=verdict,
    )


def judge(
    champion: dict[str, Interval],
    challenger: dict[str, Interval],
    differences: dict[str, Interval],
    base_rate: float,
    *,
    sure: bool,
) -> tuple[bool, str]:
    """Return whether the challenger is promoted, and why, in a sentence."""
    ranks, errs = differences["average_precision"], differences["calibration_error"]
    told = _told("average precision", "average_precision", champion, challenger, ranks)
    if ranks.estimate < 0:
        beyond = "" if ranks.high < 0 else ", though not beyond chance"
        return False, f"the challenger ranks tickets WORSE{beyond}: {told}"
    if errs.low > 0 and errs.estimate > min(WORSE_CALIBRATION, OF_RATE * base_rate):
        error = _told("calibration error", "calibration_error", champion, challenger, errs)
        return False, f"the challenger's risks are further from the truth: {error}; {told}"
    if ranks.low > 0:
        return True, f"the challenger ranks tickets better: {told}"
    if sure:
        return False, f"the challenger is not better beyond chance: {told}"
    return True, f"the challenger is no worse: {told}"


def _told(
    words: str, figure: str, champion: dict[str, Interval], challenger: dict[str, Interval], gap: Interval
) -> str:
    return (
        f"{words} {challenger[figure].estimate:.3f} against {champion[figure].estimate:.3f}, difference"
        f" {gap.estimate:+.3f}, 95 % interval {gap.low:+.3f} to {gap.high:+.3f}"
    )


def differ(champion: SavedModel, challenger: SavedModel) -> str | None:
    """Return why two models do not answer one question, None where they do."""
    asked = [each.manifest.horizons[0] for each in (champion, challenger)]
    if asked[0] != asked[1]:
        return (
            f"the champion asks about {asked[0]} and the challenger about {asked[1]}: their risks answer different"
            " questions. Train the challenger for the champion's first horizon"
        )
    if champion.rule != challenger.rule:
        return (
            "champion and challenger were trained on different declarations of what escalated means. Train both on"
            " one"
        )
    return None
