"""Time the way from a log to its rows of features, against the same features in pandas.

    python benchmarks/features.py                     1 million tickets, one moment
    python benchmarks/features.py --tickets 100000
    python benchmarks/features.py --points            10 moments per ticket, Boilover alone

Each engine runs in a process of its own, and each run checks that both give the same numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import pandas_features
from boilover.annotations import Annotations
from boilover.features import Feature, compute, default_features
from boilover.history import History
from boilover.log import EventLog, read_log, write_log
from boilover.points import Points
from generate import END, generate

TOLERANCE = 1e-4
"""Of float32 sums that are added in another order, relative and absolute."""
MOMENTS = 10
PEERS = {"pandas": "pandas, idiomatic", "pandas-coded": "pandas, ids and words coded first"}
SMALL = 2_000
SAMPLED = 20

Run = tuple[pd.DataFrame, dict[str, float]]


def common_features(names: list[str] | None = None) -> list[Feature]:
    """Return Boilover's default features of a generated log: those of ``names``, or all."""
    features = default_features(Annotations(History.from_log(generate(SMALL))))
    return [feature for feature in features if names is None or feature.name in names]


def run_boilover(folder: Path, features: list[Feature]) -> Run:
    """Return the features of every ticket at the log's end, and the seconds taken."""
    began = time.perf_counter()
    log = read_log(folder, leave_out=("text",))
    read = time.perf_counter()
    frame = compute(features, *_asked_once(log))
    return frame, {"total": time.perf_counter() - began, "features": time.perf_counter() - read}


def run_pandas(folder: Path, *, coded: bool) -> Run:
    """Return the same of pandas: on the words and ids of the file, or on codes made of them first."""
    began = time.perf_counter()
    events, tickets = pandas_features.read(folder, coded=coded)
    read = time.perf_counter()
    frame = pandas_features.features(events, tickets, pd.Timestamp(END, unit="us", tz="UTC"))
    return frame, {"total": time.perf_counter() - began, "features": time.perf_counter() - read}


def _asked_once(log: EventLog) -> tuple[Annotations, Points]:
    notes = Annotations(History.from_log(log))
    tickets = np.arange(notes.history.n_tickets, dtype=np.int32)
    return notes, Points(tickets, np.full(len(tickets), END, dtype=np.int64))


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


def run_points(folder: Path, features: list[Feature]) -> dict[str, float]:
    """Ask ``MOMENTS`` points of every ticket in one pass, and a sample again moment by moment."""
    log = read_log(folder, leave_out=("text",))
    notes = Annotations(History.from_log(log))
    ticket = np.repeat(np.arange(notes.history.n_tickets, dtype=np.int32), MOMENTS)
    share = np.tile(np.arange(1, MOMENTS + 1) / MOMENTS, notes.history.n_tickets)
    born = notes.history.created[ticket]
    points = Points(ticket, born + ((END - born) * share).astype(np.int64))
    began = time.perf_counter()
    frame = compute(features, notes, points)
    seconds = time.perf_counter() - began
    rows = np.random.default_rng(0).choice(len(points), min(SAMPLED, len(points)), replace=False)
    for row in rows:
        alone = compute(features, notes, points.take(rows[rows == row]))
        pd.testing.assert_frame_equal(
            _words(frame.iloc[[row]].reset_index(drop=True)), _words(alone), check_exact=True
        )
    return {"points": len(points), "seconds": seconds, "features": len(features)}


def _words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` with its categories as words: which others occur is no part of a row."""
    return frame.astype(dict.fromkeys(frame.select_dtypes("category").columns, object))


def measure(run: Callable[[], Run], repeats: int, out: Path) -> dict[str, Any]:
    """Run ``repeats`` times, write the last frame to ``out``, return medians and the process's peak memory."""
    seconds = []
    for _ in range(repeats):
        frame, taken = run()
        seconds.append(taken)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    frame.to_parquet(out)
    medians = {name: statistics.median(each[name] for each in seconds) for name in seconds[0]}
    return medians | {"peak": peak}


def _engine(engine: str, folder: Path, repeats: int) -> dict[str, Any]:
    """Run one engine in a process of its own."""
    command = [sys.executable, __file__, "--engine", engine, "--log", str(folder), "--repeats", str(repeats)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _run_engine(engine: str, folder: Path, repeats: int) -> dict[str, Any]:
    out = folder.parent / f"{engine}.parquet"
    if engine in PEERS:
        return measure(lambda: run_pandas(folder, coded=engine == "pandas-coded"), repeats, out)
    names = None
    if engine == "boilover":
        small = folder.parent / "small"
        write_log(generate(SMALL), small)
        names = list(run_pandas(small, coded=True)[0].columns)
    features = common_features(names)
    # Kernels are compiled, or loaded, before the clock runs.
    compute(features, *_asked_once(generate(SMALL)))
    if engine == "points":
        return run_points(folder, features)
    return measure(lambda: run_boilover(folder, features), repeats, out) | {"n": len(features)}


def _compare(folder: Path, repeats: int) -> int:
    ours, everything, *theirs = (
        _engine(engine, folder, repeats) for engine in ("boilover", "boilover-all", *PEERS)
    )
    print(f"load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores; medians, seconds")
    print(f"{'':48}{'file to frame':>14}{'features only':>14}{'peak GB':>9}")
    rows = {f"Boilover, {each['n']} features": each for each in (ours, everything)}
    rows |= {f"{name}, {ours['n']} features": row for name, row in zip(PEERS.values(), theirs, strict=True)}
    for name, row in rows.items():
        print(f"{name:48}{row['total']:14.2f}{row['features']:14.2f}{row['peak']:9.2f}")
    for name, row in zip(PEERS.values(), theirs, strict=True):
        ratios = [row[part] / ours[part] for part in ("total", "features", "peak")]
        print(f"{name + ' / Boilover':48}{ratios[0]:13.1f}x{ratios[1]:13.1f}x{ratios[2]:8.1f}x")
    frames = [pd.read_parquet(folder.parent / f"{engine}.parquet") for engine in ("boilover", *PEERS)]
    unequal = [found for frame in frames[1:] for found in differences(frames[0], frame)]
    print("\n".join(unequal) or f"all {len(frames[1].columns)} columns are equal")
    return 1 if unequal else 0


def main() -> int:
    """Run what the command line asks for; 1 where the engines differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--log", type=Path, help="a generated log; by default one is generated and removed")
    parser.add_argument("--points", action="store_true")
    parser.add_argument("--engine", choices=("boilover", "boilover-all", *PEERS, "points"))
    options = parser.parse_args()
    if options.engine:
        print(json.dumps(_run_engine(options.engine, options.log, options.repeats)))
        return 0
    with tempfile.TemporaryDirectory(prefix="boilover-bench-") as made:
        folder = options.log or Path(made) / "log"
        if options.log is None:
            write_log(generate(options.tickets), folder)
        if not options.points:
            return _compare(folder, options.repeats)
        told = _engine("points", folder, 1)
    print(f"{told['points']:,} points, {told['features']} features: {told['seconds']:.1f} s,", end=" ")
    print(f"{told['points'] / told['seconds']:,.0f} points/s; a sample asked one by one is equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
