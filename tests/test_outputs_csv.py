"""CSV is that of pandas, cell by cell, but for formulas, which are made harmless."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from boilover.errors import InputError
from boilover.outputs import read_frame, to_table, write_frame
from boilover.spreadsheet import ROWS_AT_ONCE

TEXTS = ["", "a", 'say "hi"', "a,b", "line\nbreak", None, "ä€😀", "'", " x", "T-1", "é\u2028"]
NUMBERS = [
    0.0,
    -0.0,
    1.0,
    1e-5,
    9.99e-5,
    1e-4,
    0.1 + 0.2,
    1e10,
    1e15,
    1e16,
    95499048600471.17,
    5e-324,
    np.nan,
    -3.25,
]


def written(frame, tmp_path):
    write_frame(frame, tmp_path / "out.csv")
    return (tmp_path / "out.csv").read_bytes().decode()


@pytest.mark.parametrize("n", [0, 1, 500, ROWS_AT_ONCE + 3])
def test_it_is_what_pandas_writes(n, tmp_path):
    rng = np.random.default_rng(n)
    numbers = rng.choice(np.concatenate([NUMBERS, rng.random(200), rng.lognormal(0, 20, 200)]), n)
    times = pd.to_datetime(rng.integers(0, 2**50, n), unit="us", utc=True)
    text = rng.choice(np.array(TEXTS, dtype=object), n)
    frame = pd.DataFrame(
        {
            'a, "b"': pd.Series(text, dtype="str"),
            "as_of": pd.Series(times).where(rng.random(n) < 0.9),
            "risk": numbers,
            "rank": pd.array(rng.integers(0, 9, n), dtype="Int64"),
            "n": rng.integers(-5, 5, n),
            "flag": rng.random(n) < 0.5,
            "queue": pd.Categorical(rng.choice(["a", "b,c"], n)),
            "last": pd.concat(
                [pd.Series(text[: n // 2], dtype="str"), pd.Series(text[n // 2 :], dtype="str")]
            ).array,
        }
    )
    frame.loc[frame.index % 7 == 3, "rank"] = None
    wanted = io.StringIO(newline="")
    frame.to_csv(wanted, index=False, lineterminator="\n", date_format="%Y-%m-%dT%H:%M:%S.%fZ")
    assert written(frame, tmp_path) == wanted.getvalue()


def test_formulas_are_made_harmless_and_numbers_are_left(tmp_path):
    frame = pd.DataFrame(
        {"text": ["=1+2", "-x", '@"a",b', "+", "\tq", "a=b"], "number": [-1.5, -2.0, 3, 4, 5, 6]}
    )
    frame["queue"] = frame["text"].astype("category")
    told = pd.read_csv(io.StringIO(written(frame, tmp_path)))
    assert told["text"].tolist() == ["'=1+2", "'-x", '\'@"a",b', "'+", "'\tq", "a=b"]
    assert told["queue"].tolist() == told["text"].tolist()
    assert told["number"].tolist() == frame["number"].tolist()


@pytest.mark.parametrize("name", ["scores.csv", "scores"])
def test_a_cell_in_another_encoding_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(
        "ticket_id,as_of,risk,rank\n1,2026-01-01,0.5,1\nä,2026-01-01,0.4,2\n".encode("cp1252")
    )
    with pytest.raises(InputError, match=r"column 'ticket_id', row 2: holds bytes that are not utf-8: e4"):
        read_frame(tmp_path / name)


def test_cells_at_the_edges_of_a_chunk_are_seen(tmp_path):
    cells = ["", "=a", "", "", "b,", ",b", "", "x\r", "-", "", "plain", '"', ""]
    frame = pd.DataFrame(
        {"first": pd.Series(cells, dtype="str"), "last": pd.Series(cells[::-1], dtype="str")}
    )
    told = pd.read_csv(
        io.StringIO(written(frame, tmp_path), newline=""), keep_default_na=False, lineterminator="\n"
    )
    harmless = [f"'{each}" if each.startswith(("=", "-")) else each for each in cells]
    assert told["first"].tolist() == harmless
    assert told["last"].tolist() == harmless[::-1]


@pytest.mark.parametrize("others", [{"rank": [1, 2], "note": ["", ""]}, {"state": ["raised", "raised"]}])
def test_a_table_to_read_is_not_as_wide_as_its_longest_id(others):
    frame = pd.DataFrame({"ticket_id": ["x" * 900, "y" * 60], "risk": [0.5, 0.25], **others})
    first, second = to_table(frame).splitlines()[1:]
    assert f"{'x' * 59}…" in first
    assert f"{'y' * 60} " in second
    assert max(len(first), len(second)) < 90
