"""Where tasks are done: here, or on the workers of a Dask or Spark cluster that reach the same files.

An engine maps a function over tasks and nothing more; all that is computed is the same code on any of them. A task that
was lost with its worker is whole when done again: its file is written in one step.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from boilover.errors import INSTALL, UsageError
from boilover.memory import kept_memory
from boilover.scale.memory import BASE
from boilover.scale.tasks import Outcome, Perform, Run, Task

RETRIES = 3
"""How often a task is given to another worker after one has died with it."""
ANSWER_SECONDS = 5.0
"""How long a scheduler or master may take to answer."""


def engine(cluster: str | None, memory: int | None = None) -> Run:
    """Return the engine for ``dask://host:port``, ``spark`` or ``spark://host:port``; without a name, this process.

    ``spark`` is the master that Spark is configured for, by ``spark-submit`` or its files; without any, this machine.
    In this process as many tasks are done at a time as there are cores, and as ``memory`` bytes are enough for; one
    after the other where it is not told. Raises `UsageError` for any other name; the engine does where the cluster
    does not answer.
    """
    if cluster is None:
        return map if memory is None else partial(_on_threads, memory)
    if cluster.startswith("dask://"):
        return lambda do, tasks: _on_dask("tcp://" + cluster.removeprefix("dask://"), do, tasks)
    if cluster == "spark" or cluster.startswith("spark://"):
        return lambda do, tasks: _on_spark(cluster, do, tasks)
    raise UsageError(
        f"'{cluster}' is no cluster that is known. Name dask://host:port, spark or spark://host:port"
    )


def _on_threads(memory: int, do: Perform, tasks: Sequence[Task]) -> Iterator[Outcome]:
    most = max((task.memory for task in tasks), default=1)
    at_once = min(os.cpu_count() or 1, max((memory - BASE) // most, 1))
    with kept_memory(), ThreadPoolExecutor(at_once) as pool:
        try:
            yield from pool.map(do, tasks)
        finally:
            # Of what is wrong with one of them, nobody waits for the others.
            pool.shutdown(cancel_futures=True)


def dask_client(address: str) -> Any:
    """Return a client of a Dask scheduler; raise `UsageError` where it does not answer, or without Dask."""
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError(f"Dask is not installed here. {INSTALL.format('dask')}") from error
    try:
        return Client(address, timeout=ANSWER_SECONDS)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {address}") from error


def _on_dask(address: str, do: Perform, tasks: Sequence[Task]) -> list[Outcome]:
    with dask_client(address) as client:
        asked = client.map(partial(_in_kept_memory, do), tasks, pure=False, retries=RETRIES)
        done: list[Outcome] = client.gather(asked)
    return done


def _in_kept_memory(do: Perform, task: Task) -> Outcome:
    """Do a task where Dask has its workers give memory back at every turn, which takes a sixth of their time."""
    with kept_memory():
        return do(task)


def _on_spark(master: str, do: Perform, tasks: Sequence[Task]) -> list[Outcome]:
    try:
        from py4j.protocol import Py4JError
        from pyspark import SparkConf, SparkContext
        from pyspark.errors import PySparkException
    except ImportError as error:
        raise UsageError(f"Spark is not installed here. {INSTALL.format('spark')}") from error
    told = {"spark.app.name": "boilover", "spark.task.maxFailures": str(RETRIES + 1)}
    if master != "spark":
        _check_answers(master)
        told["spark.master"] = master
    # Workers run the Python of this process unless it is told otherwise: another version cannot read what is sent.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        context = SparkContext.getOrCreate(SparkConf().setAll(list(told.items())))
    except (PySparkException, Py4JError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise UsageError(f"Spark does not start ({reason}). It needs Java 17 or later, as `java`") from error
    done: list[Outcome] = context.parallelize(tasks, max(len(tasks), 1)).map(do).collect()
    return done


def _check_answers(master: str) -> None:
    """Raise `UsageError` where none of the masters of ``spark://host:port,host:port`` answers: Spark takes minutes."""
    for each in master.removeprefix("spark://").split(","):
        host, _, port = each.rpartition(":")
        try:
            socket.create_connection((host, int(port)), ANSWER_SECONDS).close()
        except (OSError, ValueError):
            continue
        return
    raise UsageError(f"no Spark master answers at {master}")
