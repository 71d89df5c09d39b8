"""A real Spark cluster of two executors gives the same rows, also when one dies in the middle."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from boilover.errors import InputError, UsageError
from boilover.scale import engine, score_in_pieces

pyspark = pytest.importorskip("pyspark", reason="Spark is not installed: make spark")
needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, and there is none")
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""To start soon is what counts here."""


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    """Return the context of a cluster: two executors are two processes, each with processes of Python."""
    home = tmp_path_factory.mktemp("spark")
    # Executors work in a folder of Spark's home, which is no place for it among packages.
    for each in Path(pyspark.__file__).parent.iterdir():
        (home / each.name).symlink_to(each)
    told = {
        "spark.master": "local-cluster[2,1,1024]",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.extraJavaOptions": QUICK,
        "spark.executor.extraJavaOptions": QUICK,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": sys.executable,
        }.items():
            patch.setenv(name, value)
        with pyspark.SparkContext(conf=pyspark.SparkConf().setAll(list(told.items()))) as context:
            yield context


@needs_java
def test_two_executors_of_which_one_dies_give_the_rows_of_one_process(desk, spark, killing, tmp_path):
    expected = score_in_pieces(*desk, explain=3)
    # Python's workers are children of a daemon, and that is one of the executor.
    found = score_in_pieces(*desk, explain=3, run=killing(engine("spark"), above=2))
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert len(list(tmp_path.glob("pid-*"))) >= 2


@needs_java
def test_what_is_wrong_with_the_log_is_told_as_it_is_without_workers(desk, spark, broken):
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        score_in_pieces(broken, desk[1], run=engine("spark"))


def test_a_master_that_does_not_answer_is_named():
    with pytest.raises(UsageError, match=r"spark://127\.0\.0\.1:1,nowhere"):
        engine("spark://127.0.0.1:1,nowhere")(len, [])


def test_without_java_it_says_so(tmp_path):
    code = """
        from boilover.errors import UsageError
        from boilover.scale import engine
        try:
            engine("spark")(len, [])
        except UsageError as error:
            print(error)
    """
    environment = {"PATH": str(tmp_path), "JAVA_HOME": str(tmp_path)}
    for name in ("bash", "dirname", "ps"):
        (tmp_path / name).symlink_to(shutil.which(name))
    found = subprocess.run(
        [sys.executable, "-c", "\n".join(line[8:] for line in code.splitlines())],
        env={key: value for key, value in os.environ.items() if "SPARK" not in key} | environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Spark does not start" in found.stdout
    assert "needs Java" in found.stdout
