"""The benchmark of the ledger counts what it says; how fast it is is no test's matter."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import ledger


def test_every_flag_night_is_counted(tmp_path):
    told = ledger.run(str(tmp_path / "ledger.db"), nights=6, flags=50, say=lambda _: None)
    assert told["flag-nights"] == 6 * 50
    assert 50 < told["flags"] < 6 * 50
    assert told["happenings"] > told["flags"]
    assert told["bytes"] == (tmp_path / "ledger.db").stat().st_size
    assert told["record, median s"] > 0
