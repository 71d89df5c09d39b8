"""Scratch folders: removed at the end, and after a killed process by who comes next."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

import pytest

from boilover.errors import UsageError
from boilover.scratch import LEFT_AFTER, SCRATCH, scratch

LIVE = "from boilover.scratch import scratch\nwith scratch() as folder: print(folder, flush=True); input()"


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def grow_old(folder):
    long_ago = time.time() - LEFT_AFTER - 1
    os.utime(folder, (long_ago, long_ago))


def test_it_is_removed_at_the_end_and_after_an_error(temporary):
    with scratch() as folder:
        (folder / "rows").write_text("1")
        assert folder.parent == temporary
    with pytest.raises(ZeroDivisionError), scratch():
        raise ZeroDivisionError
    assert not list(temporary.iterdir())


def test_what_a_killed_process_left_is_removed_once_it_is_old(temporary):
    process = subprocess.Popen(
        [sys.executable, "-c", LIVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    name = process.stdout.readline().strip()
    others = [temporary / f"{SCRATCH}of-mine", temporary / "boilover-logs"]
    for other in others:
        other.mkdir()
        grow_old(other)
    grow_old(name)
    with scratch():
        assert os.path.exists(name), "its process lives"
    process.kill()
    process.communicate()
    os.utime(name)
    with scratch():
        assert os.path.exists(name), "it is young: its process may be about to lock it"
    grow_old(name)
    with scratch() as mine:
        assert sorted(temporary.iterdir()) == sorted([mine, *others])


def test_a_folder_that_cannot_be_made_is_told(temporary, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "none"))
    with pytest.raises(UsageError, match="cannot write to"), scratch():
        pass
