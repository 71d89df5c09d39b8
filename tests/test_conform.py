"""Tables of any origin become the contract's types, or every cell that does not is told."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from boilover.casting import as_strings
from boilover.conform import conform, from_frame
from boilover.errors import ContractError, InputError
from boilover.log import EventLog
from boilover.schema import EVENTS, MEASURES, TICKETS

GOOD = {
    "ticket_id": ["a", "b"],
    "occurred_at": ["2026-03-01T00:00Z", "2026-03-02T00:00Z"],
    "event_type": ["created"] * 2,
}
MOMENT = datetime(2026, 3, 3, 6, 0, 0, 1, tzinfo=UTC)


def conformed(**columns):
    return conform(pa.table(GOOD | columns), "events", (*EVENTS, *MEASURES), keep_extra=False)


def told(**columns):
    _, violations = conformed(**columns)
    return [(each.column, each.row, each.count) for each in violations]


def test_types_of_the_contract():
    table, violations = conformed(number=[1, 2], is_public=["yes", None], sentiment=[0.1, None], odd=[1, 2])
    assert violations == []
    types = {column.name: column.type for column in (*EVENTS, *MEASURES)}
    assert {name: table.schema.field(name).type for name in table.column_names} == {
        name: types[name] for name in (*GOOD, "number", "is_public", "sentiment")
    }


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-03T06:00:00.000001Z",
        "2026-03-03 06:00:00.000001+00",
        "2026-03-03T08:00:00.000001+0200",
        "2026-03-03T06:00:00.000001",
        MOMENT,
        MOMENT.replace(tzinfo=None),
        pd.Timestamp(MOMENT).tz_convert("Asia/Kolkata"),
    ],
)
def test_times_of_every_kind(cell):
    table, violations = conformed(occurred_at=pa.array([cell, cell]))
    assert violations == []
    assert table["occurred_at"].to_pylist() == [MOMENT, MOMENT]


def test_dates_are_midnights():
    table, violations = conformed(occurred_at=pa.array([MOMENT.date()] * 2))
    assert violations == []
    assert table["occurred_at"].to_pylist() == [MOMENT.replace(hour=0, microsecond=0)] * 2


@pytest.mark.parametrize(
    "cells",
    [["2026-03-01", "01/03/2026"], ["2026-03-01", "yesterday"], ["2026-03-01", "now"], ["2026-03-01", ""]],
)
def test_a_wrong_date_names_its_row(cells):
    _, (found,) = conformed(occurred_at=cells)
    assert (found.column, found.row, found.value, found.count) == ("occurred_at", 2, repr(cells[1]), 1)
    assert found.problem == "cannot be read as time"


def test_numbers_are_no_times():
    _, (found,) = conformed(occurred_at=[1_770_000_000, 1_770_000_001])
    assert (found.column, found.row, found.count) == ("occurred_at", 1, 2)
    assert "holds int64, not a time" in found.problem


@pytest.mark.parametrize(
    "cells",
    [
        ["2026-03-01T00:00Z", "-0001-12-31T00:00Z"],
        ["0001-01-01T00:00Z", "0001-01-01T00:00+01:00"],
        ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59-00:30"],
        pa.array([1_770_000_000, 1_770_000_000_000], pa.timestamp("s", "UTC")),
        pa.array([1_770_000_000_000_000, 2**62], pa.timestamp("us", "UTC")),
    ],
)
def test_years_that_no_calendar_has_are_no_times(cells):
    table, (found,) = conformed(occurred_at=cells)
    assert (found.column, found.row, found.problem) == ("occurred_at", 2, "cannot be read as time")
    assert table["occurred_at"].is_valid().to_pylist() == [True, False]


@pytest.mark.parametrize("keep_extra", [True, False])
def test_a_column_that_stands_twice_is_named(keep_extra):
    table = pa.table([["a"], ["b"], ["c"]], names=["ticket_id", "region", "ticket_id"])
    found_table, (found,) = conform(table, "tickets", TICKETS, keep_extra=keep_extra)
    assert (found.column, found.problem) == ("ticket_id", "column stands more than once")
    assert found_table["ticket_id"].to_pylist() == ["a"]
    frame = pd.DataFrame([["a", "b"]], columns=["ticket_id", "ticket_id"])
    assert from_frame(frame).column_names == ["ticket_id", "ticket_id"]


def test_mixed_offsets_name_the_odd_one_out():
    cells = ["2026-03-01T00:00Z", "2026-03-01T00:00", "2026-03-01T00:00+01:00"]
    table = pa.table({"ticket_id": ["a"] * 3, "occurred_at": cells, "event_type": ["created"] * 3})
    _, (found,) = conform(table, "events", EVENTS, keep_extra=False)
    assert (found.row, found.value) == (2, repr(cells[1]))
    assert "2 of 3 times carry a UTC offset and the others do not" in found.problem


@pytest.mark.parametrize(
    "cells",
    [
        ["2026-03-01 00:00:00+00", "2026-03-01T00:00Z"],
        ["2026-03-01 00:00:00+00", "2026-03-01 00:00:00+05:30"],
    ],
)
def test_offsets_of_different_lengths_are_offsets(cells):
    assert told(occurred_at=cells) == []


def test_dates_alone_carry_no_offset():
    assert told(occurred_at=["2026-03-01", "2026-03"]) == []


def test_a_missing_column_with_a_near_name():
    table = pa.table(GOOD).rename_columns(["ticketid", "occurred_at", "event_type"])
    _, (found,) = conform(table, "events", EVENTS, keep_extra=False)
    assert found.column == "ticket_id"
    assert found.mend == "rename 'ticketid' to it"
    _, found = conform(pa.table({"x": [1]}), "events", EVENTS, keep_extra=False)
    assert [each.column for each in found] == ["ticket_id", "occurred_at", "event_type"]


def test_an_empty_required_value():
    assert told(event_type=["created", None]) == [("event_type", 2, 1)]
    assert told(event_type=[None, None]) == [("event_type", 1, 2)]


def test_everything_is_told_at_once():
    """An empty time beside mixed offsets too."""
    rows = {
        "ticket_id": ["a", None, "c"],
        "occurred_at": ["2026-03-01T00:00Z", "2026-03-01", None],
        "event_type": ["created"] * 3,
        "number": ["1", "1,5", "many"],
        "is_public": ["true", "maybe", "0"],
    }
    _, found = conform(pa.table(rows), "events", EVENTS, keep_extra=False)
    assert [(each.column, each.row, each.count) for each in found] == [
        ("ticket_id", 2, 1),
        ("occurred_at", 2, 1),
        ("occurred_at", 3, 1),
        ("number", 2, 2),
        ("is_public", 2, 1),
    ]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1.0, 2.0, None], ["1", "2", None]),
        ([1.5, 2.0], ["1.5", "2"]),
        ([7, 8], ["7", "8"]),
        ([1e300, float("inf")], ["1e+300", "inf"]),
        ([True, False], ["true", "false"]),
        (["007", "x"], ["007", "x"]),
    ],
)
def test_ids_become_text(cells, expected):
    assert as_strings(pa.array(cells)).to_pylist() == expected


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])
def test_strings_of_every_kind(kind):
    table, violations = conformed(ticket_id=pa.array(["a", "b"]).cast(kind))
    assert violations == []
    assert table["ticket_id"].type == pa.string()


@pytest.mark.parametrize(
    "cells", [[True, False], ["TRUE", "false"], [1, 0], [1.0, 0.0], ["yes", "no"], ["1.0", "0"]]
)
def test_booleans_of_every_kind(cells):
    table, violations = conformed(is_public=cells)
    assert violations == []
    assert table["is_public"].to_pylist() == [True, False]


@pytest.mark.parametrize(
    "cells", [[1, 0], [1.0, 0.0], ["1", " 0 "], [Decimal("1.0"), Decimal(0)], [True, False]]
)
def test_numbers_of_every_kind(cells):
    table, violations = conformed(number=cells, words=cells)
    assert violations == []
    assert table["number"].to_pylist() == table["words"].to_pylist() == [1.0, 0.0]


def test_extra_columns_of_tickets_stay():
    tickets = pa.table(
        {"ticket_id": [1, 2], "seats": [3, 4], "plan": pa.array(["x", "y"]).dictionary_encode()}
    )
    table, violations = conform(tickets, "tickets", TICKETS, keep_extra=True)
    assert violations == []
    assert table.schema == pa.schema(
        [("ticket_id", pa.string()), ("seats", pa.int64()), ("plan", pa.string())]
    )


def test_nested_columns_are_refused_with_their_name():
    tickets = pa.table({"ticket_id": ["a", "b"], "tags": [["x"], []]})
    with pytest.raises(ContractError, match="tickets column 'tags'"):
        EventLog.from_arrow(pa.table(GOOD), tickets)
    with pytest.raises(ContractError, match="events column 'value'"):
        EventLog.from_arrow(pa.table(GOOD | {"value": [["x"], []]}))


def test_frames_of_mixed_ids_and_zones():
    frame = pd.DataFrame(
        {
            "ticket_id": [1, "1"],
            "occurred_at": pd.to_datetime(["2026-03-01T00:00Z", "2026-03-02T00:00Z"]).tz_convert(
                "Europe/Berlin"
            ),
            "event_type": pd.Categorical(["created", "message"]),
            "number": [np.nan, 1.0],
        }
    )
    assert from_frame(frame)["occurred_at"].type.tz == "UTC"
    log = EventLog.from_pandas(frame)
    assert log.events["ticket_id"].to_pylist() == ["1", "1"]
    assert log.events["number"].to_pylist() == [None, 1.0]
    assert log.events["occurred_at"].to_pylist()[0] == datetime(2026, 3, 1, tzinfo=UTC)


def test_a_log_of_no_event_is_refused():
    with pytest.raises(InputError, match="the log holds no event"):
        EventLog.from_pandas(pd.DataFrame({name: [] for name in GOOD}))
