"""A ledger's file that may be read and not be written to: a copy, or one that another account's runs write."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from boilover.errors import LockedError

SEEN = "seen"


def is_shut(path: Path) -> bool:
    """Return whether a file is there that may be read, and not be written to or beside, where SQLite keeps its log."""
    return path.is_file() and not all(os.access(each, os.W_OK) for each in (path, path.resolve().parent))


def only_read(engine: Engine, path: Path, wait: float) -> None:
    """Let an engine read a file alone: without locks, which cannot be had, where nobody has it open.

    What is read while somebody opens and changes it after all is refused, with a `LockedError`.
    """
    file = path.resolve()

    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, record: Any, given: Any, named: Any) -> sqlite3.Connection:
        how = "mode=ro"
        if not _is_open(file):
            record.info[SEEN] = _state(file)
            how += "&immutable=1"
        return sqlite3.connect(f"{file.as_uri()}?{how}", uri=True, timeout=wait, check_same_thread=False)

    @event.listens_for(engine, "commit")
    def _look_again(connection: Connection) -> None:
        if connection.info.get(SEEN, now := _state(file)) != now:
            raise LockedError(
                f"another run wrote to the ledger {path} while it was read. Try again when it is done"
            )


def _is_open(file: Path) -> bool:
    """Return whether somebody has it open, or was killed so that its log holds what the file does not."""
    log, shared = (Path(f"{file}{ending}") for ending in ("-wal", "-shm"))
    return log.exists() and (shared.exists() or log.stat().st_size > 0)


def _state(file: Path) -> tuple[int, ...]:
    told = file.stat()
    return told.st_ino, told.st_size, told.st_mtime_ns
