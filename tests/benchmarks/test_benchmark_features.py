"""The benchmark's two engines say the same; how fast they say it is no test's matter."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import features
import generate
from boilover.checking import check
from boilover.log import write_log


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench") / "log"
    write_log(generate.generate(2_000, seed=1), folder)
    return folder


@pytest.mark.parametrize("coded", [False, True])
def test_boilover_and_pandas_give_the_same_numbers(folder, coded):
    theirs, _ = features.run_pandas(folder, coded=coded)
    ours, _ = features.run_boilover(folder, features.common_features(list(theirs.columns)))
    assert len(theirs.columns) >= 45
    assert set(ours.columns) == set(theirs.columns)
    assert features.differences(ours, theirs) == []


def test_a_difference_is_told(folder):
    theirs, _ = features.run_pandas(folder, coded=True)
    wrong = theirs.copy()
    wrong.loc[7, "count_any_event"] += 1
    assert features.differences(theirs, wrong)[0].startswith("count_any_event: 1 rows, first 7")


def test_the_generated_log_keeps_the_contract_and_repeats():
    log = generate.generate(300, seed=5)
    assert [each for each in check(log) if each.severity == "error"] == []
    assert log.events.equals(generate.generate(300, seed=5).events)
    assert not log.events.equals(generate.generate(300, seed=6).events)


def test_many_moments_equal_each_alone(tmp_path):
    write_log(generate.generate(100), tmp_path / "log")
    told = features.run_points(tmp_path / "log", features.common_features()[:20])
    assert told["points"] == 100 * features.MOMENTS
