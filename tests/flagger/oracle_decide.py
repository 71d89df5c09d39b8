"""The decision again, slowly: a state machine per ticket in plain Python, from the policy's tables."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

HOURS = {"h": 1, "d": 24}
TIERS = {"none": 0, "watch": 1, "warn": 2, "critical": 3, None: 4}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OPEN = ("raised", "acknowledged", "snoozed", "disagreed")


@dataclass
class Life:
    """What is remembered of a ticket."""

    state: str = "none"
    tier: int = 0
    raised_at: int = 0
    cleared_at: int = 0
    nights_above: int = 0
    nights_below: int = 0
    snoozed_until: int = 0


@dataclass
class Ticket:
    """An open ticket tonight."""

    id: str
    risk: float
    weight: float
    segments: dict[str, str | None]
    fired: list[str]
    life: Life = field(default_factory=Life)
    is_drawn: bool = False


@dataclass
class Told:
    """The verdict on a ticket."""

    verdict: str
    tier: int
    by: str
    nights_above: int
    nights_below: int
    why_not: str
    threshold: float


def microseconds(span: str | None) -> int:
    return 0 if span is None else int(span[:-1]) * HOURS[span[-1]] * 3_600_000_000


def weighed(level: float | None, weight: float) -> float:
    if level is None:
        return math.inf
    if weight == 1 or level >= 1 or level <= 0:
        return level
    return level / (level + (1 - level) * weight)


def is_quiet(quiet: dict[str, Any] | None, as_of: int) -> bool:
    if quiet is None:
        return False
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=as_of)).astimezone(
        ZoneInfo(quiet["zone"])
    )
    now = f"{local:%H:%M:%S.%f}"
    start, end = f"{quiet['from']}:00.000000", f"{quiet['until']}:00.000000"
    in_hours = start <= now < end if start < end else now >= start or now < end
    return in_hours or DAYS[local.weekday()] in quiet.get("days", ())


def decide_all(tables: dict[str, Any], as_of: int, threshold: float, tickets: list[Ticket]) -> list[Told]:
    """Return the verdict on each ticket of a night."""
    told = [decide_one(tables, as_of, threshold, ticket) for ticket in tickets]
    waiting = [place for place, each in enumerate(told) if each.verdict == "new"]

    def urgency(place: int) -> tuple[Any, ...]:
        ticket = tickets[place]
        worth = -1.0 if math.isnan(ticket.risk) else ticket.risk * ticket.weight
        return (-told[place].tier, -worth, ticket.id)

    limits = tables.get("capacity", {})
    every = limits.get("per_night", math.inf)
    if tables["threshold"]["kind"] == "capacity":
        share = Fraction(str(tables["threshold"].get("of_open", 1)))
        every = min(every, tables["threshold"]["per_night"], max(1, math.floor(share * len(tickets))))
    used: Counter[str | None] = Counter()
    for place in sorted(waiting, key=urgency):
        queue = tickets[place].segments["queue"]
        limit = limits.get("queues", {}).get(queue, limits.get("each_queue", math.inf))
        if used.total() >= every or (queue is not None and used[queue] >= limit):
            told[place].verdict, told[place].why_not = "suppressed", "capacity"
        else:
            used[queue] += 1
    return told


def decide_one(tables: dict[str, Any], as_of: int, threshold: float, ticket: Ticket) -> Told:
    """Return the verdict on a ticket for which there is room."""
    life, risk = ticket.life, ticket.risk
    segment = next(
        (
            each
            for each in tables.get("segments", ())
            if all(ticket.segments[key] in words for key, words in each["where"].items())
        ),
        {},
    )
    levels, tiers = tables.get("hysteresis", {}), {**tables.get("tiers", {}), **segment}
    level = weighed(segment.get("risk", threshold), ticket.weight)
    raise_at, clear_at = level * levels.get("raise", 1.0), level * levels.get("clear", 0.8)
    mute = segment.get("mute", ())
    above = "model" not in mute and not math.isnan(risk) and risk >= raise_at
    count = [
        (name, tables["triggers"][name])
        for name in ticket.fired
        if name not in mute
        and (
            tables["triggers"][name].get("least_risk", 0) == 0
            or risk >= tables["triggers"][name]["least_risk"]
        )
    ]
    asked = [TIERS[trigger.get("tier", "watch")] for _, trigger in count]
    if above:
        asked.append(
            3
            if risk >= weighed(tiers.get("critical"), ticket.weight)
            else 2
            if risk >= weighed(tiers.get("warn"), ticket.weight)
            else 1
        )
    by = {(0, 0): "none", (1, 0): "model", (0, 1): "trigger", (1, 1): "both"}[above, bool(count)]
    n_above = life.nights_above + 1 if above else 0
    is_open = life.state in OPEN
    below = is_open and not count and (risk < clear_at or "model" in mute)
    n_below = life.nights_below + 1 if below else 0
    tier = max(asked, default=0)

    def verdict(word: str, tier: int, why_not: str = "") -> Told:
        return Told(word, tier, by, n_above, n_below, why_not, raise_at)

    quiet = tables.get("quiet")
    is_silent = is_quiet(quiet, as_of) and tier < TIERS[(quiet or {}).get("unless")]
    if is_open:
        if below and n_below >= levels.get("clear_nights", 1):
            return verdict("cleared", life.tier)
        if life.state == "snoozed" and as_of < life.snoozed_until:
            return verdict("suppressed", life.tier, "snoozed")
        if life.state == "disagreed":
            return verdict("suppressed", life.tier, "disagreed")
        if tier > life.tier:
            return verdict("still", life.tier, "quiet hours") if is_silent else verdict("raised_tier", tier)
        return verdict("still", life.tier)
    if not asked:
        return verdict("quiet", 0)
    if above and not count and n_above < segment.get("nights", levels.get("nights", 1)):
        return verdict("suppressed", tier, "minimum nights")
    cooldown = microseconds(segment.get("cooldown", levels.get("cooldown")))
    if life.cleared_at and as_of < life.cleared_at + cooldown and tier < TIERS[levels.get("unless")]:
        return verdict("suppressed", tier, "cooldown")
    if ticket.is_drawn and tier < TIERS[tables.get("outcome", {}).get("unless")]:
        return verdict("suppressed", tier, "holdout")
    if is_silent:
        return verdict("suppressed", tier, "quiet hours")
    return verdict("new", tier)


def after(life: Life, told: Told, as_of: int) -> Life:
    """Return what is remembered after a verdict: what a ledger would keep."""
    new = Life(**vars(life))
    new.nights_above, new.nights_below = told.nights_above, told.nights_below
    if told.verdict == "new":
        new.state, new.tier, new.raised_at, new.cleared_at = "raised", told.tier, as_of, 0
    elif told.verdict == "raised_tier":
        new.tier = told.tier
    elif told.verdict == "cleared":
        new.state, new.cleared_at = "cleared", as_of
    if told.verdict in ("still", "raised_tier") and life.state == "snoozed":
        new.state, new.snoozed_until = "raised", 0
    return new
