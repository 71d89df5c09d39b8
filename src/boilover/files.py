"""Files: written aside and moved into place, so that a killed run leaves the old or the new; locked; hashed; read."""

from __future__ import annotations

import ctypes
import errno
import glob
import hashlib
import os
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from boilover.errors import UsageError
from boilover.places import filesystem_of, has_folders, named
from boilover.scratch import scratch

AT_FDCWD, RENAME_EXCHANGE = -100, 2
"""Of Linux: see rename(2)."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What a system says that takes no more; `TMPDIR` says where what is temporary goes."""
SHUT = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP)
"""What a system says of a path that it does not let in."""


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path beside ``target`` to write a file or a folder to; move it into place when the block succeeds.

    It is replaced in one step; only a folder on a system that cannot exchange two names takes two renames. A failed
    block leaves ``target`` untouched and removes what it had written. A link stays, and what it leads to is replaced.
    What replaces an object of a URL, or goes to a device or a pipe, is written here and then sent there; objects of a
    folder follow each other. Raises `UsageError` where nothing can be written, and where a file would replace a folder,
    or a folder a file.
    """
    if filesystem_of(target) is not None or is_stream(target):
        with scratch() as here:
            yield (made := here / target.name)
            (_send if filesystem_of(target) is not None else _pour)(made, target)
        return
    target = followed(target)
    parent = target.parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=parent))
    except OSError as error:
        raise UsageError(f"cannot write to {target}: {error.strerror}. Name another place") from error
    made = workshop / target.name
    try:
        with finding_room(target):
            yield made
            _move(made, target, aside=workshop / f"{target.name}.old")
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


@contextmanager
def finding_room(target: Path) -> Iterator[None]:
    """Raise `UsageError` that names ``target`` where the block finds no room to write to."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        mend = f"Make room there and in {tempfile.gettempdir()}, or name another place"
        raise UsageError(f"cannot write to {target}: {os.strerror(error.errno)}. {mend}") from error


def expected(error: BaseException) -> BaseException:
    """Return what a system says of a full disk or a shut path as an error of ours, any other error as it is."""
    if not isinstance(error, OSError):
        return error
    if error.errno in FULL:
        room = f"make room in {tempfile.gettempdir()} and where it writes"
        return UsageError(f"{os.strerror(error.errno)}: {room}")
    if error.errno in SHUT and error.filename is not None:
        return UsageError(f"{error.filename}: {os.strerror(error.errno)}. Check the path and its rights")
    return error


def check_writable(target: Path) -> None:
    """Raise `UsageError` where nothing can be written to a local place: to be told before the work, not after it."""
    if filesystem_of(target) is not None:
        return
    if is_stream(target):
        there, is_open = target, os.access(target, os.W_OK)
    else:
        there = followed(target).parent
        while not os.path.exists(there):
            there = there.parent
        is_open = os.path.isdir(there) and os.access(there, os.W_OK | os.X_OK)
    if not is_open:
        raise UsageError(f"cannot write to {target}: {there} cannot be written to. Name another place")


def check_file(target: Path) -> None:
    """Raise `UsageError` where no file can be written to a local place, also where it is a folder."""
    if filesystem_of(target) is None and os.path.isdir(target):
        raise UsageError(f"cannot write to {target}: it is a folder. Name a file")
    check_writable(target)


def sweep(target: Path) -> None:
    """Remove what a killed run left beside ``target`` while it wrote it; only for who alone may write there."""
    target = followed(target)
    for left in target.parent.glob(f".{glob.escape(target.name)}.????????"):
        shutil.rmtree(left, ignore_errors=True)


def followed(target: Path) -> Path:
    """Return the absolute path that a local one leads to, past links; raise `UsageError` where they lead in a ring."""
    if not os.path.islink(target):
        return target.absolute()
    there = Path(os.path.realpath(target))
    if os.path.islink(there):
        raise UsageError(f"cannot write to {target}: its links lead in a ring. Name another place")
    return there


def is_stream(target: Path) -> bool:
    """Return whether there is a device or a pipe at a local place: it takes what is written, and is not replaced."""
    # Of `os.path`: a name that is too long, or whose folder is shut, is an error to `pathlib`.
    return os.path.exists(target) and not (os.path.isfile(target) or os.path.isdir(target))


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


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file, with a byte-order mark or without; raise `UsageError` where it is none."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}. Name a TOML file") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is no TOML: it is not UTF-8. Save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: is no TOML: {error}") from error


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def exchange(first: Path, second: Path) -> bool:
    """Let two files or folders of one file system change places in one step; False where the system cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    names = (os.fsencode(path.absolute()) for path in (first, second))
    before, after = ((AT_FDCWD, ctypes.c_char_p(name)) for name in names)
    done: int = libc.renameat2(*before, *after, ctypes.c_uint(RENAME_EXCHANGE))
    return done == 0


def _send(made: Path, target: Path) -> None:
    """Put a file or a folder in the place of what is at a URL."""
    remote, name = filesystem_of(target), str(named(target))
    assert remote is not None
    try:
        if made.is_dir() and remote.exists(name):
            remote.rm(name, recursive=True)
        for file in sorted(made.rglob("*")) if made.is_dir() else [made]:
            if file.is_file():
                sent = f"{name}/{file.relative_to(made)}" if file != made else name
                if has_folders(target):
                    remote.makedirs(remote._parent(sent), exist_ok=True)
                remote.put_file(str(file), sent)
    # Every driver has errors of its own: of credentials, of names, of the network.
    except Exception as error:
        mend = "Check the URL, that its bucket is there, and the credentials of its driver"
        raise UsageError(f"cannot write to {target}: {str(error) or type(error).__name__}. {mend}") from error


def _pour(made: Path, target: Path) -> None:
    """Write a file to a device or a pipe; what the pipe's reader leaves unread is no error."""
    if made.is_dir():
        raise UsageError(f"cannot write to {target}: it is no folder")
    with suppress(BrokenPipeError), made.open("rb") as file, target.open("wb") as stream:
        shutil.copyfileobj(file, stream)


def _move(made: Path, target: Path, *, aside: Path) -> None:
    """Move ``made`` to ``target``; a folder there changes places with it, or is put aside for the moment."""
    if made.exists() and target.exists() and made.is_dir() != target.is_dir():
        raise UsageError(f"cannot write to {target}: it is a {'folder' if target.is_dir() else 'file'}")
    if not target.is_dir():
        os.replace(made, target)
        return
    if exchange(made, target):
        return
    os.replace(target, aside)
    try:
        os.replace(made, target)
    except OSError:
        os.replace(aside, target)
        raise
