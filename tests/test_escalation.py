"""What escalated means: each condition on logs made by hand, and rules that are refused."""

from __future__ import annotations

import pandas as pd
import pytest

from boilover.errors import UsageError
from boilover.escalation import Condition, EscalationRule, declare, parse_rule
from boilover.log import EventLog

T0 = pd.Timestamp("2026-03-01T00:00Z")


def log_of(*rows):
    """Return a log of (hours after T0, type, value, further columns) on ticket a; b is to be left alone."""
    made = [{"ticket_id": "b", "at": 1000, "event_type": "created"}]
    for at, kind, value, *more in rows:
        made.append(
            {"ticket_id": "a", "at": at, "event_type": kind, "value": value, **(more[0] if more else {})}
        )
    frame = pd.DataFrame(made)
    frame["occurred_at"] = T0 + pd.to_timedelta(frame.pop("at"), unit="h")
    return EventLog.from_pandas(frame)


def escalations(log, **condition):
    """Return {ticket: hours after T0} of the escalated events that a rule of one condition declares."""
    declared = declare(log, parse_rule({"any": [condition]}))
    frame = declared.events.to_pandas()
    told = frame[frame["event_type"] == "escalated"]
    assert not told["ticket_id"].duplicated().any()
    assert not declared.is_sorted
    return dict(zip(told["ticket_id"], (told["occurred_at"] - T0) / pd.Timedelta("1h"), strict=True))


def test_without_a_rule_escalated_events_speak_for_themselves():
    log = log_of((0, "created", None), (5, "escalated", "functional"))
    assert declare(log, EscalationRule()) is log
    assert parse_rule({}) == EscalationRule()


def test_a_rule_replaces_the_escalated_events_of_the_source():
    log = log_of((0, "created", None), (5, "escalated", None), (9, "merged", None))
    assert escalations(log, event="merged") == {"a": 9}


def test_any_of_several_conditions_at_its_first_moment():
    log = log_of((0, "created", None), (3, "merged", None), (2, "csat", "bad"))
    declared = declare(
        log, parse_rule({"any": [{"event": "merged"}, {"event_type": "csat", "value_in": ["bad"]}]})
    )
    assert declared.events["event_type"].to_pylist().count("escalated") == 1
    assert declared.events["occurred_at"].to_pylist()[-1] == (T0 + pd.Timedelta("2h")).to_pydatetime()


def test_an_event_that_sets_a_value():
    log = log_of(
        (1, "field_changed", "red", {"field": "other"}),
        (2, "csat", "red"),
        (3, "field_changed", "red", {"field": "mood"}),
    )
    assert escalations(log, event_type="field_changed", value_in=["red", "black"], field="mood") == {"a": 3}
    assert escalations(log, event_type="field_changed", value_in=["red", "black"]) == {"a": 1}
    assert escalations(log, event_type="field_changed", value_in=["blue"]) == {}


def test_a_raised_priority():
    log = log_of(
        *[(at, "priority_changed", word) for at, word in ((0, "high"), (1, "low"), (2, "odd"), (3, "normal"))]
    )
    assert escalations(log, priority_raised=True) == {"a": 3}
    rule = parse_rule({"any": [{"priority_raised": True}], "priority_order": ["high", "low"]})
    declared = declare(log, rule).events.to_pandas()
    assert declared[declared["event_type"] == "escalated"]["occurred_at"].tolist() == [
        T0 + pd.Timedelta("1h")
    ]


def test_a_priority_of_at_least_some_level():
    log = log_of(
        *[(at, "priority_changed", word) for at, word in ((0, "low"), (1, None), (2, "odd"), (3, "P1"))]
    )
    assert escalations(log, priority_at_least="high") == {"a": 3}
    assert escalations(log, priority_at_least="low") == {"a": 0}
    assert escalations(log, priority_at_least="blocker") == {}


def test_a_priority_level_that_nobody_knows():
    log = log_of((0, "priority_changed", "low"))
    told = "'purple' is not known; the log's priorities are 'low'. Name one of them, or list all in priority_order"
    with pytest.raises(UsageError, match=told):
        escalations(log, priority_at_least="purple")
    rule = parse_rule({"any": [{"priority_at_least": "purple"}], "priority_order": ["low", "high"]})
    with pytest.raises(
        UsageError, match=r"'purple' is not in priority_order; the log's priorities are 'low'\. Name"
    ):
        declare(log, rule)


