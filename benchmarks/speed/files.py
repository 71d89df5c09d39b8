"""Reading a log from Parquet and writing it, beside the libraries that do nothing but that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from benchmarks.speed.stage import Engine, Figures, Job, Stage, clocked

from boilover.log import read_log, write_log


def _reading(read: Callable[[Path], Any]) -> Callable[[Job], Figures]:
    def run(job: Job) -> Figures:
        path = job.log(job.events)
        read(job.log(FEW))
        return clocked(lambda: read(path), job.repeats)[0]

    return run


def _writing(
    name: str, read: Callable[[Path], Any], write: Callable[[Any, Path], Any]
) -> Callable[[Job], Figures]:
    def run(job: Job) -> Figures:
        table, few = (read(job.log(events)) for events in (job.events, FEW))
        target = job.out / f"written-{name}"
        write(few, target)
        return clocked(lambda: write(table, target), job.repeats)[0]

    return run


def _polars(path: Path) -> Any:
    import polars as pl

    return pl.read_parquet(path / "events.parquet")


def _duckdb(path: Path) -> Any:
    import duckdb

    return duckdb.sql(f"FROM '{path / 'events.parquet'}'").to_arrow_table()


FEW = 60_000
READERS: dict[str, tuple[str, Callable[[Path], Any], str | None]] = {
    "boilover": ("Boilover, read, checked and recognised as sorted", read_log, None),
    "pyarrow": ("pyarrow, words as text", lambda path: pq.read_table(path / "events.parquet"), None),
    "pandas": ("pandas", lambda path: pd.read_parquet(path / "events.parquet"), None),
    "polars": ("Polars", _polars, "polars"),
    "duckdb": ("DuckDB, to Arrow", _duckdb, "duckdb"),
}
WRITERS: dict[str, tuple[str, Callable[[Any, Path], Any], str | None]] = {
    "boilover": ("Boilover", write_log, None),
    "pyarrow": ("pyarrow, its standard settings", pq.write_table, None),
    "pandas": ("pandas", lambda table, path: table.to_parquet(path), None),
    "polars": ("Polars", lambda table, path: table.write_parquet(path), "polars"),
}
STAGE = Stage(
    "Reading and writing a log, Parquet",
    {name: Engine(f"read: {title}", _reading(read), needs) for name, (title, read, needs) in READERS.items()}
    | {
        f"write-{name}": Engine(f"write: {title}", _writing(name, READERS[name][1], write), needs)
        for name, (title, write, needs) in WRITERS.items()
    },
    "boilover",
    prepare=lambda job: (job.log(job.events), job.log(FEW)),
)
