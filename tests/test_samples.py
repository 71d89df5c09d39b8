from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd

from boilover.adapters import ingest
from boilover.checking import check
from boilover.log import read_log
from boilover.synthetic import synthetic_desk

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLES = REPOSITORY / "data" / "samples"
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


def test_samples_are_what_the_script_writes(tmp_path: Path) -> None:
    script = tmp_path / "scripts" / "make_samples"
    script.parent.mkdir()
    script.write_text((REPOSITORY / "scripts" / "make_samples").read_text())
    subprocess.run([sys.executable, str(script)], check=True)
    made = tmp_path / "data" / "samples"
    names = {path.relative_to(made) for path in made.rglob("*") if path.is_file()}
    assert names == {path.relative_to(SAMPLES) for path in SAMPLES.rglob("*") if path.is_file()}
    for name in names:
        assert (made / name).read_bytes() == (SAMPLES / name).read_bytes(), (
            f"{name}: run scripts/make_samples"
        )