@pytest.mark.parametrize(
    ("value", "raw", "told"),
    [
        (
            "high",
            "hoch",
            r"The source's 'hoch' is 'high' there, by \[mapping.priorities\] of its recipe: name that",
        ),
        (
            "hoch",
            "hoch",
            "the log's priorities are 'hoch', 'niedrig'. List all of them in priority_order, from least",
        ),
        (None, None, "the log's priorities are 'niedrig'. List all of them in priority_order"),
    ],
)
def test_a_word_of_the_source_says_what_the_recipe_made_of_it(value, raw, told):
    rows = [(0, "priority_changed", "niedrig", {"raw_value": "niedrig"})]
    log = log_of(*rows, *([(1, "priority_changed", value, {"raw_value": raw})] if value else []))
    with pytest.raises(UsageError, match=told):
        escalations(log, priority_at_least="hoch")


def test_a_group():
    log = log_of(
        *[(at, "group_changed", word) for at, word in ((0, "tier 1"), (1, None), (2, "tier 2"), (3, "Boss"))]
    )
    assert escalations(log, group_in=["Boss", "nobody"]) == {"a": 3}
    assert escalations(log, group_matches="[2-9]$") == {"a": 2}
    assert escalations(log, group_matches="tier") == {"a": 0}


def test_a_field_that_is_raised_along_an_order():
    changes = [(0, "2"), (1, "?"), (2, "1"), (3, "1"), (4, "3"), (5, None)]
    log = log_of(*[(at, "field_changed", word, {"field": "impact"}) for at, word in changes])
    assert escalations(log, field="impact", raised=True, order=["1", "2", "3"]) == {"a": 4}
    assert escalations(log, field="impact", raised=True, order=["3", "2", "1"]) == {"a": 2}


def test_a_field_that_equals_or_reaches():
    changes = [(0, "false"), (1, "1.5"), (2, "many"), (3, "3"), (4, "true")]
    log = log_of(*[(at, "field_changed", word, {"field": "f"}) for at, word in changes])
    assert escalations(log, field="f", equals="true") == {"a": 4}
    assert escalations(log, field="f", at_least=2) == {"a": 3}
    assert escalations(log, field="f", at_least=1.5) == {"a": 1}
    assert escalations(log, field="g", equals="true") == {}


def test_a_field_that_holds_a_word():
    changes = [(0, None), (1, "tiered"), (2, "a tier"), (3, "tier")]
    log = log_of(*[(at, "field_changed", word, {"field": "tags"}) for at, word in changes])
    assert escalations(log, field="tags", holds="tier") == {"a": 2}
    assert escalations(log, field="tags", holds="tier2") == {}


def test_the_nth_reassignment():
    """The first assignment and unassigning are no handoffs; both at one instant are one."""
    log = log_of(
        (0, "assignee_changed", "ann"),
        (0, "group_changed", "one"),
        (1, "assignee_changed", None),
        (2, "assignee_changed", "bob"),
        (3, "assignee_changed", "ann"),
        (3, "group_changed", "two"),
        (4, "group_changed", "one"),
    )
    assert [escalations(log, reassignments=n) for n in (1, 2, 3, 4)] == [{"a": 2}, {"a": 3}, {"a": 4}, {}]
    assert escalations(log, reassignments=1, of="group") == {"a": 3}
    assert escalations(log, reassignments=2, of="assignee") == {"a": 3}


def test_the_nth_reopen():
    states = ["open", "solved", "open", "closed", "solved", "pending"]
    log = log_of(*[(at, "status_changed", word) for at, word in enumerate(states)])
    assert [escalations(log, reopened=n) for n in (1, 2, 3)] == [{"a": 2}, {"a": 5}, {}]


AGENT = {"actor_role": "agent"}


@pytest.mark.parametrize(
    ("events", "missed"),
    [
        ([], 10),
        ([(10, "status_changed", "solved")], None),
        ([(10.001, "status_changed", "solved")], 10),
        ([(9, "message", None, AGENT)], 10),
        ([(9, "merged", None)], None),
        ([(9, "sla_due", "resolution", {"number": 11.0})], 20),
        ([(11, "sla_due", "resolution", {"number": 11.0})], 10),
    ],
)
def test_a_missed_resolution(events, missed):
    log = log_of((0, "created", None), (0, "sla_due", "resolution", {"number": 10.0}), *events)
    assert escalations(log, sla_missed=True) == ({} if missed is None else {"a": pytest.approx(missed)})


@pytest.mark.parametrize(("reply", "missed"), [(1, None), (2, None), (3, 2)])
def test_a_missed_first_reply(reply, missed):
    log = log_of(
        (0, "created", None), (0, "sla_due", "first_reply", {"number": 2.0}), (reply, "message", None, AGENT)
    )
    assert escalations(log, sla_missed=True) == ({} if missed is None else {"a": missed})


