"""Triggers at their limits, what they say, and the night that is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from boilover import Annotations, EventLog, History, Points, tonight
from boilover.errors import InputError, MismatchError
from boilover.flagger import FlagPolicy, fire, night_of, parse_flag_policy
from boilover.flagger.policy import Triggers
from boilover.times import parse_moment

HOUR = 3_600_000_000
T0 = pd.Timestamp("2026-03-02T08:00Z")
START = parse_moment("2026-03-02T08:00Z")


def policy_of(tables: dict[str, Any], **others: Any) -> FlagPolicy:
    return parse_flag_policy({"triggers": tables, **others})


def log_of(*rows: dict[str, Any], **attributes: Any) -> Annotations:
    """Return the annotations of one ticket; ``at`` are hours after its creation."""
    created = {"at": 0.0, "event_type": "created"}
    frame = pd.DataFrame([created, *rows])
    frame["occurred_at"] = T0 + pd.to_timedelta(frame.pop("at"), unit="h")
    tickets = pd.DataFrame([{"ticket_id": "t", **attributes}])
    return Annotations(History.from_log(EventLog.from_pandas(frame.assign(ticket_id="t"), tickets)))


def said(notes: Annotations, tables: dict[str, Any], hours: float, less: int = 0) -> dict[str, str]:
    """Return the evidence so many hours after the creation, and ``less`` microseconds before."""
    as_of = START + round(hours * HOUR) - less
    points = Points(np.array([0], dtype=np.int32), np.array([as_of]))
    return fire(policy_of(tables), notes, points).evidence(0)


EDGES: list[tuple[str, dict[str, Any], list[dict[str, Any]], float, str]] = [
    (
        "sla_used",
        {},
        [{"at": 0.0, "event_type": "sla_due", "value": "resolution", "number": 8.0}],
        6.0,
        "75% of the service level's time used (limit 75%)",
    ),
    ("no_public_update", {}, [], 24.0, "no public update for 24 h (limit 24 h)"),
    (
        "no_public_update",
        {"hours": 4},
        [
            {"at": 1.0, "event_type": "message", "actor_role": "agent", "is_public": True},
            {"at": 2.0, "event_type": "message", "actor_role": "agent", "is_public": False},
            {"at": 3.0, "event_type": "message", "actor_role": "bot", "is_public": True},
        ],
        5.0,
        "no public update for 4 h (limit 4 h)",
    ),
    (
        "unresolved",
        {"hours": {"high": 10}},
        [{"at": 0.0, "event_type": "priority_changed", "value": "P2"}],
        10.0,
        "unresolved for 10 h (limit 10 h for priority P2)",
    ),
    ("unresolved", {"hours": {"high": 10}, "otherwise": 12}, [], 12.0, "(limit 12 h for priority none)"),
    (
        "reopened",
        {},
        [
            {"at": 1.0, "event_type": "status_changed", "value": "solved"},
            {"at": 2.0, "event_type": "status_changed", "value": "open"},
        ],
        2.0,
        "1 reopening (limit 1)",
    ),
    (
        "handoffs",
        {"times": 2, "within": "24h"},
        [{"at": float(at), "event_type": "group_changed", "value": f"g{at}"} for at in range(3)],
        2.0,
        "2 handoffs within 24 hours (limit 2)",
    ),
    (
        "returns",
        {},
        [{"at": float(at), "event_type": "assignee_changed", "value": "ab"[at % 2]} for at in range(3)],
        2.0,
        "1 return to an earlier owner (limit 1)",
    ),
]


@pytest.mark.parametrize(("name", "table", "rows", "hours", "sentence"), EDGES)
def test_a_trigger_fires_from_its_limit_on_and_not_a_moment_before(
    name: str, table: dict[str, Any], rows: list[dict[str, Any]], hours: float, sentence: str
) -> None:
    notes = log_of(*rows)
    assert said(notes, {name: table}, hours, less=100) == {}
    assert said(notes, {name: table}, hours)[name].endswith(sentence)


def test_a_window_ends_after_its_span() -> None:
    rows = [
        {"at": 1.0, "event_type": "status_changed", "value": "solved"},
        {"at": 2.0, "event_type": "status_changed", "value": "open"},
    ]
    table = {"reopened": {"within": "24h"}}
    assert said(log_of(*rows), table, 26.0, less=1)
    assert said(log_of(*rows), table, 26.0) == {}


def test_a_ticket_that_waits_for_the_customer_is_owed_no_update() -> None:
    notes = log_of({"at": 1.0, "event_type": "status_changed", "value": "pending"})
    assert said(notes, {"no_public_update": {}}, 90.0) == {}
    assert said(notes, {"no_public_update": {"statuses": ["pending"]}}, 90.0)


def test_a_solved_ticket_that_is_still_at_risk_is_not_unresolved() -> None:
    notes = log_of({"at": 1.0, "event_type": "status_changed", "value": "solved"})
    table = {"unresolved": {"hours": {"high": 10}, "otherwise": 12}}
    assert said(notes, table, 0.9 + 12) == {}
    assert said(log_of(), table, 0.9 + 12)


def test_a_target_that_was_late_when_it_was_set_fires() -> None:
    due = {
        "at": 2.0,
        "event_type": "sla_due",
        "value": "resolution",
        "observed_at": T0 + pd.Timedelta(hours=5),
    }
    assert said(log_of(due), {"sla_used": {}}, 5.0, less=1) == {}
    assert said(log_of(due), {"sla_used": {}}, 6.0)["sla_used"].startswith("service level overdue by 4 h")


def test_sentiment_falls_from_its_best_to_a_negative_last() -> None:
    rows = [
        {"at": at, "event_type": "message", "actor_role": "customer", "sentiment": sentiment}
        for at, sentiment in ((1.0, 0.1), (2.0, 0.4), (3.0, -0.2), (4.0, 0.9))
    ]
    notes = log_of(*rows)
    assert said(notes, {"falling_sentiment": {"fall": 0.6}}, 3.0) == {
        "falling_sentiment": "the customer's sentiment fell by 0.60 to -0.20"
    }
    assert said(notes, {"falling_sentiment": {"fall": 0.61}}, 3.0) == {}
    assert said(notes, {"falling_sentiment": {"fall": 0.6, "to": -0.21}}, 3.0) == {}
    assert said(notes, {"falling_sentiment": {"fall": 0.1}}, 4.0) == {}


def test_words_are_heard_of_customers_alone_and_told_with_the_last_phrase() -> None:
    def message(at: float, text: str, role: str = "customer") -> dict[str, Any]:
        return {"at": at, "event_type": "message", "actor_role": role, "text": text, "is_public": True}

    notes = log_of(
        message(1.0, "I want to speak to a manager."),
        message(2.0, "You may ask to speak to the manager at any time.", "agent"),
        message(3.0, "Please escalate this now!"),
        message(4.0, "speak to a manager", "bot"),
        message(5.0, "The Umbrella Clause applies."),
    )
    table = {"asks_for_manager": {"messages": 2}}
    assert said(notes, table, 2.9) == {}
    assert said(notes, table, 9.0)["asks_for_manager"] == (
        "2 customer messages within 7 days speaking of a manager or a human: “Please escalate this”"
    )
    own = {"legal": {"phrases": ["umbrella clause"]}}
    assert said(notes, own, 9.0)["legal"].endswith("“Umbrella Clause”")
    assert said(notes, {"legal": {"phrases": ["brella clause"]}}, 9.0) == {}


def test_triggers_that_the_log_cannot_feed_are_named() -> None:
    needed = {"unresolved": {"hours": {"high": 1}}, "vip": {"attribute": "plan", "values": ["gold"]}}
    policy = policy_of({name: needed.get(name, {}) for name in Triggers.model_fields})
    points = Points(np.array([0], dtype=np.int32), np.array([START]))
    blind = fire(policy, log_of(plan="gold"), points).blind
    assert set(blind) == set(Triggers.model_fields) - {
        "no_public_update",
        "handoffs",
        "returns",
        "vip",
    }
    assert fire(policy, log_of(), points).blind[-1] == "vip"


@pytest.mark.parametrize(
    ("table", "is_blind"),
    [
        ({"hours": {"high": 1}}, False),
        ({"hours": {"P2": 1, "urgnt": 1}}, False),
        ({"hours": {"urgnt": 1}}, True),
        ({"hours": {"urgnt": 1}, "otherwise": 2}, False),
    ],
)
def test_limits_of_priorities_that_no_ticket_has_are_named(table: dict[str, Any], is_blind: bool) -> None:
    notes = log_of({"at": 1.0, "event_type": "priority_changed", "value": "high"})
    points = Points(np.array([0], dtype=np.int32), np.array([START]))
    assert fire(policy_of({"unresolved": table}), notes, points).blind == ("unresolved",) * is_blind


def test_a_trigger_that_is_off_is_not_looked_at() -> None:
    policy = policy_of({"reopened": {"on": False}, "handoffs": {}})
    assert list(policy.triggers_on) == ["handoffs"]


def test_a_night_tells_segments_and_weights_as_of_its_moment() -> None:
    policy = policy_of(
        {"vip": {"attribute": "plan", "values": ["gold"]}},
        cost={"attribute": "seats", "unit": 10, "least": 0.5, "most": 3},
        segments=[{"name": "x", "where": {"plan": ["gold"], "priority": ["high"], "queue": ["one"]}}],
    )
    notes = log_of(
        {"at": 1.0, "event_type": "group_changed", "value": "one"},
        {"at": 2.0, "event_type": "priority_changed", "value": "high"},
        {"at": 3.0, "event_type": "group_changed", "value": "two"},
        plan="gold",
        seats=25,
    )
    as_of = START + 2 * HOUR
    night, fired = night_of(policy, notes, tonight(notes.history, as_of), [0.3])
    assert night.as_of == as_of
    assert {key: words.tolist() for key, words in night.segments.items()} == {
        "queue": ["one"],
        "plan": ["gold"],
        "priority": ["high"],
    }
    assert night.weight.tolist() == [2.5]
    assert fired.evidence(0) == {"vip": "plan is gold"}
    for seats, weight in ((None, 1.0), (1000, 3.0), (0, 0.5)):
        notes = log_of(plan="gold", seats=seats if seats is not None else np.nan)
        assert night_of(policy, notes, tonight(notes.history, as_of), [0.3])[0].weight.tolist() == [weight]


def test_a_night_is_of_known_tickets_one_moment_and_attributes_that_exist() -> None:
    notes = log_of(plan="gold")
    at = START

    def points(tickets: list[int], moments: list[int]) -> Points:
        return Points(np.array(tickets, dtype=np.int32), np.array(moments))

    with pytest.raises(InputError, match="the points are of 2"):
        night_of(policy_of({}), notes, points([0, 0], [at, at + 1]), [0.1, 0.2])
    with pytest.raises(InputError, match="'ticket_id', row 2: is not known"):
        night_of(policy_of({}), notes, points([0, -1], [at, at]), [0.1, 0.2])
    with pytest.raises(MismatchError, match=r"'seats'\. The log has plan"):
        night_of(policy_of({}, cost={"attribute": "seats", "unit": 1}), notes, points([0], [at]), [0.1])
    with pytest.raises(MismatchError, match="holds words"):
        night_of(policy_of({}, cost={"attribute": "plan", "unit": 1}), notes, points([0], [at]), [0.1])
