"""A real Spark cluster of two executors gives the same rows, also when one dies in the middle."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pandas as pd
import pytest

from boilover.errors import InputError, UsageError
from boilover.scale import engine, score_in_pieces

needs_spark = pytest.mark.skipif(find_spec("pyspark") is None, reason="Spark is not installed: make spark")


def test_two_executors_of_which_one_dies_give_the_rows_of_one_process(desk, rows, spark, killing, tmp_path):
    # Python's workers are children of a daemon, and that is one of the executor.
    found = score_in_pieces(*desk, explain=3, run=killing(engine("spark"), above=2))
    pd.testing.assert_frame_equal(found, rows, check_exact=True)
    assert len(list(tmp_path.glob("pid-*"))) >= 2


def test_what_is_wrong_with_the_input_comes_back_as_it_was_said(spark):
    def look(task):
        return InputError("is no Parquet", file="events", row=task)

    told = engine("spark")(look, [1, 2])
    assert [str(each) for each in told] == [f"events, row {row}: is no Parquet" for row in (1, 2)]
    assert all(type(each) is InputError for each in told)


@needs_spark
def test_a_master_that_does_not_answer_is_named():
    with pytest.raises(UsageError, match=r"spark://127\.0\.0\.1:1,nowhere"):
        engine("spark://127.0.0.1:1,nowhere")(len, [])


@needs_spark
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