@pytest.mark.parametrize("minutes", range(1, 120, 7))
def test_a_target_met_at_the_very_moment_is_met(minutes):
    """Times as fractions of hours must not miss it by a rounding."""
    log = log_of((0, "created", None), (0, "sla_due", "resolution", {"number": minutes / 60}))
    frame, tickets = log.to_pandas()
    done = frame.iloc[[-1]].assign(
        event_type="status_changed",
        value="solved",
        number=None,
        occurred_at=T0 + pd.Timedelta(minutes=minutes),
    )
    assert escalations(EventLog.from_pandas(pd.concat([frame, done]), tickets), sla_missed=True) == {}


def test_a_target_told_of_after_it_was_due_is_missed_when_told():
    """Before that, nobody could see it."""
    log = log_of((0, "created", None), (12, "sla_due", "resolution"))
    frame, tickets = log.to_pandas()
    frame["observed_at"] = frame["occurred_at"]
    frame.loc[frame["event_type"] == "sla_due", "occurred_at"] = T0 + pd.Timedelta("10h")
    assert escalations(EventLog.from_pandas(frame, tickets), sla_missed=True) == {"a": 12}


def test_only_tickets_of_some_first_groups():
    log = log_of(
        (0, "group_changed", None),
        (1, "group_changed", "desk"),
        (2, "group_changed", "lab"),
        (3, "merged", None),
    )
    only = {"any": [{"event": "merged"}], "only_tickets": {"group_not_matches": "^lab"}}
    assert declare(log, parse_rule(only)).events["ticket_id"].to_pylist().count("a") == 5
    only["only_tickets"] = {"group_not_matches": "^desk"}
    left = declare(log, parse_rule(only))
    assert left.events["ticket_id"].to_pylist() == ["b"]
    assert left.tickets["ticket_id"].to_pylist() == ["b"]


def test_only_tickets_that_leaves_none_is_an_error():
    frame = pd.DataFrame(
        {"ticket_id": ["a"], "occurred_at": [T0], "event_type": ["group_changed"], "value": ["lab"]}
    )
    rule = parse_rule({"any": [{"event": "merged"}], "only_tickets": {"group_not_matches": "lab"}})
    with pytest.raises(UsageError, match="only_tickets leaves no ticket"):
        declare(EventLog.from_pandas(frame), rule)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"any": [{}]}, "escalation.any.0: .*exactly one way"),
        ({"any": [{"event": "merged", "reopened": 1}]}, "escalation.any.0: .*exactly one way"),
        ({"any": [{"event": "merged"}, {"reopened": 0}]}, "escalation.any.1.reopened: "),
        ({"any": [{"evnt": "merged"}]}, "escalation.any.0.evnt: .*; the nearest is event$"),
        (
            {"any": [{"group": "L2"}]},
            "escalation.any.0.group: is not known; keys are event.*; the nearest is group_in$",
        ),
        ({"al": []}, "escalation.al: "),
        ({"any": []}, "escalation.any: must not be empty"),
        ({"any": [{"event_type": "csat"}]}, "event_type needs value_in"),
        ({"any": [{"field": "f"}]}, "field needs exactly one of raised, equals, holds and at_least"),
        ({"any": [{"field": "f", "raised": True}]}, "order of at least two values"),
        ({"any": [{"field": "f", "equals": "x", "order": ["a", "b"]}]}, "order needs raised"),
        ({"any": [{"group_matches": "("}]}, "escalation.any.0.group_matches: .*regular expression"),
        (
            {"any": [{"event": "merged"}], "only_tickets": {"group_not_matches": "["}},
            "group_not_matches: .*regular",
        ),
        ({"any": [{"reassignments": 1, "of": "team"}]}, "escalation.any.0.of: "),
        (
            {"any": [{"priority_raised": True, "value_in": ["x"]}]},
            "value_in tells nothing beside priority_raised",
        ),
        ({"any": [{"reopened": 2, "equals": "x"}]}, "equals tells nothing beside reopened"),
        ({"any": [{"event": "escalation"}]}, "'escalation' is no type of event; there are .*escalated"),
        (
            {"any": [{"event_type": "statuschanged", "value_in": ["x"]}]},
            "'statuschanged' is no type of event",
        ),
    ],
)
def test_a_wrong_rule_names_its_key(table, message):
    with pytest.raises(UsageError, match=message):
        parse_rule(table)


