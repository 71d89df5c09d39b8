"""How much of a choice flags are: what they catch means something only beside what as many drawn at random would."""

from __future__ import annotations

from boilover.evaluation.interval import Interval
from boilover.words import percent

HALF = 0.5
"""Flags on a larger share part little from little: who flags everything catches everything."""


def hardly(share: float | None, told: str = "of the open tickets have a flag") -> str:
    """Return in plain words that flags on a ``share`` of tickets are hardly a choice; nothing where they are one."""
    if share is None or not share > HALF:
        return ""
    return f"HARDLY CHOOSES: {percent(share)} {told}, so that what is caught says little; allow fewer"


def beside_chance(lift: Interval) -> str:
    """Return whether more is caught than at random beyond chance; nothing where that cannot be told."""
    low, high = lift.low, lift.high
    if not low <= high:
        return ""
    beats = "beats" if low > 1 else "FALLS BEHIND" if high < 1 else "DOES NOT BEAT"
    times = f"{lift.estimate:.2f} times as many caught, 95 % interval {low:.2f} to {high:.2f}"
    return f"{beats} as many open tickets drawn at random ({times})"
