"""The nightly job looks after its model: it retrains, and shuts a gate without losing anything."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from boilover.errors import GateError
from boilover.flagger.ledger import Ledger
from boilover.inputs import cut
from boilover.job import Run, load_job, run_desk
from boilover.job.steps import Say
from boilover.points import DAY
from boilover.times import parse_moment
from boilover.training.rows import training_rows
from desks import write

NIGHT = "2026-05-10T06:00Z"
CONFIG = """
log = "log"
model = "model"
policy = "policy.toml"
ledger = "ledger.db"
explain = 0
[outputs]
scores = "out/scores.csv"
flags = "out/flags.csv"
"""
POLICY = """
[threshold]
kind = "capacity"
per_night = 5
"""


def make(home: Path, life, model: str, config: str = "", tickets=None) -> Path:
    shutil.copytree(life.home / model, home / "model", dirs_exist_ok=True)
    write(home / "log", life.events, life.tickets if tickets is None else tickets)
    (home / "policy.toml").write_text(POLICY, encoding="utf-8")
    (home / "nightly.toml").write_text(CONFIG + config, encoding="utf-8")
    return home / "nightly.toml"


def night(config: Path, as_of: str = NIGHT, say: Say = lambda text: None) -> Run:
    (desk,) = load_job(config).values()
    return run_desk(desk, parse_moment(as_of), say=say)


def manifest(home: Path) -> dict:
    (file,) = (home / "runs").rglob("*.json")
    return json.loads(file.read_text("utf-8"))


def test_a_shut_gate_writes_scores_and_loses_nothing(life, tmp_path):
    tickets = life.tickets.assign(
        channel=np.where(np.arange(len(life.tickets)) > 750, "chat", life.tickets["channel"])
    )
    gate = '[gate]\non = "features"\nwindow = "40d"\n'
    config = make(tmp_path, life, "good", gate, tickets)
    with pytest.raises(GateError, match="the gate is shut: features drifted"):
        night(config)
    told = manifest(tmp_path)
    assert told["exit_code"] == 7
    assert told["drift"]["drifted"]
    assert "ticket_channel" in told["drift"]["features"]
    assert "threshold" not in told
    assert (tmp_path / "out" / "scores.csv").exists()
    assert not (tmp_path / "out" / "flags.csv").exists()
    assert Ledger.open(str(tmp_path / "ledger.db")).export("nights").empty
    scores = (tmp_path / "out" / "scores.csv").read_bytes()
    config.write_text(CONFIG, encoding="utf-8")
    assert night(config).manifest["exit_code"] == 0
    assert (tmp_path / "out" / "scores.csv").read_bytes() == scores
    assert (tmp_path / "out" / "flags.csv").exists()


def test_a_gate_that_cannot_tell_stays_open(life, tmp_path):
    config = make(tmp_path, life, "good", '[gate]\non = ["features", "performance"]\nwindow = "1h"\n')
    told = night(config).manifest
    assert told["drift"] == {"drifted": None, "why": told["drift"]["why"]}
    assert "at least 100" in told["drift"]["why"]


def test_a_better_challenger_serves_from_the_same_night_on(life, tmp_path):
    config = make(tmp_path, life, "blind", '[retrain]\nevery = "7d"\nhold_back = "40d"\n')
    # What runs left behind that were killed while they wrote.
    left = [tmp_path / f".{name}.abcd1234" for name in ("model", "model.previous", "model.challenger")]
    for folder in left:
        folder.mkdir()
    first = night(config).manifest
    assert not any(folder.exists() for folder in left)
    assert first["retrain"]["judged"] == "promoted"
    assert first["model"]["fingerprint"] == first["retrain"]["challenger"]
    assert first["retrain"]["challenge"]["differences"]["average_precision"]["estimate"] > 0
    assert (tmp_path / "model.previous" / "manifest.json").exists()
    written = {each.name: each.read_bytes() for each in (tmp_path / "out").iterdir()}
    again = night(config).manifest
    assert again["retrain"]["judged"] == "none is due"
    assert again["recorded_before"]
    assert {each.name: each.read_bytes() for each in (tmp_path / "out").iterdir()} == written


def test_a_challenger_does_not_learn_from_tickets_whose_flags_were_answered(life, tmp_path):
    config, heard = make(tmp_path, life, "good"), []
    night(config, "2026-03-20T06:00Z")
    ledger, answered_at = Ledger.open(str(tmp_path / "ledger.db")), parse_moment("2026-03-20T08:00Z")
    flagged = ledger.export("flags")["ticket_id"].tolist()
    for ticket in flagged:
        ledger.acknowledge(ticket, who="somebody", when=answered_at)
    config.write_text(CONFIG + '[retrain]\nevery = "7d"\nhold_back = "40d"\n', encoding="utf-8")
    assert night(config, say=heard.append).manifest["retrain"]["judged"] in ("promoted", "refused")
    rows = training_rows(cut(life.log, parse_moment(NIGHT) - 40 * DAY), ["7d"])
    ids = np.array(rows.notes.history.ticket_ids.to_pylist())[rows.points.ticket]
    touched = int((np.isin(ids, flagged) & (rows.points.as_of + 7 * DAY > answered_at)).sum())
    assert touched > len(flagged) > 0
    (told,) = [text for text in heard if "retraining" in text]
    assert f"retraining: {touched} of {len(ids)} points are left out for 168 h" in told


def test_a_retraining_that_fails_costs_nothing(life, tmp_path):
    config = make(tmp_path, life, "good", '[retrain]\nevery = "1d"\nhold_back = "1h"\nfolder = "others"\n')
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "notes").write_text("precious")
    told = night(config).manifest
    assert told["exit_code"] == 0
    assert "failed: " in told["retrain"]["judged"]
    assert "holds notes, which is no part of a model" in told["retrain"]["judged"]
    assert (tmp_path / "others" / "notes").exists()
    assert told["counts"]["tickets"] > 0


def test_a_challenger_that_no_longer_fits_the_log_is_refused(life, tmp_path):
    lacking = life.tickets.drop(columns="channel")
    config = make(tmp_path, life, "blind", '[retrain]\nevery = "7d"\nhold_back = "40d"\n', lacking)
    shutil.copytree(life.home / "good", tmp_path / "model.challenger")
    told = night(config).manifest["retrain"]
    assert told["challenger"] == life.good.manifest.fingerprint
    assert "refused: " in told["judged"]
    assert "channel" in told["judged"]
    # Judged, it no longer stands in the way of one that fits.
    assert json.loads((tmp_path / "model.challenger" / "challenge.json").read_text()) == told


@pytest.mark.parametrize(
    ("error", "told_of"),
    [
        (OSError(28, "the words of a customer"), "failed: No space left on device: make room in "),
        (KeyError("the words of a customer"), "failed: unexpected KeyError"),
    ],
)
def test_a_fault_in_a_retraining_costs_no_flag_and_quotes_nobody(life, tmp_path, monkeypatch, error, told_of):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr("boilover.job.life.renew", broken)
    config = make(tmp_path, life, "good", '[retrain]\nevery = "1d"\nhold_back = "1h"\n')
    told = night(config).manifest
    assert told["retrain"]["judged"].startswith(told_of)
    assert "customer" not in told["retrain"]["judged"]
    assert told["counts"]["tickets"] > 0
    assert (tmp_path / "out" / "flags.csv").exists()
