from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from boilover.errors import UsageError
from boilover.log import EventLog
from boilover.schema import EVENT_TYPES, EVENTS, ROLES, STATUSES
from boilover.synthetic import synthetic_desk
from boilover.synthetic.clock import WorkClock
from boilover.synthetic.desk import START, _desk, _live, _requests
from boilover.synthetic.phrases import HOSTILE
from boilover.synthetic.world import make_world

DAYS = 90


@pytest.fixture(scope="module")
def log() -> EventLog:
    return synthetic_desk(n_tickets=3000, days=DAYS, seed=3)


@pytest.fixture(scope="module")
def events(log: EventLog) -> pd.DataFrame:
    return log.to_pandas()[0]


def test_types_and_vocabulary(log: EventLog, events: pd.DataFrame) -> None:
    types = {column.name: column.type for column in EVENTS}
    assert all(field.type == types[field.name] for field in log.events.schema)
    assert set(events["event_type"]) <= set(EVENT_TYPES)
    assert set(events["actor_role"].dropna()) <= set(ROLES)
    assert set(events.loc[events["event_type"] == "status_changed", "value"]) == set(STATUSES)
    assert events["event_id"].is_unique
    assert not log.warnings


def test_same_seed_same_log() -> None:
    one, two, other = (synthetic_desk(n_tickets=200, days=30, seed=seed) for seed in (7, 7, 8))
    assert one.events.equals(two.events)
    assert one.tickets.equals(two.tickets)
    assert not one.events.equals(other.events)


def test_created_comes_first_and_once(events: pd.DataFrame) -> None:
    assert events.groupby("ticket_id", sort=False)["event_type"].first().eq("created").all()
    assert events.loc[events["event_type"] == "created", "ticket_id"].is_unique
    assert events.groupby("ticket_id")["occurred_at"].apply(lambda times: times.is_monotonic_increasing).all()


def test_nothing_after_the_end_and_some_tickets_stay_open(events: pd.DataFrame) -> None:
    assert events["occurred_at"].min() >= pd.Timestamp(START)
    assert events["occurred_at"].max() < pd.Timestamp(START + timedelta(days=DAYS))
    status = events[events["event_type"] == "status_changed"].groupby("ticket_id")["value"].last()
    assert (~status.isin(["solved", "closed"])).sum() > 20


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rate_of_escalation(seed: int) -> None:
    log = synthetic_desk(n_tickets=3000, seed=seed)
    types = log.events["event_type"].to_pandas()
    assert 0.07 < (types == "escalated").sum() / log.tickets.num_rows < 0.13


def test_a_ticket_escalates_once_and_while_it_lives(events: pd.DataFrame) -> None:
    escalated = events[events["event_type"] == "escalated"]
    assert escalated["ticket_id"].is_unique
    assert set(escalated["value"]) == {"functional", "hierarchical", "priority"}
    state = (
        events["value"].where(events["event_type"] == "status_changed").groupby(events["ticket_id"]).ffill()
    )
    assert not state[escalated.index].isin(["solved", "closed"]).any()


def test_waiting_and_handoffs_raise_the_risk(events: pd.DataFrame) -> None:
    kinds = pd.crosstab(events["ticket_id"], events["event_type"])
    first = events.groupby("ticket_id")["occurred_at"].transform("first")
    early = events[(events["occurred_at"] - first) <= pd.Timedelta(days=2)]
    late = set(
        events.loc[
            (events["event_type"] == "escalated") & (events["occurred_at"] - first > pd.Timedelta(days=2)),
            "ticket_id",
        ]
    )
    groups = early[early["event_type"] == "group_changed"].groupby("ticket_id").size().reindex(kinds.index)
    escalates = kinds.index.isin(list(late))
    assert escalates[groups > 1].mean() > 1.3 * escalates[groups == 1].mean()


