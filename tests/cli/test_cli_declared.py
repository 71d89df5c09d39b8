"""A model that left to the log what escalated means, and a log that declares it since."""

import json
import shutil
from pathlib import Path

import pytest

from boilover import cli
from boilover.escalation import parse_rule
from boilover.inputs import declared_since

DECLARED = '[escalation]\nany = [{ event_type = "status_changed", value_in = ["closed"] }]\n'
TOLD = '[escalation]\nany = [{ event = "escalated" }]\n'
SAID = "declares what escalated means: A ticket escalates when ‘status_changed’ sets ‘closed’."


@pytest.fixture(scope="module")
def model(desk, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("declared") / "model"
    words = ["train", desk / "log", "--model", folder, "--until", "2026-04-01", "--no-track"]
    cli.app([*map(str, words)], standalone_mode=False)
    return folder


def test_measuring_another_outcome_is_said_once_and_stands_in_the_report(desk, model, run, tmp_path):
    config, report = tmp_path / "declared.toml", tmp_path / "report.html"
    for text, is_said in ((DECLARED, True), (TOLD, False), ("", False)):
        config.write_text(text, encoding="utf-8")
        words = (desk / "log", "--model", model, "--config", config)
        for command in (("evaluate", *words, "--report", report), ("drift", *words)):
            code, said = run(*command)
            assert code == 0, said
            assert said.count("ANOTHER OUTCOME") == is_said
            assert (SAID in said) == is_said
            assert ('[escalation] any = [{ event = "escalated" }]' in said) == is_said
        assert ("ANOTHER OUTCOME" in report.read_text("utf-8")) == is_said


def test_a_night_tells_it_in_its_manifest(tmp_path, run):
    root = Path(__file__).resolve().parents[2]
    sample = root / "data" / "samples" / "desk_export.csv"
    shutil.copy(sample, tmp_path / "export.csv")
    recipe = sample.with_suffix(".toml").read_text("utf-8")
    (tmp_path / "own.toml").write_text(f"{recipe}\n{DECLARED}", encoding="utf-8")
    told = (
        f'sources = "export.csv"\nrecipe = "own.toml"\nlog = "log"\nmodel = "{root / "models" / "demo"}"\n'
        'policy = "policy.toml"\nledger = "ledger.db"\n[outputs]\nmanifest = "out/night.json"\n'
    )
    (tmp_path / "night.toml").write_text(told, encoding="utf-8")
    # Who flags everything is told on the second night that this is hardly a choice.
    everybody = '[threshold]\nkind = "fixed"\nrisk = 0.0\n'
    for policy, night in (("", "2025-01-16"), (everybody, "2025-01-17")):
        (tmp_path / "policy.toml").write_text(policy, encoding="utf-8")
        code, said = run("nightly", tmp_path / "night.toml", "--as-of", f"{night}T06:00Z")
        assert code == 0, said
        assert said.count("ANOTHER OUTCOME") == 1
        assert ("desk: HARDLY CHOOSES: 100 % of the open tickets have a flag" in said) == bool(policy)
        assert SAID in json.loads((tmp_path / "out" / "night.json").read_text("utf-8"))["log"]["note"]


def test_only_a_model_that_takes_the_logs_is_misled():
    takes, declares = parse_rule({}), parse_rule({"any": [{"reopened": 1}]})
    assert "when it is reopened for the 1st time" in declared_since(takes, declares)
    assert declared_since(parse_rule({"at_risk_until": "closed"}), declares)
    assert not declared_since(declares, parse_rule({"any": [{"reopened": 2}]})), "the model's own rule holds"
    assert not declared_since(declares, takes)
    assert not declared_since(takes, takes)
