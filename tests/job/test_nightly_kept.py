"""Nights that read what is new and what is open do what nights do that read the whole log."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from job_desk import CONFIG, POLICY, export_until, make_desk

from boilover.job import load_job, run_desk
from boilover.job.opened import Opened
from boilover.times import parse_moment

MOMENTS = [f"2025-01-{day}T06:00Z" for day in (14, 16, 20, 24)]
SAID = ("export", "import", "triggers", "outcomes", "threshold", "counts", "delivery")
PACKETS = '\npackets = "packets"\nmanifest = "runs/{night}.json"\n'
HEARD = '[triggers.failed_attempts]\n[triggers.outage]\n[triggers.vip]\nvalues = ["C00003", "C00004"]\n'


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Return, of nights of two kinds, each night's files and manifest."""

    def nights(name):
        folder = tmp_path / name
        (desk,) = load_job(make_desk(folder, CONFIG + PACKETS, POLICY + HEARD)).values()
        told = []
        for moment in MOMENTS:
            export_until(folder / "export.csv", moment)
            manifest = json.loads(run_desk(desk, parse_moment(moment)).file.read_text("utf-8"))
            files = [*sorted((folder / "out").iterdir()), *sorted((folder / "packets").iterdir())]
            told.append((manifest, {path.name: path.read_bytes() for path in files}))
        return told

    kept = nights("kept")
    monkeypatch.setattr(Opened, "night", lambda self, saved, as_of: None)
    return kept, nights("whole")


def test_files_flags_and_outcomes_are_the_same(told):
    for (kept, files), (whole, expected) in zip(*told, strict=True):
        assert files == expected
        assert [kept[name] for name in SAID] == [whole[name] for name in SAID]
        read = kept["log"].pop("partitions")
        assert 0 < read["read"] <= read["of"]
        assert {**kept["log"], "folder": ""} == {**whole["log"], "folder": ""}
    last = pd.DataFrame([kept["outcomes"] for kept, _ in told[0]]).sum()
    assert (last[["escalated_anyway", "resolved"]] > 0).any()
