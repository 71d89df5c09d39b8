"""Which nights a capacity is counted on, and how: beside a plain count, night by night."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilover import Annotations, History, nights
from boilover.errors import InputError
from boilover.flagging import choose_threshold
from boilover.model.reached import Reached
from boilover.nights import LEAST_NIGHTS, NIGHTS, last_nights
from boilover.points import DAY, nightly
from boilover.policy import Capacity, FixedRisk
from boilover.split import CALIBRATE, Split
from boilover.synthetic import synthetic_desk


def plain_flags(asked: pd.DataFrame, threshold: float, per_night: float) -> float:
    """Return how many tickets a night are flagged by a person who ticks off those that came to a threshold."""
    came, waiting, flagged = set(), 0.0, 0.0
    nights = sorted(asked["as_of"].unique())
    for place, moment in enumerate(nights):
        night = asked[(asked["as_of"] == moment) & (asked["risk"] >= threshold)]
        new = set(night["ticket"]) - came
        came |= new
        if place:
            raised = min(waiting + len(new), per_night)
            waiting, flagged = waiting + len(new) - raised, flagged + raised
    return flagged / (len(nights) - 1)


def some(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    tickets, nights, risk = (
        rng.integers(0, 15, 60),
        rng.integers(0, 6, 60),
        rng.random(60).round(1 + seed % 3),
    )
    asked = pd.DataFrame({"ticket": tickets, "as_of": nights, "risk": risk.clip(0.01)})
    return asked.drop_duplicates(["ticket", "as_of"]).sort_values(["ticket", "as_of"], ignore_index=True)


def rises(asked: pd.DataFrame, share: float = 1.0) -> Reached:
    return Reached.of(*(asked[name].to_numpy() for name in ("ticket", "as_of", "risk")), share)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_a_ticket_is_flagged_once_and_waits_where_there_is_no_room(seed: int, per_night: int) -> None:
    asked = some(seed)
    found = rises(asked)
    for threshold in np.unique(asked["risk"])[::7]:
        told = found.flags_a_night(threshold, per_night)
        assert told == pytest.approx(plain_flags(asked, threshold, per_night))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_a_capacity_is_used(seed: int, per_night: int) -> None:
    asked = some(seed)
    found = rises(asked)
    value = choose_threshold(Capacity(per_night=per_night), [0.5], [1], [0], found).value
    tried = np.unique(found.risk)
    if plain_flags(asked, value, per_night) >= 0.9 * per_night:
        higher = tried[tried > value]
        assert not len(higher) or plain_flags(asked, higher[0], per_night) < 0.9 * per_night
    else:
        assert value == tried[0]
    assert choose_threshold(FixedRisk(risk=0.3), [0.5], [1], [0], found).value == 0.3


def test_a_share_of_the_tickets_stands_for_all() -> None:
    every = pd.concat([some(2).assign(ticket=lambda told, i=i: told["ticket"] + 100 * i) for i in range(4)])
    for threshold in (0.2, 0.5, 0.8):
        whole = rises(every).flags_a_night(threshold, 8)
        assert rises(some(2), 0.25).flags_a_night(threshold, 8) == pytest.approx(whole)


def test_a_risk_that_falls_is_no_rise_and_no_rises_flag_whatever_comes() -> None:
    asked = pd.DataFrame(
        {"ticket": [1, 1, 1, 2, 2], "as_of": [0, 1, 2, 0, 2], "risk": [0.5, 0.4, 0.6, 0.3, 0.3]}
    )
    found = rises(asked)
    assert (found.nights, found.night.tolist()) == (2, [1])
    assert (found.below.tolist(), found.risk.tolist()) == ([0.5], [0.6])
    assert rises(asked[asked["risk"] < 0.6]).threshold(3) == 0.0


def test_what_is_written_is_read_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    for found in (rises(some(2).assign(risk=rng.random(len(some(2))))), rises(some(2).iloc[:1])):
        again = Reached.from_text(found.to_text().encode())
        for name in ("nights", "share", "night", "below", "risk"):
            np.testing.assert_array_equal(getattr(again, name), getattr(found, name))
    with pytest.raises(InputError, match=r"nights\.json.*tells no rises"):
        Reached.from_text(b'{"nights": 3}', "nights.json")


def desk() -> Annotations:
    return Annotations(History.from_log(synthetic_desk(n_tickets=300, days=90, seed=4)))


def cut_at(calibrate: int) -> Split:
    return Split(np.full(1, CALIBRATE, np.int8), calibrate, calibrate, "time")


def test_the_last_weeks_of_the_slice_are_asked() -> None:
    notes = desk()
    end = notes.history.end
    for days, expected in ((60, NIGHTS), (10, 10)):
        asked = last_nights(notes, cut_at(end - days * DAY))
        assert asked is not None
        assert asked.share == 1.0
        moments = np.unique(asked.points.as_of)
        assert len(moments) == expected
        assert end - DAY < moments[-1] <= end
        every = nightly(notes.history, int(moments[0]), end)
        assert asked.points.as_of.tolist() == every.as_of.tolist()
    assert last_nights(notes, cut_at(end - (LEAST_NIGHTS - 2) * DAY)) is None


def test_of_many_questions_those_of_some_tickets_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = desk()
    cut = cut_at(notes.history.end - 60 * DAY)
    every = last_nights(notes, cut)
    assert every is not None
    monkeypatch.setattr(nights, "MOST_POINTS", len(every.points) // 3)
    asked = last_nights(notes, cut)
    assert asked is not None
    assert asked.share == pytest.approx(1 / 4)
    assert set(asked.points.ticket % 4) == {0}
    assert len(asked.points) == (every.points.ticket % 4 == 0).sum()
