"""A command run in this process, and a desk whose model and scores commands made."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from boilover import cli
from desks import small_desk, small_tickets, write

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch, capsys) -> Run:
    """Return a function that runs a command and returns its exit code and what it said on standard error."""

    def command(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["boilover", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return command


@pytest.fixture(scope="session")
def desk(tmp_path_factory) -> Path:
    """Return a folder with a log, its model for three horizons, points and their scores."""
    home = tmp_path_factory.mktemp("desk")
    events = small_desk()
    write(home / "log", events, small_tickets())
    born = events[events["event_type"] == "created"]
    ages = pd.to_timedelta(np.resize([0, 3600, 86_400, 4 * 86_400], len(born)), unit="s")
    points = pd.DataFrame({"ticket_id": born["ticket_id"], "as_of": born["occurred_at"] + ages})
    points.to_csv(home / "points.csv", index=False)
    train = ["train", home / "log", "--model", home / "model", "--horizon", "24h,72h,7d", "--no-track"]
    score = ["score", home / "log", "--model", home / "model", "--points", home / "points.csv"]
    for words in (train, [*score, "-o", home / "scores.csv"]):
        cli.app([*map(str, words)], standalone_mode=False)
    return home
