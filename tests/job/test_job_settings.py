"""A configuration of the job: what it means, and what it is told for each mistake."""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from job_desk import ROOT

from boilover.cli import app
from boilover.errors import GateError, InputError, MismatchError, UsageError
from boilover.job import load_job
from boilover.job.keys import Gate, Limits, Moment, Outputs, Retrain, Tables
from boilover.places import place
from boilover.times import iso, parse_moment

LEAST = 'log = "log"\nmodel = "model"\npolicy = "policy.toml"\nledger = "ledger.db"\n'
SHEET = '[channels.sheet]\nkind = "csv"\npath = "flags {night}.csv"\n'


def load(tmp_path, text: str):
    file = tmp_path / "nightly.toml"
    file.write_text(text, encoding="utf-8")
    return load_job(file)


def test_a_file_without_desks_is_one_desk(tmp_path):
    (desk,) = load(tmp_path, LEAST).values()
    assert desk.name == "desk"
    assert desk.log == tmp_path / "log"
    assert desk.lock == tmp_path / "runs" / "desk" / "lock"
    assert desk.outputs("manifest", 0) == [tmp_path / "runs" / "desk" / "1970-01-01T000000Z.json"]
    assert desk.outputs("flags", 0) == desk.sources() == []
    assert (desk.stale, desk.expire) == (None, None)


def test_desks_share_what_stands_outside_and_keep_their_own(tmp_path):
    shared = LEAST.replace('"log"', '"logs/{desk}"')
    text = f"""{shared}
[limits]
stale = "36h"
dropped = 0.1
[outputs]
flags = "{{desk}}.csv"
[desks.a]
[desks.b]
ledger = "postgresql://host/b"
[desks.b.limits]
stale = "2d"
"""
    desks = load(tmp_path, text)
    assert list(desks) == ["a", "b"]
    assert desks["a"].log == tmp_path / "logs" / "a"
    assert desks["a"].ledger == str(tmp_path / "ledger.db")
    assert desks["b"].ledger == "postgresql://host/b"
    assert (desks["a"].stale, desks["b"].stale) == (36 * 3600 * 10**6, 48 * 3600 * 10**6)
    assert desks["b"].tables.limits.dropped == 0.1
    assert desks["b"].outputs("flags", 0) == [tmp_path / "b.csv"]


def test_desks_share_channels_and_may_change_or_leave_one(tmp_path):
    shared = SHEET.replace("{night}", "{desk} {night}")
    own = '[desks.b.channels.sheet]\nkind = "jsonl"\npath = "{night}"\n'
    desks = load(tmp_path, f"{LEAST}{shared}[desks.a]\n{own}[desks.c.channels]\nsheet = false\n")
    told = {
        name: [(each.name, each.kind, each.path) for each in desk.channels] for name, desk in desks.items()
    }
    assert told == {
        "a": [("sheet", "csv", str(tmp_path / "flags {desk} {night}.csv"))],
        "b": [("sheet", "jsonl", str(tmp_path / "{night}"))],
        "c": [],
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('log = "log"', "model: is required"),
        (LEAST + "modell = 1", "modell: is not known; keys are log, model"),
        (LEAST + '[limits]\nstale = "soon"', "'soon' is no duration"),
        (LEAST + "[limits]\ndropped = 1.5", "limits.dropped"),
        (LEAST + '[night]\nat = "six"', "is no time of day"),
        (LEAST + '[night]\nat = "06:00"\nzone = "Mars"', "is no time zone"),
        (LEAST + "desks = 1", "write a table [desks.NAME]"),
        (LEAST + '[desks."a/b"]', "is no name that a file can have"),
        (LEAST + '[outputs]\nflags = "x.csv"\n[desks.a]\n[desks.b]', "as desks.a does; put {desk}"),
        (LEAST + '[outputs]\nflags = "x.csv"\nscores = "x.csv"', "writes two outputs to one file"),
        *(
            (f'{LEAST}sources = ["exports", "*.json"]\n[outputs]\nscores = "{file}"', "which it reads")
            for file in ("exports/a/scores.csv", "{night}.json", "log/events/x.parquet", "log", "policy.toml")
        ),
        (LEAST.replace('"log"', '"s3://desk/log"'), "log: must lie in a local folder, not 's3://desk/log'"),
        (LEAST + '[outputs]\nflags = "memory://flags.csv"', "outputs.flags.0: must lie in a local folder"),
        ("log = ", "is no TOML"),
        (LEAST + '[channels.x]\nkind = "fax"', "channels.x.kind: is none of csv"),
        (LEAST + "[channels]\nx = 1", "channels.x: is no table"),
        (LEAST + f"{SHEET}[desks.a]\n[desks.b]", "as desks.a does; put {desk}"),
        (LEAST + '[outputs]\nflags = "flags {night}.csv"\n' + SHEET, "writes two outputs to one file"),
    ],
)
def test_each_mistake_is_named(tmp_path, text, told):
    with pytest.raises(UsageError) as raised:
        load(tmp_path, text)
    assert told in str(raised.value)


def test_all_mistakes_are_told_at_once(tmp_path):
    with pytest.raises(UsageError, match="5 problem"):
        load(tmp_path, "wrong = 1")


