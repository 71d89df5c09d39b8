"""Files of rows beside a log: points, outcomes and answers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from boilover.errors import InputError
from boilover.inputs import read_points


def test_a_file_is_told_by_its_ending_in_capitals_too(tmp_path: Path) -> None:
    points = pd.DataFrame({"ticket_id": ["1"], "as_of": ["2025-01-01"]})
    points.to_parquet(tmp_path / "POINTS.PARQUET")
    assert read_points(tmp_path / "POINTS.PARQUET").equals(points)


@pytest.mark.parametrize("name", ["points.csv", "points.parquet"])
def test_a_file_that_is_not_there_is_told_as_that(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        InputError, match=rf"{name}: cannot be read as points: No such file or directory\. Write points as"
    ):
        read_points(tmp_path / name)


@pytest.mark.parametrize("name", ["points.jsonl", "points.csv"])
def test_rows_of_json_are_told_with_what_to_write_and_quote_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"ticket_id":"1","text":"very private"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"it is JSON\. Write points") as caught:
        read_points(tmp_path / name)
    assert "the line ticket_id,as_of, or as Parquet" in str(caught.value)
    assert "private" not in str(caught.value)


def test_a_row_in_the_place_of_the_header_is_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("kim@example.org,2025-01-01\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"it has no column ticket_id\. Write points as CSV") as caught:
        read_points(tmp_path / "points.csv")
    assert "kim" not in str(caught.value)


def test_parquet_of_other_columns_is_told(tmp_path: Path) -> None:
    pd.DataFrame({"ticket": ["1"]}).to_parquet(tmp_path / "points.parquet")
    with pytest.raises(InputError, match=r"it has no column ticket_id\. Write points"):
        read_points(tmp_path / "points.parquet")
