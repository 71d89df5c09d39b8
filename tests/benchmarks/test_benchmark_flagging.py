"""The benchmark of decisions runs, and its night uses every verdict."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from boilover.flagger import parse_flag_policy
from flagging import POLICY, main, timed


def test_a_small_night_holds_every_verdict_and_keeps_its_capacity() -> None:
    seconds, counts = timed(parse_flag_policy({**POLICY, "capacity": {"per_night": 50}}), 5000, seed=1)
    assert seconds > 0
    assert sum(counts.values()) == 5000
    assert all(counts.values())
    assert counts["new"] == 50


def test_the_benchmark_prints_its_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["flagging.py", "--tickets", "2000"])
    main()
    assert capsys.readouterr().out.startswith("2,000 open tickets decided in ")
