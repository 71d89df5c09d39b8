"""Standard input and output in place of files."""

from __future__ import annotations

import errno
import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest


@pytest.fixture
def pipe(monkeypatch):
    """Return a function that puts bytes on standard input."""

    def put(given: bytes) -> None:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(given)))

    return put


@pytest.fixture(scope="module")
def scores(desk, tmp_path_factory):
    """Return files of the same scores in every form, by its ending."""
    from boilover.outputs import read_frame, write_frame

    home = tmp_path_factory.mktemp("scores")
    frame = read_frame(desk / "scores.csv")
    night = frame[frame["as_of"] == frame["as_of"].mode()[0]].assign(
        as_of=lambda each: pd.to_datetime(each["as_of"])
    )
    for form in ("csv", "jsonl", "parquet"):
        write_frame(night, home / f"scores.{form}")
    return {form: home / f"scores.{form}" for form in ("csv", "jsonl", "parquet")}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_points_on_standard_input_are_scored_as_those_of_a_file(desk, run, pipe, tmp_path, form):
    points = pd.read_csv(desk / "points.csv", dtype="str").head(20)
    file = tmp_path / f"points.{form}"
    points.to_csv(file, index=False) if form == "csv" else points.to_parquet(file)
    pipe(file.read_bytes())
    for given, out in (("-", "piped.csv"), (file, "named.csv")):
        code, said = run(
            *("score", desk / "log", "--model", desk / "model"), *("--points", given, "-o", tmp_path / out)
        )
        assert code == 0, said
    assert (tmp_path / "piped.csv").read_bytes() == (tmp_path / "named.csv").read_bytes()
    assert len(pd.read_csv(tmp_path / "piped.csv")) == 20


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b'{"ticket_id":"secret"}\n', "cannot be read as points: it is JSON"),
        (b"ticket_id,as_of\nsecret,2026\xff\n", "is not UTF-8"),
        (b"", "cannot be read as points: No columns to parse"),
    ],
)
def test_what_is_no_points_on_standard_input_is_told_without_it(desk, run, pipe, given, told):
    pipe(given)
    code, said = run("score", desk / "log", "--model", desk / "model", "--points", "-")
    assert code == 3
    assert f"boilover: standard input: {told}" in said
    assert "secret" not in said


def test_standard_input_holds_one_thing(desk, run, scores, tmp_path):
    code, said = run("score", "-", "--model", desk / "model", "--points", "-")
    assert code == 2
    assert "LOG and --points are both -" in said
    words = ("--policy", tmp_path / "p.toml", "--ledger", tmp_path / "l.db", "--log", "-")
    code, said = run("flag", "-", "--model", desk / "model", *words)
    assert code == 2
    assert "SCORES and --log are both -" in said


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_scores_on_standard_input_are_flagged_in_every_form(desk, run, pipe, scores, tmp_path, form):
    pipe(scores[form].read_bytes())
    for given, out in (("-", "piped.csv"), (scores["csv"], "named.csv")):
        code, said = run("flag", given, "--model", desk / "model", "-o", tmp_path / out)
        assert code == 0, said
    piped, named = (
        pd.read_csv(tmp_path / out, dtype={"ticket_id": "str"}) for out in ("piped.csv", "named.csv")
    )
    pd.testing.assert_frame_equal(piped, named, check_exact=True)
    assert len(piped)


@pytest.mark.parametrize(
    "given",
    [
        b'{"secret": 1}\n',
        b'{"ticket_id": secret\n',
        b"secret,2026-01-01\n",
        b"PAR1secret",
        b"",
        b"\xffsecret",
    ],
)
def test_what_is_no_scores_on_standard_input_is_told_without_it(desk, run, pipe, given):
    pipe(given)
    code, said = run("flag", "-", "--model", desk / "model")
    assert code == 3, said
    assert "boilover: standard input" in said
    assert "secret" not in said


def in_shell(line: str, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which ``boilover "$@"`` is the command with these words."""
    code = "import sys; from boilover.cli import main; sys.argv[0] = 'boilover'; main()"
    script = f'set -o pipefail; boilover() {{ {sys.executable} -c "{code}" "$@"; }}; {line}'
    given = ["bash", "-c", script, "bash", *map(str, words)]
    return subprocess.run(given, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def scoring(desk):
    return ("score", desk / "log", "--model", desk / "model", "--points", desk / "points.csv")


def test_a_reader_who_leaves_is_no_error(scoring, tmp_path):
    left = in_shell('boilover "$@" | true', *scoring)
    assert (left.returncode, left.stdout) == (0, "")
    assert "Error" not in left.stderr
    left = in_shell('boilover "$@" --format parquet | head -c 4', *scoring)
    assert (left.returncode, left.stdout) == (0, "PAR1")
    many = in_shell('(for each in 1 2; do boilover "$@"; echo $? >&2; done) | head -1', *scoring)
    assert many.stdout.startswith("ticket_id,as_of,risk,rank")
    assert many.stderr.split()[-1] == "0"
    assert in_shell("boilover --help | true").returncode == 0
    assert in_shell('boilover "$@" -o /dev/stdout | true', *scoring).returncode == 0


def test_a_reader_who_leaves_changes_no_exit_code(scoring, tmp_path):
    failed = in_shell('boilover "$@" 2>&1 | true', "score", tmp_path / "none", "--model", tmp_path)
    assert failed.returncode == 3


def test_a_closed_standard_output_or_input_is_no_error_of_ours(scoring, desk):
    closed = in_shell('boilover "$@" >&-', *scoring)
    assert closed.returncode == 0, closed.stderr
    assert in_shell('boilover "$@" >&- 2>&- <&-', *scoring).returncode == 0
    empty = in_shell('boilover "$@" <&-', "flag", "-", "--model", desk / "model")
    assert empty.returncode == 3
    assert "boilover: standard input: cannot be read as scores" in empty.stderr


def test_a_broken_pipe_that_is_no_reader_of_ours_is_told(run, monkeypatch, tmp_path):
    def broken(path):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("boilover.pipeline.explain_policy", broken)
    code, said = run("policy", "explain", tmp_path / "policy.toml")
    assert code == 1
    assert "boilover: unexpected BrokenPipeError at test_cli_pipes.py:" in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a system without /dev/full")
def test_a_full_device_is_told(scoring):
    full = in_shell('boilover "$@" > /dev/full', *scoring)
    assert full.returncode == 2
    assert "No space left on device" in full.stderr
