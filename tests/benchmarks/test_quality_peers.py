"""The peers' own logic, without their libraries: time-ordered slices, equal budgets, the SLA rule, sequences."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from boilover.synthetic import synthetic_desk

sys.path.append(str(Path(__file__).resolve().parents[2]))
from benchmarks.quality import deep_synthesis, peers
from benchmarks.quality.ablation import past_log
from benchmarks.quality.cache import keep, kept, kept_risk, key_of
from benchmarks.quality.context import Context, Unavailable
from benchmarks.quality.drift import drift
from benchmarks.quality.learners import LIGHTGBM, LOGISTIC, XGBOOST
from benchmarks.quality.measure import NAMES
from benchmarks.quality.protocol import AGES, make_case
from benchmarks.quality.search import TRIALS, Fitted, Learner, settings_of, tuned
from benchmarks.quality.sequence import LONGEST, sequences

WEEK = pd.Timedelta(days=7)


@pytest.fixture(scope="module")
def context() -> Context:
    case = make_case(*synthetic_desk(n_tickets=600, seed=2).to_pandas(), WEEK, AGES)
    return Context("desk", "7d", case, Path("log"), Path("work"), Path("nowhere"))


def test_settings_are_chosen_on_later_points_whose_past_is_over(context):
    as_of = context.case.points["as_of"]
    earlier, later = context.slices
    assert earlier.any()
    assert later.any()
    assert (as_of[earlier] + WEEK).max() <= as_of[later].min()
    assert (as_of[later] + WEEK).max() <= context.case.cut
    assert not (earlier & later).any()


def test_the_ablation_trains_on_the_log_that_train_reads(tmp_path):
    """Doubled events were counted twice there, and its whole model was another one than that of the command line."""
    events, tickets = synthetic_desk(n_tickets=40, seed=2).to_pandas()
    doubled = pd.concat([events, events.iloc[[0]]], ignore_index=True)
    case = make_case(doubled, tickets, WEEK, AGES)
    log = past_log(Context("desk", "7d", case, tmp_path / "log", tmp_path, tmp_path))
    assert len(log.events) == (events["occurred_at"] <= case.cut).sum()


@pytest.mark.parametrize("learner", [LOGISTIC, LIGHTGBM, XGBOOST])
def test_every_peer_may_try_as_many_settings_the_standard_one_first(learner):
    settings = settings_of(learner)
    assert settings[0] == learner.standard
    assert len(settings) == TRIALS == len({str(sorted(each.items())) for each in settings})
    assert settings == settings_of(learner)


def test_a_search_takes_the_setting_that_ranks_the_later_points_best(context, monkeypatch):
    monkeypatch.setattr("benchmarks.quality.context.LEAST", 1)
    y, seen = context.y, []

    def fit(setting, rows, labels, later):
        seen.append((setting["sign"], rows.shape[0], later is not None))
        return Fitted(lambda asked: setting["sign"] * asked.toarray()[:, 0])

    learner = Learner(fit, {"sign": -1.0}, {"sign": [-2.0, 1.0]})
    rows = csr_matrix(np.nan_to_num(y)[:, None] + 1)
    answer = tuned(context, rows, learner)
    assert answer.told["chosen"]["setting"] == {"sign": 1.0}
    assert seen[-1] == (1.0, int(context.past.sum()), False)
    assert {rows for _, rows, _ in seen[:-1]} == {int(context.slices[0].sum())}
    assert len(answer.risk) == context.test.sum()


def test_with_few_escalations_the_standard_setting_stands(context, monkeypatch):
    monkeypatch.setattr("benchmarks.quality.context.LEAST", 10_000)
    learner = Learner(lambda *_: Fitted(lambda rows: np.zeros(rows.shape[0])), {"a": 1}, {"a": [2, 3]})
    told = tuned(context, csr_matrix(np.zeros((len(context.y), 1))), learner).told
    assert told["chosen"]["setting"] == {"a": 1}
    assert told["trials"] == 0


def test_the_sla_rule_ranks_by_the_share_of_time_that_is_used():
    start = pd.Timestamp("2025-01-01", tz="UTC")
    hours = pd.to_timedelta([0, 0, 0, 0, 24 * 400], unit="h")
    events = pd.DataFrame(
        {
            "ticket_id": ["a", "b", "a", "b", "c"],
            "occurred_at": [start, start, start, start + pd.Timedelta(hours=40), start + hours[4]],
            "observed_at": [pd.NaT, pd.NaT, pd.NaT, start, pd.NaT],
            "event_type": ["created", "created", "sla_due", "sla_due", "created"],
            "value": ["", "", "resolution", "resolution", ""],
            "number": [np.nan, np.nan, 10.0, np.nan, np.nan],
        }
    )
    events["observed_at"] = pd.to_datetime(events["observed_at"], utc=True)
    tickets = pd.DataFrame({"ticket_id": ["a", "b", "c"]})
    case = make_case(events, tickets, WEEK, (0, 8 / 24, 1))
    case = replace(case, test=pd.Series(True, index=case.points.index))
    asked = Context("desk", "7d", case, Path("log"), Path("work"), Path("nowhere"))
    share = dict(
        zip(
            zip(case.points["ticket_id"], case.points["age"], strict=True),
            peers.sla_rule(asked).risk,
            strict=True,
        )
    )
    assert share["a", 8 / 24] == pytest.approx(0.8)
    assert share["b", 8 / 24] == pytest.approx(0.2)
    assert share["a", 1] == pytest.approx(2.4)
    assert share["c", 0] == 0
    none = replace(
        asked, case=replace(case, events=events[events["event_type"] != "sla_due"].assign(seen=start))
    )
    with pytest.raises(Unavailable, match="no service levels"):
        peers.sla_rule(none)


def test_a_network_is_asked_at_the_last_event_that_its_point_may_see(context):
    told = sequences(context)
    events = context.case.events.sort_values(["ticket_id", "seen"], kind="stable", ignore_index=True)
    points = context.case.points
    rows = np.arange(0, len(points), 97)
    for row in rows:
        begin = told.starts[told.ticket[row]]
        last = events.iloc[begin + told.place[row]]
        mine = events[events["ticket_id"] == points["ticket_id"][row]]
        assert last["ticket_id"] == points["ticket_id"][row]
        visible = int((mine["seen"] <= points["as_of"][row]).sum())
        assert told.place[row] == min(visible, LONGEST) - 1
    assert np.isfinite(told.measures).all()
    assert np.isfinite(told.moments).all()


def test_what_featuretools_is_told_to_count_is_known_by_the_cut(context, tmp_path):
    late = context.case.events.assign(value="only later")
    late = late[late["seen"] > context.case.cut]
    events = pd.concat([context.case.events, late, late, late], ignore_index=True)
    case = replace(context.case, events=events)
    deep_synthesis.write_tables(case, np.flatnonzero(context.test), tmp_path)
    assert "only later" not in (tmp_path / "common.json").read_text("utf-8")
    points = pd.read_parquet(tmp_path / "points.parquet")
    assert len(points) == context.test.sum()
    assert "text" not in pd.read_parquet(tmp_path / "events.parquet")
    with pytest.raises(Unavailable, match="not installed"):
        deep_synthesis.answer(context)


def test_words_become_indicators_of_what_is_frequent_in_training():
    made = pd.DataFrame({"n": [1, 2, None], "w": ["x", "y", None]})
    rows = deep_synthesis.encoded(made, np.array([True, False, True]))
    np.testing.assert_array_equal(rows[:, 1:], [[1], [0], [0]])
    np.testing.assert_array_equal(rows[:2, 0], [1, 2])


def test_a_log_of_one_rate_holds_still_and_one_that_doubles_does_not(context):
    rng = np.random.default_rng(0)
    points = context.case.points
    test = context.test

    def told(rate_then):
        chance = np.where(test, rate_then, 0.2)
        labels = (rng.random(len(points)) < chance).astype(float)
        return drift(replace(context, case=replace(context.case, points=points.assign(label=labels))))

    assert told(0.2)["stationary"]
    moved = told(0.5)
    assert not moved["stationary"]
    assert moved["ratio"] == pytest.approx(2.5, rel=0.2)


def test_a_record_holds_as_long_as_log_and_code_are_the_same(tmp_path):
    log = tmp_path / "log"
    log.mkdir()
    for name in ("events", "tickets"):
        (log / f"{name}.parquet").write_bytes(name.encode())
    code = tmp_path / "code.py"
    code.write_text("1")
    other = tmp_path / "other.py"
    other.write_text("2")
    keys = {key_of(log, [code], "7d"), key_of(log, [other], "7d"), key_of(log, [code], "30d")}
    assert len(keys) == 3
    key = key_of(log, [code], "7d")
    keep(tmp_path, "age", {"key": key, "told": np.float64(0.5)}, np.array([0.1, 0.2]))
    assert kept(tmp_path, "age", key) == {"key": key, "told": 0.5}
    assert kept(tmp_path, "age", "another") is None
    assert kept(tmp_path, "sla", key) is None
    assert kept_risk(tmp_path, "age").tolist() == [0.1, 0.2]
    assert "ablation" in NAMES
