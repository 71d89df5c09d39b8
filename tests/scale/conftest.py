"""A log in many partitions and a model of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from boilover.model.saved import save_model
from boilover.partitions import read_manifest
from boilover.scale import score_in_pieces
from boilover.store import upsert
from boilover.synthetic import synthetic_desk
from boilover.text import with_measures
from boilover.training import train

QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""To start soon is what counts here."""


@pytest.fixture(scope="session")
def desk(tmp_path_factory):
    """Return a log in many partitions and the folder of a model trained on it."""
    folder = tmp_path_factory.mktemp("scale")
    log = with_measures(synthetic_desk(n_tickets=700, seed=5))
    save_model(folder / "model", train(log, horizons=["7d", "3d"], n_jobs=1))
    upsert(folder / "log", [log], most=2500)
    assert len(read_manifest(folder / "log").partitions) > 8
    return folder / "log", folder / "model"


@pytest.fixture(scope="session")
def rows(desk):
    """Return the rows of a scoring of the desk in pieces, by one process and with three reasons each."""
    return score_in_pieces(*desk, explain=3)


@pytest.fixture(scope="session")
def broken(desk, tmp_path_factory):
    """Return the log with one file that is no Parquet."""
    folder = tmp_path_factory.mktemp("broken") / "log"
    shutil.copytree(desk[0], folder)
    sorted((folder / "events").iterdir())[2].write_bytes(b"no Parquet")
    return folder


@pytest.fixture(scope="module")
def cluster():
    """Return a cluster of two processes, which are no less busy when there is nothing to do."""
    distributed = pytest.importorskip(
        "distributed", reason="Dask is not installed: pip install boilover[dask]"
    )
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options, silence_logs=60) as local:
        yield local


@pytest.fixture
def dask(cluster):
    """Return the name of a cluster whose two processes are there, whoever died before."""
    cluster.wait_for_workers(2)
    return cluster.scheduler_address.replace("tcp://", "dask://")


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    """Return the context of a cluster: two executors are two processes, each with processes of Python."""
    pyspark = pytest.importorskip("pyspark", reason="Spark is not installed: make spark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, and there is none")
    home = tmp_path_factory.mktemp("spark")
    # Executors work in a folder of Spark's home, which is no place for it among packages.
    for each in Path(pyspark.__file__).parent.iterdir():
        (home / each.name).symlink_to(each)
    told = {
        "spark.master": "local-cluster[2,1,1024]",
        "spark.ui.enabled": "false",
        # Of rows that are few, one process reads the model, not each.
        "spark.default.parallelism": "1",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.extraJavaOptions": QUICK,
        "spark.executor.extraJavaOptions": QUICK,
    }
    paths = {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in paths.items():
            patch.setenv(name, value)
        with pyspark.SparkContext(conf=pyspark.SparkConf().setAll(list(told.items()))) as context:
            yield context


@pytest.fixture
def killing(tmp_path):
    """Return what makes an engine lose one worker, ``above`` processes above the one that has written an ``ending``."""

    def wrapped(run, above, ending=".piece"):
        return lambda do, tasks: run(dying(do, str(tmp_path), above, ending), tasks)

    yield wrapped
    assert (tmp_path / "killed").exists()


def dying(do, marks, above, ending):
    """Return ``do`` for any worker, of which one dies at the end of a task; each leaves a mark of its process."""

    # Within a function, so that it is sent whole: workers do not know the tests.
    def done(task):
        victim = os.getpid()
        Path(marks, f"pid-{victim}").touch()
        outcome = do(task)
        if task.path.suffix == ending:
            try:
                Path(marks, "killed").touch(exist_ok=False)
            except FileExistsError:
                return outcome
            for _ in range(above):
                victim = int(subprocess.check_output(["ps", "-o", "ppid=", "-p", str(victim)]))
            os.kill(victim, signal.SIGKILL)
        return outcome

    return done
