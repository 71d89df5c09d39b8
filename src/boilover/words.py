"""Values as words of pages, cards and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from boilover.errors import one_line
from boilover.tables import MISSING

MAX_TEXT = 200
Told = Mapping[str, float | None]
"""An estimate, and the bounds of its interval; None where it is not defined."""
Tell = Callable[[float], str]


def plain(value: object) -> str:
    """Return foreign text fit for a line: not too long, and nothing in it that could turn the line around.

    Controls of direction (U+202E and its like) and other characters that do not print become U+FFFD; escaping
    is left to the template.
    """
    return one_line(value, MAX_TEXT)


def number(value: float | None, signed: bool = False) -> str:
    """Return a figure with three digits after the point, four below 0.01; a dash where it is not defined."""
    if value is None:
        return MISSING
    digits = 4 if 0.00005 <= abs(value) < 0.01 else 3
    # The z drops the sign of what rounds to nothing.
    return f"{value:{'+z' if signed else 'z'}.{digits}f}".replace("-", "\N{MINUS SIGN}")


def interval(told: Told, tell: Tell = number, to: str = " to ") -> str:
    """Return the bounds of an interval, or nothing where it has none."""
    low, high = told["low"], told["high"]
    return "" if low is None or high is None else f"{tell(low)}{to}{tell(high)}"


def with_interval(told: Told, tell: Tell = number) -> tuple[str, str]:
    """Return a figure and the bounds of its interval; a dash and nothing where it is not defined."""
    estimate = told["estimate"]
    return (MISSING, "") if estimate is None else (tell(estimate), interval(told, tell))


def ranged(told: Told, tell: Tell = number) -> str:
    """Return a figure with its interval for a cell: ``0.431 (0.402–0.460)``; a dash where it is not defined."""
    bounds = interval(told, tell, "–")
    return (
        MISSING if told["estimate"] is None else f"{tell(told['estimate'])}{f' ({bounds})' if bounds else ''}"
    )


def percent(share: float | None) -> str:
    """Return a share as per cent with as many digits as mean something: ``43 %``, ``7.2 %``, ``0.31 %``."""
    if share is None:
        return MISSING
    value = 100 * share
    digits = 0 if value == 0 or value >= 9.95 else 1 if value >= 0.995 else 2
    return f"{_rounded(value, digits)} %"


def rate(share: float | None) -> str:
    """Return a share of many tickets as `percent` does, and tenths also from 10 % on: ``43.1 %``, ``7.2 %``."""
    return percent(share) if share is None or share < 0.0995 else f"{_rounded(100 * share, 1)} %"


def share(value: float) -> str:
    """Return a share as the mark of an axis: ``20 %``, ``2.5 %``."""
    return f"{100 * value:.3g} %"


def count(value: float) -> str:
    """Return how many there are on average: ``1,204``, ``4``, ``4.3``, ``0.35``."""
    if value >= 9.95 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 0.995 else f"{value:.2g}"


def numbered(amount: int, noun: str) -> str:
    """Return how many of something there are: ``1 night``, ``1,204 nights``."""
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def hours(value: float) -> str:
    """Return a span: ``40 min``, ``1.5 h``, ``14 h``, ``2 d``, ``3.5 d``, ``1,204 d``."""
    if 60 * value < 59.5:
        return f"{_rounded(60 * value, 0)} min"
    length, unit = (value, "h") if value < 23.5 else (value / 24, "d")
    return f"{_rounded(length, 1 if length < 9.95 else 0):,} {unit}".replace(".0 ", " ")


def ahead(value: float | None) -> str:
    """Return how long ahead something was; a dash where it was not."""
    return MISSING if value is None else hours(value)


def spelled(span: str) -> str:
    """Return a span such as ``7d`` as words: ``7 days``."""
    number, unit = span[:-1], {"m": "minute", "h": "hour", "d": "day", "w": "week"}.get(span[-1:])
    return f"{number} {unit}{'' if number == '1' else 's'}" if unit and number.isdecimal() else span


def _rounded(value: float, digits: int) -> Decimal:
    """Return a figure as the page's scripts round it, where an exact half goes up."""
    return Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
