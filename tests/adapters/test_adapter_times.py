"""Times: formats, units, offsets, daylight saving."""

import pandas as pd
import pytest

from boilover.adapters.base import Tally
from boilover.adapters.times import to_utc


def read(values, time_format="iso", timezone="UTC"):
    tally = Tally()
    times = to_utc(pd.Series(values, dtype="str"), time_format, timezone, tally)
    assert times.dtype == "datetime64[us, UTC]"
    return [None if pd.isna(time) else time.strftime("%Y-%m-%dT%H:%M:%S") for time in times], tally


@pytest.mark.parametrize(
    ("value", "time_format", "timezone", "expected"),
    [
        ("3/2/2016 01:16", "%d/%m/%Y %H:%M", "UTC", "2016-02-03T01:16:00"),
        ("3/2/2016 01:16", "%m/%d/%Y %H:%M", "UTC", "2016-03-02T01:16:00"),
        ("2016-02-03 01:16:00", "iso", "Europe/Rome", "2016-02-03T00:16:00"),
        ("2016-07-03 01:16:00", "iso", "Europe/Rome", "2016-07-02T23:16:00"),
        ("2010-03-31T16:59:42.000+02:00", "iso", "Europe/Rome", "2010-03-31T14:59:42"),
        ("2016-03-03T13:40:01.000+0000", "iso", "Asia/Tokyo", "2016-03-03T13:40:01"),
        ("01-01-2022 09:33:38 +0200", "%d-%m-%Y %H:%M:%S %z", "UTC", "2022-01-01T07:33:38"),
        ("1136131494", "epoch_s", "Asia/Tokyo", "2006-01-01T16:04:54"),
        ("1136131494000", "epoch_ms", "UTC", "2006-01-01T16:04:54"),
        ("1136131494000000", "epoch_us", "UTC", "2006-01-01T16:04:54"),
        ("31/31/2016 01:16", "%d/%m/%Y %H:%M", "UTC", None),
        ("soon", "iso", "UTC", None),
        ("-1", "iso", "UTC", None),
        ("0000-01-01", "iso", "America/New_York", None),
        ("soon", "epoch_s", "UTC", None),
        ("1136131494000000", "epoch_s", "UTC", None),
        ("-99999999999", "epoch_s", "UTC", None),
        ("01.01.0001 00:00", "%d.%m.%Y %H:%M", "Europe/Berlin", None),
        ("0001-01-01T00:00+01:00", "iso", "UTC", None),
        ("9999-12-31T23:59", "iso", "UTC", None),
        ("31.12.9999 23:59", "%d.%m.%Y %H:%M", "UTC", None),
        ("30.12.9999 23:59", "%d.%m.%Y %H:%M", "America/New_York", "9999-12-31T04:59:00"),
        ("31.12.9999 23:59", "%d.%m.%Y %H:%M", "America/New_York", None),
    ],
)
def test_formats(value, time_format, timezone, expected):
    assert read([value], time_format, timezone)[0] == [expected]


def test_of_several_formats_the_first_that_reads_a_cell_counts():
    values = ["3/2/2016 01:16", "3/22/2016 01:16", "2016-02-03T01:16:00Z", "soon", None]
    formats = ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "iso")
    times, tally = read(values, formats, "Europe/Rome")
    assert times == ["2016-02-03T00:16:00", "2016-03-22T00:16:00", "2016-02-03T01:16:00", None, None]
    assert tally.zoneless == 2
    assert read(values, formats[::-1])[0][0] == "2016-03-02T01:16:00"


def test_offsets_and_naive_times_may_mix():
    values = ["2026-01-01T12:00:00+05:00", "2026-01-01T12:00:00", None]
    assert read(values, timezone="Europe/Berlin")[0] == ["2026-01-01T07:00:00", "2026-01-01T11:00:00", None]


def test_the_repeated_hour_is_its_first_pass_and_is_counted():
    times, tally = read(["2026-10-25 02:30:00", "2026-10-25 03:30:00"], timezone="Europe/Berlin")
    assert times == ["2026-10-25T00:30:00", "2026-10-25T02:30:00"]
    assert tally.notes == {"times in the hour that autumn repeats, read as its first pass": 1}


def test_the_hour_left_out_moves_forward_and_is_counted():
    times, tally = read(["2026-03-29 02:30:00", "2026-03-29 03:30:00"], timezone="Europe/Berlin")
    assert times == ["2026-03-29T01:00:00", "2026-03-29T01:30:00"]
    assert tally.notes == {"times in the hour that spring leaves out, moved forward": 1}


def test_stored_times_keep_their_zone_and_lose_nothing():
    tally = Tally()
    aware = pd.Series(pd.to_datetime(["2026-01-01T12:00:00.123456+01:00"]))
    assert to_utc(aware, "iso", "Asia/Tokyo", tally)[0] == pd.Timestamp("2026-01-01T11:00:00.123456Z")
    naive = pd.Series(pd.to_datetime(["2026-01-01T12:00:00"]))
    assert to_utc(naive, "iso", "Asia/Tokyo", tally)[0] == pd.Timestamp("2026-01-01T03:00:00Z")
