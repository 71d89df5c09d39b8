"""Features of every ticket at one moment, from a sorted Parquet log to a frame, beside pandas, Polars and DuckDB."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.speed import pandas_features
from benchmarks.speed.desk import END
from benchmarks.speed.generate import generate
from benchmarks.speed.stage import Engine, Figures, Goal, Job, Stage, clocked

from boilover.annotations import Annotations
from boilover.features import Feature, compute, default_features
from boilover.history import History
from boilover.log import EventLog, read_log
from boilover.points import Points

TOLERANCE = 1e-4
"""Of float32 sums that are added in another order, relative and absolute."""
FEW = 1_000_000
"""Events of the log that featuretools is given."""
OFTEN = 9
"""Runs of Boilover on that log, of which each takes a tenth of a second."""
SMALL = 2_000
AS_OF = pd.Timestamp(END, unit="us", tz="UTC")


def default_of() -> list[Feature]:
    """Return all default features of a generated log."""
    return list(default_features(Annotations(History.from_log(generate(SMALL)))))


def common_features() -> list[Feature]:
    """Return those of the default features that the peers compute, too."""
    events, tickets = generate(SMALL).to_pandas()
    theirs = pandas_features.features(*pandas_features.named(events, tickets), AS_OF).columns
    return [feature for feature in default_of() if feature.name in theirs]


def asked_once(log: EventLog) -> tuple[Annotations, Points]:
    """Return every ticket of a log as a point at its end."""
    notes = Annotations(History.from_log(log))
    tickets = np.arange(notes.history.n_tickets, dtype=np.int32)
    return notes, Points(tickets, np.full(len(tickets), END, dtype=np.int64))


def of_boilover(folder: Path, features: list[Feature], readings: list[float]) -> pd.DataFrame:
    begun = time.perf_counter()
    log = read_log(folder, leave_out=("text",))
    readings.append(time.perf_counter() - begun)
    return compute(features, *asked_once(log))


def of_pandas(folder: Path, readings: list[float], *, coded: bool = False) -> pd.DataFrame:
    begun = time.perf_counter()
    tables = pandas_features.read(folder, coded=coded)
    readings.append(time.perf_counter() - begun)
    return pandas_features.features(*tables, AS_OF)


def of_polars(folder: Path, _readings: list[float]) -> pd.DataFrame:
    from benchmarks.speed import polars_features

    return polars_features.features(folder, AS_OF.to_pydatetime()).to_pandas()


def of_duckdb(folder: Path, _readings: list[float]) -> pd.DataFrame:
    from benchmarks.speed import duckdb_features

    return duckdb_features.features(folder, AS_OF.to_pydatetime()).to_pandas()


def differences(left: pd.DataFrame, right: pd.DataFrame) -> list[str]:
    """Return the columns of ``right`` that are not the same in ``left``, each with its first unequal row."""
    found = []
    for name in right.columns:
        ours, theirs = left[name].to_numpy(np.float64), right[name].to_numpy(np.float64)
        same = np.isclose(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
        if not same.all():
            row = int(np.argmin(same))
            found.append(f"{name}: {(~same).sum()} rows, first {row}: {ours[row]} and {theirs[row]}")
    return found


def _ours(
    features: Callable[[], list[Feature]], name: str, events: int | None = None, repeats: int = 1
) -> Callable[[Job], Figures]:
    def run(job: Job) -> Figures:
        chosen = features()
        # Kernels are compiled, or loaded, before the clock runs.
        compute(chosen, *asked_once(generate(SMALL)))
        folder = job.log(events or job.events)
        readings: list[float] = []
        often = max(job.repeats, repeats)
        figures, frame = clocked(lambda: of_boilover(folder, chosen, readings), often)
        frame.to_parquet(job.out / f"{name}.parquet")
        return figures | {"reading": median(readings), "features": len(chosen), "rows": len(frame)}

    return run


def _theirs(features: Callable[[Path, list[float]], pd.DataFrame], name: str) -> Callable[[Job], Figures]:
    def run(job: Job) -> Figures:
        folder = job.log(job.events)
        readings: list[float] = []
        figures, frame = clocked(lambda: features(folder, readings), job.repeats)
        figures |= {"reading": median(readings)} if readings else {}
        frame.astype("float32").to_parquet(job.out / f"{name}.parquet")
        return figures | {"features": len(frame.columns), "rows": len(frame)}

    return run


def _featuretools(job: Job) -> Figures:
    """Let featuretools synthesise as many features of a small log, in its own environment."""
    if job.featuretools is None:
        return {}
    worker = Path(__file__).with_name("featuretools_worker.py")
    command = [job.featuretools, str(worker), str(job.log(FEW)), str(job.out / "featuretools.parquet")]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Figures = json.loads(done.stdout.splitlines()[-1])
    return found


def check(job: Job, told: Mapping[str, Figures]) -> list[str] | None:
    def frame(name: str) -> Any:
        return pd.read_parquet(job.out / f"{name}.parquet")

    peers = {"pandas", "pandas-coded", "polars", "duckdb"} & told.keys()
    if "boilover" not in told or not peers:
        return None
    unequal = []
    for name in sorted(peers):
        unequal += [f"{name}: {found}" for found in differences(frame("boilover"), frame(name))]
    if {"featuretools", "boilover-few"} <= told.keys():
        unequal += [
            f"featuretools: {found}" for found in differences(frame("boilover-few"), frame("featuretools"))
        ]
    return unequal


def tell(_job: Job, told: Mapping[str, Figures]) -> list[str]:
    """Compare group-bys alone: Polars and DuckDB read while they compute."""
    if not {"boilover", "pandas"} <= told.keys():
        return []
    ours, theirs = (told[name] for name in ("boilover", "pandas"))
    alone = [each["seconds"] - each["reading"] for each in (ours, theirs)]
    return [
        (
            f"Reading takes Boilover {ours['reading']:.2f} s and pandas {theirs['reading']:.2f} s; without it they take"
            f" {alone[0]:.2f} and {alone[1]:.1f} s, and pandas {alone[1] / alone[0]:.1f} times as long."
        )
    ]


STAGE = Stage(
    "Features at one moment, file to frame",
    {
        "boilover": Engine("Boilover", _ours(common_features, "boilover")),
        "boilover-all": Engine("Boilover, all its features", _ours(default_of, "boilover-all")),
        "pandas": Engine("pandas, idiomatic", _theirs(of_pandas, "pandas")),
        "pandas-coded": Engine(
            "pandas, ids and words coded first",
            _theirs(lambda folder, readings: of_pandas(folder, readings, coded=True), "pandas-coded"),
        ),
        "polars": Engine("Polars, lazy, each kind of event apart", _theirs(of_polars, "polars"), "polars"),
        "duckdb": Engine("DuckDB, SQL", _theirs(of_duckdb, "duckdb"), "duckdb"),
        "boilover-few": Engine("Boilover, a small log", _ours(default_of, "boilover-few", FEW, OFTEN)),
        "featuretools": Engine("featuretools, the small log", _featuretools),
    },
    "boilover",
    prepare=lambda job: (job.log(job.events), job.log(FEW)),
    check=check,
    tell=tell,
    goals=(
        Goal("50 times as fast as idiomatic pandas", "pandas", "boilover", 50),
        Goal("10 times as fast as Polars", "polars", "boilover", 10),
        Goal("10 times as fast as DuckDB", "duckdb", "boilover", 10),
        Goal("500 times as fast as featuretools", "featuretools", "boilover-few", 500),
    ),
)
