"""Pieces of logs put aside on disk until their partition's turn comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import ipc


class Pile:
    """Pairs of (events, tickets) in the order in which they were put; no file stays open between two calls."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events = 0

    def put(self, events: pa.Table, tickets: pa.Table) -> None:
        """Append a pair; the tables of different pairs may differ in their columns."""
        with self.path.open("ab") as file:
            for table in (events, tickets):
                with ipc.new_stream(file, table.schema) as stream:
                    stream.write_table(table)
        self.events += len(events)

    def __iter__(self) -> Iterator[tuple[pa.Table, pa.Table]]:
        """Yield the pairs again."""
        if not self.path.exists():
            return
        size = self.path.stat().st_size
        with self.path.open("rb") as file:
            while file.tell() < size:
                yield _read(file), _read(file)

    def drop(self) -> None:
        """Free the disk."""
        self.path.unlink(missing_ok=True)


def _read(file: object) -> pa.Table:
    with ipc.open_stream(file) as stream:
        return stream.read_all()
