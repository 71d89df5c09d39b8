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
        InputError, match=rf"{name}: cannot be read as points: No such file or directory\. Points are"
    ):
        read_points(tmp_path / name)
