"""An event log in a folder, read as an export is: so it comes to lie in partitions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from boilover.adapters.export import Export
from boilover.conform import plain
from boilover.log import EventLog, read_log

PARTS = {"events", "tickets"}


def is_log(folder: Path) -> bool:
    """Say whether a folder holds the two tables of a log and nothing else: exports may hold an ``events.csv``, too."""
    return folder.is_dir() and {path.name.partition(".")[0] for path in folder.iterdir()} == PARTS


class LogAdapter:
    """Reads one log, in memory. It is told by its folder, not by the content of files."""

    name = "log"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def sniff(self, head: bytes) -> float:
        """Return 0: no file says by itself that it is part of a log."""
        del head
        return 0.0

    def read(self, export: Export) -> Iterator[EventLog]:
        """Yield the log; raise what `read_log` raises."""
        log = read_log(self.folder)
        export.tally.rows += len(log.events)
        yield replace(log, events=plain(log.events), tickets=plain(log.tickets))
