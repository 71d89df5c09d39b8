"""Files: written aside and moved into place, so that a killed run leaves the old one or the new; locked; hashed."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from boilover.errors import UsageError


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path beside ``target`` to write a file or a folder to; move it into place when the block succeeds.

    A file is replaced in one step. A folder takes two renames, the shortest gap that the file system allows; a
    failed block leaves ``target`` untouched and removes what it had written.
    """
    parent = target.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=parent))
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise UsageError(f"cannot write to {target}: {error.strerror}") from error
    made = workshop / target.name
    try:
        yield made
        _move(made, target, aside=workshop / f"{target.name}.old")
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def sweep(target: Path) -> None:
    """Remove what a killed run left beside ``target`` while it wrote it; only for who alone may write there."""
    for left in target.absolute().parent.glob(f".{glob.escape(target.name)}.????????"):
        shutil.rmtree(left, ignore_errors=True)


def lock(file: IO[Any]) -> bool:
    """Lock an opened file until it is closed; return False where another process holds it.

    The system frees the lock of a process that ends, however it ends. Raises `OSError` where the file system has no
    locks.
    """
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _move(made: Path, target: Path, *, aside: Path) -> None:
    """Move ``made`` to ``target``; a folder there is put aside first, and put back if the move fails."""
    if not target.is_dir() or target.is_symlink():
        os.replace(made, target)
        return
    os.replace(target, aside)
    try:
        os.replace(made, target)
    except OSError:
        os.replace(aside, target)
        raise
