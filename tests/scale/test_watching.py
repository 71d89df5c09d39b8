"""How far a scoring in pieces is, told and drawn."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from boilover.partitions import read_manifest
from boilover.scale import score_in_pieces
from boilover.scale.watching import JOINING, READING, SCORING, watched


def test_every_stage_is_told_to_its_end(desk):
    told = []
    score_in_pieces(*desk, explain=0, tell=lambda *each: told.append(each))
    total = sum(each.events.rows for each in read_manifest(desk[0]).partitions)
    assert (READING, total, total) in told
    assert told[-1][0] == SCORING
    assert 0 < told[-1][1] == told[-1][2] < total
    for stage in (READING, JOINING, SCORING):
        done = [now for name, now, of in told if name == stage]
        assert done == sorted(done)
    assert [name for name, _, _ in told] == sorted(
        (name for name, _, _ in told), key=[READING, JOINING, SCORING].index
    )


def wait_for(what, told):
    end = time.monotonic() + 30
    while what not in told:
        assert time.monotonic() < end, f"{what} is not told, but {told[-3:]}"
        time.sleep(0.005)


def test_pieces_are_counted_while_they_come(tmp_path, monkeypatch):
    monkeypatch.setattr("boilover.scale.watching.EVERY", 0.01)
    told = []
    folder = tmp_path / "pieces"
    with watched({folder / "a": 3, folder / "b": 4}, READING, lambda *each: told.append(each)):
        wait_for((READING, 0, 7), told)
        folder.mkdir()
        (folder / "b").touch()
        wait_for((READING, 4, 7), told)
    assert told[-1] == (READING, 7, 7)


def test_what_fails_is_not_told_as_done(tmp_path):
    told = []
    with pytest.raises(KeyError), watched({tmp_path / "a": 3}, READING, lambda *each: told.append(each)):
        raise KeyError
    assert (READING, 3, 3) not in told


def read_to_end(terminal):
    read = b""
    # Linux tells the end of a terminal by an error.
    with suppress(OSError):
        while more := os.read(terminal, 65536):
            read += more
    return read


def test_the_bar_is_drawn_on_a_terminal(desk, tmp_path):
    words = ["score", desk[0], "--model", desk[1], "--memory", "4GB", "--explain", "0"]
    words = [*map(str, words), "-o", str(tmp_path / "scores.csv")]
    ours, theirs = pty.openpty()
    # Read while it is drawn: a terminal whose buffer is full halts whoever writes to it.
    with subprocess.Popen(
        [Path(sys.executable).with_name("boilover"), *words],
        stderr=theirs, env=os.environ | {"COLUMNS": "120", "TERM": "xterm"},
    ) as scoring:  # fmt: skip
        os.close(theirs)
        drawn = read_to_end(ours)
    os.close(ours)
    assert scoring.returncode == 0
    assert b"reading" in drawn
    assert b" events" in drawn
    assert b"/s" in drawn
