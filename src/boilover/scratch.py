"""Scratch folders: what is temporary, removed at the end, and after a killed process by who comes next."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from boilover.errors import UsageError

SCRATCH = "boilover-scratch-"
NAMED = re.compile(re.escape(SCRATCH) + "[a-z0-9_]{8}")
LEFT_AFTER = 3600.0
"""Seconds after which a scratch folder that no process holds is one that a killed process left."""


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a new folder where the system keeps what is temporary; it is removed at the end.

    So are folders that killed processes left: one that lives holds a lock on its own, which the system frees however
    the process ends. Raises `UsageError` where it cannot be made.
    """
    _sweep(Path(gettempdir()))
    with new_folder(SCRATCH, None) as name:
        held = os.open(name, os.O_RDONLY)
        try:
            _lock(held)
            yield Path(name)
        finally:
            os.close(held)


def new_folder(prefix: str, beside: Path | None) -> TemporaryDirectory[str]:
    """Return a new folder in ``beside``, or where the system keeps what is temporary, or raise `UsageError`."""
    try:
        return TemporaryDirectory(prefix=prefix, dir=beside)
    except OSError as error:
        told = f"cannot write to {beside or gettempdir()}: {error.strerror}. Name another place"
        raise UsageError(told) from error


def _sweep(folder: Path) -> None:
    names: list[str] = []
    with suppress(OSError):
        # Not by a pattern: a folder that all programs share may hold thousands of others.
        names = os.listdir(folder)
    for name in names:
        if not NAMED.fullmatch(name):
            continue
        left = folder / name
        try:
            if time.time() - left.lstat().st_mtime < LEFT_AFTER:
                continue
            held = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            # Somebody else's, or gone by now.
            continue
        try:
            if _lock(held):
                shutil.rmtree(left, ignore_errors=True)
        finally:
            os.close(held)


def _lock(folder: int) -> bool:
    """Lock an opened folder until it is closed; return False where another process holds it, or none can."""
    import fcntl

    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
