"""Half of the thirty nights of a small desk, with answers, a re-run and a killed run in between: all adds up."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))
from benchmarks.nights.desk import DAY, feed_of  # noqa: E402
from benchmarks.nights.receiver import Receiver  # noqa: E402
from benchmarks.nights.run import DEMO, Plan, trial, wrong  # noqa: E402

from boilover.log import read_log  # noqa: E402
from boilover.text import with_measures  # noqa: E402
from boilover.times import parse_moment  # noqa: E402

CAPACITY, NIGHTS = 1, 15


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    feed = feed_of(with_measures(read_log(ROOT / "data" / "samples" / "desk_log")))
    plan = Plan(parse_moment("2025-01-14T06:00Z"), NIGHTS, kills=1, capacity=CAPACITY, explain=0)
    return trial(tmp_path_factory.mktemp("nights"), feed, DEMO, plan)


def test_the_nights_add_up(tried):
    figures, problems, _ = tried
    assert problems == []
    assert figures["nights"] == NIGHTS
    assert figures["runs killed"] == 1
    assert figures["new flags a night, most"] == CAPACITY
    assert figures["alerts"] >= figures["flags"] > 2
    assert {"history: acknowledged", "history: disagreed", "history: resolved"} <= set(figures)


def test_what_does_not_add_up_is_told(tried):
    """The checks of the trial see a lost alert, one that came too often, and a night too many."""
    _, _, (desk, plan) = tried
    heard = desk.receiver
    key = next(key for key, body in heard.bodies.items() if body["happening"] == "raised")
    less = Receiver(
        bodies={name: body for name, body in heard.bodies.items() if name != key}, heard=heard.heard
    )
    more = Receiver(bodies=heard.bodies, heard=heard.heard + heard.heard)
    for receiver, said in ((less, "were heard of"), (more, "alerts came again")):
        desk.receiver = receiver
        assert any(said in each for each in wrong(desk, plan))
    desk.receiver = heard
    assert list(wrong(desk, plan)) == []
    shorter = Plan(plan.first, plan.nights - 1, capacity=0)
    assert len(list(wrong(desk, shorter))) == 2
    assert plan.moments[-1] - plan.moments[0] == (NIGHTS - 1) * DAY
