"""boilover explain: what it writes and prints, and how it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import fsspec
import pandas as pd
import pytest

from boilover import cli
from desks import small_desk, small_tickets, write

TICKET = str(small_desk().query("event_type == 'escalated'")["ticket_id"].iloc[-1])


@pytest.mark.parametrize("ending", ["svg", "png", "csv", "jsonl", "parquet", "json"])
def test_it_writes_what_the_ending_says(run, desk: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"ticket.{ending}"
    code, said = run("explain", desk / "log", TICKET, "--model", desk / "model", "-o", target)
    assert (code, f"written to {target}" in said) == (0, True)
    content = target.read_bytes()
    if ending == "svg":
        assert content.startswith(b"<svg")
        assert f"ticket {TICKET}".encode() in content
    elif ending == "png":
        assert content.startswith(b"\x89PNG")
    elif ending == "json":
        assert json.loads(content)["ticket_id"] == TICKET
    else:
        read = {
            "csv": pd.read_csv,
            "parquet": pd.read_parquet,
            "jsonl": lambda file: pd.read_json(file, lines=True),
        }
        frame = read[ending](target)
        assert list(frame.columns[:7]) == ["at", "kind", "what", "risk", "risk_72h", "risk_7d", "change"]
        assert frame["what"].iloc[-2:].str.contains("escalated").any()


def test_the_table_stands_on_standard_output(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["boilover", "explain", desk / "log", TICKET, "--model", desk / "model"]
    monkeypatch.setattr(sys, "argv", list(map(str, words)))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr().out
    assert not ended.value.code
    assert told.startswith(f"Ticket {TICKET}: risk of escalating within 24 hours")
    assert "already escalated" in told


def test_a_picture_may_go_to_a_url(run, desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    target = "memory://explained/ticket.svg"
    code, said = run("explain", desk / "log", TICKET, "--model", desk / "model", "-o", target)
    assert (code, f"written to {target}" in said) == (0, True), said
    assert fsspec.filesystem("memory").cat("/explained/ticket.svg").startswith(b"<svg")
    assert not list(tmp_path.iterdir())


def test_a_folder_is_kept_here(run, desk: Path) -> None:
    for words in (
        ("demo",),
        ("backtest", desk / "log"),
        ("datasets", "bpi_2013", "log.csv"),
        ("ingest", desk),
    ):
        for name in ("memory://told/folder", "-"):
            code, said = run(*words, "-o", name)
            assert (code, "kept in a local folder" in said) == (2, True), said


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["99999"], 2, "no course of ticket '99999'"),
        ([TICKET, "--as-of", "2020-01-01"], 2, "after 2020-01-01T00:00:00Z"),
        (["99999", "-o", "ticket.gif"], 2, "ends in none of .svg, .png"),
        ([TICKET, "--model", "nowhere"], 3, "nowhere"),
    ],
)
def test_what_cannot_be_explained_has_its_exit_code(
    run, desk: Path, words: list[str], code: int, told: str
) -> None:
    model = [] if "--model" in words else ["--model", desk / "model"]
    found, said = run("explain", desk / "log", *words, *model)
    assert (found, told in said) == (code, True)


def test_a_log_without_the_columns_of_the_model_is_refused(run, desk: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "log", small_desk(), small_tickets().drop(columns="seats"))
    code, said = run("explain", other, TICKET, "--model", desk / "model")
    assert (code, "'seats'" in said) == (5, True)
