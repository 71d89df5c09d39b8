"""Every breach of the contract is found, at once, with its place; warnings are mended as they say."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pytest

import boilover
from boilover.checking import check, mend
from boilover.errors import ContractError
from boilover.identity import doubles
from boilover.log import EventLog, read_log

ROWS = [
    ("a", "2026-03-01T00:00Z", "created", None, None),
    ("a", "2026-03-01T01:00Z", "message", None, "customer"),
    ("b", "2026-03-02T00:00Z", "created", None, None),
    ("b", "2026-03-02T01:00Z", "status_changed", "open", "agent"),
]


def log_of(*rows, tickets=("a", "b"), **columns):
    frame = pd.DataFrame(
        [*ROWS, *rows], columns=["ticket_id", "occurred_at", "event_type", "value", "actor_role"]
    ).assign(**columns)
    return EventLog.from_pandas(frame, pd.DataFrame({"ticket_id": list(tickets)}))


def only(log):
    (found,) = check(log)
    return found


def test_a_clean_log_has_nothing_to_tell():
    log = log_of()
    assert check(log) == []
    assert mend(log).warnings == ()
    assert mend(log).events.equals(log.events)


def test_random_logs_are_mended(random_log):
    for seed in range(4):
        log = random_log(seed)
        mended = mend(replace(log, events=pa.concat_tables([log.events, log.events.slice(5, 3)])))
        problems = {violation.problem.split(",")[0] for violation in mended.warnings}
        assert {"unknown type", "unknown status", "unknown role", "event stands twice in the log"} <= problems
        assert not doubles(mended.events).any()
        assert set(mended.events["ticket_id"].to_pylist()) <= set(mended.tickets["ticket_id"].to_pylist())


@pytest.mark.parametrize(
    ("row", "column", "value", "problem"),
    [
        (("a", "2026-03-02T00:00Z", "chime", None, None), "event_type", "chime", "unknown type"),
        (("a", "2026-03-02T00:00Z", "status_changed", "odd", None), "value", "odd", "unknown status"),
        (("a", "2026-03-02T00:00Z", "status_changed", None, None), "value", "None", "unknown status"),
        (("a", "2026-03-02T00:00Z", "message", None, "boss"), "actor_role", "boss", "unknown role"),
        (("c", "2026-03-02T00:00Z", "created", None, None), "ticket_id", "c", "ticket has no row in tickets"),
        (("a", "2026-03-02T00:00Z", "created", None, None), "event_type", "a", "ticket is created twice"),
        (("a", "2026-03-01T01:00Z", "message", None, "customer"), "ticket_id", "a", "event stands twice"),
        (("a", "2026-02-01T01:00Z", "message", None, None), "occurred_at", "2026-02-01", "before its ticket"),
    ],
)
def test_a_warning_names_its_place(row, column, value, problem):
    found = only(log_of(row))
    assert (found.table, found.column, found.row, found.count) == ("events", column, 5, 1)
    assert found.severity == "warning"
    assert value in found.value
    assert problem in found.problem
    assert f"row 5 value {found.value}: " in str(found)
    assert mend(log_of(row)).warnings == (found,)


def test_a_ticket_that_is_never_created():
    found = only(log_of(("c", "2026-03-02T00:00Z", "message", None, None), tickets="abc"))
    assert (found.column, found.row, found.problem) == ("ticket_id", 5, "ticket has no created event")


@pytest.mark.parametrize(("one", "other"), [("a", " a"), ("é", "e\u0301"), ("b", "b\u00a0")])
def test_ids_that_look_alike(one, other):
    rows = [(each, "2026-03-05T00:00Z", "created", None, None) for each in (one, other)]
    found = only(
        log_of(*[row for row in rows if row[0] not in "ab"], tickets=dict.fromkeys(("a", "b", one, other)))
    )
    assert (found.column, found.value, found.count) == ("ticket_id", repr(other), 1)
    assert "an id before in blanks" in found.problem
    assert found.severity == "warning"


def test_ids_that_differ_in_case_are_different_ids():
    rows = [(each, "2026-03-05T00:00Z", "created", None, None) for each in ("A", "0015Gv7qJ", "0015gV7qj")]
    assert check(log_of(*rows, tickets=("a", "b", *(row[0] for row in rows)))) == []


def test_times_before_1980():
    found = check(log_of(("c", "1970-01-19T00:00Z", "created", None, None), tickets="abc"))
    assert [(each.column, each.row, each.problem) for each in found] == [
        ("occurred_at", 5, "lies before 1980")
    ]


def test_a_time_among_the_attributes():
    tickets = pd.DataFrame({"ticket_id": ["a", "b"], "due": pd.to_datetime(["2026-03-01"] * 2)})
    found = only(EventLog.from_pandas(log_of().to_pandas()[0], tickets))
    assert (found.table, found.column, found.severity) == ("tickets", "due", "warning")


@pytest.mark.parametrize("column", ["number", "sentiment"])
@pytest.mark.parametrize("number", [float("inf"), float("-inf"), 1e300])
def test_a_number_that_is_infinite_is_read_as_empty(column, number):
    log = log_of(**{column: [0.5, number, None, 1.0]})
    found = only(log)
    assert (found.column, found.row, found.problem) == (column, 2, "an infinite number")
    assert mend(log).events[column].to_pylist() == [0.5, None, None, 1.0]


@pytest.mark.parametrize(("number", "is_odd"), [(1.0, False), (0.0, False), (1.5, True), (-0.1, True)])
def test_satisfaction_is_a_share(number, is_odd):
    later = [
        ("a", f"2026-03-0{day}T00:00:00Z", kind, None, None)
        for day, kind in enumerate(["csat", "sla_due"], 8)
    ]
    log = log_of(*later, number=[7.0] * len(ROWS) + [number, 5.0])
    told = [(each.column, each.row, each.problem, each.severity) for each in check(log)]
    assert told == [("number", len(ROWS) + 1, "satisfaction beyond 0 to 1", "warning")] * is_odd


def test_a_ticket_that_stands_twice_is_an_error():
    log = log_of(tickets=("a", "b", "a"))
    found = only(log)
    assert (found.table, found.column, found.row, found.severity) == ("tickets", "ticket_id", 3, "error")
    with pytest.raises(
        ContractError, match=r"log.csv: 1 violation.*\n.*row 3 value 'a': ticket stands twice"
    ) as caught:
        mend(log, source="log.csv")
    assert caught.value.violations == (found,)
    assert caught.value.exit_code == 3


def test_all_violations_are_told_at_once():
    log = log_of(
        ("c", "1975-03-02T00:00Z", "chime", None, "boss"),
        ("a", "2026-03-03T00:00Z", "status_changed", "odd", None),
        ("b", "2026-03-03T00:00Z", "created", None, None),
        ("b", "2026-03-03T00:00Z", "created", None, None),
        tickets=("a", "b", "b"),
    )
    assert len(check(log)) == 9


@pytest.mark.parametrize(("n_early", "severity"), [(1, "warning"), (2, "warning"), (3, "error")])
def test_many_events_before_creation_mean_wrong_dates(n_early, severity):
    rows = [(ticket, "2026-01-01T00:00Z", "message", None, None) for ticket in "abc"[:n_early]]
    log = log_of(*rows, ("c", "2026-03-02T00:00Z", "created", None, None), tickets="abc")
    (found,) = check(log)
    assert (found.severity, found.count) == (severity, n_early)
    assert f"in {n_early} of 3 tickets" in found.problem


def test_doubles_by_the_sources_own_id():
    """An id counts within its ticket; without one, all columns do."""
    log = log_of(*ROWS[:2], ROWS[1], event_id=["1", "2", "3", "2", None, "2", "1"])
    assert doubles(log.events).tolist() == [False, False, False, False, False, True, True]
    assert mend(log).events["event_id"].to_pylist() == ["1", "2", "3", "2", None]


def test_a_double_differs_in_nothing():
    log = log_of(*ROWS[:2], text=["x", None, None, None, "y", None])
    assert doubles(log.events).tolist() == [False, False, False, False, False, True]


def test_tickets_without_a_row_get_one():
    mended = mend(log_of(("c", "2026-03-02T00:00Z", "created", None, None)))
    assert mended.tickets["ticket_id"].to_pylist() == ["a", "b", "c"]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_what_is_written_needs_no_mending_when_it_is_read(tmp_path, form):
    log = log_of(ROWS[1], ("c", "2026-03-02T00:00Z", "created", None, None))
    boilover.write_log(log, tmp_path / "log", format=form)
    found = boilover.open_log(tmp_path / "log").told
    assert read_log(tmp_path / "log").warnings == found.warnings == ()
    assert len(found.events) == 5
    assert found.tickets["ticket_id"].to_pylist() == ["a", "b", "c"]
    with pytest.raises(ContractError, match="stands twice"):
        boilover.write_log(log_of(tickets=("a", "b", "b")), tmp_path / "log", format=form)


def test_a_log_that_this_package_wrote_is_taken_as_it_is():
    log = log_of(*ROWS[:1]).ordered()
    assert mend(log) is log
