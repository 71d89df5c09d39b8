"""The policy of a desk: one TOML file, read into one frozen value; `docs/flagging.md` tells every key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from boilover.files import read_toml
from boilover.flagger.settings import MOST, QuietHours, Risk, Span, TierName, Words, parsed
from boilover.flagger.triggers import Trigger
from boilover.flagger.triggers_course import (
    FallingSentiment,
    Handoffs,
    NoPublicUpdate,
    Reopened,
    Returns,
    SlaUsed,
    Unresolved,
    Vip,
)
from boilover.flagger.triggers_words import (
    AsksForManager,
    Churn,
    FailedAttempts,
    Legal,
    Outage,
    Safety,
)
from boilover.policy import USUAL, Capacity, Policy, Strict

MODEL = "model"
"""What a segment mutes to listen to triggers alone."""


class Limits(Strict):
    """``[capacity]``: how many new flags a night may raise, in all and in each queue."""

    per_night: int | None = Field(default=None, ge=1)
    each_queue: int | None = Field(default=None, ge=0)
    """Of every queue that ``queues`` does not name; tickets of no queue are limited by ``per_night`` alone."""
    queues: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)


class Tiers(Strict):
    """``[tiers]``: the risks from which on a flag of the model is no mere *watch*; none where left out."""

    warn: Risk | None = None
    critical: Risk | None = None


class Hysteresis(Strict):
    """``[hysteresis]``: when a flag of the model is raised and cleared, and how soon after it the next one comes."""

    raise_at: float = Field(default=1.0, gt=0, le=MOST, alias="raise")
    clear_at: float = Field(default=0.8, gt=0, le=MOST, alias="clear")
    """Shares of the threshold: above from the first on, below under the second, and in between neither."""
    nights: int = Field(default=1, ge=1)
    """In a row above before the model raises a flag; triggers do not wait."""
    clear_nights: int = Field(default=1, ge=1)
    """In a row below, no trigger firing, before a flag is cleared."""
    cooldown: Span | None = None
    """Between the clearing of a flag and the ticket's next one."""
    unless: TierName | None = None
    """Flags of this tier or a higher one do not wait for the cooldown."""


class Segment(Strict):
    """``[[segments]]``: other figures for the tickets that ``where`` describes; the first that fits counts."""

    name: str = Field(min_length=1)
    where: dict[str, Words] = Field(min_length=1)
    """Key to words, all of which must fit: ``queue``, a state such as ``priority``, or an attribute."""
    risk: Risk | None = None
    """In place of the threshold."""
    warn: Risk | None = None
    critical: Risk | None = None
    nights: int | None = Field(default=None, ge=1)
    cooldown: Span | None = None
    mute: Words = ()
    """What does not count here: ``model``, or triggers."""


class Value(Strict):
    """``[cost]``: what a customer is worth, as the weight of a missed escalation."""

    attribute: str = Field(min_length=1)
    """A number fixed at the ticket's creation; a ticket without it weighs 1."""
    unit: float = Field(gt=0)
    """The value of a customer of weight 1."""
    least: float = Field(default=0.2, gt=0)
    most: float = Field(default=5.0, gt=0)


class Outcome(Strict):
    """``[outcome]``: a share of tickets drawn by lot that is never flagged, so that the effect of flags shows."""

    holdout: float = Field(default=0.0, ge=0, lt=1)
    seed: str = Field(default="boilover", min_length=1)
    unless: TierName | None = None
    """Flags of this tier or a higher one are raised nevertheless."""


class Triggers(Strict):
    """``[triggers.*]``: a trigger is on when its table is there and does not say ``on = false``."""

    sla_used: SlaUsed | None = None
    no_public_update: NoPublicUpdate | None = None
    unresolved: Unresolved | None = None
    reopened: Reopened | None = None
    handoffs: Handoffs | None = None
    returns: Returns | None = None
    falling_sentiment: FallingSentiment | None = None
    asks_for_manager: AsksForManager | None = None
    legal: Legal | None = None
    safety: Safety | None = None
    outage: Outage | None = None
    churn: Churn | None = None
    failed_attempts: FailedAttempts | None = None
    vip: Vip | None = None