def test_one_of_several_named_rules():
    table = {
        "default": "soft",
        "priority_order": ["low", "high"],
        "soft": {"any": [{"reopened": 1}]},
        "hard": {"any": [{"event": "escalated"}], "priority_order": ["a", "b"]},
    }
    assert parse_rule(table).any == (Condition(reopened=1),)
    assert parse_rule(table).priority_order == ("low", "high")
    assert parse_rule(table, "hard").priority_order == ("a", "b")
    with pytest.raises(UsageError, match=r"no escalation 'firm'\. There are: soft, hard"):
        parse_rule(table, "firm")
    with pytest.raises(UsageError, match="only one is declared"):
        parse_rule({"any": [{"reopened": 1}]}, "hard")


@pytest.mark.parametrize("seed", range(3))
def test_a_declared_escalation_needs_nothing_later(seed, random_log):
    """Cut at any moment, the log declares the same escalations up to it."""
    log = random_log(seed)
    rule = parse_rule(
        {
            "any": [
                {"reassignments": 2},
                {"reopened": 1},
                {"priority_at_least": "urgent"},
                {"group_in": ["tier 3"]},
            ]
        }
    )
    whole = declared_moments(declare(log, rule))
    for cut in sorted(set(whole.values()))[::3]:
        events = log.events.to_pandas()
        seen = events["observed_at"].fillna(events["occurred_at"]) <= cut
        early = EventLog.from_pandas(events[seen], log.tickets.to_pandas())
        assert declared_moments(declare(early, rule)) == {t: at for t, at in whole.items() if at <= cut}


def declared_moments(log):
    frame = log.events.to_pandas()
    told = frame[frame["event_type"] == "escalated"]
    return dict(zip(told["ticket_id"], told["occurred_at"], strict=True))


CASES = [
    ({"field": "Eskaliert?", "equals": "yes"}, "no field is 'Eskaliert?'; there are: 'escalated', 'plan'"),
    ({"field": "escalated", "equals": "Yes"}, "no value of the field 'escalated' is 'Yes'; there are: 'yes'"),
    ({"field": "plan", "holds": "gol"}, "no value of the field 'plan' is 'gol'; there are: 'gold'"),
    ({"group_in": ["2nd level"]}, "no group is '2nd level'; there are: '2nd Level', 'Desk'"),
    ({"group_matches": "^third"}, "no group is '^third'; there are: "),
    ({"event_type": "csat", "value_in": ["good"]}, "no event is 'csat'; there are: "),
    ({"event": "csat"}, "no event is 'csat'; there are: "),
    ({"event_type": "group_changed", "value_in": ["x"]}, "no group is 'x'; there are: "),
]


@pytest.mark.parametrize(("condition", "told"), CASES)
def test_what_a_rule_names_and_the_log_lacks_is_told_with_what_there_is(condition, told):
    log = log_of(
        (0, "created", None),
        (1, "field_changed", "yes", {"field": "escalated"}),
        (1, "field_changed", "gold", {"field": "plan"}),
        (2, "group_changed", "Desk"),
        (3, "group_changed", "2nd Level"),
    )
    (warning,) = declare(log, parse_rule({"any": [condition]})).warnings
    if "field" in condition or "group_in" in condition:
        assert "there are: none" in str(
            declare(log_of((0, "created", None)), parse_rule({"any": [condition]})).warnings[0]
        )
    assert told in str(warning)
    # Another way that is met makes a rule one that works.
    assert not declare(log, parse_rule({"any": [condition, {"group_in": ["Desk"]}]})).warnings


def test_how_long_tickets_are_asked_travels_with_the_log():
    log = log_of((0, "created", None), (5, "escalated", "functional"))
    longer = declare(log, parse_rule({"at_risk_until": "closed"}))
    assert (log.at_risk_until, longer.at_risk_until, longer.ordered().at_risk_until) == (
        "solved",
        "closed",
        "closed",
    )
    # It says nothing of what escalated means.
    assert longer.events is log.events
    assert declare(longer, EscalationRule()).at_risk_until == "solved"
    other = declare(longer, parse_rule({"at_risk_until": "escalated", "any": [{"event": "created"}]}))
    assert other.at_risk_until == "escalated"


def test_how_long_tickets_are_asked_may_stand_once_for_several_rules():
    table = {
        "at_risk_until": "closed",
        "back": {"any": [{"reopened": 1}]},
        "up": {"any": [{"priority_raised": True}], "at_risk_until": "solved"},
    }
    assert [parse_rule(table, name).at_risk_until for name in ("back", "up")] == ["closed", "solved"]
    with pytest.raises(
        UsageError, match=r"escalation.at_risk_until: must be 'solved', 'closed' or 'escalated'"
    ):
        parse_rule({"at_risk_until": "resolved"})
