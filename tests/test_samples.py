from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from boilover.adapters import ingest
from boilover.adapters.registry import ADAPTERS
from boilover.checking import check
from boilover.inputs import open_log
from boilover.log import read_log
from boilover.pipeline import score_log
from boilover.synthetic import synthetic_desk

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLES = REPOSITORY / "data" / "samples"
SYSTEMS = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir() and path.name != "desk_log")
SHARED_COLUMNS = [
    "ticket_id",
    "occurred_at",
    "event_type",
    "value",
    "number",
    "actor_id",
    "is_public",
    "text",
]


def test_the_sample_log_keeps_the_contract() -> None:
    log = read_log(SAMPLES / "desk_log")
    assert not check(log)
    assert log.tickets.num_rows == 60


def test_the_sample_export_reads_back_as_the_desk_that_it_came_from() -> None:
    log, report = ingest([SAMPLES / "desk_export.csv"], recipe=SAMPLES / "desk_export.toml")
    assert not report.unknown
    events = log.to_pandas()[0]
    desk = synthetic_desk(n_tickets=45, days=30, seed=12).to_pandas()[0]
    desk = desk[~desk["event_type"].isin(["sla_due", "created"])]
    read = events[events["event_type"] != "created"]
    read = read.assign(event_id=read["event_id"].str.removesuffix("/0"))
    left, right = (
        frame.set_index("event_id")[SHARED_COLUMNS]
        .sort_index()
        .assign(text=lambda one: one["text"].str.split())
        for frame in (desk, read)
    )
    pd.testing.assert_frame_equal(left, right, check_dtype=False)
    assert (events["event_type"] == "created").sum() == 45


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_export_of_each_system_is_told_from_its_content_and_scored(system: str) -> None:
    """With nothing but the demo's model: no recipe, no options."""
    source = open_log(SAMPLES / system)
    assert source.format == system
    assert not [each for each in check(source.told) if each.severity == "error"]
    assert source.told.tickets.num_rows == 60
    scores = score_log(source, REPOSITORY / "models" / "demo")
    assert len(scores) >= 20
    assert scores["risk"].between(0, 1).all()
    assert scores["risk"].nunique() > len(scores) / 2
    assert (scores["reason_1"].head(10) != "").all()


def test_an_export_may_hold_a_file_that_is_called_as_one_of_a_log(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "github", tmp_path / "export")
    (tmp_path / "export" / "issues_page_000.json").rename(tmp_path / "export" / "events.json")
    assert open_log(tmp_path / "export").format == "github"


def test_there_is_a_sample_of_every_system() -> None:
    assert {*SYSTEMS, "table"} == set(ADAPTERS)


def test_samples_are_what_the_script_writes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, REPOSITORY / "scripts" / "make_samples", tmp_path], check=True)
    names = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {path.relative_to(SAMPLES) for path in SAMPLES.rglob("*") if path.is_file()}
    for name in names:
        assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes(), (
            f"{name}: run scripts/make_samples"
        )
