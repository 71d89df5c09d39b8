"""Values as words of the page."""

from __future__ import annotations

from collections.abc import Mapping

MISSING = "–"
MAX_TEXT = 200
JOINERS = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
"""Not printable by themselves, but part of emoji and of Persian words."""


def plain(value: object) -> str:
    """Return foreign text fit for a line: not too long, and nothing in it that could turn the line around.

    Controls of direction (U+202E and its like) and other characters that do not print become U+FFFD; escaping
    is left to the template.
    """
    # Cut first: a whole message may stand here.
    text = " ".join(str(value)[: 4 * MAX_TEXT].split())
    kept = "".join(
        letter if letter.isprintable() or letter in JOINERS else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )
    return kept if len(kept) <= MAX_TEXT else f"{kept[: MAX_TEXT - 1]}…"


def number(value: float | None, signed: bool = False) -> str:
    """Return a figure with three digits after the point, four below 0.01; a dash where it is not defined."""
    if value is None:
        return MISSING
    digits = 4 if 0.00005 <= abs(value) < 0.01 else 3
    # The z drops the sign of what rounds to nothing.
    return f"{value:{'+z' if signed else 'z'}.{digits}f}".replace("-", "\N{MINUS SIGN}")


def interval(figures: Mapping[str, float | None], signed: bool = False) -> str:
    """Return the bounds of an interval, or nothing where it has none."""
    low, high = figures["low"], figures["high"]
    return "" if low is None or high is None else f"{number(low, signed)} to {number(high, signed)}"


def percent(share: float | None) -> str:
    """Return a share as per cent with as many digits as mean something: ``43 %``, ``7.2 %``, ``0.31 %``."""
    if share is None:
        return MISSING
    value = 100 * share
    if value == 0 or value >= 9.95:
        return f"{value:.0f} %"
    return f"{value:.1f} %" if value >= 0.995 else f"{value:.2f} %"