def test_texts(log: EventLog, events: pd.DataFrame) -> None:
    language = log.tickets.to_pandas().set_index("ticket_id")["language"]
    written = events[(events["event_type"] == "message") & (events["actor_role"] == "customer")]
    assert written["text"].notna().all()
    per_language = written["text"].groupby(written["ticket_id"].map(language)).nunique()
    assert set(per_language.index) == {"en", "de", "fr", "es"}
    assert per_language.min() > 50
    assert per_language["en"] > 2000
    assert written["text"].str.replace("Call notes: ", "").isin(HOSTILE).sum() > 3
    assert not events["text"].str.contains(r"\{(?:product|wait|hops|days|reference)\}").any()


def test_a_merge_points_at_an_earlier_ticket_and_ends_this_one(events: pd.DataFrame) -> None:
    merged = events[events["event_type"] == "merged"]
    assert len(merged) > 5
    created = events[events["event_type"] == "created"].set_index("ticket_id")["occurred_at"]
    assert (created[merged["value"]].to_numpy() <= created[merged["ticket_id"]].to_numpy()).all()
    last = events.groupby("ticket_id").tail(1).set_index("ticket_id")
    assert last.loc[merged["ticket_id"], "value"].isin(["closed", *merged["value"]]).all()


def test_the_future_does_not_reach_back() -> None:
    """The same desk simulated up to a moment only shows what the whole log shows up to then."""
    rng = np.random.default_rng(5)
    clock = WorkClock(START.weekday(), 60 * 24)
    world = make_world(400, rng)
    requests = _requests(world, 400, float(clock.working[-1]), rng)
    desk = _desk(world, clock, rng)
    middle = desk.end / 2
    whole = [row for row in _live(desk, requests, 5) if row[1] < middle]
    assert len(whole) > 1000
    assert _live(replace(desk, end=middle), requests, 5) == whole


def test_ids_count_in_the_order_of_time(events: pd.DataFrame) -> None:
    ordered = events.sort_values("event_id")
    assert ordered["occurred_at"].is_monotonic_increasing


def test_attributes_do_not_tell_the_outcome(log: EventLog, events: pd.DataFrame) -> None:
    """Ticket numbers and rows follow creation; the other attributes were drawn before the ticket lived."""
    created = events[events["event_type"] == "created"].sort_values("occurred_at", kind="stable")
    assert created["ticket_id"].is_monotonic_increasing
    assert list(log.tickets["ticket_id"].to_pylist()) == sorted(log.tickets["ticket_id"].to_pylist())
    named = set(log.tickets.column_names)
    assert named == {
        "ticket_id",
        "customer_id",
        "account_id",
        "plan",
        "channel",
        "category",
        "product",
        "language",
        "subject",
    }


def test_rhythm_of_day_and_week(events: pd.DataFrame) -> None:
    created = events.loc[events["event_type"] == "created", "occurred_at"].dt
    assert (created.hour.between(7, 18)).mean() > 0.8
    assert (created.day_of_week >= 5).mean() < 0.12


def test_smallest_desk_and_bad_arguments() -> None:
    log = synthetic_desk(n_tickets=1, days=1, start=datetime(2024, 2, 29, tzinfo=UTC))
    assert log.tickets.num_rows == 1
    for bad in ({"n_tickets": 0}, {"days": 0}, {"seed": -1}):
        with pytest.raises(UsageError):
            synthetic_desk(**bad)
    with pytest.raises(UsageError, match="time zone"):
        synthetic_desk(start=datetime(2024, 1, 1))  # noqa: DTZ001


def test_clock_runs_forward_and_back() -> None:
    clock = WorkClock(first_weekday=5, hours=24 * 9)
    wall = clock.to_wall(np.linspace(0, clock.working[-1], 500))
    assert (wall[0], wall[-1]) == (0, 24 * 9)
    assert (np.diff(wall) > 0).all()
    # Saturday has less than a fifth of the work of Monday, whose afternoon begins in the middle of it.
    assert clock.working[24] < 0.2 * (clock.working[72] - clock.working[48])
    assert clock.to_wall(np.array([clock.working[61]])) == 61
    assert clock.hour_of_day((clock.working[61] + clock.working[62]) / 2) == 13
