"""No shipped feature reads the future, and the test that says so catches features that do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from boilover.annotations import Annotations, annotates
from boilover.annotations.base import ANNOTATORS
from boilover.errors import GateError, LeakError, UsageError
from boilover.features import Count, Feature, Flag, Last, State, compute, default_features
from boilover.features.families import FAMILIES
from boilover.future_edit import edit_future, future_edit_test
from boilover.history import History
from boilover.observation import observed
from boilover.points import Points
from boilover.synthetic import synthetic_desk
from random_logs import log_at_risk_until, log_of_seed


def every_feature(notes):
    return tuple(
        dict.fromkeys((*default_features(notes), *(f for family in FAMILIES.values() for f in family)))
    )


@pytest.mark.parametrize("seed", range(6))
def test_no_default_feature_reads_the_future(seed):
    log = log_of_seed(seed)
    future_edit_test(every_feature(Annotations(History.from_log(log))), log, seed=seed)


@pytest.mark.parametrize("until", ["closed", "escalated"])
def test_nor_where_solved_tickets_are_asked(until):
    log = log_at_risk_until(until, 3)
    future_edit_test(every_feature(Annotations(History.from_log(log))), log, seed=3)


@pytest.mark.parametrize("seed", range(2))
def test_nor_at_points_that_are_never_asked(seed, random_points):
    """Unknown tickets, solved and escalated ones."""
    log = log_of_seed(seed, mean_events=8)
    notes = Annotations(History.from_log(log))
    spread = random_points(notes.history, seed, 400)
    moments = np.unique(spread.as_of)[::60]
    tickets = np.arange(-1, notes.history.n_tickets, dtype=np.int32)
    points = Points(np.tile(tickets, len(moments)), np.repeat(moments, len(tickets)))
    future_edit_test(every_feature(notes), log, points, seed=seed)


@pytest.fixture
def leaking_annotation():
    @annotates("events_in_all")
    def events_in_all(notes):
        history = notes.history
        return {"events_in_all": np.diff(history.offsets).astype(float)[history.ticket]}

    yield "events_in_all"
    del ANNOTATORS["events_in_all"]


def test_a_leaking_annotation_is_caught(leaking_annotation):
    leak = Last(value=leaking_annotation)
    with pytest.raises(
        LeakError,
        match=r"'last_events_in_all' reads the future: ticket 't\d+' as of 2026.*: \d+\.0 became \d+\.0 ",
    ) as caught:
        future_edit_test([Count(Flag("any_event")), leak], log_of_seed(0))
    assert isinstance(caught.value, GateError)
    assert caught.value.exit_code == 7


@dataclass(frozen=True)
class LastStatus(Feature):
    """The status that the ticket will end in."""

    @property
    def name(self):
        return "last_status"

    def compute(self, sight):
        history = sight.notes.history
        codes = sight.notes.codes("status")
        ends = codes.codes[history.offsets[1:][sight.points.ticket] - 1]
        return type(codes)(ends, codes.words)


@dataclass(frozen=True)
class ShareOfLog(Feature):
    """Scaled by the end of the log: a leak through a constant."""

    @property
    def name(self):
        return "share_of_log"

    def compute(self, sight):
        return sight.points.as_of / sight.notes.history.end * 1000


@dataclass(frozen=True)
class DeskSize(Feature):
    """How many tickets the log holds, later ones too."""

    @property
    def name(self):
        return "desk_size"

    def compute(self, sight):
        return np.full(len(sight.points), float(sight.notes.history.n_tickets))


@pytest.mark.parametrize("leak", [LastStatus(), ShareOfLog(), DeskSize()], ids=lambda leak: leak.name)
def test_a_leaking_feature_is_caught(leak):
    with pytest.raises(LeakError, match=f"'{leak.name}'"):
        future_edit_test([State("status"), leak], log_of_seed(1))


def test_rewriting_alone_catches_a_leak_that_deleting_cannot_show():
    """At the end of a log there is nothing to delete: later trials add what was not there."""
    with pytest.raises(LeakError):
        future_edit_test([LastStatus()], log_of_seed(2), trials=1)
    log = log_of_seed(3)
    cut = edit_future(log, int(np.median(observed(log.events))), np.random.default_rng(0), rewrite=False)
    end = int(observed(cut.events).max())
    notes = Annotations(History.from_log(cut))
    points = Points(np.arange(notes.history.n_tickets, dtype=np.int32), np.full(notes.history.n_tickets, end))
    future_edit_test([DeskSize()], cut, points, trials=1)
    with pytest.raises(LeakError):
        future_edit_test([DeskSize()], cut, points, trials=4)


@pytest.mark.parametrize("seed", range(3))
def test_edits_leave_the_past_alone_and_change_the_future(seed):
    log = log_of_seed(seed)
    as_of = int(np.quantile(observed(log.events), 0.6))
    edited = edit_future(log, as_of, np.random.default_rng(seed), rewrite=True)
    past, kept = (each.events.filter(observed(each.events) <= as_of) for each in (log, edited))
    assert past.equals(kept)
    assert not (later := edited.events.filter(observed(edited.events) > as_of)).equals(
        log.events.filter(observed(log.events) > as_of)
    )
    assert len(later) > 0
    seen = set(past["ticket_id"].to_pylist())
    rows = [{row["ticket_id"]: row for row in each.tickets.to_pylist()} for each in (log, edited)]
    assert {name: row for name, row in rows[0].items() if name in seen} == {
        name: row for name, row in rows[1].items() if name in seen
    }


def test_an_event_at_the_very_moment_is_visible():
    """Equality is visible: an edit of T less a microsecond takes away what happened at T, and that shows."""
    log = log_of_seed(0)
    notes = Annotations(History.from_log(log))
    ticket = int(np.argmax(np.diff(notes.history.offsets)))
    moment = int(notes.history.time[notes.history.offsets[ticket + 1] - 1])
    point = Points(np.array([ticket], dtype=np.int32), np.array([moment]))
    before = compute([Count(Flag("any_event"))], notes, point)
    cut = edit_future(log, moment - 1, np.random.default_rng(0), rewrite=False)
    after_notes = Annotations(History.from_log(cut))
    again = Points(after_notes.history.find(notes.history.ticket_ids.take([ticket])), point.as_of)
    after = compute([Count(Flag("any_event"))], after_notes, again)
    at_moment = int((notes.history.time[notes.history.ticket == ticket] == moment).sum())
    assert at_moment >= 1
    assert before.iloc[0, 0] - after.iloc[0, 0] == at_moment


def test_no_points_is_an_error():
    log = log_of_seed(0)
    with pytest.raises(UsageError, match="no point to test"):
        future_edit_test([State("status")], log, Points(np.empty(0, np.int32), np.empty(0, np.int64)))


def test_no_default_feature_reads_the_future_of_a_synthetic_desk():
    log = synthetic_desk(n_tickets=400, days=60, seed=1)
    future_edit_test(every_feature(Annotations(History.from_log(log))), log, trials=2)
