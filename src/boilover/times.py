"""Durations and moments as people write them, as integer microseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from numbers import Integral

import pandas as pd

from boilover.errors import UsageError

UNITS = {"m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000, "w": 604_800_000_000}
REACH = -62_135_596_800_000_000, 253_402_300_800_000_000
"""From the year 1 to the year 9999, in microseconds since 1970: no calendar that we use tells of others."""
DURATION = re.compile(r"(\d+(?:\.\d+)?)([mhdw])")
YEAR = re.compile(r"\s*[0-9]{4}")
AHEAD = UNITS["d"]
"""Clocks and calendars differ by less: who writes a time without an offset may be up to 14 hours from UTC."""


def read_iso(told: pd.Series) -> pd.Series:
    """Return ISO 8601 times as UTC, NaT for whatever else: pandas alone reads "now" and "today" off the clock."""
    words = told.where(~told.isin(("now", "today")))
    return pd.to_datetime(words, format="ISO8601", errors="coerce", utc=True)


def parse_duration(text: str) -> int:
    """Return microseconds of a duration such as ``24h``, ``7d``, ``90m`` or ``2w``; at most 9999 years."""
    found = DURATION.fullmatch(text.strip().lower())
    length = round(float(found.group(1)) * UNITS[found.group(2)]) if found else 0
    if not 0 < length <= REACH[1] - REACH[0]:
        mend = "Write a positive number and m, h, d or w, such as 24h or 7d"
        raise UsageError(f"'{text}' is no duration. {mend}")
    return length


def parse_moment(text: str | datetime | int) -> int:
    """Return microseconds since 1970 of a date or time; without an offset it is UTC; an int is that number already.

    Raises `UsageError` for what is no time, as is one without a date: it would be another one tomorrow.
    """
    if isinstance(text, Integral | float):
        # Of numpy's whole numbers, too, which pandas would take for nanoseconds.
        if isinstance(text, float) or not REACH[0] <= int(text) < REACH[1]:
            raise UsageError(f"{text} is no time. Write microseconds since 1970, UTC, as a whole number")
        return int(text)
    wrong = f"'{text}' is no time. Write ISO 8601 such as 2026-03-03 or 2026-03-03T06:00Z"
    if isinstance(text, str) and not YEAR.match(text):
        raise UsageError(wrong)
    try:
        moment = pd.Timestamp(text)
    except (TypeError, ValueError) as error:
        raise UsageError(wrong) from error
    moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
    found = int(moment.tz_convert(None).to_datetime64().astype("datetime64[us]").astype("int64"))
    if not REACH[0] <= found < REACH[1]:
        raise UsageError(wrong)
    return found


def now() -> int:
    """Return what time it is, UTC microseconds, in whole seconds."""
    return parse_moment(datetime.now(UTC).replace(microsecond=0))


def is_ahead(moment: int, known: int | None) -> bool:
    """Return whether a moment lies after now, and after the last that is ``known``, by more than clocks differ."""
    return moment > max(now(), known or 0) + AHEAD


def iso(moment: int) -> str:
    """Return a moment, UTC microseconds, as ISO 8601: ``2026-03-03T06:00:00Z``."""
    told = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=moment)
    return told.isoformat().replace("+00:00", "Z")


def stamp(moment: int) -> str:
    """Return a moment, UTC microseconds, as a part of a file's name: ``2026-03-03T060000Z``."""
    told = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=moment)
    return told.strftime("%Y-%m-%dT%H%M%SZ")


def in_words(hours: float) -> str:
    """Return a span of time as a person would say it: ``40 min``, ``52 h``, ``9 days``."""
    if hours < 1:
        return f"{round(hours * 60)} min"
    return f"{round(hours)} h" if hours < 72 else f"{round(hours / 24)} days"
