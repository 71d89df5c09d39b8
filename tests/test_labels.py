"""Labels read exactly what features may not: (as_of, as_of + horizon]."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from boilover.annotations import Annotations
from boilover.history import HOUR, History
from boilover.labels import is_covered, label
from boilover.log import EventLog
from boilover.points import Points
from boilover.standing import NEVER, first_escalations
from random_logs import log_of_seed, points_of_seed

T0 = pd.Timestamp("2026-03-01T00:00Z").value // 1000
H = 24 * HOUR


def notes_of(*rows, end=10 * H):
    """Return annotations of (ticket, microseconds after T0, type), with a last event at ``end``."""
    rows = [*rows, ("last", end, "created")]
    frame = pd.DataFrame(rows, columns=["ticket_id", "at", "event_type"])
    frame["occurred_at"] = pd.to_datetime(T0 + frame.pop("at"), unit="us", utc=True)
    return Annotations(History.from_log(EventLog.from_pandas(frame)))


@pytest.mark.parametrize(
    ("age", "expected"), [(2 * H - 1, 0.0), (2 * H, 1.0), (2 * H + 1, 1.0), (3 * H - 1, 1.0), (3 * H, 0.0)]
)
def test_the_horizon_is_open_at_the_moment_and_closed_at_its_end(age, expected):
    notes = notes_of(("a", 0, "created"), ("a", 3 * H, "escalated"), ("a", 4 * H, "escalated"))
    point = Points(np.zeros(1, np.int32), np.array([T0 + age]))
    assert label(notes.history, point, H).tolist() == [expected]


@pytest.mark.parametrize(("age", "censored"), [(9 * H, False), (9 * H + 1, True), (10 * H, True)])
def test_a_horizon_beyond_the_log_is_censored(age, censored):
    notes = notes_of(("a", 0, "created"))
    point = Points(np.zeros(1, np.int32), np.array([T0 + age]))
    assert np.isnan(label(notes.history, point, H)).tolist() == [censored]
    assert is_covered(notes.history, point, H).tolist() == [not censored]


def test_what_happened_before_the_end_is_known_though_not_covered():
    notes = notes_of(("a", 0, "created"), ("a", 10 * H, "escalated"))
    point = Points(np.zeros(1, np.int32), np.array([T0 + 9 * H + 1]))
    assert label(notes.history, point, H).tolist() == [1.0]
    assert is_covered(notes.history, point, H).tolist() == [False]


def test_an_escalation_counts_when_it_was_observed():
    frame = pd.DataFrame(
        {
            "ticket_id": ["a", "a", "b"],
            "event_type": ["created", "escalated", "created"],
            "occurred_at": pd.to_datetime(["2026-03-01", "2026-03-02", "2026-03-20"], utc=True),
            "observed_at": pd.to_datetime([None, "2026-03-05", None], utc=True),
        }
    )
    notes = Annotations(History.from_log(EventLog.from_pandas(frame)))
    assert first_escalations(notes.history)[0] == pd.Timestamp("2026-03-05").value // 1000
    assert first_escalations(notes.history)[1] == NEVER


@pytest.mark.parametrize("seed", range(4))
def test_labels_equal_brute_force_and_no_event_is_in_both(seed):
    log = log_of_seed(seed, mean_events=20)
    notes = Annotations(History.from_log(log))
    points = points_of_seed(notes.history, seed, 300)
    points = points.take(points.ticket >= 0)
    frame = log.events.to_pandas()
    frame["time"] = frame["observed_at"].fillna(frame["occurred_at"])
    escalated = frame[frame["event_type"] == "escalated"].groupby("ticket_id")["time"].min()
    ids = notes.history.ticket_ids.to_pylist()
    for horizon in (1, HOUR, 7 * H):
        found = label(notes.history, points, horizon)
        for ticket, as_of, value in zip(points.ticket, points.as_of, found, strict=True):
            moment = pd.Timestamp(int(as_of), unit="us", tz="UTC")
            until = moment + pd.Timedelta(horizon, unit="us")
            first = escalated.get(ids[ticket])
            if first is not None and moment < first <= until:
                assert value == 1.0
            elif until <= frame["time"].max():
                assert value == 0.0
            else:
                assert np.isnan(value)


def test_an_unknown_ticket_has_no_label():
    notes = notes_of(("z", 0, "created"), ("z", 3 * H, "escalated"))
    assert np.isnan(
        label(notes.history, Points(np.array([-1], np.int32), np.array([T0 + 3 * H - 1])), H)
    ).all()
