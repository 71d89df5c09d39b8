"""The likely kind of escalation follows from stated rules: triggers, the ticket's state, the model's reasons."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from boilover import Annotations, EventLog, History
from boilover.errors import InputError
from boilover.features.families import FAMILIES
from boilover.flagger.kinds import (
    KINDS,
    REASON_RULES,
    STATE_RULES,
    TRIGGER_RULES,
    Evidence,
    Kind,
    Likely,
    likely_kinds,
    weigh,
)
from boilover.flagger.policy import Triggers
from boilover.future_edit import future_edit_test
from boilover.points import Points
from boilover.sentences import sentence

START = pd.Timestamp("2026-03-02T08:00Z")


def likely_of(rows: list[tuple], hours: float, triggers: dict | None = None, reasons: tuple = ()) -> Likely:
    """Return the likely kind of one ticket, of whose events ``rows`` tell hours, type, value and more."""
    events = [
        {
            "ticket_id": "a",
            "occurred_at": START + pd.Timedelta(hours=hour),
            "event_type": kind,
            "value": value,
            **more,
        }
        for hour, kind, value, more in [(0, "created", None, {}), *rows]
    ]
    notes = Annotations(History.from_log(EventLog.from_pandas(pd.DataFrame(events))))
    moment = int((START + pd.Timedelta(hours=hours)).value // 1000)
    return likely_kinds(
        notes, Points(np.zeros(1, np.int32), np.array([moment])), [triggers or {}], [reasons]
    )[0]


def said(hour: float, role: str, **more: object) -> tuple:
    return hour, "message", None, {"actor_role": role, "is_public": True, **more}


def test_every_trigger_has_a_rule() -> None:
    assert set(TRIGGER_RULES) == set(Triggers.model_fields)
    assert all(kind in KINDS and points > 0 for kind, points in TRIGGER_RULES.values())


def test_without_evidence_the_kind_is_unclear() -> None:
    assert likely_of([], 1) == Likely(None, ())


@pytest.mark.parametrize(("name", "rule"), TRIGGER_RULES.items())
def test_a_trigger_speaks_for_its_kind(name: str, rule: tuple[Kind, int]) -> None:
    likely = likely_of([], 1, {name: "it fired"})
    assert likely == Likely(rule[0], (Evidence(*rule, "trigger", "it fired"),))


@pytest.mark.parametrize(
    ("rows", "hours", "kind", "sentences"),
    [
        ([(1, "group_changed", "A", {}), (2, "group_changed", "B", {})], 3, None, []),
        (
            [(hour, "group_changed", name, {}) for hour, name in ((1, "A"), (2, "B"), (3, "C"))],
            3,
            "functional",
            ["2 handoffs"],
        ),
        ([(hour, "group_changed", name, {}) for hour, name in ((1, "A"), (2, "B"), (3, "C"))], 2.9, None, []),
        (
            [(1, "status_changed", "solved", {}), (2, "status_changed", "open", {})],
            3,
            "functional",
            ["1 reopening"],
        ),
        ([(0, "sla_due", "resolution", {"number": 5.0})], 4.9, None, []),
        (
            [(0, "sla_due", "resolution", {"number": 5.0})],
            5,
            "priority",
            ["100% of the service level's time used"],
        ),
        ([said(1, "customer")], 24, None, []),
        ([said(1, "customer")], 25, "priority", ["customer has waited 24 h for a reply"]),
        ([said(1, "customer"), said(2, "agent")], 50, None, []),
        (
            [said(1, "customer", text="x", sentiment=-0.5, words=1)],
            2,
            "hierarchical",
            ["last sentiment of the customer's messages: -0.50"],
        ),
        ([said(1, "customer", text="x", sentiment=-0.49, words=1)], 2, None, []),
    ],
)
def test_the_state_speaks_from_its_limit_on(rows: list, hours: float, kind: str, sentences: list) -> None:
    likely = likely_of(rows, hours)
    assert likely.kind == kind
    assert [each.sentence for each in likely.evidence] == sentences


EXPECTED = {
    "3 handoffs": "functional",
    "2 reopenings in the last 7 days": "functional",
    "1 return to an earlier group": "functional",
    "4 different groups": "functional",
    "service level missed 3 h ago": "priority",
    "80% of the service level's time used": "priority",
    "customer has waited 30 h for a reply": "priority",
    "open for 9 days": "priority",
    "no first reply in 20 h": "priority",
    "mean sentiment of the customer's messages: -0.40": "hierarchical",
    "2 escalations of this customer in the last 90 days": "hierarchical",
    "priority is high": None,
    "category is billing": None,
    "5 events": None,
}


@pytest.mark.parametrize(("reason", "kind"), EXPECTED.items())
def test_a_reason_speaks_for_its_kind(reason: str, kind: str | None) -> None:
    assert likely_of([], 1, reasons=(reason,)).kind == kind


def test_every_rule_of_reasons_hears_a_sentence_that_is_told() -> None:
    """The rules go by the words of `boilover.sentences`; what no feature says would never be heard."""
    told = {
        sentence(feature, value)
        for features in FAMILIES.values()
        for feature in features
        for value in (0.0, 1.0, 3.0, 30.0, -2.0)
    }
    for kind, _, pattern in REASON_RULES:
        assert any(re.search(pattern, each) for each in told), (kind, pattern)


def test_most_points_win_and_equal_ones_go_to_the_first_kind() -> None:
    assert (
        likely_of([], 1, {"sla_used": "a", "no_public_update": "b", "asks_for_manager": "c"}).kind
        == "hierarchical"
    )
    three = [Evidence(kind, 2, "reason", kind) for kind in reversed(KINDS)]
    assert weigh(three).kind == "hierarchical"
    assert weigh(three[:2]).kind == "functional"
    assert weigh([*three, Evidence("priority", 1, "state", "more")]).kind == "priority"


def test_the_same_words_count_once() -> None:
    likely = weigh(
        [Evidence("functional", 1, "reason", "2 handoffs"), Evidence("functional", 2, "state", "2 handoffs")]
    )
    assert [(each.source, each.points) for each in likely.evidence] == [("state", 2)]
    assert likely.points == {"hierarchical": 0, "functional": 2, "priority": 0}


def test_arguments_that_differ_in_number_are_refused() -> None:
    notes = Annotations(
        History.from_log(
            EventLog.from_pandas(
                pd.DataFrame({"ticket_id": ["a"], "occurred_at": [START], "event_type": ["created"]})
            )
        )
    )
    with pytest.raises(InputError, match="differ"):
        likely_kinds(notes, Points(np.zeros(1, np.int32), np.array([2**50])), [], [()])


def test_rules_of_the_state_see_no_future(random_log) -> None:  # type: ignore[no-untyped-def]
    future_edit_test([rule.feature for rule in STATE_RULES], random_log(3), trials=2)
