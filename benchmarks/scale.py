"""Whether two workers beat one: a log in partitions scored here, by one and by two Dask workers, and on Spark.

python -m benchmarks.scale [--events 1e7] [--data out/speed]

Every worker has one thread; Spark has two executors of one core on this machine. The log, of half a year in which a
ticket lives ten days, and the model are generated and kept in the folder. A cluster has scored a small log before it is
timed: what is timed is the work, not the start of programs. It fails where rows differ in any bit, or two Dask workers
do not beat one.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pandas as pd
from benchmarks.speed.stage import Job

from boilover.partitions import read_manifest
from boilover.scale import engine, score_in_pieces

FEW = 60_000
"""Events of the log that the model learns from."""
WARMING = 1_000_000
"""Events of the log that clusters are warmed with: partitions for every worker."""
ONE, TWO = "dask1", "dask2"


@contextmanager
def dask(workers: int) -> Iterator[str]:
    """Yield the name of a cluster of so many processes of one thread."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=60
    ) as made:
        yield made.scheduler_address.replace("tcp://", "dask://")


@contextmanager
def spark() -> Iterator[str]:
    """Yield the name of Spark while it runs two executors of one core."""
    from pyspark import SparkConf, SparkContext

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    told = {
        "spark.master": "local-cluster[2,1,2048]",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    with SparkContext(conf=SparkConf().setAll(list(told.items()))):
        yield "spark"


@contextmanager
def here() -> Iterator[None]:
    """Yield no name: this process."""
    yield None


WAYS = {"here": here, ONE: partial(dask, 1), TWO: partial(dask, 2), "spark": spark}


def main() -> int:
    """Run it; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=float, default=1e7)
    parser.add_argument("--data", type=Path, default=Path("out/speed"), help="where logs and models are kept")
    parser.add_argument("--ways", default=",".join(WAYS), help="some of them")
    options = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    few = Job(str(options.data.absolute()), FEW, 1, FEW)
    model, small = few.model(), few.log(WARMING, "--partitions")
    log = few.log(int(options.events), "--partitions", "--life", "10", "--span", "180")
    manifest = read_manifest(log)
    assert manifest is not None
    print(
        f"{sum(each.events.rows for each in manifest.partitions):,} events, {len(manifest.partitions)} partitions"
    )
    seconds: dict[str, float] = {}
    expected = None
    for name in options.ways.split(","):
        with WAYS[name]() as cluster:
            score_in_pieces(small, model, explain=0, run=engine(cluster))
            began = time.perf_counter()
            rows = score_in_pieces(log, model, run=engine(cluster))
            seconds[name] = time.perf_counter() - began
        times = f"{seconds[ONE] / seconds[name]:6.2f} times one worker" if ONE in seconds else ""
        print(f"{name:6} {seconds[name]:8.1f} s {times}", flush=True)
        expected = rows if expected is None else expected
        pd.testing.assert_frame_equal(rows, expected, check_exact=True)
    print(f"{len(rows):,} open tickets scored: all rows are the same, to the last bit")
    return 1 if {ONE, TWO} <= set(seconds) and seconds[TWO] >= seconds[ONE] else 0


if __name__ == "__main__":
    raise SystemExit(main())
