"""Which words of a column are times, whatever way it writes them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from boilover.adapters.base import Tally
from boilover.adapters.times import to_utc
from boilover.errors import UsageError
from boilover.history import Floats

DAYS = (
    *(
        "%d.%m.%Y",
        "%d.%m.%y",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%d/%m/%y",
        "%m/%d/%y",
        "%d-%m-%Y",
        "%m-%d-%Y",
        "%Y/%m/%d",
    ),
    *("%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y", "%d/%b/%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"),
    *("%a, %d %b %Y", "%A, %d %B %Y", "%Y\u5e74%m\u6708%d\u65e5"),
)
CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
EXAMPLE = datetime(2016, 2, 29, 13, 23, 5, 250_000, tzinfo=UTC)
RUNS = re.compile(r"[A-Za-z]+|[0-9]+")
ALIKE = {1: "9", 2: "9", 4: "9999"}
EPOCHS = {"epoch_s": 1.0, "epoch_ms": 1e3, "epoch_us": 1e6}
YEARS = (631_152_000.0, 4_102_444_800.0)
"""1990 to 2100, seconds: a whole number outside of them is no time."""
MOST = 0.95
SAMPLE = 200
SHORTEST = 6


def moments_of(
    words: Sequence[str], *, time_format: str | tuple[str, ...] = "iso", timezone: str = "UTC"
) -> Floats | None:
    """Return each word as microseconds, float64 (n_words), NaN where it is no time; None where too few are.

    The column's format is ISO 8601, ``time_format`` or one of `DAYS`, with one of `CLOCKS` or without: that which reads
    most words of a sample, day before month where both do. Times without an offset are of ``timezone``.
    """
    if len(words) < 2:
        return None
    declared = (time_format,) if isinstance(time_format, str) else time_format
    series = pd.Series(list(words), dtype="str")
    sample = series.iloc[np.linspace(0, len(series) - 1, min(SAMPLE, len(series))).astype(int)]
    numbers = pd.to_numeric(sample, errors="coerce")
    if numbers.notna().mean() >= MOST:
        # ISO 8601 has dates of digits alone, as which it would read ids.
        digits = tuple(each for each in declared if "%" in each)
        formats = [digits] if digits else []
        formats += [
            (name,)
            for name, per_second in EPOCHS.items()
            if ((numbers >= YEARS[0] * per_second) & (numbers <= YEARS[1] * per_second)).mean() >= MOST
        ]
    elif sample.str.len().median() < SHORTEST or not sample.str.contains(r"\d", regex=True).any():
        return None
    else:
        shaped = (each for word in sample for each in _formats().get(_shape(word), ()))
        formats = list(dict.fromkeys([declared, ("iso",), *((each,) for each in shaped)]))
    shares = {name: _read(sample, name, timezone).notna().mean() for name in formats}
    best = max(shares, key=lambda name: shares[name], default=None)
    if best is None or shares[best] < MOST:
        return None
    times = _read(series, best, timezone)
    micros = times.dt.tz_convert(None).astype("datetime64[us]").astype("int64").to_numpy(dtype=np.float64)
    return np.where(times.isna(), np.nan, micros)


def are_local(words: Sequence[str], time_format: str | tuple[str, ...] = "iso") -> bool:
    """Return whether words that are times have no offset, so that their zone has to be known from elsewhere."""
    some = words[:SAMPLE]
    first, second = (
        moments_of(some, time_format=time_format, timezone=zone) for zone in ("UTC", "Etc/GMT-1")
    )
    return first is not None and second is not None and not np.array_equal(first, second, equal_nan=True)


def zone_named(name: str) -> str:
    """Return the name of a time zone, or raise `UsageError` where there is none of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"unknown timezone '{name}'; write a name such as Europe/Berlin") from error
    return name


def _read(words: pd.Series, time_format: tuple[str, ...], timezone: str) -> pd.Series:
    with warnings.catch_warnings():
        # A column of plain words is no time, and no news.
        warnings.simplefilter("ignore", UserWarning)
        return to_utc(words, time_format, timezone, Tally())


@cache
def _formats() -> dict[str, list[str]]:
    """Return the formats by the shape of what they write."""
    found: dict[str, list[str]] = {}
    for day in DAYS:
        for form in (day, *(f"{day}{between}{clock}" for between in (" ", ", ") for clock in CLOCKS)):
            found.setdefault(_shape(EXAMPLE.strftime(form)), []).append(form)
    return found


def _shape(word: str) -> str:
    """Return a word with runs of letters, of up to two digits, of four and of any other number each made alike."""
    return RUNS.sub(lambda run: ALIKE.get(len(run[0]), "#") if run[0].isdecimal() else "a", word.strip())
