"""One run at a time; the lock of a run that died is free."""

from __future__ import annotations

import os
import resource
import signal

import pytest

from boilover.errors import LockedError, UsageError
from boilover.job import held


def test_a_second_run_is_told_who_holds_the_lock(tmp_path):
    lock = tmp_path / "runs" / "lock"
    told = f"another run is at work, process {os.getpid()} on "
    with held(lock), pytest.raises(LockedError, match=told) as raised, held(lock):
        pass
    assert raised.value.exit_code == 6
    said: list[str] = []
    with held(lock, said.append):
        assert said == []


def test_a_run_that_fails_gives_the_lock_back(tmp_path):
    with pytest.raises(ZeroDivisionError), held(tmp_path / "lock"):
        raise ZeroDivisionError
    assert (tmp_path / "lock").read_text() == ""


def test_the_lock_of_a_run_that_was_killed_is_taken_over_and_said(tmp_path):
    lock = tmp_path / "lock"
    pid = os.fork()
    if not pid:
        with held(lock):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    said: list[str] = []
    with held(lock, said.append):
        pass
    assert [f"process {pid} on " in text for text in said] == [True]


@pytest.mark.parametrize("left", ["{", "[]", "{}", "some words"])
def test_a_lock_that_tells_no_name_is_taken_over_too(tmp_path, left):
    (tmp_path / "lock").write_text(left)
    said: list[str] = []
    with held(tmp_path / "lock", said.append):
        pass
    assert "which did not tell its name" in said[0]


def test_a_lock_that_cannot_be_written_is_a_wrong_call(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot write to"), held(tmp_path / "file" / "lock"):
        pass


def test_a_lock_for_which_there_is_no_room_is_named(tmp_path):
    pid = os.fork()
    if not pid:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
            with (
                pytest.raises(UsageError, match=f"cannot write to {tmp_path}/lock: .*Make room"),
                held(tmp_path / "lock"),
            ):
                pass
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
