"""One run at a time: a file that the system itself locks, so that a run that died holds nothing."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from boilover.errors import LockedError, UsageError
from boilover.files import finding_room, lock


@contextmanager
def held(path: Path, say: Callable[[str], None] = lambda text: None) -> Iterator[None]:
    """Hold the lock at ``path``; raise `LockedError`, which tells who holds it, where another run does.

    The system frees the lock of a process that ends, however it ends. A lock that was left behind so is taken over,
    and said.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write to {path}: {error.strerror}. Name a lock elsewhere") from error
    with file:
        try:
            is_ours = lock(file)
        except OSError as error:
            raise UsageError(
                f"{path}: the file system has no locks ({error.strerror}). Name a lock elsewhere"
            ) from error
        if not is_ours:
            raise LockedError(f"{path}: another run is at work, {_holder(file)}. Wait until it ends")
        left = _holder(file)
        if left:
            say(f"{path}: took over the lock that a run left behind, {left}")
        since = datetime.now(UTC).isoformat(timespec="seconds")
        with finding_room(path):
            _write(file, {"process": os.getpid(), "host": socket.gethostname(), "since": since})
        try:
            yield
        finally:
            _write(file, None)


def _holder(file: IO[str]) -> str:
    """Return who wrote the lock, empty where it was given back; a line that was cut short is somebody too."""
    file.seek(0)
    text = file.read()
    if not text.strip():
        return ""
    try:
        told = json.loads(text)
        return f"process {told['process']} on {told['host']} since {told['since']}"
    except (ValueError, KeyError, TypeError):
        return "which did not tell its name"


def _write(file: IO[str], told: dict[str, object] | None) -> None:
    # The file stays: who removes it could take it from under a run that has just opened it.
    os.ftruncate(file.fileno(), 0)
    if told is not None:
        # Nothing is left in a buffer, which closing would try to write again.
        os.write(file.fileno(), f"{json.dumps(told)}\n".encode())
