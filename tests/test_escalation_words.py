"""A rule in words: every way to escalate has a clause of its own."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import boilover
from boilover.escalation import EscalationRule, parse_rule, rule_names
from boilover.escalation.words import rule_in_words

RECIPES = sorted((Path(boilover.__file__).parent / "recipes").glob("*.toml"))


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"event": "escalated"}, "when the log holds an event ‘escalated’ of it"),
        ({"event_type": "field_changed", "field": "tags", "value_in": ["a", "b"]},
         "when ‘field_changed’ of ‘tags’ sets ‘a’ or ‘b’"),
        ({"priority_raised": True}, "when its priority is raised"),
        ({"priority_at_least": "high"}, "when its priority becomes ‘high’ or a more urgent one"),
        ({"group_in": ["L2", "L3"]}, "when it comes to the group ‘L2’ or ‘L3’"),
        ({"group_matches": "tier"}, "when it comes to a group whose name matches ‘tier’"),
        ({"field": "sev", "raised": True, "order": ["a", "b"]}, "when ‘sev’ rises along ‘a’, ‘b’"),
        ({"field": "sev", "equals": "x"}, "when ‘sev’ becomes ‘x’"),
        ({"field": "tags", "holds": "x"}, "when ‘tags’ holds the word ‘x’"),
        ({"field": "votes", "at_least": 3}, "when ‘votes’ reaches 3"),
        ({"reassignments": 2}, "at its 2nd change of holder"),
        ({"reassignments": 11, "of": "group"}, "at its 11th change of group"),
        ({"reopened": 3}, "when it is reopened for the 3rd time"),
        ({"sla_missed": True}, "when it misses a service level"),
    ],
)  # fmt: skip
def test_each_way_in_words(condition: dict[str, object], words: str) -> None:
    rule = EscalationRule.model_validate({"any": [condition]})
    assert rule_in_words(rule) == f"A ticket escalates {words}."


def test_several_ways_and_who_is_asked() -> None:
    rule = EscalationRule.model_validate(
        {
            "any": [{"reopened": 1}, {"sla_missed": True}, {"priority_raised": True}],
            "only_tickets": {"group_not_matches": "2nd"},
        }
    )
    assert rule_in_words(rule) == (
        "A ticket escalates when it is reopened for the 1st time, when it misses a service level or when its priority"
        " is raised. Asked only of tickets whose first group does not match ‘2nd’."
    )


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_shipped_rule_can_be_told(path: Path) -> None:
    table = tomllib.loads(path.read_text("utf-8")).get("escalation", {})
    for name in rule_names(table) or (None,):
        told = rule_in_words(parse_rule(table, name))
        assert told.startswith("A ticket escalates ")
        assert "None" not in told
