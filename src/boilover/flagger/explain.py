"""What a policy will do, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator

from boilover.flagger.policy import FlagPolicy, Segment
from boilover.flagger.settings import QuietHours, percent
from boilover.model.reached import FILLED
from boilover.policy import Capacity, FixedRisk, LeastCost, LeastPrecision
from boilover.words import spelled


def explain(policy: FlagPolicy) -> str:
    """Return what the policy will do, one sentence a line."""
    return "\n".join(
        [
            *_model(policy),
            *_limits(policy),
            *_course(policy),
            *_silence(policy),
            *_segments(policy),
            *_triggers(policy),
        ]
    )


def _model(policy: FlagPolicy) -> Iterator[str]:
    yield f"The model flags {_threshold(policy)}."
    tiers = policy.tiers
    told = [f"{name} from a risk of {percent(risk)} on" for name, risk in tiers if risk is not None]
    yield f"Its flags are watch, {', '.join(told)}." if told else "Its flags are all of the tier watch."
    cost = policy.cost
    if cost is not None:
        yield (
            f"A customer weighs {cost.attribute} / {cost.unit:g}, at least {cost.least:g} and at most"
            f" {cost.most:g}: the odds at which a ticket is flagged fall by the weight, and heavier ones go first."
        )


def _threshold(policy: FlagPolicy) -> str:
    match policy.threshold:
        case FixedRisk(risk=risk):
            return f"tickets of a risk of {percent(risk)} or more"
        case Capacity(per_night=per_night, of_open=share):
            used = f"an average night of the past used {percent(FILLED)} of that"
            return (
                f"the riskiest tickets, {_most(per_night, share)} a night, from the risk on at which {used}"
            )
        case LeastPrecision(at_least=share, confidence=confidence):
            told = f"while {percent(share)} escalate, with a confidence of {percent(confidence)}"
            return f"as many tickets as it can {told}"
        case LeastCost(miss=miss, false_alarm=false_alarm, method=method):
            how = "by its calibrated risk" if method == "calibrated" else "by what was cheapest in the past"
            return f"where silence costs more than an alarm, {miss:g} a miss and {false_alarm:g} a false alarm, {how}"


def _limits(policy: FlagPolicy) -> Iterator[str]:
    limits = policy.capacity
    own = policy.threshold if isinstance(policy.threshold, Capacity) else None
    given = [each.per_night for each in (limits, own) if each is not None and each.per_night is not None]
    every = _most(min(given), 1.0 if own is None else own.of_open) if given else "no limit"
    yield f"New flags a night: {every} in all; the highest tier goes first, then the highest risk times weight."
    for queue, most in limits.queues.items():
        yield f"In queue {queue}: at most {most}."
    if limits.each_queue is not None:
        yield f"In any {'other ' if limits.queues else ''}queue: at most {limits.each_queue}."


def _most(count: int, share: float) -> str:
    return f"at most {count}" + (f" and {percent(share)} of the tickets at risk" if share < 1 else "")


def _course(policy: FlagPolicy) -> Iterator[str]:
    levels = policy.hysteresis
    yield (
        f"The model raises a flag after {_nights(levels.nights)} at {percent(levels.raise_at)} of the threshold or"
        f" more; a flag is cleared after {_nights(levels.clear_nights)} below {percent(levels.clear_at)} of it with no"
        " trigger."
    )
    if levels.cooldown is not None:
        unless = f", unless it is {levels.unless} or higher" if levels.unless else ""
        yield f"After a flag is cleared the ticket gets none for {spelled(levels.cooldown)}{unless}."


def _silence(policy: FlagPolicy) -> Iterator[str]:
    if policy.quiet is not None:
        yield f"{_quiet(policy.quiet)} no flag is raised{_but(policy.quiet.unless)}."
    if policy.outcome.holdout:
        yield (
            f"{percent(policy.outcome.holdout)} of tickets, drawn by lot, are never flagged"
            f"{_but(policy.outcome.unless)}, so that the effect of flags can be measured."
        )


def _quiet(quiet: QuietHours) -> str:
    days = f" and all {', '.join(day.capitalize() for day in quiet.days)}" if quiet.days else ""
    return f"From {quiet.start:%H:%M} until {quiet.end:%H:%M}{days} ({quiet.zone})"


def _segments(policy: FlagPolicy) -> Iterator[str]:
    for place, segment in enumerate(policy.segments):
        where = " and ".join(f"{key} is {' or '.join(words)}" for key, words in segment.where.items())
        first = "" if place == 0 else ", unless an earlier segment fits"
        yield f"{segment.name} ({where}{first}): {', '.join(_overrides(segment)) or 'as everywhere'}."


def _overrides(segment: Segment) -> Iterator[str]:
    if segment.risk is not None:
        yield f"flagged from a risk of {percent(segment.risk)} on"
    for tier in ("warn", "critical"):
        risk = getattr(segment, tier)
        if risk is not None:
            yield f"{tier} from {percent(risk)} on"
    if segment.nights is not None:
        yield f"after {_nights(segment.nights)}"
    if segment.cooldown is not None:
        yield f"no second flag for {spelled(segment.cooldown)}"
    if segment.mute:
        yield f"without {', '.join(segment.mute)}"


def _triggers(policy: FlagPolicy) -> Iterator[str]:
    on = policy.triggers_on
    if not on:
        yield "No trigger raises a flag."
    for name, trigger in on.items():
        least = f", from a risk of {percent(trigger.least_risk)} on" if trigger.least_risk else ""
        yield f"Trigger {name} raises a flag ({trigger.tier}{least}): {trigger.explain()}."


def _but(unless: str | None) -> str:
    return f", but for those of tier {unless} or higher" if unless else ""


def _nights(count: int) -> str:
    return "1 night" if count == 1 else f"{count} nights in a row"
