"""What counts for each ticket of a night: its segment, its levels of risk, and the triggers that count there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.errors import MismatchError
from boilover.flagger.night import Bytes, Counts, Flags, Floats, Night, Times
from boilover.flagger.policy import MODEL, FlagPolicy, Segment
from boilover.flagger.settings import tier_code
from boilover.times import parse_duration

NOWHERE = -1
"""The place of a ticket that no segment fits: the last of a table, where the policy's own figure stands."""
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Levels:
    """For n tickets: from which risks on they are above, under which below, and what else differs by segment.

    ``warn`` and ``critical`` are NaN where the model gives no such tier; ``cooldown`` is in microseconds, 0 for none.
    """

    raise_at: Floats
    clear_at: Floats
    warn: Floats
    critical: Floats
    nights: Counts
    cooldown: Times


def segment_of(policy: FlagPolicy, night: Night) -> Places:
    """Return the place of the first segment that fits each ticket, int64 (n), `NOWHERE` for none."""
    found = np.full(len(night), NOWHERE, dtype=np.int64)
    for place, segment in reversed(list(enumerate(policy.segments))):
        fits = np.ones(len(night), dtype=np.bool_)
        for key, words in segment.where.items():
            if key not in night.segments:
                held = ", ".join(night.segments) or "none"
                raise MismatchError(
                    f"segment '{segment.name}' asks for '{key}', which the night does not tell. It tells {held}"
                )
            fits &= pd.Series(night.segments[key], dtype=object).isin(words).to_numpy()
        found[fits] = place
    return found


def levels_of(policy: FlagPolicy, night: Night, threshold: float, segment: Places) -> Levels:
    """Return what holds for each ticket: the figures of its segment, and the policy's where that has none."""
    own, tiers = policy.hysteresis, policy.tiers

    def each(default: float | None, of: Callable[[Segment], float | None]) -> Floats:
        told = [*map(of, policy.segments), None]
        table = [default if value is None else value for value in told]
        return np.array([np.nan if value is None else value for value in table], dtype=np.float64)[segment]

    level = weigh(each(threshold, lambda one: one.risk), night.weight)
    return Levels(
        raise_at=level * own.raise_at,
        clear_at=level * own.clear_at,
        warn=weigh(each(tiers.warn, lambda one: one.warn), night.weight),
        critical=weigh(each(tiers.critical, lambda one: one.critical), night.weight),
        nights=each(own.nights, lambda one: one.nights).astype(np.int32),
        # Microseconds of centuries are whole numbers in float64.
        cooldown=each(_span(own.cooldown) or 0, lambda one: _span(one.cooldown)).astype(np.int64),
    )


def weigh(level: Floats, weight: Floats) -> Floats:
    """Return risks at which a flag is worth as much for a customer of this weight as ``level`` is for one of weight 1.

    A missed escalation costs ``weight`` times as much, so the odds of the level fall by that factor: with
    ``level = false_alarm / (false_alarm + miss)`` it is ``false_alarm / (false_alarm + miss · weight)`` (Elkan, IJCAI
    2001). A level of 1 or more stays, as does any at weight 1.
    """
    with np.errstate(invalid="ignore"):
        odds = level / (level + (1 - level) * weight)
    return np.where((weight == 1) | (level >= 1) | (level <= 0), level, odds)


def counted(policy: FlagPolicy, night: Night, segment: Places) -> Flags:
    """Return which triggers count, bool (n, t): they fire, are not muted here, and the risk is high enough."""
    on = policy.triggers_on
    if unknown := [name for name in night.trigger_names if name not in on]:
        raise MismatchError(
            f"the night tells of triggers that the policy does not have or switches off: {', '.join(unknown)}"
        )
    count = night.fired.copy()
    for column, name in enumerate(night.trigger_names):
        count[:, column] &= ~_muted(policy, name, segment)
        if on[name].least_risk > 0:
            count[:, column] &= night.risk >= on[name].least_risk
    return count


def above(policy: FlagPolicy, night: Night, levels: Levels, segment: Places) -> Flags:
    """Return where the model asks for a flag: at or above the level of raising, and not muted; never at NaN."""
    return (night.risk >= levels.raise_at) & ~_muted(policy, MODEL, segment)


def below(policy: FlagPolicy, night: Night, levels: Levels, segment: Places) -> Flags:
    """Return where the model lets a flag go: below the level of clearing, or muted; an unknown risk holds it."""
    return (night.risk < levels.clear_at) | _muted(policy, MODEL, segment)


def tier_of(policy: FlagPolicy, night: Night, levels: Levels, is_above: Flags, count: Flags) -> Bytes:
    """Return the highest tier that the model or a trigger asks for, 0 where none does."""
    model = np.where(night.risk >= levels.critical, 3, np.where(night.risk >= levels.warn, 2, 1)) * is_above
    tier = model.astype(np.int8)
    on = policy.triggers_on
    for column, name in enumerate(night.trigger_names):
        asked = np.int8(tier_code(on[name].tier))
        tier = np.maximum(tier, np.where(count[:, column], asked, np.int8(0)))
    return tier


def _muted(policy: FlagPolicy, name: str, segment: Places) -> Flags:
    return np.array([*(name in one.mute for one in policy.segments), False])[segment]


def _span(text: str | None) -> int | None:
    return None if text is None else parse_duration(text)
