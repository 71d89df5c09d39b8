"""Where logs, models and results lie: a local path, or a URL such as ``s3://bucket/logs/desk`` that fsspec reaches.

A place of either kind has the methods of `pathlib.Path`. Who reads through these, or with `named` and `filesystem_of`
where Arrow reads, reads both; `boilover.files.replacing` writes both.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from boilover.errors import INSTALL, InputError, UsageError, without_secrets
from boilover.scratch import new_folder, scratch

LOCAL = ("file", "local")
"""Protocols of fsspec for what is a local path."""
STANDARD = Path("-")
"""Standard input, or standard output."""
CHECK = "Check the URL and the credentials of its driver"
PACKED = "From a web server an export is a single file: pack a folder into a zip archive"
BUSY = 500
"""From this status on a web server tells of trouble of its own."""


def place(told: str | Path) -> Path:
    """Return the place of a name: a path, or what does as a path for a URL.

    Raises `UsageError` for a URL of no kind that fsspec knows, and for one whose driver is not installed.
    """
    if not isinstance(told, str):
        return told
    if "://" not in told:
        return Path(told)
    try:
        from upath import UPath
    except ImportError as error:
        raise UsageError(
            f"{told}: URLs are read with universal-pathlib. {INSTALL.format('remote')}"
        ) from error
    try:
        path = UPath(told)
        protocol = path.fs.protocol
    except ImportError as error:
        raise UsageError(f"{told}: its driver is not installed here: {error}") from error
    except ValueError as error:
        raise UsageError(f"'{told}' is no URL of a known kind: {error}") from error
    is_local = protocol in LOCAL or any(each in LOCAL for each in protocol)
    return Path(path.path) if is_local else cast(Path, path)


def title(path: Path) -> str:
    """Return what a place is called in messages."""
    return "standard input" if path == STANDARD else without_secrets(str(path))


def local(told: str | Path) -> Path:
    """Return the path of a local folder; raise `UsageError` for a URL, and for standard output."""
    if "://" in str(told) or str(told) == str(STANDARD):
        raise UsageError(f"{told}: this is kept in a local folder. Name one, and copy it there afterwards")
    return Path(told)


def is_there(path: Path) -> bool:
    """Whether there is something at a place; raise `InputError` where that cannot be told."""
    try:
        if is_web(path):
            # Left to itself, it takes a refusal, and a server that does not answer, for absence.
            return bool(cast(Any, path).fs.exists(named(path), strict=True))
        return path.exists()
    # Every driver has errors of its own: of credentials, of names, of the network.
    except Exception as error:
        if filesystem_of(path) is None:
            raise unreadable(path, error) from error
        raise _unreached("reached", path, error) from error


def missing(path: Path, mend: str) -> InputError:
    """Return the error of a place where nothing is."""
    return InputError("does not exist", file=path, mend=f"{mend}. {PACKED}" if is_web(path) else mend)


def unreadable(path: Path, error: Exception) -> InputError:
    """Return the error of a place that is there, and that this process may not read."""
    # What Arrow and drivers call `strerror` names the path once more.
    number = getattr(error, "errno", None)
    problem = f"cannot be read: {os.strerror(number) if number else error}"
    return InputError(problem, file=path, mend="Check the path and its rights")


def _unreached(what: str, path: Path, error: Exception) -> InputError:
    """Return the error of a place that could not be ``what`` (reached, fetched), in words of a web server's own."""
    status = getattr(error, "status", None)
    if not isinstance(status, int) or not is_web(path):
        mend = "Check the URL, and whether its server is up" if is_web(path) else CHECK
        return InputError(f"cannot be {what} ({type(error).__name__}: {error})", file=path, mend=mend)
    mend = "Try again later" if status >= BUSY else f"{CHECK}. {PACKED}"
    answer = f"the web server answers {status} {getattr(error, 'message', '')}".rstrip()
    return InputError(f"cannot be {what}: {answer}", file=path, mend=mend)


@contextmanager
def workshop(beside: Path | None) -> Iterator[Path]:
    """Yield a new folder in ``beside``, or where the system keeps what is temporary; it is removed at the end.

    Raises `UsageError` where it cannot be made.
    """
    if beside is None:
        with scratch() as own:
            yield own
        return
    if filesystem_of(beside) is None:
        with new_folder("boilover-", beside) as name:
            yield Path(name)
        return
    folder = beside / f"boilover-{uuid4().hex}"
    if has_folders(beside):
        folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        remote = filesystem_of(folder)
        # A store knows no folder without objects.
        if remote is not None and remote.exists(named(folder)):
            remote.rm(named(folder), recursive=True)


@contextmanager
def fetched(path: Path) -> Iterator[Path]:
    """Yield a local path with what is at a place: itself, or a copy that is removed at the end.

    Copied is what is at a URL, and what can be read once: standard input, and pipes. An error that names the copy is
    told of the `title` of the place. Raises `InputError` where nothing is there.
    """
    is_local = path != STANDARD and filesystem_of(path) is None
    if is_local and not path.is_fifo():
        yield path
        return
    with scratch() as folder:
        copy = folder / title(path).partition("?")[0].rpartition("/")[2]
        if is_local:
            with path.open("rb") as pipe, copy.open("wb") as file:
                shutil.copyfileobj(pipe, file)
        elif path == STANDARD:
            with copy.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
        else:
            _fetch(path, copy)
        try:
            yield copy
        except InputError as error:
            error.args = (without_secrets(str(error).replace(str(copy), title(path))),)
            raise


def _fetch(path: Path, copy: Path) -> None:
    remote, name = filesystem_of(path), named(path)
    if remote is None or not is_there(path):
        raise missing(path, "Check the URL")
    try:
        is_folder = path.is_dir()
        if not (is_folder and is_web(path)):
            remote.get(f"{name}/" if is_folder else name, str(copy), recursive=is_folder)
            return
    except Exception as error:
        raise _unreached("fetched", path, error) from error
    raise InputError("is a folder", file=path, mend=PACKED)


def has_folders(path: Path) -> bool:
    """Return whether folders stand by themselves at a place: where objects alone do, to make one makes a bucket."""
    if filesystem_of(path) is None:
        return True
    from upath.implementations.cloud import CloudPath

    return not isinstance(path, CloudPath)


def filesystem_of(path: Path) -> Any | None:
    """Return the file system of fsspec that a place is on, None for a local path."""
    return getattr(path, "fs", None)


def is_web(path: Path) -> bool:
    """Return whether a place is at a web server."""
    return "http" in getattr(filesystem_of(path), "protocol", ())


def named(path: Path) -> str | Path:
    """Return the name of a place on its file system."""
    return path if filesystem_of(path) is None else str(cast(Any, path).path)
