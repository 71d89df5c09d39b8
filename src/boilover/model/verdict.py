"""What a training has to say for itself: whether the model beats what is simpler, and what it fell back on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from boilover.model.fitted import Fitted
from boilover.model.tuning import AGE_ONLY

OWN = "average_precision"
AGE_ALONE, LINEAR_PART = "average_precision_of_age_alone", "average_precision_of_linear_part"
SIMPLER = {AGE_ALONE: "the age of a ticket alone", LINEAR_PART: "the model's linear part alone"}
"""Figures of the calibration slice to what they are of."""
USUAL = 0.5
"""What more than so large a share of points comes to is the usual course, and no escalation."""
FEW = 10
"""With fewer points held back that escalate, which order is the better one is a matter of luck."""
TOO_GOOD = 0.97
"""An AUC that hardly any desk allows of what is known so early, unless nearly all of it follows from age."""
RARE = 0.05
"""At a lower rate, average precisions are told to four digits."""


def verdict(model: Fitted, metrics: Mapping[str, float | None], rate: float) -> Iterator[str]:
    """Tell what was learnt, one clause each; loud where something is to be done about it.

    metrics : held-out figures of the manifest, of which the calibration slice of a small log has none.
    rate : share of the training points that escalate.
    """
    if getattr(model, "tune_seconds", 0.0) and not getattr(model, "tried_", 1):
        yield (
            "NOT TUNED: too few tickets escalate to choose settings on; the usual ones for so many stand, and no time"
            " was spent"
        )
    if getattr(model, "tried_", 1) > 1:
        kept = (
            ", ".join(f"{name} {value:.4g}" for name, value in model.tuned_.items()) or "the usual ones stand"
        )
        yield f"{model.tried_} settings of the trees tried: {kept}"
    if rate > USUAL:
        yield (
            f"HARDLY RARE: {rate:.1%} of training points escalate, so risks tell few tickets apart; declare what"
            " escalated means more narrowly, or take a shorter horizon"
        )
    own, base = metrics.get(OWN), metrics.get("base_rate")
    if base is None:
        yield "NOT CHECKED: the log is too small to hold a slice back; trust the order of risks with care"
        return
    if own is None or base == 1.0:
        yield f"NOT CHECKED: of the points held back {'every one' if base else 'none'} escalates"
        return
    points = metrics.get("points") or 0.0
    escalated = round(base * points)
    if points and escalated < FEW:
        few = f"only {escalated} of {points:,.0f} points held back escalate{'s' * (escalated == 1)}"
        yield f"NOT CHECKED: {few}, too few to tell the model from what is simpler, or from chance"
        return
    digits = 3 if base >= RARE else 4
    alike = {LINEAR_PART} if model.linear_weight_ == 1.0 else set()
    if alike and model.linear_.C == AGE_ONLY:
        yield "FELL BACK: beyond the age of a ticket nothing was learnt that held later; the risk follows age alone"
        alike = set(SIMPLER)
    told = {name: metrics.get(name) for name in SIMPLER if name not in alike}
    figures = {name: figure for name, figure in told.items() if figure is not None}
    beaten = [name for name, figure in figures.items() if round(figure, digits) >= round(own, digits)]
    for name in beaten:
        reached = f"{figures[name]:.{digits}f}, the model {own:.{digits}f}"
        if name == AGE_ALONE:
            yield (
                f"NO BETTER: the age of a ticket alone reached an average precision of {reached}; messages, handoffs"
                " and service levels in the log may help"
            )
        else:
            yield (
                f"the trees add nothing here: the model's weighted sum of columns alone reached an average precision of"
                f" {reached}; that is no fault, and there is nothing to do"
            )
    if own <= base:
        chance = f"is what chance reaches at a rate of {base:.{digits}f}"
        yield f"NOTHING LEARNT: an average precision of {own:.{digits}f} {chance}"
    elif AGE_ALONE not in beaten and alike != set(SIMPLER):
        others = " and ".join(SIMPLER[name] for name in figures if name not in beaten) or "chance"
        times = f"{own / base:.1f} times the rate of {base:.{digits}f}"
        asked = f" where {escalated:,} of {points:,.0f} points held back escalate" if points else ""
        yield (
            f"ahead of {others}{asked}: average precision {own:.{digits}f}, {times}; whether beyond chance,"
            " ‘boilover evaluate’ tells on later points"
        )
    auc = metrics.get("roc_auc")
    if auc is not None and auc > TOO_GOOD and (figures.get(AGE_ALONE) or 0.0) < own / 2:
        yield f"TOO GOOD TO BE TRUE? an AUC of {auc:.3f}: ‘boilover audit’ names columns that know the future"
