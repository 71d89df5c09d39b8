"""Scores in JSON lines that cannot be read: the error names file and row, and quotes none of what stands there."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from boilover.errors import InputError, MismatchError
from boilover.outputs import read_frame

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
