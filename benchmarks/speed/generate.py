"""Write an event log of any size from a seed, a block of tickets at a time, in memory that does not grow with it.

python -m benchmarks.speed.generate --events 12e6 --out FOLDER             one sorted file, as `write_log` writes
python -m benchmarks.speed.generate --events 1e8 --partitions --out FOLDER  as `boilover ingest` keeps a log
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.speed.desk import EVENTS_A_TICKET, Desk

from boilover.files import replacing, sha256_of
from boilover.log import SORTED_MARK, EventLog
from boilover.partitions import CODED, DENSE, ROWS, Manifest, Part, Partition, write_events, write_manifest
from boilover.schema import SCHEMA_VERSION
from boilover.store.settle import whole

MOST = 250_000
"""Events of a partition, about."""

Tables = tuple[pa.Table, pa.Table]


def generate(n_tickets: int, seed: int = 0, span: float = 60.0, life: float | None = None) -> EventLog:
    """Return the sorted log of a `Desk` in memory."""
    events, tickets = _joined(list(Desk(n_tickets, seed, span, life).blocks()))
    return replace(EventLog.from_arrow(events, tickets), is_sorted=True)


def write(desk: Desk, folder: Path, rows: int = ROWS) -> int:
    """Write the log of a desk as one sorted Parquet file of events and one of tickets; return the number of events."""
    n_events = 0
    parts = chunks(desk.blocks(), rows)
    first = next(parts)
    with replacing(folder) as made:
        made.mkdir()
        marked = first[0].schema.with_metadata({SORTED_MARK: str(SCHEMA_VERSION).encode()})
        with (
            _writer(made / "events.parquet", marked) as of_events,
            pq.ParquetWriter(made / "tickets.parquet", first[1].schema, compression="zstd") as of_tickets,
        ):
            for events, tickets in itertools.chain([first], parts):
                of_events.write_table(events)
                of_tickets.write_table(tickets)
                n_events += len(events)
    return n_events


def write_partitions(desk: Desk, folder: Path, rows: int = MOST) -> int:
    """Write the log of a desk in partitions of tickets that follow each other; return the number of events."""
    found = []
    with replacing(folder) as made:
        for kind in ("events", "tickets"):
            (made / kind).mkdir(parents=True)
        for number, (events, tickets) in enumerate(chunks(desk.blocks(), rows)):
            name = f"part-{number:05d}"
            first, last = (pd.Timestamp(each).isoformat() for each in _ends(events))
            of_events = _part(made / "events", name, whole(events))
            found.append(Partition(name, of_events, _part(made / "tickets", name, tickets), first, last))
        write_manifest(made, Manifest(tuple(found)), aside=made / "tickets")
    return sum(each.events.rows for each in found)


def chunks(blocks: Iterable[Tables], rows: int) -> Iterator[Tables]:
    """Yield blocks joined to tables of at least so many events."""
    held: list[Tables] = []
    for block in blocks:
        held.append(block)
        if sum(len(events) for events, _ in held) >= rows:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(blocks: list[Tables]) -> Tables:
    return pa.concat_tables([events for events, _ in blocks]), pa.concat_tables(
        [tickets for _, tickets in blocks]
    )


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Return a writer that writes as `boilover.partitions.write_events` does."""
    dense = {name: encoding for name, encoding in DENSE.items() if name in schema.names}
    coded = [name for name in CODED if name in schema.names]
    return pq.ParquetWriter(path, schema, compression="lz4", use_dictionary=coded, column_encoding=dense)


def _part(folder: Path, name: str, table: pa.Table) -> Part:
    path = folder / f"{name}.parquet"
    if folder.name == "events":
        write_events(table.combine_chunks(), path)
    else:
        pq.write_table(table.combine_chunks(), path, compression="zstd")
    digest = sha256_of(path)
    return Part(path.rename(folder / f"{name}.{digest[:12]}.parquet").name, len(table), digest)


def _ends(events: pa.Table) -> tuple[pd.Timestamp, pd.Timestamp]:
    times = events["occurred_at"].to_pandas()
    return times.min(), times.max()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--events", type=float, default=12e6, help="about so many")
    size.add_argument("--tickets", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--life", type=float, help="mean days that a ticket lives; default: until the log's end"
    )
    parser.add_argument("--span", type=float, default=60.0, help="days over which tickets are created")
    parser.add_argument("--partitions", action="store_true")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    options = parser.parse_args()
    n_tickets = int(options.tickets or options.events / EVENTS_A_TICKET)
    desk = Desk(n_tickets, options.seed, options.span, options.life)
    began = time.perf_counter()
    n_events = (write_partitions if options.partitions else write)(desk, options.out)
    print(
        f"{n_events:,} events of {n_tickets:,} tickets in {time.perf_counter() - began:.0f} s: {options.out}"
    )


if __name__ == "__main__":
    main()
