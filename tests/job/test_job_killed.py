"""A job that is killed at any point leaves nothing half-written, and the next run completes as if nothing was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import killed_nights
import pandas as pd
import pytest

from boilover.flagger.ledger import Ledger
from receiver import receiver

FOLDERS = ("nights-to-kill-not", "nights-to-kill")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("killed")
    given = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    given["no_proxy"] = "127.0.0.1"
    with receiver() as whole, receiver() as killed:
        done = subprocess.run(
            [sys.executable, killed_nights.__file__, home, whole.url, killed.url],
            capture_output=True,
            text=True,
            timeout=600,
            env=os.environ | given,
        )
        assert done.returncode == 0, done.stderr
        heard = [each.got for each in (whole, killed)]
    (home / "told.json").write_text(done.stdout, encoding="utf-8")
    (home / "heard.json").write_text(
        json.dumps([[body.decode() for _, body in each] for each in heard]), encoding="utf-8"
    )
    return home


def test_runs_die_and_the_next_ones_complete(home):
    told = json.loads((home / "told.json").read_text("utf-8"))
    # A run may have fewer moments to die at than the one that was counted.
    assert told["deaths"] >= 5
    assert told["taken over"] >= 1


def test_what_stands_is_what_stands_without_a_death(home):
    whole, killed = (home / name for name in FOLDERS)
    names = {str(path.relative_to(whole)) for path in (whole / "out").rglob("*") if path.is_file()}
    assert names == {str(path.relative_to(killed)) for path in (killed / "out").rglob("*") if path.is_file()}
    # Scores and flags, and of each night its flags and what was told of it; packets of the last one.
    packets = {name for name in names if name.startswith("out/packets/")}
    assert len(names - packets) == 3 + 2 * len(killed_nights.NIGHTS)
    assert packets
    for name in names:
        assert (whole / name).read_bytes() == (killed / name).read_bytes()
    logs = [json.loads((folder / "log" / "log.json").read_text("utf-8")) for folder in (whole, killed)]
    assert logs[0] == logs[1]


def test_everything_is_told_and_what_comes_again_is_the_same(home):
    told = json.loads((home / "told.json").read_text("utf-8"))
    whole, killed = json.loads((home / "heard.json").read_text("utf-8"))
    assert len(whole) == len(set(whole)) >= 5
    # Who dies between the receiver's answer and its mark sends the same body, with its key, once more.
    assert set(killed) == set(whole)
    assert len(killed) - len(whole) <= told["deaths"]


@pytest.mark.parametrize("table", ["flags", "history", "nights"])
def test_the_ledger_has_lost_and_doubled_nothing(home, table):
    whole, killed = (Ledger.open(home / name / "ledger.db").export(table) for name in FOLDERS)
    assert len(whole)
    pd.testing.assert_frame_equal(whole, killed)
