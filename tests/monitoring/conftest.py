"""A small desk, and two models of its first half: one that sees what matters, and one that sees the clock only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from boilover.features import Calendar
from boilover.inputs import cut
from boilover.log import EventLog, write_log
from boilover.model.saved import save_model
from boilover.times import parse_moment
from boilover.training import train
from desks import small_desk, small_tickets

N = 1200
CUT = "2026-03-15"


@pytest.fixture(scope="session")
def life(tmp_path_factory) -> SimpleNamespace:
    """Return the desk's frames and log, the two models and their folders, and the log's folder."""
    home: Path = tmp_path_factory.mktemp("life")
    events, tickets = small_desk(N), small_tickets(N)
    log = EventLog.from_pandas(events, tickets)
    past = cut(log, CUT)
    good = train(past, n_jobs=1)
    blind = train(past, features=[Calendar("hour"), Calendar("weekday")], n_jobs=1)
    for name, saved in (("good", good), ("blind", blind)):
        save_model(home / name, saved)
    write_log(log, home / "log")
    return SimpleNamespace(
        home=home, events=events, tickets=tickets, log=log, good=good, blind=blind, cut=parse_moment(CUT)
    )


@pytest.fixture
def late(life) -> pd.Series:
    """Tell which events happened after the training."""
    return life.events["occurred_at"] > pd.Timestamp(CUT, tz="UTC")


@pytest.fixture
def run(monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs a command and returns its exit code and what it said on both streams."""

    def command(*words: object) -> tuple[int, str, str]:
        from boilover import cli

        monkeypatch.setattr(sys, "argv", ["boilover", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return command
