"""A log with every kind of breach at once is told of all of them at once; a gap is taken for nothing else."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from boilover.errors import ContractError
from boilover.identity import doubles
from boilover.log import EventLog, read_log

EVENTS = """\
ticket_id,occurred_at,event_type,value,number,actor_role,is_public,observed_at,event_id
a,2026-03-01T00:00Z,created,,,,,,
a,2026-03-01T00:00Z,created,,,,,,
,2026-03-01T02:00Z,message,,,,,,
b,yesterday,created,,,,,,
b,2026-03-02T00:00Z,created,,,,,,
b,2026-03-02T01:00Z,csat,,lots,,,,
c,2026-03-02T01:00Z,message,,,,maybe,,1
c,2026-03-02T02:00Z,message,,,boss,,later,1
d,1975-03-02T02:00Z,chime,,,,,,
d,2026-03-02T02:00Z,csat,,7,,,,
d,2026-03-02T03:00Z,status_changed,odd,,,,,
a,2026-02-01T00:00Z,message,,inf,,,,
a,20260-01-01T00:00Z,message,,,,,,
,2026-03-01T02:00Z,message,,,,,,
b,the day before,created,,,,,,
c,2026-03-05T01:00Z,,,,,,,
"""
TICKETS = "ticket_id,due,seats\na,2026-03-01,1\n a,2026-03-01,inf\nb,2026-03-01,\na,2026-03-01,2\nc,,\n,,\n"

ALL = [
    ("error", "events", "ticket_id", 3, 2, "required value is empty"),
    ("error", "events", "occurred_at", 4, 3, "cannot be read as time"),
    ("error", "events", "event_type", 16, 1, "required value is empty"),
    ("error", "events", "number", 6, 1, "cannot be read as number"),
    ("error", "events", "is_public", 7, 1, "cannot be read as true or false"),
    ("error", "events", "observed_at", 8, 1, "cannot be read as time"),
    ("error", "tickets", "ticket_id", 6, 1, "required value is empty"),
    ("error", "tickets", "ticket_id", 4, 1, "ticket stands twice"),
    ("warning", "tickets", "ticket_id", 2, 1, "differs from an id before in blanks"),
    ("warning", "tickets", "due", None, 1, "a time is no attribute fixed at creation"),
    ("warning", "tickets", "seats", 2, 1, "an infinite number"),
    ("warning", "events", "ticket_id", 9, 3, "ticket has no row in tickets"),
    ("warning", "events", "event_type", 9, 1, "unknown type"),
    ("warning", "events", "value", 11, 1, "unknown status"),
    ("warning", "events", "actor_role", 8, 1, "unknown role"),
    ("warning", "events", "number", 12, 1, "an infinite number"),
    ("warning", "events", "number", 10, 1, "satisfaction beyond 0 to 1"),
    ("warning", "events", "occurred_at", 9, 1, "lies before 1980"),
    ("warning", "events", "ticket_id", 9, 3, "ticket has no created event"),
    ("warning", "events", "event_type", 2, 3, "ticket is created twice"),
    ("warning", "events", "occurred_at", 12, 1, "event lies before its ticket's creation"),
    ("warning", "events", "ticket_id", 2, 2, "event stands twice in the log"),
]


def told(caught):
    return [
        (each.severity, each.table, each.column, each.row, each.count, each.problem)
        for each in caught.value.violations
    ]


def written(folder, events=EVENTS, tickets=TICKETS):
    (folder / "events.csv").write_text(events)
    (folder / "tickets.csv").write_text(tickets)
    return folder


def frame(**columns):
    """Return events of one ticket."""
    told = {"ticket_id": "a", "occurred_at": "2026-03-01T00:00Z", "event_type": "created"}
    return pd.DataFrame(told | columns)


def of_frames(events, tickets=None):
    with pytest.raises(ContractError) as caught:
        EventLog.from_pandas(events, tickets)
    return [each.problem.partition(";")[0] for each in caught.value.violations]


def test_one_of_each_is_told_at_once(tmp_path):
    with pytest.raises(ContractError) as caught:
        read_log(written(tmp_path))
    found = told(caught)
    assert [each[:5] for each in found] == [each[:5] for each in ALL]
    assert all(each[5].startswith(expected[5]) for each, expected in zip(found, ALL, strict=True))
    assert str(caught.value).startswith(f"{tmp_path}: {len(ALL)} violation(s)")


def test_a_ticket_that_stands_twice_is_told_beside_a_cell_that_is_not_read(tmp_path):
    tickets = pd.DataFrame({"ticket_id": ["a", "b", "b"]})
    assert of_frames(frame(number=["few"]), tickets) == ["cannot be read as number", "ticket stands twice"]


@pytest.mark.parametrize("lacking", ["ticket_id", "occurred_at", "event_type"])
def test_what_needs_no_missing_column_is_told_beside_it(lacking):
    rows = frame(actor_role=["boss", "boss"], event_id=["1", "1"]).drop(columns=lacking)
    doubled = ["event stands twice in the log"] * (lacking != "ticket_id")
    twice = ["ticket is created twice"] * (lacking == "occurred_at")
    tickets = pd.DataFrame({"ticket_id": ["a", "a"]})
    found = of_frames(rows, tickets)
    assert found == ["required column is missing", "ticket stands twice", "unknown role", *twice, *doubled]


def test_tickets_without_their_ids_are_looked_at():
    tickets = pd.DataFrame({"ticket": ["a"], "seats": [float("inf")]})
    assert of_frames(frame(number=["few"]), tickets) == [
        "cannot be read as number",
        "required column is missing",
        "an infinite number",
    ]


def test_a_table_without_rows_can_lack_a_column():
    assert of_frames(frame(value=[]).drop(columns="event_type")) == ["required column is missing"]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"occurred_at": ["2026-03-01T00:00Z", "x", "y"], "event_type": ["created", *["message"] * 2]}, "time"),
        ({"number": [None, "x", "y"], "event_type": ["created", *["message"] * 2]}, "number"),
        ({"event_type": ["message", None, "message"], "value": list("xyz")}, "empty"),
        ({"ticket_id": [None, None, "a"]}, "empty"),
        ({"occurred_at": ["x", "2026-03-01T00:00Z", "2026-02-01T00:00Z"], "value": list("xyz"),
          "event_type": ["created", *["message"] * 2]}, "time"),
    ],
)  # fmt: skip
def test_a_gap_is_taken_for_nothing_else(columns, problem):
    """Two cells that are not read are not the same, and a creation that is not read may be one all the same."""
    (found,) = of_frames(frame(**columns), pd.DataFrame({"ticket_id": ["a"]}))
    assert problem in found


def test_doubles_among_rows_that_are_not_whole():
    events = pa.table({"ticket_id": ["a", "a", None, None], "event_id": ["1", "1", "1", "1"]})
    assert doubles(events).tolist() == [False, True, False, False]
    assert doubles(events.drop_columns("ticket_id")).tolist() == [False] * 4
    assert doubles(events.drop_columns("event_id")).tolist() == [False] * 4


def test_the_first_creation_counts_in_whatever_order_the_rows_stand():
    events = frame(
        occurred_at=["2026-03-09T00:00Z", "2026-03-05T00:00Z", "2026-03-01T00:00Z"],
        event_type=["created", "message", "created"],
        number=["few", None, None],
    )
    assert of_frames(events) == ["cannot be read as number", "ticket is created twice"]
