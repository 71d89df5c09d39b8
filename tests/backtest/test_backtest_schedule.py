"""Which nights are replayed, and on which of them is trained."""

from __future__ import annotations

import pandas as pd
import pytest

from boilover.backtest.schedule import schedule
from boilover.errors import InputError, UsageError
from boilover.points import DAY


def moment(text: str) -> int:
    return pd.Timestamp(text).value // 1000


BEGIN, END = moment("2026-01-01T12:00"), moment("2026-03-20T05:59")


def told(plan) -> tuple[list[str], list[str]]:
    return tuple(
        [f"{pd.Timestamp(each, unit='us'):%m-%d %H}" for each in times.tolist()]
        for times in (plan.nights, plan.trained)
    )


def test_the_last_nights_of_the_log() -> None:
    nights, trained = told(schedule(BEGIN, END, 2 * DAY, nights=5))
    assert nights == ["03-15 06", "03-16 06", "03-17 06", "03-18 06", "03-19 06"]
    assert trained == ["03-15 06", "03-17 06", "03-19 06"]


def test_from_one_moment_to_another_both_included() -> None:
    plan = schedule(BEGIN, END, 7 * DAY, since=moment("2026-02-01T06:00"), until=moment("2026-02-09T06:00"))
    nights, trained = told(plan)
    assert (nights[0], nights[-1], len(nights)) == ("02-01 06", "02-09 06", 9)
    assert trained == ["02-01 06", "02-08 06"]
    assert plan.model.tolist() == [0] * 7 + [1] * 2
    assert plan.served(1).tolist() == [7, 8]


def test_moments_between_nights_are_moved_inwards() -> None:
    plan = schedule(
        BEGIN, END, 36 * DAY // 24, since=moment("2026-02-01T06:01"), until=moment("2026-02-04T05:59")
    )
    nights, trained = told(plan)
    assert nights == ["02-02 06", "02-03 06"]
    assert trained == ["02-02 06"]


def test_the_log_limits_the_nights() -> None:
    nights, _ = told(schedule(BEGIN, END, DAY, nights=500, until=moment("2027-01-01")))
    assert (nights[0], nights[-1]) == ("01-02 06", "03-19 06")


def test_what_leaves_no_night() -> None:
    with pytest.raises(InputError, match="no night"):
        schedule(BEGIN, END, DAY, since=moment("2026-03-19T07:00"))
    with pytest.raises(UsageError, match="exclude"):
        schedule(BEGIN, END, DAY, nights=3, since=BEGIN)
    with pytest.raises(UsageError, match="at least 1"):
        schedule(BEGIN, END, DAY, nights=0)
