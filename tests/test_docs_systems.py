"""The page of each system: its recipe parses, its options are known, and its ways to escalate do what they say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from boilover import EventLog, declare
from boilover.adapters import load_recipe, open_export
from boilover.escalation import EscalationRule, parse_rule, rule_names
from boilover.escalation.rule import Condition

ROOT = Path(__file__).resolve().parents[1]
PAGES = {path.stem: path.read_text("utf-8") for path in sorted((ROOT / "docs" / "systems").glob("*.md"))}
GROUPS = ("Tier 2", "2nd line", "Platform")
Row = tuple[str, str | None, str | None]
"""Type of an event, its value, its field."""


def section(page: str) -> str:
    return PAGES[page].partition("## What counts as an escalation")[2].partition("## What is lost")[0]


def events_of(condition: Condition) -> list[Row]:
    """Return what must happen to a ticket for a condition, said anew from the condition's own words."""
    if condition.event:
        return [(condition.event, None, None)]
    if condition.event_type:
        return [(condition.event_type, condition.value_in[0], condition.field)]
    if condition.priority_raised or condition.priority_at_least:
        return [("priority_changed", "urgent", None)]
    if condition.group_in:
        return [("group_changed", condition.group_in[0], None)]
    if condition.group_matches:
        (name, *_) = [name for name in GROUPS if re.search(condition.group_matches, name)]
        return [("group_changed", name, None)]
    if condition.reassignments:
        return [("group_changed", str(number), None) for number in range(condition.reassignments)]
    if condition.reopened:
        return [("status_changed", status, None) for status in ("solved", "open")]
    if condition.raised:
        return [("field_changed", value, condition.field) for value in condition.order[:2]]
    value = condition.equals if condition.equals is not None else f"a {condition.holds} b"
    return [("field_changed", value, condition.field)]


def escalated(rule: EscalationRule, rows: list[Row]) -> set[str]:
    """Return which tickets escalate: ``met`` has ``rows``, ``calm`` all but the last, and something else there."""
    calm: list[Row] = [*rows[:-1], ("field_changed", "x", "something else")]
    first: list[Row] = [("created", None, None), ("status_changed", "open", None)]
    first += [("priority_changed", "normal", None), ("group_changed", "first", None)]
    told = [
        {"ticket_id": name, "event_type": kind, "value": value, "field": field, "occurred_at": at}
        for name, happened in (("met", rows), ("calm", calm))
        for at, (kind, value, field) in zip(
            pd.date_range("2026-01-05", periods=9, freq="h", tz="UTC"), [*first, *happened], strict=False
        )
    ]
    events = declare(EventLog.from_pandas(pd.DataFrame(told)), rule).to_pandas()[0]
    return set(events.loc[events["event_type"] == "escalated", "ticket_id"])


@pytest.mark.parametrize("page", PAGES)
def test_the_recipe_of_a_page_parses_with_options_that_its_adapter_knows(page: str, tmp_path: Path) -> None:
    text, *others = re.findall(r"^```toml\n(.*?)^```$", PAGES[page], re.DOTALL | re.MULTILINE)
    for place, other in enumerate(others):
        (tmp_path / f"{place}.toml").write_text(other, "utf-8")
        assert load_recipe(tmp_path / f"{place}.toml").format == page
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    recipe = load_recipe(tmp_path / "mine.toml")
    assert recipe.format == page
    assert set(tomllib.loads(text)) <= {"format", "options", "mapping", "escalation"}
    sample = ROOT / "data" / "samples" / page
    if recipe.options and page != "ocel":  # The ticket of that page's log has another type than the sample's.
        # The sample writes its times as ISO.
        (tmp_path / "mine.toml").write_text(re.sub(r"(?m)^time_format.*\n", "", text), "utf-8")
        adapter, export = open_export([sample], recipe=tmp_path / "mine.toml")
        assert sum(len(log.tickets) for log in adapter.read(export)) == 60


@pytest.mark.parametrize("page", PAGES)
def test_each_way_to_escalate_is_declared_and_is_met_by_what_it_says(page: str) -> None:
    told = re.findall(r"^\| `(\w+)`( \(default\))?", section(page), re.MULTILINE)
    declared: dict[str, Any] = dict(load_recipe(page).escalation)
    assert sorted(name for name, _ in told) == sorted(rule_names(declared))
    assert [name for name, default in told if default] == [declared["default"]]
    for name in rule_names(declared):
        rule = parse_rule(declared, name)
        for condition in rule.any:
            only = rule.model_copy(update={"any": (condition,)})
            assert escalated(only, events_of(condition)) == {"met"}, (name, condition)


@pytest.mark.parametrize("page", PAGES)
def test_examples_in_the_table_are_conditions_of_the_recipe(page: str) -> None:
    declared: dict[str, Any] = dict(load_recipe(page).escalation)
    examples = re.findall(r"^\| `(\w+)`.*`(any = .*)` \|$", section(page), re.MULTILINE)
    for name, text in examples:
        (shown,) = parse_rule(tomllib.loads(text.replace("\\|", "|"))).any
        kinds = [set(each.model_dump(exclude_defaults=True)) for each in parse_rule(declared, name).any]
        assert set(shown.model_dump(exclude_defaults=True)) in kinds, name
        assert escalated(EscalationRule(any=(shown,)), events_of(shown)) == {"met"}, name
    assert examples or "`any = " not in section(page)
