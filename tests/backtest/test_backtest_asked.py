"""Nights are asked, and models taught, as a log cut then would; nothing after a night reaches a training."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from replayed_desk import desk, notes_of

from boilover import EventLog
from boilover.backtest import backtest
from boilover.backtest.asked import Rows, ask
from boilover.backtest.trainings import learn
from boilover.errors import InputError
from boilover.escalation import EscalationRule, declare
from boilover.inputs import cut
from boilover.labels import label
from boilover.points import AGES_HOURS, DAY, Points, landmarks, tonight
from boilover.schema import AtRiskUntil
from boilover.training.rows import TrainingRows, training_rows
from random_logs import AT_RISK_UNTIL

HORIZON = 7 * DAY


@pytest.fixture(scope="module")
def log() -> EventLog:
    return desk().ordered()


def moments_of(log: EventLog, count: int) -> np.ndarray:
    end = notes_of(log).history.end
    return end - DAY * np.arange(count)[::-1] * 3


@pytest.mark.parametrize("until", AT_RISK_UNTIL)
def test_each_night_asks_what_a_log_cut_then_would(log: EventLog, until: AtRiskUntil) -> None:
    log = declare(log, EscalationRule(at_risk_until=until))
    notes, moments = notes_of(log), moments_of(log, 6)
    asked = ask(notes.history, moments)
    ids = notes.history.ticket_ids.to_pandas()
    for place, night, rows, tickets in asked.each():
        assert night == moments[place]
        past = notes_of(cut(log, night))
        wanted = past.history.ticket_ids.take(pa.array(tonight(past.history, night).ticket)).to_pylist()
        assert ids[tickets].tolist() == wanted
        assert (asked.points.as_of[rows] == night).all()
        assert (asked.night[rows] == place).all()


def taught(log: EventLog, night: int) -> TrainingRows:
    notes = notes_of(log)
    rows = Rows(notes, landmarks(notes.history, AGES_HOURS))
    return learn(log, night, rows, ("24h", "7d"), AGES_HOURS)[1]


def equal(found: TrainingRows, wanted: TrainingRows) -> None:
    np.testing.assert_array_equal(found.points.as_of, wanted.points.as_of)
    np.testing.assert_array_equal(found.points.ticket, wanted.points.ticket)
    assert found.features == wanted.features
    assert list(found.labels) == list(wanted.labels)
    for horizon, labels in wanted.labels.items():
        np.testing.assert_array_equal(found.labels[horizon], labels)
        np.testing.assert_array_equal(found.splits[horizon].slices, wanted.splits[horizon].slices)
    for name in wanted.frame.columns:
        ours, theirs = found.frame[name], wanted.frame[name]
        if isinstance(theirs.dtype, pd.CategoricalDtype):
            ours, theirs = ours.astype("object"), theirs.astype("object")
        pd.testing.assert_series_equal(ours, theirs, check_exact=True)


def test_kept_rows_teach_what_the_cut_log_teaches(log: EventLog) -> None:
    notes = notes_of(log)
    rows = Rows(notes, landmarks(notes.history, AGES_HOURS))
    chosen = set()
    for night in moments_of(log, 9)[[0, 8]].tolist():
        past, found = learn(log, night, rows, ("7d",), AGES_HOURS)
        equal(found, training_rows(past, ("7d",)))
        chosen.add(found.features)
    assert len(chosen) == 2, "both nights choose the same features, so that the choice is not tried"


def test_a_training_on_every_night_of_the_log_is_kept_too(log: EventLog) -> None:
    """Its nights ask about tickets whose creation is told later, which the whole log does not ask about."""
    notes = notes_of(log)
    rows = Rows(notes, landmarks(notes.history, None))
    past, found = learn(log, int(moments_of(log, 1)[0]) - DAY, rows, ("7d",), None)
    equal(found, training_rows(past, ("7d",), ages=None))


def test_no_training_knows_what_happened_later(log: EventLog) -> None:
    """Other escalations, another course and other tickets after a night change nothing that is taught on it."""
    night = int(moments_of(log, 5)[0])
    when = pd.Timestamp(night, unit="us", tz="UTC")
    events, tickets = log.to_pandas()
    later = events["observed_at"] > when
    future = events[later].copy()
    turned = future["event_type"].eq("escalated")
    future.loc[turned, "event_type"] = "csat"
    future.loc[~turned & (np.arange(len(future)) % 5 == 0), ["event_type", "value"]] = "escalated", None
    future.loc[:, "actor_id"] = "someone else"
    other = EventLog.from_pandas(pd.concat([events[~later], future]), tickets).ordered()
    as_it_was, as_it_might_be = taught(log, night), taught(other, night)
    equal(as_it_might_be, as_it_was)

    # With labels of the whole logs it would have changed: the test can fail.
    leaks = []
    for each in (log, other):
        notes = notes_of(each)
        code = notes.history.find(as_it_was.notes.history.ticket_ids)
        points = Points(code[as_it_was.points.ticket], as_it_was.points.as_of)
        leaks.append(label(notes.history, points, HORIZON))
    assert not np.array_equal(leaks[0], leaks[1], equal_nan=True)
    assert not np.array_equal(np.nan_to_num(leaks[0], nan=9), np.nan_to_num(as_it_was.labels["7d"], nan=9))


def test_rows_of_questions_that_were_not_kept_are_made(log: EventLog) -> None:
    notes = notes_of(log)
    points = landmarks(notes.history, AGES_HOURS)
    features = training_rows(log, ("7d",)).features
    some, others = points.take(points.ticket % 2 == 0), points.take(points.ticket % 2 == 1)
    kept, whole = Rows(notes, some), Rows(notes, points)
    for asked in (some, others):
        found, wanted = kept.frame(features, notes, asked), whole.frame(features, notes, asked)
        pd.testing.assert_frame_equal(found.astype("object"), wanted.astype("object"))


def test_a_night_on_which_no_model_can_be_trained_is_named(log: EventLog) -> None:
    with pytest.raises(InputError, match=r"no model can be trained as of 2025-01-1\d 06:00: .*escalated"):
        backtest(log, since="2025-01-12", until="2025-01-20")
    with pytest.raises(InputError, match="no night to replay"):
        backtest(log, until="2024-12-01")
