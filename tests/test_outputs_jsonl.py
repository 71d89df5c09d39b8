"""Scores in JSON lines that cannot be read: the error names file and row, and quotes none of what stands there."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from boilover.errors import InputError, MismatchError
from boilover.outputs import read_frame, write_frame
from boilover.spreadsheet import ROWS_AT_ONCE

DEPTH = 100_000
GOOD = '{"ticket_id":"1","as_of":"2026-01-05T09:00:00Z","risk":0.5,"rank":1}\n'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"ticket_id":"secret",', "it is no JSON: Expecting property name enclosed in double quotes, at character 23"),
        ('{"ticket_id":"secret"', "it is no JSON: Expecting ',' delimiter, at character 22"),
        ('{"a":' * DEPTH + "1" + "}" * DEPTH, "it is nested too deeply"),
        ("[" * DEPTH + "]" * DEPTH, "it is nested too deeply"),
        (f'{{"risk":{"9" * 5_000}}}', "it holds a number of too many digits"),
        ('["secret"]', "it is no object"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "scores.jsonl"
    # Rows count as they do in errors of cells: an empty line is none.
    path.write_text(f"{GOOD * 498}\n{GOOD}{line}\n{GOOD}", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_frame(path)
    assert str(error.value) == (
        f"{path}, row 500: cannot be read as scores: {told}. Write them with `boilover score`"
    )


@pytest.mark.parametrize("column", ["ticket_id", "as_of", "risk", "note", "other"])
def test_no_depth_is_unexpected(tmp_path: Path, column: str) -> None:
    path = tmp_path / "scores.jsonl"
    for depth in (*range(100, 1_100, 25), 2_000):
        nested = f'{{"{column}":{"[" * depth}{"]" * depth},'
        given = GOOD.replace(f'"{column}":', '"_":').replace("{", nested)
        path.write_text(given, encoding="utf-8")
        with suppress(InputError):
            read_frame(path)


def test_scores_of_several_models_are_named_with_their_file(tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    path.write_text(GOOD.replace("{", '{"model":"a",') + GOOD.replace("{", '{"model":"b",'), encoding="utf-8")
    with pytest.raises(MismatchError) as error:
        read_frame(path)
    assert str(error.value) == (
        f"{path}: the scores are of several models: 'a', 'b'. Score again with one, or flag those of each by themselves"
    )


TEXTS = [
    "",
    "a",
    'say "hi"',
    "back\\slash",
    "line\nbreak",
    None,
    "ä€😀",
    "%s",
    "\x00\x1f\x7f",
    "é\u2028",
    "NA",
    "null",
]
NUMBERS = [
    0.0,
    -0.0,
    1.0,
    1e-5,
    9.99e-5,
    1e-4,
    0.1 + 0.2,
    1e10,
    1e16,
    1e22,
    5e-324,
    np.nan,
    np.inf,
    -np.inf,
    -3.25,
]


@pytest.mark.parametrize("n", [0, 1, 500, ROWS_AT_ONCE + 3])
def test_each_line_is_what_json_writes_of_its_row(tmp_path: Path, n: int) -> None:
    rng = np.random.default_rng(n)
    numbers = rng.choice(np.concatenate([NUMBERS, rng.random(200), rng.lognormal(0, 20, 200)]), n)
    times = pd.Series(pd.to_datetime(rng.integers(0, 2**50, n), unit="us", utc=True))
    frame = pd.DataFrame(
        {
            "ticket_id": pd.Series([f"T-{row}" for row in range(n)], dtype="str"),
            'odd "%s"': pd.Series(rng.choice(np.array(TEXTS, dtype=object), n), dtype="str"),
            "as_of": times.where(rng.random(n) < 0.9),
            "risk": numbers,
            "rank": pd.array(rng.integers(0, 9, n), dtype="Int64"),
            "n": rng.integers(-5, 5, n),
            "flag": rng.random(n) < 0.5,
            "any": pd.Series(rng.choice(np.array(TEXTS, dtype=object), n), dtype="object"),
        }
    )
    frame.loc[frame.index % 7 == 3, "rank"] = None
    write_frame(frame, tmp_path / "out.jsonl")

    def plain(value: object) -> object:
        if (
            value is None
            or value is pd.NA
            or value is pd.NaT
            or (isinstance(value, float) and not np.isfinite(value))
        ):
            return None
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, pd.Timestamp) else value

    rows = zip(*(frame[name].tolist() for name in frame.columns), strict=True)
    wanted = [
        json.dumps(dict(zip(frame.columns, map(plain, row), strict=True)), separators=(",", ":"))
        for row in rows
    ]
    assert (tmp_path / "out.jsonl").read_text("utf-8").splitlines() == wanted