def test_a_pattern_names_the_exports_that_are_there(tmp_path):
    (desk,) = load(tmp_path, LEAST + 'sources = ["*.csv", "b.csv"]').values()
    with pytest.raises(InputError, match="no file fits the pattern"):
        desk.sources()
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).touch()
    assert desk.sources() == [tmp_path / "a.csv", tmp_path / "b.csv"]


def test_exports_may_be_at_urls(tmp_path):
    (desk,) = load(
        tmp_path, LEAST + 'sources = ["memory://exports/{desk}.json", "file:///a/b.json"]'
    ).values()
    assert desk.sources() == [place("memory://exports/desk.json"), Path("/a/b.json")]


@pytest.mark.parametrize(
    ("night", "now", "expected"),
    [
        ("", "2026-03-03T06:59:59", "2026-03-03T06:00:00Z"),
        ("", "2026-03-03T06:00:00", "2026-03-03T06:00:00Z"),
        ('[night]\nat = "06:00"', "2026-03-03T06:00:00", "2026-03-03T06:00:00Z"),
        ('[night]\nat = "06:00"', "2026-03-03T05:59:59", "2026-03-02T06:00:00Z"),
        ('[night]\nat = ["06:00", "18:30"]', "2026-03-03T23:00:00", "2026-03-03T18:30:00Z"),
        ('[night]\nat = ["06:00", "18:30"]', "2026-03-03T03:00:00", "2026-03-02T18:30:00Z"),
        ('[night]\nat = "06:00"\nzone = "Europe/Berlin"', "2026-03-28T05:30:00", "2026-03-28T05:00:00Z"),
        ('[night]\nat = "06:00"\nzone = "Europe/Berlin"', "2026-03-29T04:30:00", "2026-03-29T04:00:00Z"),
        ('[night]\nat = "06:00"\nzone = "Asia/Tokyo"', "2026-03-03T22:00:00", "2026-03-03T21:00:00Z"),
    ],
)
def test_a_run_that_is_told_no_moment_asks_as_of_the_latest_that_has_passed(tmp_path, night, now, expected):
    (desk,) = load(tmp_path, LEAST + night).values()
    moment = desk.moment(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert moment == parse_moment(expected)
    assert iso(moment) == expected


def blocks(language: str) -> list[str]:
    text = (ROOT / "docs" / "nightly.md").read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_the_page_tells_every_key(tmp_path):
    (text,) = blocks("toml")
    desks = load(tmp_path, text)
    assert list(desks) == ["support", "billing"]
    told = tomllib.loads(text)
    tables = {"limits": Limits, "outputs": Outputs, "night": Moment, "retrain": Retrain, "gate": Gate}
    for table, model in tables.items():
        assert set(told.pop(table)) == set(model.model_fields)
    assert set(told) == set(Tables.model_fields) - set(tables) | {"desks"}
    assert [each.name for each in desks["support"].channels] == ["sheet"]
    assert desks["billing"].channels == ()
    assert desks["billing"].policy == tmp_path / "billing" / "policy.toml"
    assert desks["billing"].tables.limits == Limits(stale="3d", dropped=0.2)
    assert desks["support"].recipe == str(tmp_path / "recipes" / "support.toml")


def test_the_defaults_that_the_page_tells_are_the_defaults(tmp_path):
    told = tomllib.loads(blocks("toml")[0])
    (desk,) = load(tmp_path, LEAST).values()
    for name in ("format", "allow_cut", "explain", "lock"):
        assert told[name] == getattr(desk.tables, name)
    assert told["limits"]["dropped"] == desk.tables.limits.dropped
    assert told["outputs"]["manifest"] == desk.tables.outputs.manifest
    assert told["gate"]["window"] == desk.tables.gate.window
    for name in ("rest", "hold_back"):
        assert told["retrain"][name] == Retrain.model_fields[name].default


def test_every_unit_calls_the_command_as_it_is():
    (cron,) = blocks("cron")
    service, timer = (configparser.ConfigParser(strict=False) for _ in range(2))
    for unit in (service, timer):
        unit.optionxform = str
    for unit, text in zip((service, timer), blocks("ini"), strict=True):
        unit.read_string(text)
    (dag,) = blocks("python")
    calls = [node for node in ast.walk(ast.parse(dag)) if isinstance(node, ast.keyword)]
    (bash,) = [ast.literal_eval(each.value) for each in calls if each.arg == "bash_command"]
    moment = "2026-03-03T06:00:00+01:00"
    command = typer.main.get_command(app).commands["nightly"]
    for told in (cron.splitlines()[1], service["Service"]["ExecStart"], bash):
        words = shlex.split(re.sub(r"\{\{.*?\}\}", moment, told).split("boilover nightly ")[1].split(">>")[0])
        given = command.make_context("nightly", words).params
        assert given["config"].name == "nightly.toml"
        assert given["as_of"] in (None, moment)
    assert re.match(r"15 6 \* \* \* ", cron.splitlines()[1])
    assert timer["Timer"]["OnCalendar"].startswith("*-*-* 06:15:00")
    codes = {int(code) for code in service["Service"]["RestartPreventExitStatus"].split()}
    assert codes == {UsageError.exit_code, MismatchError.exit_code, GateError.exit_code}
