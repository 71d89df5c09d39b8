"""An event log in a folder, read as an export is: so it comes to lie in partitions, or is added to another one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from boilover.adapters.export import Export
from boilover.adapters.recipe import Recipe
from boilover.conform import plain
from boilover.log import EventLog, read_log
from boilover.partitions import read_manifest


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
        """Yield the log; raise what `read_log` raises. The escalation that was imported with it goes with it."""
        log = read_log(self.folder)
        manifest = read_manifest(self.folder)
        if manifest is not None and manifest.escalation is not None:
            chosen = {} if manifest.escalation_name is None else {"default": manifest.escalation_name}
            export.read_with(
                Recipe(name=self.name, format=self.name, escalation={**manifest.escalation, **chosen})
            )
        export.tally.rows += len(log.events)
        yield replace(log, events=plain(log.events), tickets=plain(log.tickets))
