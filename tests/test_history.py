"""A log as arrays: sorted by (ticket, time, arrival), however it came."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from boilover.history import KINDS, History
from boilover.log import EventLog
from boilover.observation import observed
from boilover.schema import ROLES
from oracle_annotations import walk
from random_logs import log_of_seed

T0 = pd.Timestamp("2026-03-01T00:00Z")


@pytest.fixture(params=range(4))
def pair(request):
    log = log_of_seed(request.param)
    return History.from_log(log), walk(log)


def test_events_stand_in_the_order_of_the_oracle(pair):
    history, facts = pair
    ids = history.ticket_ids.to_pylist()
    assert [ids[code] for code in history.ticket] == [event["ticket_id"] for event in facts]
    moments = pd.to_datetime(history.time, unit="us", utc=True).to_pydatetime().tolist()
    assert moments == [event["time"] for event in facts]
    assert history.kind.tolist() == [KINDS.get(event["event_type"], -1) for event in facts]
    coded = history.coded("value")
    assert [(*coded.words, None)[code] for code in coded.codes] == [event.get("value") for event in facts]
    numbers = [np.nan if event.get("number") is None else event["number"] for event in facts]
    np.testing.assert_array_equal(history.numbers("number"), numbers)
    rows = np.arange(len(facts))[::-3]
    assert history.cells("text", rows).to_pylist() == [facts[row].get("text") for row in rows]
    assert [(*ROLES, None)[code] for code in history.roles] == [event["role"] for event in facts]


def test_every_ticket_of_the_log_is_known_once(pair):
    history, _ = pair
    ids = history.ticket_ids.to_pylist()
    assert len(set(ids)) == len(ids) == history.n_tickets
    known = {*history.log.events["ticket_id"].to_pylist(), *history.log.tickets["ticket_id"].to_pylist()}
    assert set(ids) == known
    assert history.offsets[0] == 0
    assert history.offsets[-1] == len(history.time)
    assert history.find(pa.array([ids[3], "moon", None])).tolist() == [3, -1, -1]


def test_a_sorted_log_is_not_sorted_again(pair):
    history, _ = pair
    again = History.from_log(history.log.ordered())
    assert again._rows is None
    assert again.ticket_ids.equals(history.ticket_ids)
    for name in ("offsets", "time", "kind", "roles", "created"):
        np.testing.assert_array_equal(getattr(again, name), getattr(history, name))


@pytest.mark.parametrize("order", [[3, 2, 1, 0], [0, 2, 1, 3], [1, 0, 2, 3]])
def test_a_log_that_is_wrongly_marked_as_sorted_is_sorted(order):
    frame = pd.DataFrame(
        {
            "ticket_id": ["a", "a", "b", "b"],
            "occurred_at": T0 + pd.to_timedelta(range(4), unit="h"),
            "event_type": "created",
        }
    )
    log = EventLog.from_pandas(frame.iloc[order])
    marked = EventLog(log.events, log.tickets, is_sorted=True)
    assert (np.diff(History.from_log(marked).time) > 0).all()
    assert History.from_log(marked).ticket_ids.to_pylist() == ["a", "b"]


def test_creation_is_the_first_created_event_or_the_first_event():
    frame = pd.DataFrame(
        [
            ("a", 1, "message"),
            ("a", 2, "created"),
            ("a", 3, "created"),
            ("b", 5, "message"),
            ("b", 4, "message"),
        ],
        columns=["ticket_id", "at", "event_type"],
    )
    frame["occurred_at"] = T0 + pd.to_timedelta(frame.pop("at"), unit="h")
    tickets = pd.DataFrame({"ticket_id": ["z", "a"]})
    history = History.from_log(EventLog.from_pandas(frame, tickets))
    assert history.ticket_ids.to_pylist() == ["a", "b", "z"]
    hours = (history.created - T0.value // 1000) / 3_600_000_000
    assert hours[:2].tolist() == [2, 4]
    assert history.created[2] == np.iinfo(np.int64).max


def test_observed_at_decides_where_it_is_told(pair):
    history, _ = pair
    frame = history.log.events.to_pandas()
    late = frame["observed_at"].fillna(frame["occurred_at"])
    assert observed(history.log.events).tolist() == [each.value // 1000 for each in late]
    assert history.end == late.max().value // 1000


def test_columns_that_are_absent_are_empty():
    frame = pd.DataFrame({"ticket_id": ["a"], "occurred_at": [T0], "event_type": ["created"]})
    history = History.from_log(EventLog.from_pandas(frame))
    assert history.coded("value").codes.tolist() == [-1]
    assert history.coded("value").where("x") == -2
    assert np.isnan(history.numbers("number")).all()
    assert history.cells("text", np.array([0, 0])).to_pylist() == [None, None]
    assert history.attribute("customer_id").codes.tolist() == [-1]
    assert history.roles.tolist() == [-1]