class FlagPolicy(Strict):
    """Whom to flag, how urgently, and when to be silent."""

    threshold: Policy = Field(default_factory=lambda: Capacity.model_validate(USUAL))
    capacity: Limits = Field(default_factory=Limits)
    tiers: Tiers = Field(default_factory=Tiers)
    hysteresis: Hysteresis = Field(default_factory=Hysteresis)
    quiet: QuietHours | None = None
    cost: Value | None = None
    outcome: Outcome = Field(default_factory=Outcome)
    segments: Annotated[tuple[Segment, ...], Field(strict=False)] = ()
    triggers: Triggers = Field(default_factory=Triggers)

    @property
    def triggers_on(self) -> dict[str, Trigger]:
        """The triggers that are on, by name, in a fixed order."""
        found = {name: getattr(self.triggers, name) for name in Triggers.model_fields}
        return {name: each for name, each in found.items() if each is not None and each.on}

    def limit(self, at_risk: int) -> int | None:
        """Return how many new flags a night of so many tickets ``at_risk`` may raise in all; None: as many as it likes.

        That is the smaller of ``[capacity]`` and a capacity as threshold.
        """
        given = [self.capacity.per_night]
        if isinstance(self.threshold, Capacity):
            given.append(self.threshold.limit(at_risk))
        return min((limit for limit in given if limit is not None), default=None)

    @property
    def by_queue(self) -> bool:
        """Whether queues have capacities of their own."""
        return self.capacity.each_queue is not None or bool(self.capacity.queues)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that the policy sets, defaults included; the order of keys in the file does not matter."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()


def load_policy(path: Path) -> FlagPolicy:
    """Read a policy's file; raise `UsageError` with every problem in it."""
    return parse_flag_policy(read_toml(path), source=path)


def parse_flag_policy(tables: Mapping[str, Any], *, source: object = None) -> FlagPolicy:
    """Return the policy of a file's tables; raise `UsageError` with every problem in it, one a line."""
    return parsed(FlagPolicy, tables, _contradictions, what="policy", source=source)


def _contradictions(policy: FlagPolicy) -> Iterator[str]:
    """Yield what does not fit together, though each key by itself is right."""
    levels = policy.hysteresis
    if levels.clear_at > levels.raise_at:
        yield f"hysteresis.clear: {levels.clear_at:g} is above raise, {levels.raise_at:g}"
    if policy.quiet is not None and policy.quiet.start == policy.quiet.end:
        yield "quiet.until: is the time at which the quiet hours begin; name whole days in days"
    if policy.cost is not None and policy.cost.least > policy.cost.most:
        yield f"cost.least: {policy.cost.least:g} is above most, {policy.cost.most:g}"
    told: list[tuple[str, Tiers | Segment]] = [("tiers", policy.tiers)]
    told += [(f"segments.{place}", segment) for place, segment in enumerate(policy.segments)]
    for where, tiers in told:
        warn, critical = tiers.warn, tiers.critical
        if isinstance(tiers, Segment):
            warn = policy.tiers.warn if warn is None else warn
            critical = policy.tiers.critical if critical is None else critical
        if warn is not None and critical is not None and warn > critical:
            yield f"{where}.critical: {critical:g} is below warn, {warn:g}"
    names = [segment.name for segment in policy.segments]
    for place, segment in enumerate(policy.segments):
        if segment.name in names[:place]:
            yield f"segments.{place}.name: '{segment.name}' names another segment too"
        for word in segment.mute:
            if word != MODEL and word not in Triggers.model_fields:
                known = ", ".join((MODEL, *Triggers.model_fields))
                yield f"segments.{place}.mute: '{word}' is no trigger; there are {known}"
