"""Parquet reads as what pandas writes, whatever the columns hold; only lists of values that differ are left out."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from boilover.outputs import write_frame


def frame_of(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(n)
    return pd.DataFrame(
        {
            "ticket_id": pd.Series([f"T{each}" for each in range(n)], dtype="str"),
            "as_of": pd.Series(pd.to_datetime(rng.integers(0, 2**50, n), unit="us", utc=True)),
            "risk": np.where(rng.random(n) < 0.1, np.nan, rng.random(n)),
            "rank": pd.array(rng.permutation(n), dtype="Int64"),
            "note": pd.Series([""] * n, dtype="str"),
            "why": pd.Series(rng.choice(["a", "b", None], n), dtype="str"),
            "queue": pd.Categorical(rng.choice(["a", "b,c"], n)),
            "tags": pd.Series([["x", "y"]] * n, dtype=object),
            "none": pd.Series([None] * n, dtype=object),
        }
    )


@pytest.mark.parametrize("n", [0, 1, 700, 5003])
@pytest.mark.parametrize("step", [1, 3])
def test_it_reads_as_what_pandas_writes(n: int, step: int, tmp_path: Path) -> None:
    frame = frame_of(n).iloc[::step]
    write_frame(frame, tmp_path / "ours.parquet")
    wanted = io.BytesIO()
    frame.to_parquet(wanted)
    ours, theirs = pq.ParquetFile(tmp_path / "ours.parquet"), pq.ParquetFile(wanted)
    assert ours.schema_arrow.equals(theirs.schema_arrow, check_metadata=True)
    assert ours.read().equals(theirs.read())
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "ours.parquet"), pd.read_parquet(wanted))
    if n:
        codecs = {ours.metadata.row_group(0).column(each).compression for each in range(9)}
        assert codecs == {theirs.metadata.row_group(0).column(0).compression}


def test_words_that_recur_are_listed_once(tmp_path: Path) -> None:
    write_frame(frame_of(5003), tmp_path / "ours.parquet")
    told = pq.ParquetFile(tmp_path / "ours.parquet").metadata.row_group(0)
    listed = [told.column(each).path_in_schema for each in range(9) if told.column(each).has_dictionary_page]
    assert {"note", "why", "queue"} <= set(listed)
    assert not {"ticket_id", "risk", "rank"} & set(listed)
