"""Reasons: facts of the ticket, in words, the strongest first, and only those that warn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from boilover.annotations import Annotations
from boilover.features import (
    Attribute,
    Calendar,
    Count,
    Decayed,
    Distinct,
    Flag,
    Last,
    Lift,
    Max,
    Mean,
    Ratio,
    SinceLast,
    Slope,
    State,
    default_features,
)
from boilover.features.families import AGE, DESK, FAMILIES, SLA_SHARE, WAITING, holder
from boilover.history import History
from boilover.log import EventLog
from boilover.points import Points
from boilover.reasons import DESK_RATE, LEVEL, PRIORITY, keys_of, reasons
from boilover.sentences import WORD_LIMIT, sentence
from boilover.synthetic import synthetic_desk

HANDOFFS, RECENT = Count(Flag("handoff")), Count(Flag("handoff"), "24h")
WAITED = WAITING[0]
RATE = Mean(value="outcome", key="customer_id", shrink=20.0)


@pytest.mark.parametrize(
    ("feature", "value", "said"),
    [
        (WAITED, 52.0, "customer has waited 52 h for a reply"),
        (WAITED, 0.5, "customer has waited 30 min for a reply"),
        (HANDOFFS, 3.0, "3 handoffs"),
        (RECENT, 1.0, "1 handoff in the last 24 h"),
        (Count(Flag("agent_reply")), 0.0, "no agent reply so far"),
        (AGE[0], 216.0, "open for 9 days"),
        (SLA_SHARE, 0.85, "85% of the service level's time used"),
        (SinceLast(Flag("sla_moved"), at="sla_due"), -3.0, "service level due in 3 h"),
        (SinceLast(Flag("sla_moved"), at="sla_due"), 5.0, "service level missed 5 h ago"),
        (RATE, 0.14, "tickets of this customer are expected to escalate at 14%"),
        (
            Mean(value="outcome", window="30d", key="channel"),
            0.2,
            "tickets of this channel are expected to escalate at 20%, judged by the last 30 days",
        ),
        (
            Lift(Flag("escalated"), "30d", key="channel", among=Flag("created")),
            2.34,
            "tickets of this channel escalate about 2.3 times as often as the desk's, by the last 30 days",
        ),
        (Lift(Flag("escalated"), key="assignee", among=Flag("joined_assignee")), 2.0, ""),
        (Lift(Flag("escalated"), key="OwnerId", among=Flag("created")), 2.0, ""),
        (Mean(Flag("outcome_known"), value="outcome", key="Agent Name"), 0.4, ""),
        (Count(Flag("escalated"), key="resolved_by"), 4.0, ""),
        (Count(Flag("joined_group"), "24h", key="group"), 2.0, "2 arrivals at this queue in the last 24 h"),
        (
            Count(Flag("escalated"), "7d", key="channel"),
            3.0,
            "3 escalations of this channel in the last 7 days",
        ),
        (Distinct(of="group", key="account_id"), 2.0, "2 different groups of this account"),
        (Mean(value="response_gap", key="group"), 3.0, "mean wait for a reply of this queue 3 h"),
        (
            Mean(value="sentiment", window="90d", key="customer_id"),
            -0.22,
            "mean sentiment of the customer's messages in tickets of this customer in the last 90 days: -0.22",
        ),
        (
            Slope(value="sentiment", key="group"),
            -1.0,
            "sentiment of the customer's messages in tickets of this queue falls",
        ),
        (Slope(value="csat", key="product"), -0.1, "satisfaction score of this product falls"),
        (
            Decayed(Flag("reopened"), half_life="7d", key="customer_id"),
            1.5,
            "about 2 recent reopenings of this customer (older ones count less)",
        ),
        (
            Decayed(Flag("reopened"), half_life="7d", key="customer_id"),
            0.2,
            "no reopening of this customer in the last 14 days",
        ),
        (Decayed(Flag("any_event"), half_life="24h"), 0.6, "about 1 recent event (older ones count less)"),
        (Decayed(Flag("any_event"), half_life="90m"), 0.26, "no event in the last 90 minutes"),
        (Decayed(value="urgency", half_life="24h"), 0.4, "decayed urgency 24h: 0.4"),
        (Calendar("hour", "creation"), float(np.float32(14 + 20 / 60)), "14:20 UTC at creation"),
        (Slope(value="sentiment"), 0.0, ""),
        (SLA_SHARE, -0.4, ""),
        (Decayed(Flag("any_event"), half_life="24h"), 0.01, ""),
        (Attribute("contract_value"), 1_234_567.0, "contract value: 1234567"),
        (Count(Flag("handoff"), "1d"), 2.0, "2 handoffs in the last 1 day"),
        (State("status"), "on_hold", "status is on_hold"),
        (holder("group")[0], 17.0, "17 open tickets of this queue"),
        (Last(value="sentiment"), -0.56, "last sentiment of the customer's messages: -0.56"),
        (LEVEL, 4.0, "priority level 4 of 5"),
        (LEVEL, -4.0, ""),
        (Max(value="priority_level"), 4.0, "highest priority so far: level 4 of 5"),
    ],
)
def test_a_sentence_tells_the_value(feature: Ratio, value: object, said: str) -> None:
    assert sentence(feature, value) == said


@pytest.mark.parametrize("feature", [each for family in FAMILIES.values() for each in family])
def test_every_default_feature_can_be_told_and_says_nothing_where_it_is_missing(feature: Count) -> None:
    assert sentence(feature, float("nan")) == ""
    said = sentence(feature, 3.0)
    assert "None" not in said
    assert len(said) < 100


def test_people_are_not_rated_and_what_all_tickets_share_is_no_reason() -> None:
    assert [sentence(feature, 0.4) for feature in holder("assignee")[-2:]] == ["", ""]
    escalated = [feature for feature in holder("assignee") if "escalated" in feature.name]
    assert [sentence(feature, 3.0) for feature in escalated] == [""] * len(escalated)
    assert escalated
    assert [sentence(feature, 3.0) for feature in DESK] == [""] * len(DESK)
    assert sentence(AGE[6], 9.5) == ""


def test_a_long_word_is_cut() -> None:
    assert len(sentence(State("group"), "x" * 5000)) <= WORD_LIMIT + len("group is ")


def rows() -> tuple[list[Count], pd.DataFrame]:
    features = [HANDOFFS, RECENT, WAITED, RATE, next(each for each in DESK if each.name == DESK_RATE)]
    values = [[3.0, 1.0, 52.0, 0.3, 0.1], [0.0, 0.0, np.nan, 0.05, 0.1]]
    return features, pd.DataFrame(values, columns=[feature.name for feature in features])


def test_the_strongest_comes_first_and_one_feature_speaks_for_its_matter() -> None:
    features, frame = rows()
    added = np.array([[0.4, 0.5, 0.8, 0.1, 2.0], [0.4, 0.5, 0.8, 0.1, 2.0]])
    told, quiet = reasons(features, frame, added)
    assert told == [
        "1 handoff in the last 24 h",
        "customer has waited 52 h for a reply",
        "tickets of this customer are expected to escalate at 30%",
    ]
    # No handoff, no wait, and a rate below the desk's: it may add to the risk and warns nobody.
    assert quiet == []


def test_what_lowers_the_risk_is_no_reason_and_the_number_is_bounded() -> None:
    features, frame = rows()
    assert reasons(features, frame, -np.ones((2, 5))) == [[], []]
    assert reasons(features, frame, np.full((2, 5), 0.0001)) == [[], []]
    assert reasons(features, frame, np.ones((2, 5)), top=1)[0] == ["3 handoffs"]


def test_a_level_of_priority_is_told_in_the_words_of_the_desk_where_they_are_known() -> None:
    frame = pd.DataFrame({"priority_level": [4.0, 4.0], "priority": ["1 - Critical", None]})
    features = [LEVEL, PRIORITY]
    told, unknown = reasons(features, frame, np.array([[0.5, -0.1], [0.5, 0.1]]))
    assert told == ["priority is 1 - Critical"]
    assert unknown == ["priority level 4 of 5"]
    assert reasons([LEVEL], frame[["priority_level"]], np.ones((2, 1)))[0] == ["priority level 4 of 5"]


def test_a_ticket_without_a_customer_has_no_history_of_one() -> None:
    features, frame = rows()
    added = np.zeros((2, 5))
    added[:, 3] = 1.0
    frame[RATE.name] = 0.3
    said = ["tickets of this customer are expected to escalate at 30%"]
    assert reasons(features, frame, added) == [said, said]
    keyed = {"customer_id": np.array([True, False])}
    assert reasons(features, frame, added, keyed=keyed) == [said, []]


def test_who_has_a_key_is_read_from_the_log_as_of_the_point() -> None:
    moment = pd.Timestamp("2026-01-05", tz="UTC")
    events = pd.DataFrame(
        {
            "ticket_id": ["1", "1", "2"],
            "occurred_at": [moment, moment + pd.Timedelta("2h"), moment],
            "event_type": ["created", "group_changed", "created"],
            "value": [None, "L2", None],
        }
    )
    tickets = pd.DataFrame({"ticket_id": ["1", "2"], "customer_id": [None, "ana"]})
    notes = Annotations(History.from_log(EventLog.from_pandas(events, tickets)))
    hour = 3_600_000_000
    as_of = np.array([1, 3, 3]) * hour + notes.history.time.min()
    points = Points(np.array([0, 0, 1], dtype=np.int32), as_of)
    features = [RATE, holder("group")[0], HANDOFFS, *DESK]
    keyed = {key: found.tolist() for key, found in keys_of(features, notes, points).items()}
    assert keyed == {"customer_id": [False, False, True], "group": [False, True, False]}


@pytest.mark.parametrize(
    ("flag", "value", "told"),
    [
        ("customer_message", 0.2, []),
        ("customer_message", 2.0, ["about 2 recent customer messages (older ones count less)"]),
        ("agent_reply", 0.2, ["no agent reply in the last 48 h"]),
    ],
)
def test_that_little_happened_lately_is_told_where_it_warns(flag: str, value: float, told: list[str]) -> None:
    feature = Decayed(Flag(flag), half_life="24h")
    assert reasons([feature], pd.DataFrame({feature.name: [value]}), np.ones((1, 1))) == [told]


def told_of(*given: tuple[object, object, float]) -> list[str]:
    """Return the reasons of one ticket with features of these values that add so much."""
    features = [feature for feature, _, _ in given]
    frame = pd.DataFrame({feature.name: [value] for feature, value, _ in given})
    return reasons(features, frame, np.array([[added for _, _, added in given]]))[0]


def test_one_fact_is_told_once() -> None:
    """Three days of silence were three reasons: open, waiting and untouched for three days."""
    silent = SinceLast(Flag("any_event"))
    waits = SinceLast(Flag("wait_began"), until=Flag("wait_ended"))
    assert told_of((AGE[0], 72.0, 0.3), (waits, 71.9, 0.5), (silent, 72.0, 0.2)) == [
        "customer has waited 72 h for a reply"
    ]
    assert told_of((AGE[0], 96.0, 0.3), (waits, 72.0, 0.5)) == [
        "customer has waited 3 days for a reply",
        "open for 4 days",
    ]
    # Which queue, and how its tickets fare; how often handed on, in three counts; a reopening, and what was solved.
    lift = Lift(Flag("escalated"), key="group", among=Flag("joined_group"))
    assert told_of((State("group"), "SAP", 0.3), (lift, 2.1, 0.4)) == [
        "tickets of this queue escalate about 2.1 times as often as the desk's"
    ]
    assert told_of((State("group"), "SAP", 0.5), (lift, 2.1, 0.4)) == ["group is SAP"]
    groups = Distinct(Flag("any_event"), of="group")
    counts = [Count(Flag(name)) for name in ("handoff", "group_handoff", "assignee_handoff")]
    assert told_of(*((each, 3.0, 0.1) for each in counts), (groups, 2.0, 0.05)) == ["3 handoffs"]
    own, customers = Mean(value="sentiment"), Mean(value="sentiment", window="90d", key="customer_id")
    assert len(told_of((own, -0.22, 0.3), (customers, -0.22, 0.2))) == 1
    assert len(told_of((own, -0.22, 0.3), (customers, -0.31, 0.2))) == 2
    # Other matters stay: what another key tells, and a count beside a rate of it.
    joined = Count(Flag("joined_group"), "24h", key="group")
    assert len(told_of((joined, 9.0, 0.2), (lift, 2.1, 0.4))) == 2
    channel = Lift(Flag("escalated"), key="channel", among=Flag("created"))
    assert len(told_of((channel, 2.0, 0.2), (lift, 2.1, 0.4))) == 2


def test_a_low_priority_warns_nobody() -> None:
    highest = Max(value="priority_level")
    told = [told_of((highest, level, 0.2)) for level in (1.0, 2.0, 3.0)]
    assert told == [[], [], ["highest priority so far: level 3 of 5"]]


def test_what_was_solved_and_is_at_risk_was_reopened() -> None:
    notes = [Count(Flag("reopened")), next(each for each in solved() if "solved" in each.name)]
    assert told_of((notes[0], 1.0, 0.2), (notes[1], 1.0, 0.4)) == [sentence(notes[1], 1.0)]


def solved() -> list[Count]:
    """Return the counts of statuses that a small log's features tell."""
    log = synthetic_desk(n_tickets=200, days=30, seed=1)
    found = default_features(Annotations(History.from_log(log)))
    return [each for each in found if isinstance(each, Count) and "status_changed" in each.name]
