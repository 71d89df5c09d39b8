"""A real Dask cluster of two processes gives the same rows, also when a worker dies in the middle."""

from __future__ import annotations

import os
import signal
import threading
import time

import pandas as pd
import pytest

from boilover.errors import UsageError
from boilover.scale import engine, score_in_pieces

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install boilover[dask]")


@pytest.fixture(scope="module")
def cluster():
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options, silence_logs=60) as local:
        yield local


def dask_of(cluster):
    return engine(cluster.scheduler_address.replace("tcp://", "dask://"))


def test_two_workers_give_the_rows_of_one_process(desk, cluster):
    expected = score_in_pieces(*desk, explain=3)
    pd.testing.assert_frame_equal(
        score_in_pieces(*desk, explain=3, run=dask_of(cluster)), expected, check_exact=True
    )


def test_a_worker_that_dies_loses_nothing(desk, cluster):
    victim = next(iter(cluster.workers.values())).pid
    expected = score_in_pieces(*desk, explain=0)

    def kill():
        time.sleep(0.3)
        os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    found = score_in_pieces(*desk, explain=0, run=dask_of(cluster))
    killer.join()
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_a_scheduler_that_does_not_answer_is_named():
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:1"):
        list(engine("dask://127.0.0.1:1")(len, []))
