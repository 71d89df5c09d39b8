"""Tables to read: they fit a terminal, lose no digit, and stay as they are in a pipe."""

from __future__ import annotations

import pandas as pd
import pytest
from rich.text import Text

from boilover.listing import to_table
from boilover.tables import WIDTH, lines_of, rendered, text_table

HEADS = ["", "average precision", "missing", "area under the curve", "verdict of all features"]
ROWS = [
    [f"count of events {n}", f"0.36{n} (0.265-0.475)", "0%", "0.834 (0.793-0.876)", "drifted"]
    for n in range(3)
]
SENTENCE = "The model beats base rate " + "and so on " * 20


def parts(*, terminal: bool) -> str:
    table = text_table("Scores", HEADS, ROWS, lines_of(terminal=terminal), seldom=(2,))
    return rendered([Text(SENTENCE), table], terminal=terminal)


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_sentences_and_tables_fit_the_terminal_and_lose_nothing(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    told = parts(terminal=True)
    plain = Text.from_ansi(told).plain
    assert max(map(len, plain.splitlines())) <= columns
    assert "…" not in plain
    for n in range(3):
        assert f"0.36{n}" in plain
    assert plain.count("(0.265-0.475)") == plain.count("(0.793-0.876)") == 3
    assert ("missing" in plain) == (columns > 60)


def test_a_pipe_is_as_wide_as_ever(monkeypatch):
    before = parts(terminal=False)
    monkeypatch.setenv("COLUMNS", "60")
    assert parts(terminal=False) == before
    assert 80 < max(map(len, before.splitlines())) <= WIDTH


def test_on_a_terminal_what_is_needed_least_is_left_out_and_reasons_are_wrapped():
    why = "open for 8 days; 5 customer messages; status is on_hold; 3 handoffs; no agent reply in 4 days"
    frame = pd.DataFrame(
        {"desk": ["support"], "ticket_id": ["T1"], "tier": ["watch"], "risk": [0.486], "why": [why]}
    )
    frame["model"] = "7d-2ed49b42-and-more-of-its-name"
    told = to_table(frame, width=60)
    assert max(map(len, told.splitlines())) <= 60
    assert told.splitlines()[0].split() == ["desk", "ticket_id", "tier", "risk", "why"]
    assert told.splitlines()[-1] == "not shown: model"
    for word in why.split():
        assert word in told
    assert len(to_table(frame).splitlines()) == 2
