"""Durations and moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from boilover.errors import UsageError
from boilover.times import in_words, parse_duration, parse_moment

MINUTE = 60_000_000


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90m", 90), ("24h", 1440), ("7d", 10080), ("2w", 20160), ("1.5h", 90), (" 1H ", 60)],
)
def test_durations(text, minutes):
    assert parse_duration(text) == minutes * MINUTE


@pytest.mark.parametrize(
    "text", ["", "h", "24", "-1h", "0d", "0.0000000001m", "1y", "24 h", "1h30m", "1e3h", "١h1", "600000w"]
)
def test_no_duration(text):
    with pytest.raises(UsageError, match="is no duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-03", datetime(2026, 3, 3, tzinfo=UTC)),
        (" 20260303T0600 ", datetime(2026, 3, 3, 6, tzinfo=UTC)),
        ("0001-01-01", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("2026-03-03T06:00Z", datetime(2026, 3, 3, 6, tzinfo=UTC)),
        ("2026-03-03T06:00:00.000001+02:00", datetime(2026, 3, 3, 4, 0, 0, 1, tzinfo=UTC)),
        (datetime(2026, 3, 3, 6, tzinfo=timezone(timedelta(hours=-5))), datetime(2026, 3, 3, 11, tzinfo=UTC)),
    ],
)
def test_moments(text, moment):
    assert parse_moment(text) == (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "soon", "now", "NaT", "12", "10:00", "-1", "2026-13-01", "2026-02-30", "99999-01-01"),
        *("0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "2026-03-03 06:00 CET"),
    ],
)
def test_no_moment(text):
    with pytest.raises(UsageError, match="is no time"):
        parse_moment(text)


@pytest.mark.parametrize("number", [1_772_517_600_000_000, np.int64(1_772_517_600_000_000)])
def test_whole_numbers_are_microseconds_whatever_holds_them(number):
    found = parse_moment(number)
    assert found == parse_moment("2026-03-03T06:00")
    assert type(found) is int


@pytest.mark.parametrize("number", [1.77e15, float("nan"), 1_772_517_600_000_000_000, [2026]])
def test_other_numbers_are_no_moments(number):
    with pytest.raises(UsageError, match="is no time"):
        parse_moment(number)


@pytest.mark.parametrize(
    ("hours", "words"), [(0.0, "0 min"), (0.66, "40 min"), (1.0, "1 h"), (52.2, "52 h"), (72.0, "3 days")]
)
def test_spans_in_words(hours, words):
    assert in_words(hours) == words
