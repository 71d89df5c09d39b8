"""CSV that is read again: an id stays what it is, whatever a spreadsheet or pandas takes it for."""

from __future__ import annotations

import io
import json
import math

import numpy as np
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


def test_json_lines_are_exact(tmp_path):
    rng = np.random.default_rng(0)
    risk = np.array(
        [math.nan, 0.0, 1.0, 5e-324, 0.1 + 0.2, *(rng.random(500) * 10.0 ** -rng.integers(0, 20, 500))]
    )
    moments = pd.Series(
        pd.date_range("2026-03-03T06:00:00.000001Z", periods=len(risk), freq="1001us")
    ).dt.as_unit("us")
    moments[0] = pd.NaT
    rank = pd.array([None, *range(1, len(risk))], dtype="Int64")
    texts = ["007", 'a "quoted" / text%', "\u2028", "", *IDS]
    ids = pd.Series((texts * len(risk))[: len(risk)], dtype="str")
    others = pd.Series([np.int64(2**60), True, None, 0.1, "x"] * len(risk), dtype=object)[: len(risk)]
    frame = pd.DataFrame({"ticket_id": ids, "as_of": moments, "risk": risk, "rank": rank, "%s": others})
    write_frame(frame, tmp_path / "scores.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "scores.jsonl").read_text("ascii").splitlines()]
    assert [row["risk"] for row in rows] == [None, *risk[1:].tolist()]
    assert [row["rank"] for row in rows] == [None, *range(1, len(risk))]
    assert [row["ticket_id"] for row in rows] == ids.tolist()
    assert [row["%s"] for row in rows] == others.tolist()
    assert rows[0]["as_of"] is None
    assert rows[1]["as_of"] == "2026-03-03T06:00:00.001002Z"
    back = read_frame(tmp_path / "scores.jsonl")
    assert back["risk"].tolist()[1:] == risk.tolist()[1:]
    assert (pd.to_datetime(back["as_of"], utc=True).dropna() == moments.dropna()).all()
