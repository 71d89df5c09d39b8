"""Points against brute force: which questions can be asked, and when."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from boilover.annotations import Annotations
from boilover.errors import InputError
from boilover.history import HOUR, History
from boilover.inputs import cut
from boilover.log import EventLog
from boilover.points import (
    AGES_HOURS,
    READY,
    REASONS,
    Points,
    ages_of,
    fixed_ages,
    landmarks,
    nightly,
    state_of,
    tonight,
)
from oracle_annotations import EPOCH, walk
from random_logs import DAY, log_at_risk_until, points_of_seed

SEEDS = range(6)


def micros(moment):
    return (moment - EPOCH) // timedelta(microseconds=1)


class Desk:
    """The log of a seed and, ticket by ticket, what a plain reading of it says."""

    def __init__(self, seed, until):
        self.log = log_at_risk_until(until, seed, mean_events=8)
        self.notes = Annotations(History.from_log(self.log))
        self.ids = self.notes.history.ticket_ids.to_pylist()
        self.events = {}
        for event in walk(self.log):
            self.events.setdefault(event["ticket_id"], []).append((micros(event["time"]), event))

    def born(self, ticket_id):
        events = self.events.get(ticket_id, [])
        return events[0][0] if events else None

    def reason(self, ticket_id, as_of):
        if ticket_id is None:
            return "unknown ticket"
        visible = [event for time, event in self.events.get(ticket_id, []) if time <= as_of]
        if not visible:
            return "not yet created"
        if any(event["event_type"] == "escalated" for event in visible):
            return "already escalated"
        return "" if visible[-1]["at_risk"] else "solved"

    def asked(self, points):
        return sorted((self.ids[t], int(at)) for t, at in zip(points.ticket, points.as_of, strict=True))

    @property
    def end(self):
        return max(time for events in self.events.values() for time, _ in events)


@pytest.fixture(
    params=[
        *((seed, "solved") for seed in SEEDS),
        *((seed, "closed") for seed in SEEDS[:2]),
        (0, "escalated"),
    ]
)
def desk(request):
    return Desk(*request.param)


def test_the_state_of_points_equals_brute_force(desk):
    points = points_of_seed(desk.notes.history, 7, 400)
    found = state_of(desk.notes.history, points)
    for ticket, as_of, state in zip(points.ticket, points.as_of, found, strict=True):
        ticket_id = desk.ids[ticket] if ticket >= 0 else None
        assert REASONS[state] == desk.reason(ticket_id, as_of), (ticket_id, as_of)
    assert set(found.tolist()) >= {0, 1, 2, 4}


def test_nights_equal_brute_force(desk):
    first = desk.end - 90 * DAY
    for since, until in (
        (first, desk.end),
        (first + 13 * HOUR, desk.end - 20 * DAY),
        (desk.end, desk.end + 9 * DAY),
    ):
        for hour in (0, 6, 23):
            nights = [n * DAY + hour * HOUR for n in range(since // DAY - 1, until // DAY + 2)]
            expected = sorted(
                (ticket_id, night)
                for ticket_id in desk.events
                for night in nights
                if since <= night <= until and desk.reason(ticket_id, night) == ""
            )
            assert desk.asked(nightly(desk.notes.history, since, until, hour)) == expected


def test_no_night_between_two_nights(desk):
    assert len(nightly(desk.notes.history, desk.end + 7 * HOUR, desk.end, 6)) == 0


def test_fixed_ages_equal_brute_force(desk):
    for until in (desk.end, desk.end - 30 * DAY):
        expected = sorted(
            (ticket_id, desk.born(ticket_id) + int(age * HOUR))
            for ticket_id in desk.events
            for age in AGES_HOURS
            if desk.born(ticket_id) + int(age * HOUR) <= until
            and desk.reason(ticket_id, desk.born(ticket_id) + int(age * HOUR)) == ""
        )
        assert desk.asked(fixed_ages(desk.notes.history, until=until)) == expected
    assert len(expected) > 20
    everything = fixed_ages(desk.notes.history)
    assert desk.asked(everything) == desk.asked(fixed_ages(desk.notes.history, until=desk.end))


def test_tonight_asks_once_of_each_ticket_at_risk(desk):
    for as_of in (desk.end, desk.end - 40 * DAY, desk.end - 40 * DAY + 1, desk.end - 1000 * DAY):
        expected = sorted((each, as_of) for each in desk.events if desk.reason(each, as_of) == "")
        assert desk.asked(tonight(desk.notes.history, as_of)) == expected


def test_points_are_read_from_a_frame():
    notes = Annotations(History.from_log(EventLog.from_pandas(two_tickets())))
    frame = pd.DataFrame(
        {
            "ticket_id": ["b", "a", "moon", None],
            "as_of": ["2026-03-03T06:00+01:00", "2026-03-03", "2026-03-03T06Z", "2026"],
        }
    )
    points = Points.from_frame(frame, notes.history)
    assert points.ticket.tolist() == [1, 0, -1, -1]
    moments = [pd.Timestamp(int(each), unit="us").isoformat() for each in points.as_of]
    assert moments == [
        "2026-03-03T05:00:00",
        "2026-03-03T00:00:00",
        "2026-03-03T06:00:00",
        "2026-01-01T00:00:00",
    ]
    assert len(points.take(points.ticket >= 0)) == 2


def two_tickets():
    times = pd.to_datetime(["2026-03-01", "2026-03-02"], utc=True)
    return pd.DataFrame({"ticket_id": ["a", "b"], "occurred_at": times, "event_type": "created"})


@pytest.mark.parametrize("kind", ["datetime64[s]", "datetime64[ns, UTC]", "datetime64[us, Europe/Berlin]"])
def test_points_of_every_kind_of_time(kind):
    notes = Annotations(History.from_log(EventLog.from_pandas(two_tickets())))
    times = pd.Series(pd.to_datetime(["2026-03-03 06:00"]))
    times = times.dt.tz_localize("UTC").astype(kind) if "," in kind else times.astype(kind)
    points = Points.from_frame(pd.DataFrame({"ticket_id": ["a"], "as_of": times}), notes.history)
    assert points.as_of.tolist() == [pd.Timestamp("2026-03-03 06:00").value // 1000]


def test_bad_points_are_refused_with_their_place():
    history = History.from_log(EventLog.from_pandas(two_tickets()))
    with pytest.raises(
        InputError, match=r"points.csv, column 'as_of': required column is missing; there are: ticket_id"
    ):
        Points.from_frame(pd.DataFrame({"ticket_id": ["a"]}), history, source="points.csv")
    frame = pd.DataFrame({"ticket_id": ["a", "b"], "as_of": ["2026-03-03", "03/04/2026"]})
    with pytest.raises(
        InputError, match=r"column 'as_of', row 2, value .*03/04/2026.*: cannot be read as time"
    ):
        Points.from_frame(frame, history)


@pytest.mark.parametrize("word", ["now", "today"])
def test_what_the_clock_says_is_no_moment(word):
    history = History.from_log(EventLog.from_pandas(two_tickets()))
    frame = pd.DataFrame({"ticket_id": ["a", "b"], "as_of": ["2026-03-03", word]})
    with pytest.raises(InputError, match=f"column 'as_of', row 2, value '{word}': cannot be read as time"):
        Points.from_frame(frame, history)


def test_numeric_ids_find_their_tickets():
    frame = two_tickets().assign(ticket_id=[7, 8])
    history = History.from_log(EventLog.from_pandas(frame))
    for ids in ([8, 7], [8.0, 7.0], ["8", "7"]):
        points = Points.from_frame(pd.DataFrame({"ticket_id": ids, "as_of": "2026-03-03"}), history)
        assert points.ticket.tolist() == [1, 0], ids


def test_landmarks_ask_in_order_of_time_at_ages_or_nights(desk):
    at_ages, at_nights = landmarks(desk.notes.history, (0.0, 24.0)), landmarks(desk.notes.history, None)
    for points in (at_ages, at_nights):
        assert len(points)
        assert (np.diff(points.as_of) >= 0).all()
        assert (state_of(desk.notes.history, points) == READY).all()
    assert set((at_nights.as_of // HOUR) % 24) == {6}


def test_who_is_asked_does_not_follow_from_what_comes_later(desk):
    for as_of in (desk.end - 20 * DAY, desk.end - 40 * DAY):
        past = History.from_log(cut(desk.log, as_of))
        then = tonight(past, as_of)
        assert desk.asked(tonight(desk.notes.history, as_of)) == sorted(
            (past.ticket_ids[code].as_py(), as_of) for code in then.ticket
        )


def test_a_ticket_ages_from_its_first_event(desk):
    points = points_of_seed(desk.notes.history, 11, 400)
    points = points.take(state_of(desk.notes.history, points) == READY)
    for ticket, as_of, hours in zip(
        points.ticket, points.as_of, ages_of(desk.notes.history, points), strict=True
    ):
        assert hours == (as_of - desk.born(desk.ids[ticket])) / HOUR
