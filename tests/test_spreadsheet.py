"""CSV that is read again: an id stays what it is, whatever a spreadsheet or pandas takes it for."""

from __future__ import annotations

import io
import math

import pandas as pd
import pytest

from boilover.errors import InputError
from boilover.inputs import read_points
from boilover.outputs import read_frame, write_frame
from boilover.spreadsheet import read_csv, spoken

IDS = [
    "NA",
    "null",
    "nan",
    "None",
    "007",
    "=1+1",
    "-5",
    "@kim",
    "'quoted",
    "'=1",
    "''-1",
    "a,b",
    '"',
    "é",
    "e\u0301",
]


def scores() -> pd.DataFrame:
    as_of = pd.Series(["2026-03-03T06:00Z"] * len(IDS))
    risk = [math.nan, *(each / 100 for each in range(1, len(IDS)))]
    return pd.DataFrame({"ticket_id": IDS, "as_of": as_of, "risk": risk, "rank": 1, "note": ["NA", *IDS[1:]]})


@pytest.mark.parametrize("name", ["scores.csv", "scores.jsonl", "scores.parquet"])
def test_scores_are_read_as_they_were_written(tmp_path, name):
    write_frame(scores(), tmp_path / name)
    found = read_frame(tmp_path / name)
    assert found["ticket_id"].tolist() == IDS
    assert found["risk"].tolist()[1:] == scores()["risk"].tolist()[1:]
    assert math.isnan(found["risk"][0])


def test_scores_are_points(tmp_path):
    write_frame(scores(), tmp_path / "scores.csv")
    points = read_points(tmp_path / "scores.csv")
    assert points["ticket_id"].tolist() == IDS
    assert points["risk"].tolist()[0] == ""


@pytest.mark.parametrize(
    ("cell", "told"), [("'=a", "=a"), ("'-1", "-1"), ("''=a", "'=a"), ("'a", "'a"), ("'", "'"), ("", "")]
)
def test_only_a_guard_is_dropped(cell, told):
    assert spoken(cell) == told


@pytest.mark.parametrize("text", ["a,b\n1,2,3\n", "a,b\n1,2\n3,4,5\n", b"a,b\n\xff,1\n", ""])
def test_rows_of_another_length_and_encoding_are_refused(tmp_path, text):
    given = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
        read_csv(given, "str")
    path = tmp_path / "points.csv"
    path.write_bytes(given.getvalue())
    with pytest.raises(InputError, match=r"points\.csv"):
        read_points(path)
