"""A real Dask cluster of two processes gives the same rows, also when a worker dies in the middle."""

from __future__ import annotations

import pandas as pd
import pytest

from boilover.errors import InputError, UsageError
from boilover.scale import engine, score_in_pieces

pytest.importorskip("distributed", reason="Dask is not installed: pip install boilover[dask]")


@pytest.mark.parametrize("ending", [".piece", ".joined"])
def test_two_workers_of_which_one_dies_give_the_rows_of_one_process(
    desk, rows, dask, killing, tmp_path, ending
):
    found = score_in_pieces(*desk, explain=3, run=killing(engine(dask), above=0, ending=ending))
    pd.testing.assert_frame_equal(found, rows, check_exact=True)
    assert len(list(tmp_path.glob("pid-*"))) >= 2


def test_what_is_wrong_with_the_log_is_told_as_it_is_without_workers(desk, dask, broken):
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        score_in_pieces(broken, desk[1], run=engine(dask))


def test_a_scheduler_that_does_not_answer_is_named():
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:1"):
        list(engine("dask://127.0.0.1:1")(len, []))
