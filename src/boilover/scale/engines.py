"""Where pieces are made: here, or on the workers of a Dask or Spark cluster that reach the same files.

An engine maps a function over tasks and nothing more; all that is computed is the same code on any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from boilover.errors import UsageError
from boilover.scale.score import Run, Task

Look = Callable[[Task], None]
RETRIES = 3
"""How often a task is given to another worker after one has died with it."""


def engine(cluster: str | None) -> Run:
    """Return the engine for ``dask://host:port``, ``spark`` or ``spark://host:port``; without a name, this process."""
    if cluster is None:
        return map
    if cluster.startswith("dask://"):
        return lambda look, tasks: _on_dask("tcp://" + cluster.removeprefix("dask://"), look, tasks)
    if cluster == "spark" or cluster.startswith("spark://"):
        return lambda look, tasks: _on_spark(cluster, look, tasks)
    raise UsageError(
        f"'{cluster}' is no cluster that is known. Name dask://host:port, spark or spark://host:port"
    )


def _on_dask(address: str, look: Look, tasks: Sequence[Task]) -> list[None]:
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("Dask is not installed here. Install boilover[dask]") from error
    try:
        client = Client(address, timeout="5s")
    except OSError as error:
        raise UsageError(f"no Dask scheduler answers at {address}") from error
    with client:
        # A task that was lost with its worker is whole when done again: its piece is written in one step.
        done: list[None] = client.gather(client.map(look, tasks, pure=False, retries=RETRIES))
    return done


def _on_spark(master: str, look: Look, tasks: Sequence[Task]) -> list[None]:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UsageError("Spark is not installed here. Install boilover[spark]") from error
    builder = SparkSession.builder.appName("boilover").config("spark.task.maxFailures", str(RETRIES + 1))
    if master != "spark":
        builder = builder.master(master)
    session = builder.getOrCreate()
    done: list[None] = session.sparkContext.parallelize(tasks, max(len(tasks), 1)).map(look).collect()
    return done
