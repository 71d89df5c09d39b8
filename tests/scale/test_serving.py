"""A registered model answers over MLflow's server and as a function of Spark, as docs/serving.md says."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pandas as pd
import pytest

from boilover.model.saved import load_model
from boilover.tracking.registry import Registry

PAGE = Path(__file__).parents[2] / "docs" / "serving.md"
PATIENCE = 180
"""Seconds for a server to start on a machine that has other things to do."""
pytestmark = pytest.mark.filterwarnings(r"ignore:::mlflow\.", r"ignore:::pyspark\.")


def blocks(language):
    """Return the blocks of the page, in order: features, the server, the function."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def served(desk, tmp_path_factory):
    """Return what the first block of the page makes, in a folder with the log, the model and its registry."""
    home = tmp_path_factory.mktemp("serving")
    shutil.copytree(desk[0], home / "logs" / "desk")
    shutil.copytree(desk[1], home / "models" / "desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{home}/models/mlflow.db")
        registry = Registry.open()
        registry.crown("desk", registry.enter("desk", Path("models/desk"), load_model(Path("models/desk"))))
        made = {}
        exec(blocks("python")[0], made)
        yield made


@pytest.fixture
def port(served):
    """Return where the command of the page serves the model, once it does."""
    command = blocks("console")[0].removeprefix("$ ").split()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    programs = Path(sys.executable).parent
    # MLflow starts the server by its name.
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    server = subprocess.Popen(
        [programs / "mlflow", *command[1:-1], str(port)],
        env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{port}/ping"):
                    break
            except URLError:
                assert server.poll() is None
                assert time.monotonic() < end
                time.sleep(0.1)
        yield port
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()


def expected(served):
    return load_model(Path("models/desk")).model.risks(served["rows"].drop(columns="ticket_id"))


def test_the_server_gives_the_risks_of_the_model(served, port):
    exec(blocks("python")[1].replace("5001", str(port)), served)
    answered = pd.DataFrame(served["risks"])
    assert list(answered.columns) == ["risk_7d", "risk_3d"]
    assert len(answered) > 5
    assert np.array_equal(answered.to_numpy(), expected(served))


def test_the_function_of_spark_gives_the_risks_of_the_model(served, spark):
    from pyspark.sql import SparkSession

    exec(blocks("python")[2], served | {"spark": SparkSession(spark)}, made := {})
    answered = made["scored"].toPandas()
    assert list(answered.columns) == ["ticket_id", "risk_7d", "risk_3d"]
    answered = answered.set_index("ticket_id").loc[served["rows"]["ticket_id"]]
    assert np.array_equal(answered.to_numpy(), expected(served))
