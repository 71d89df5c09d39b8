"""Where a run that failed is told: into a pipe, without a look into it, and beside a night by what wrote it alone."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from job_desk import CONFIG, POLICY

from boilover.errors import InputError, LockedError, StaleInputError, UsageError
from boilover.job import Run, held, load_job, run_desks
from boilover.times import parse_moment

FIRST, LATE = "2025-01-16T06:00Z", "2025-01-20T06:00Z"
STALE = '[limits]\nstale = "36h"\n'


def run(config: Path, moment: str, said: list[str]) -> Run:
    (told,) = run_desks(load_job(config).values(), {"desk": parse_moment(moment)}, say=said.append)
    return told


def test_a_run_that_fails_is_told_into_a_pipe_that_it_does_not_read(desk, monkeypatch):
    pipe, beside = desk.parent / "pipe", desk.parent / "pipe.failed"
    os.mkfifo(pipe)
    beside.write_text("of somebody", encoding="utf-8")
    desk.write_text(f'{CONFIG}manifest = "pipe"\n{STALE}', encoding="utf-8")
    opened = Path.open

    def guarded(path: Path, mode: str = "r", *given: Any, **options: Any) -> Any:
        # Whoever opens it to read would wait for ever.
        assert path != pipe or "w" in mode
        return opened(path, mode, *given, **options)

    monkeypatch.setattr(Path, "open", guarded)
    said: list[str] = []
    with ExitStack() as stack:
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        stack.callback(os.close, reader)
        told = run(desk, LATE, said)
        heard = os.read(reader, 1 << 16)
    assert json.loads(heard)["exit_code"] == 4
    assert isinstance(told.error, StaleInputError)
    assert told.file == pipe
    assert not [each for each in said if "manifest" in each]
    assert beside.read_text("utf-8") == "of somebody"


def test_a_run_that_never_began_points_at_no_failure_of_another(desk, monkeypatch):
    said: list[str] = []
    file = run(desk, FIRST, said).file
    policy = desk.parent / "policy.toml"
    policy.write_text(POLICY.replace("hours = 12", "hours = 48"), encoding="utf-8")
    failed = run(desk, FIRST, said)
    assert isinstance(failed.error, InputError)
    assert failed.file == file.with_name("2025-01-16T060000Z.failed.json")
    with held(desk.parent / "runs" / "desk" / "lock"):
        locked = run(desk, FIRST, said)
    assert isinstance(locked.error, LockedError)
    assert (locked.manifest["exit_code"], locked.file) == (6, file)
    assert failed.file.exists()

    def full(values, target):
        raise UsageError(f"cannot write to {target}: no space is left")

    # Nor does one that began, and could not be told.
    monkeypatch.setattr("boilover.job.run.write_json", full)
    assert run(desk, FIRST, said).file == file
