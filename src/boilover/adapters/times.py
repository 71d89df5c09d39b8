"""Turn the times of an export into UTC, with nothing guessed: the format and the time zone are declared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

import numpy as np
import pandas as pd

from boilover.adapters.base import Tally
from boilover.casting import OFFSET
from boilover.times import REACH, UNITS

UTC_MICROSECONDS = pd.DatetimeTZDtype("us", "UTC")
YEAR = r"[12]\d{3}"
EPOCH_UNITS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}


def to_utc(values: pd.Series, time_format: str | Sequence[str], timezone: str, tally: Tally) -> pd.Series:
    """Return ``values`` as ``datetime64[us, UTC]``; what cannot be read, or is of a year that no calendar has, is NaT.

    ``time_format`` is ``iso``, an epoch unit of `EPOCH_UNITS` or a strptime format; of several, the first that reads a
    cell. Times with an offset keep it, each its own; times without one are local to ``timezone``.
    """
    first, *others = (time_format,) if isinstance(time_format, str) else time_format
    found = _within(_read(values, first, timezone, tally))
    for form in others:
        unread = found.isna() & values.notna()
        if unread.any():
            found = found.where(~unread, _within(_read(values.where(unread), form, timezone, tally)))
    return found


def _within(times: pd.Series) -> pd.Series:
    """Return times, NaT where they are of a year that no calendar has."""
    ticks = times.astype("int64")
    return times.where((ticks >= REACH[0]) & (ticks < REACH[1]))


def _read(values: pd.Series, time_format: str, timezone: str, tally: Tally) -> pd.Series:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return values.astype(UTC_MICROSECONDS)
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return _localise(values, timezone, tally)
    if time_format in EPOCH_UNITS:
        numbers = pd.to_numeric(values, errors="coerce").astype("float64") * EPOCH_UNITS[time_format]
        whole = numbers.where(numbers.abs() < 2**62).round().astype("Int64")
        return pd.to_datetime(whole, unit="us", utc=True).astype(UTC_MICROSECONDS)
    strings = values.astype("str").str.strip()
    if time_format != "iso" and "%z" in time_format:
        return pd.to_datetime(strings, format=time_format, errors="coerce", utc=True).astype(UTC_MICROSECONDS)
    if time_format != "iso":
        return _localise(pd.to_datetime(strings, format=time_format, errors="coerce"), timezone, tally)
    # pandas reads a lone "-1" as a year before Christ, which no time zone takes.
    strings = strings.where(strings.str.match(YEAR, na=False))
    aware = strings.str.contains(OFFSET, regex=True, na=False)
    if aware.all():
        return pd.to_datetime(strings, format="ISO8601", errors="coerce", utc=True).astype(UTC_MICROSECONDS)
    result = _localise(
        pd.to_datetime(strings.mask(aware), format="ISO8601", errors="coerce"), timezone, tally
    )
    if aware.any():
        with_offset = pd.to_datetime(strings.where(aware), format="ISO8601", errors="coerce", utc=True)
        result = result.where(~aware, with_offset.astype(UTC_MICROSECONDS))
    return result


def _localise(naive: pd.Series, timezone: str, tally: Tally) -> pd.Series:
    """Read naive times as local: the repeated hour as its first pass, the hour left out as moved forward."""
    naive = naive.dt.as_unit("us")
    ticks, day = naive.astype("int64"), UNITS["d"]
    # What another time zone may take to a year that no calendar has, pandas does not localise.
    naive = naive.where((ticks >= REACH[0] + day) & (ticks < REACH[1] - day))
    tally.zoneless += int(naive.notna().sum())
    summer = np.ones(len(naive), dtype=bool)
    local = naive.dt.tz_localize(timezone, ambiguous=summer, nonexistent="shift_forward")
    winter = naive.dt.tz_localize(timezone, ambiguous=~summer, nonexistent="shift_forward")
    repeated = (local != winter)[naive.notna()]
    tally.note("times in the hour that autumn repeats, read as its first pass", int(repeated.sum()))
    moved = (local.dt.tz_localize(None) != naive)[naive.notna()]
    tally.note("times in the hour that spring leaves out, moved forward", int(moved.sum()))
    result: pd.Series = local.dt.tz_convert("UTC").astype(UTC_MICROSECONDS)
    return result


def moment(word: str | None, time_format: str = "iso", timezone: tzinfo = UTC) -> datetime | None:
    """Return one time, without an offset as one of ``timezone``; None for what is none."""
    if word is None:
        return None
    is_iso = time_format == "iso"
    try:
        read = datetime.fromisoformat(word) if is_iso else datetime.strptime(word, time_format)  # noqa: DTZ007
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=timezone)


def local_iso(word: str, *time_formats: str) -> str | None:
    """Return one time as ISO without an offset, by the first format that reads it; None where none does."""
    for form in time_formats:
        try:
            return datetime.strptime(word, form).isoformat()  # noqa: DTZ007 - the facts know the time zone
        except ValueError:
            continue
    return None


def epoch_iso(told: object, per_second: int = 1) -> str | None:
    """Return one time, in so many parts of a second since 1970, as ISO; None for what is none."""
    try:
        return datetime.fromtimestamp(float(str(told)) / per_second, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None
