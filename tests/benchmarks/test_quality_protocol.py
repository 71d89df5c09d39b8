"""The protocol of the quality benchmark against the package's own points and labels; its peers see no future."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from boilover.annotations import Annotations
from boilover.history import History
from boilover.labels import is_covered, label
from boilover.log import EventLog
from boilover.points import fixed_ages
from boilover.synthetic import synthetic_desk

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))
from benchmarks.quality.encoding import encode  # noqa: E402
from benchmarks.quality.prepare import TASKS, prepare  # noqa: E402
from benchmarks.quality.protocol import AGES, Case, cut_at, make_case, read_case, training_log  # noqa: E402

WEEK = pd.Timedelta(days=7)


@pytest.fixture(scope="module")
def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    return synthetic_desk(n_tickets=600, seed=2).to_pandas()


@pytest.fixture(scope="module")
def case(frames) -> Case:
    return make_case(*frames, WEEK, AGES)


def agrees(case: Case, horizon: pd.Timedelta, ages: tuple[float, ...]) -> bool:
    log = EventLog.from_pandas(case.events.drop(columns="seen"), case.tickets)
    notes = Annotations(History.from_log(log))
    points = fixed_ages(notes.history, tuple(24 * age for age in ages))
    length = horizon // pd.Timedelta(microseconds=1)
    y = np.where(is_covered(notes.history, points, length), label(notes.history, points, length), np.nan)
    ids = notes.history.ticket_ids.take(points.ticket).to_pandas()
    mine = pd.DataFrame({"ticket_id": ids.astype("str"), "as_of": points.as_of, "label": y})
    asked = case.points.assign(as_of=case.points["as_of"].dt.as_unit("us").astype("int64"))[mine.columns]
    tables = [each.sort_values(["ticket_id", "as_of"], ignore_index=True) for each in (mine, asked)]
    pd.testing.assert_frame_equal(*tables, check_dtype=False)
    return len(mine) > 0


def test_the_package_asks_and_labels_as_the_protocol_does(case):
    assert agrees(case, WEEK, AGES)


def test_the_protocol_agrees_on_a_real_log(shared_data, tmp_path):
    task = TASKS["helpdesk_upgrade"]
    real = read_case(prepare("helpdesk_upgrade", shared_data, tmp_path), task.horizon, task.ages)
    assert agrees(real, pd.Timedelta(days=30), task.ages)


def test_training_ends_at_the_cut_and_test_points_begin_after_it(case):
    events, tickets = training_log(case)
    assert events["occurred_at"].max() <= case.cut
    assert set(tickets["ticket_id"]) == set(events["ticket_id"])
    test, past = case.points[case.test], case.points[case.past]
    assert (test["as_of"] > case.cut).all()
    assert (test["as_of"] + WEEK <= case.events["seen"].max()).all()
    assert (past["as_of"] + WEEK <= case.cut).all()
    assert not (case.points["first"] <= case.points["as_of"]).any()
    assert 0.65 < (case.points["as_of"] <= case.cut).mean() < 0.75


def test_peers_see_nothing_after_the_moment(case):
    rows = encode(case)
    test = np.flatnonzero(case.test)
    for row in test[:: len(test) // 5]:
        events, _ = cut_at(case, case.points["as_of"][row])
        known = events.assign(seen=events["occurred_at"])
        # What is counted and which values have a column is learnt before the cut, so it is the same.
        early = case.points["as_of"] <= case.cut
        kept = pd.concat([case.points[early], case.points.iloc[[row]]])
        past = Case(
            known, case.tickets, kept, case.cut, case.test[kept.index], case.past[kept.index], case.horizon
        )
        np.testing.assert_array_equal(encode(past)[-1], rows[row])
