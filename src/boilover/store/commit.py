"""The two ends of an import: holding the log, and the one step from which on new files count."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boilover.errors import LockedError, UsageError
from boilover.files import check_writable, finding_room, lock
from boilover.partitions import MANIFEST, Manifest, write_manifest

STAGING, LOCK = ".import", ".lock"
KINDS = ("events", "tickets")


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """Hold the log's lock and yield a folder in it to work in; a failed import leaves no trace."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Name a folder for the log")
    found = sorted(path.name for path in folder.glob("*") if path.name not in (STAGING, LOCK))
    if found and MANIFEST not in found:
        told = ", ".join(found[:5])
        raise UsageError(f"{folder} holds {told} and no log that was imported. Name a new folder for the log")
    check_writable(folder / STAGING)
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("w")
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}") from error
    with file:
        if not lock(file):
            raise LockedError(f"another import into {folder} is at work. Wait until it ends")
        try:
            shutil.rmtree(folder / STAGING, ignore_errors=True)
            with finding_room(folder):
                for kind in KINDS:
                    (folder / STAGING / kind).mkdir(parents=True)
                yield folder / STAGING
        finally:
            shutil.rmtree(folder / STAGING, ignore_errors=True)
            if not (folder / MANIFEST).exists():
                (folder / LOCK).unlink()
                if is_new:
                    folder.rmdir()


def commit(folder: Path, staging: Path, before: Manifest, after: Manifest) -> None:
    """Put new files beside the old, replace the manifest, then remove what it names no more."""
    if not (folder / MANIFEST).exists():
        # Files without a manifest would be read as a log of their own.
        write_manifest(folder, before, aside=staging)
    for kind, name in sorted(files_of(after) - files_of(before)):
        (folder / kind).mkdir(exist_ok=True)
        (staging / kind / name).replace(folder / kind / name)
    if after != before:
        write_manifest(folder, after, aside=staging)
    kept = files_of(after)
    for kind in KINDS:
        for path in (folder / kind).glob("*.parquet"):
            if (kind, path.name) not in kept:
                path.unlink()


def files_of(manifest: Manifest) -> set[tuple[str, str]]:
    """Return the files of a log as (folder, name)."""
    return {(kind, getattr(each, kind).file) for each in manifest.partitions for kind in KINDS}
