"""The policy's file: every key, every mistake at once, and what it says of itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import BaseModel

from boilover import cli
from boilover.config import Config
from boilover.errors import UsageError
from boilover.flagger import FlagPolicy, explain, load_policy, parse_flag_policy
from boilover.flagger.policy import Triggers
from boilover.flagger.settings import QuietHours
from boilover.policy import Capacity, FixedRisk, LeastCost, LeastPrecision, parse_policy
from boilover.times import parse_moment

PAGE = Path(__file__).resolve().parents[2] / "docs" / "flagging.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


SHORTEST, EXAMPLE = blocks("toml")


def keys_of(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def test_the_example_of_the_page_parses_and_shows_every_key(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(EXAMPLE)
    policy = load_policy(tmp_path / "policy.toml")
    tables = tomllib.loads(EXAMPLE)
    assert set(tables) == keys_of(FlagPolicy)
    for name, told in (
        ("capacity", policy.capacity),
        ("tiers", policy.tiers),
        ("hysteresis", policy.hysteresis),
    ):
        assert set(tables[name]) == keys_of(type(told))
    for name in ("quiet", "cost", "outcome"):
        assert set(tables[name]) == keys_of(type(getattr(policy, name)))
    assert set(tables["segments"][0]) == keys_of(type(policy.segments[0]))
    assert set(tables["triggers"]) == set(policy.triggers_on) == set(Triggers.model_fields)
    shown = {key for table in tables["triggers"].values() for key in table}
    assert shown == {key for trigger in policy.triggers_on.values() for key in keys_of(type(trigger))}


def test_the_shortest_policy_of_the_page_flags_as_its_commands_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "policy.toml").write_text(SHORTEST)
    for name in ("data", "models"):
        (tmp_path / name).symlink_to(PAGE.parents[1] / name)
    monkeypatch.chdir(tmp_path)
    for line in blocks("console")[0].splitlines():
        monkeypatch.setattr("sys.argv", line.removeprefix("$ ").split())
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code
    scores = pd.read_csv("scores.csv")
    riskier = scores.loc[scores["risk"] >= 0.2, "ticket_id"].tolist()
    assert pd.read_csv("flags.csv")["ticket_id"].tolist() == riskier
    assert 0 < len(riskier) < len(scores)


def test_the_comments_of_the_example_tell_the_defaults() -> None:
    """What the page calls a default is one, key by key of the triggers."""
    tables = tomllib.loads(EXAMPLE)["triggers"]
    bare = {
        "unresolved": {"hours": tables["unresolved"]["hours"]},
        "vip": {"values": tables["vip"]["values"]},
    }
    policy = parse_flag_policy({"triggers": {name: bare.get(name, {}) for name in tables}})
    for name, keys in {
        "sla_used": ("share",),
        "no_public_update": ("hours", "statuses"),
        "reopened": ("times",),
        "handoffs": ("times",),
        "returns": ("times",),
        "falling_sentiment": ("fall", "to"),
        "asks_for_manager": ("messages", "within"),
        "failed_attempts": ("messages", "within"),
        "vip": ("attribute",),
    }.items():
        for key in keys:
            given = getattr(policy.triggers_on[name], key)
            assert (list(given) if isinstance(given, tuple) else given) == tables[name][key], f"{name}.{key}"


def test_an_empty_policy_is_that_of_the_configuration() -> None:
    policy = parse_flag_policy({})
    assert policy.threshold == Capacity(per_night=10, of_open=0.1) == parse_policy(Config().threshold)
    # A tenth of what is open: ten flags on a desk of forty would be hardly a choice.
    assert [policy.limit(n) for n in (0, 9, 29, 30, 44, 99, 100, 4000)] == [1, 1, 2, 3, 4, 9, 10, 10]
    assert policy.triggers_on == {}
    assert not policy.by_queue


MISTAKES: list[tuple[dict[str, Any], str]] = [
    (
        {"threshold": {"kind": "capacity", "per_night": 2, "by_nite": 2}},
        r"threshold\.by_nite: is not known; keys are kind, per_night, of_open",
    ),
    ({"treshold": {}}, r"treshold: is not known; keys are threshold, capacity, "),
    (
        {"threshold": {"kind": "fixed", "risk": 2}},
        r"threshold\.risk: .*less than or equal to 1, not 2",
    ),
    ({"threshold": {"kind": "fixed"}}, r"threshold\.risk: is required"),
    ({"capacity": {"per_night": 0}}, r"capacity\.per_night: .*not 0"),
    ({"capacity": {"per_night": True}}, r"capacity\.per_night: .*not True"),
    ({"capacity": {"queues": {"a": -1}}}, r"capacity\.queues\.a: .*not -1"),
    ({"tiers": {"warn": "0.5"}}, r"tiers\.warn: .*number, not '0\.5'"),
    ({"tiers": {"warn": 0.5, "critical": 0.4}}, r"tiers\.critical: 0\.4 is below warn, 0\.5"),
    ({"hysteresis": {"raise": 0.9, "clear": 1.1}}, r"hysteresis\.clear: 1\.1 is above raise, 0\.9"),
    ({"hysteresis": {"raise": 1e308}}, r"hysteresis\.raise: .*less than or equal to 100, not 1e\+308"),
    (
        {"triggers": {"sla_used": {"share": 1e308}}},
        r"triggers\.sla_used\.share: .*less than or equal to 100, not",
    ),
    ({"hysteresis": {"cooldown": "soon"}}, r"hysteresis\.cooldown: 'soon' is no duration"),
    (
        {"hysteresis": {"unless": "never"}},
        r"hysteresis\.unless: .*'watch', 'warn' or 'critical', not 'never'",
    ),
    (
        {"quiet": {"from": "22:00", "until": "6 am", "zone": "UTC"}},
        r"quiet\.until: '6 am' is no time of day\. Write hours",
    ),
    (
        {"quiet": {"from": "22:00", "until": "06:00+01:00", "zone": "UTC"}},
        r"quiet\.until: '06:00\+01:00' is no time of day",
    ),
    ({"quiet": {"from": "22:00", "until": "22:00", "zone": "UTC"}}, r"quiet\.until: is the time at which"),
    (
        {"quiet": {"from": "22:00", "until": "06:00", "zone": "Europe/Gotham"}},
        r"quiet\.zone: 'Europe/Gotham' is no time zone",
    ),
    ({"quiet": {"from": "22:00", "until": "06:00"}}, r"quiet\.zone: is required"),
    ({"cost": {"attribute": "v", "unit": 0}}, r"cost\.unit: .*greater than 0, not 0"),
    ({"cost": {"attribute": "v", "unit": 1, "least": 9}}, r"cost\.least: 9 is above most, 5"),
    ({"outcome": {"holdout": 1.0}}, r"outcome\.holdout: .*less than 1, not 1\.0"),
    ({"segments": [{"name": "a", "where": {}}]}, r"segments\.0\.where: "),
    (
        {"segments": [{"name": "a", "where": {"q": ["x"]}, "mute": ["zap"]}]},
        r"segments\.0\.mute: 'zap' is no",
    ),
    ({"segments": [{"name": "a", "where": {"q": ["x"]}}] * 2}, r"segments\.1\.name: 'a' names another"),
    (
        {"tiers": {"warn": 0.5}, "segments": [{"name": "a", "where": {"q": ["x"]}, "critical": 0.4}]},
        r"segments\.0\.critical: 0\.4 is below warn, 0\.5",
    ),
    ({"triggers": {"sla": {}}}, r"triggers\.sla: is not known; keys are sla_used, "),
    ({"triggers": {"sla_used": {"share": 0}}}, r"triggers\.sla_used\.share: "),
    (
        {"triggers": {"sla_used": {"shares": 1}}},
        r"triggers\.sla_used\.shares: is not known; keys are on, tier",
    ),
    ({"triggers": {"unresolved": {}}}, r"triggers\.unresolved\.hours: is required"),
    ({"triggers": {"unresolved": {"hours": {"high": 0}}}}, r"triggers\.unresolved\.hours\.high: .*not 0"),
    ({"triggers": {"vip": {"values": []}}}, r"triggers\.vip\.values: "),
    ({"triggers": {"legal": {"phrases": ["  "]}}}, r"triggers\.legal\.phrases\.0: "),
    (
        {"triggers": {"no_public_update": {"statuses": ["open", "solved"]}}},
        r"triggers\.no_public_update\.statuses\.1: ",
    ),
]


@pytest.mark.parametrize(("tables", "match"), MISTAKES)
def test_a_mistake_is_told_with_its_key(tables: dict[str, Any], match: str) -> None:
    with pytest.raises(UsageError, match=rf"p\.toml: 1 problem\(s\) in the policy:\n  {match}"):
        parse_flag_policy(tables, source="p.toml")


def test_all_mistakes_are_told_at_once() -> None:
    tables = {
        "tiers": {"warn": 2, "critical": -1},
        "quiet": {"zone": "X"},
        "x": 1,
        "outcome": {"holdout": "1"},
    }
    with pytest.raises(UsageError, match=r"7 problem\(s\)") as caught:
        parse_flag_policy(tables)
    for key in (
        "tiers.warn",
        "tiers.critical",
        "quiet.from",
        "quiet.until",
        "quiet.zone",
        "x",
        "outcome.holdout",
    ):
        assert f"\n  {key}: " in str(caught.value)


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ({"triggers": {"legal": {"phrases": [" "]}}}, "triggers.legal.phrases.0: must not be blank"),
        ({"triggers": {"sla_used": True}}, "triggers.sla_used: must be a table, not True"),
        ({"capacity": {"queues": 3}}, "capacity.queues: must be a table, not 3"),
        ({"segments": [{"name": "", "where": {"plan": ["a"]}}]}, "segments.0.name: must not be empty"),
        ({"threshold": 0.3}, "threshold: must be a table, not 0.3"),
    ],
)
def test_problems_are_told_in_plain_words(tables: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_flag_policy(tables)
    assert str(caught.value).splitlines()[1].strip() == told


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        (
            "[threshold]\nrisk = 0.3",
            "threshold.kind: is required: one of 'fixed', 'capacity', 'precision', 'cost'",
        ),
        (
            "[threshold]\nkind = 'risk'",
            "threshold.kind: must be one of 'fixed', 'capacity', 'precision', 'cost', not 'risk'",
        ),
        (
            "[threshold]\nkind = 'fixed'\nrisk = '30%'",
            "threshold.risk: must be a number, not '30%'. Write 0.3, without quotes",
        ),
        (
            "[threshold]\nkind = 'fixed'\nrisk = '0.3'",
            "threshold.risk: must be a number, not '0.3'. Write 0.3, without quotes",
        ),
        (
            "[threshold]\nkind = 'fixed'\nrisk = 30",
            "threshold.risk: must be less than or equal to 1, not 30. Write 0.3 for 30 %",
        ),
        (
            "[threshold]\nkind = 'fixed'\nrisk = 0.1\nrisc = 1",
            "threshold.risc: is not known; keys are kind, risk; the nearest is risk",
        ),
        (
            "[threshold]\nkind = 'capacity'\nper_night = true",
            "threshold.per_night: must be a whole number, not True",
        ),
        (
            "[capacity]\nper_night = '40'",
            "capacity.per_night: must be a whole number, not '40'. Write 40, without quotes",
        ),
        (
            "[capacity]\nper_night = 'forty'",
            "capacity.per_night: must be a whole number, not 'forty'. Write it in digits, without quotes",
        ),
        ("[capacity]\nper_night = 4.5", "capacity.per_night: must be a whole number, not 4.5"),
        (
            "[hysteresis]\ncooldown = 3",
            "hysteresis.cooldown: must be text, not 3. Write it in quotes",
        ),
        (
            "[hysteresis]\ncooldown = 'soon'",
            "hysteresis.cooldown: 'soon' is no duration. Write a positive number and m, h, d or w, such as 24h or 7d",
        ),
        (
            "[triggers.vip]\nvalues = 'ACME'",
            "triggers.vip.values: must be a list, not 'ACME'. Write it in brackets, such as [\"ACME\"]",
        ),
        ("[triggers.legal]\non = 'yes'", "triggers.legal.on: must be true or false, not 'yes'"),
        ("[segments]\nname = 'a'", "segments: must be a list. Write [[segments]], in two brackets"),
    ],
)
def test_a_problem_is_told_with_its_mend(tables: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_flag_policy(tomllib.loads(tables))
    assert str(caught.value).splitlines()[1:] == [f"  {told}"]


def test_a_key_beside_its_table_is_sent_there() -> None:
    with pytest.raises(
        UsageError, match=r"\n  risk: is not known; keys are threshold, .*; \[threshold\] has it$"
    ):
        parse_flag_policy({"risk": 0.3})


def test_a_file_that_is_none_or_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"absent\.toml: No such file"):
        load_policy(tmp_path / "absent.toml")
    for content in (b"[threshold", b"\xff"):
        (tmp_path / "bad.toml").write_bytes(content)
        with pytest.raises(UsageError, match=r"bad\.toml: is no TOML"):
            load_policy(tmp_path / "bad.toml")


def test_the_smaller_capacity_counts() -> None:
    ten = {"threshold": {"kind": "capacity", "per_night": 10}}
    assert parse_flag_policy({**ten, "capacity": {"per_night": 4}}).limit(20) == 4
    assert parse_flag_policy({**ten, "capacity": {"per_night": 40}}).limit(20) == 10
    fixed = {"threshold": {"kind": "fixed", "risk": 0.5}}
    assert parse_flag_policy(fixed).limit(20) is None
    assert parse_flag_policy({**fixed, "capacity": {"per_night": 4}}).limit(2) == 4


def test_times_may_be_written_as_toml_has_them() -> None:
    quiet = tomllib.loads('from = 22:00:00\nuntil = "06:30"\nzone = "UTC"')
    hours = QuietHours.model_validate(quiet)
    assert hours.holds(parse_moment("2026-01-01T22:00Z"))
    assert not hours.holds(parse_moment("2026-01-01T06:30Z"))


def test_the_fingerprint_is_of_what_is_set_and_not_of_how_it_is_written() -> None:
    one = parse_flag_policy(
        {"tiers": {"warn": 0.5, "critical": 0.8}, "threshold": {"kind": "fixed", "risk": 0.5}}
    )
    same = parse_flag_policy(
        {"threshold": {"risk": 0.5, "kind": "fixed"}, "tiers": {"critical": 0.8, "warn": 0.5}}
    )
    told = parse_flag_policy({"hysteresis": {"clear": 0.8}, "threshold": {"kind": "fixed", "risk": 0.5}})
    bare = parse_flag_policy({"threshold": {"kind": "fixed", "risk": 0.5}})
    assert one.fingerprint == same.fingerprint
    assert told.fingerprint == bare.fingerprint
    assert one.fingerprint != bare.fingerprint
    assert re.fullmatch("[0-9a-f]{64}", one.fingerprint)


def test_a_policy_says_what_it_will_do() -> None:
    said = explain(parse_flag_policy(tomllib.loads(EXAMPLE))).splitlines()
    (page,) = blocks("text")
    assert said == page.splitlines()


@pytest.mark.parametrize(
    ("threshold", "said"),
    [
        (FixedRisk(risk=0.3), "tickets of a risk of 30% or more"),
        (FixedRisk(risk=0.0045), "tickets of a risk of 0.45% or more"),
        (
            Capacity(per_night=7),
            "at most 7 a night, from the risk on at which an average night of the past used 90% of that",
        ),
        (
            Capacity(per_night=7, of_open=0.05),
            "at most 7 and 5% of the tickets at risk a night, from the risk on at which",
        ),
        (LeastPrecision(at_least=0.6), "while 60% escalate, with a confidence of 95%"),
        (LeastPrecision(at_least=0.07, confidence=0.999), "while 7% escalate, with a confidence of 99.9%"),
        (LeastCost(miss=20, false_alarm=1, method="empirical"), "by what was cheapest in the past"),
    ],
)
def test_every_kind_of_threshold_is_told(threshold: BaseModel, said: str) -> None:
    told = explain(parse_flag_policy({"threshold": threshold.model_dump()}))
    assert said in told.splitlines()[0]
    assert "No trigger raises a flag." in told
