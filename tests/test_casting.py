"""Columns as databases, Parquet writers and pandas give them: of the contract's type, or told with their row."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import boilover
from boilover.casting import as_strings
from boilover.errors import ContractError
from boilover.features import Attribute
from boilover.history import History
from boilover.log import EventLog
from boilover.points import Points

POINTS = pd.DataFrame({"ticket_id": ["a", "b"], "as_of": "2026-03-02"})
IDS = [UUID(int=1), UUID("6f42d071-1056-425e-8802-fae7d09a5150")]


def events(**columns):
    told = {"ticket_id": ["a", "b"], "occurred_at": ["2026-03-01T00:00Z"] * 2, "event_type": ["created"] * 2}
    return pa.table(told | columns)


def column(name, cells):
    return EventLog.from_arrow(events(**{name: cells})).events[name].to_pylist()


def attribute(name, cells):
    return EventLog.from_arrow(events(), pa.table({"ticket_id": ["a", "b"], name: cells})).tickets[name]


def wrong(**columns):
    with pytest.raises(ContractError) as caught:
        EventLog.from_arrow(events(**columns))
    return [
        (each.column, each.row, each.value, each.problem)
        for each in caught.value.violations
        if each.severity == "error"
    ]


def test_what_is_not_a_number_is_no_id():
    """Not the same person of every ticket that tells none, and no ticket."""
    gaps = pa.array([7.0, np.nan])
    assert column("actor_id", gaps) == attribute("customer_id", gaps).to_pylist() == ["7", None]
    assert as_strings(pa.array([7.5, np.nan, None])).to_pylist() == ["7.5", None, None]
    assert as_strings(pa.array(np.array([7, np.nan], np.float16))).to_pylist() == ["7", None]
    assert wrong(ticket_id=gaps) == [("ticket_id", 2, None, "required value is empty")]


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_what_is_not_a_number_is_a_gap(kind):
    gaps = pa.array([0.5, np.nan], kind)
    for name in ("number", "sentiment"):
        told = column(name, gaps)
        assert told[0] == 0.5
        assert told[1] is None or told[1] != told[1]


def test_ids_of_many_digits_keep_them():
    cells = pa.array([Decimal("12345678901234567890"), Decimal(2)], pa.decimal128(38, 0))
    expected = ["12345678901234567890", "2"]
    assert column("ticket_id", cells) == attribute("customer_id", cells).to_pylist() == expected
    assert column("actor_id", cells.cast(pa.decimal256(60, 10))) == expected
    assert column("actor_id", pa.array([Decimal("1.50"), Decimal("2.00")])) == ["1.50", "2.00"]
    assert attribute("price", pa.array([Decimal("1.5"), None])).to_pylist() == [1.5, None]


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64()])
def test_whole_numbers_that_no_float_tells_apart_are_words(kind):
    """Training and scoring broke off at them."""
    large = attribute("reference", pa.array([2**53 + 1, 2**60], kind))
    assert large.to_pylist() == ["9007199254740993", "1152921504606846976"]
    for cells in ([2**53, 0], [None, 7], [None, None]):
        assert attribute("reference", pa.array(cells, kind)).type == kind
    told = EventLog.from_arrow(events(), pa.table({"ticket_id": ["a", "b"], "reference": large}))
    notes = boilover.Annotations(History.from_log(told))
    rows = boilover.compute([Attribute("reference")], notes, Points.from_frame(POINTS, notes.history))
    assert rows["ticket_reference"].tolist() == ["9007199254740993", "1152921504606846976"]


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([each.bytes for each in IDS], pa.uuid()),
        pa.array([str(each).encode() for each in IDS]),
        pa.array([str(each).encode() for each in IDS], pa.large_binary()),
        pa.array([str(each).encode() for each in IDS], pa.binary(36)),
        pa.array([str(each) for each in IDS]).dictionary_encode(),
        pa.RunEndEncodedArray.from_arrays([1, 2], [str(each) for each in IDS]),
    ],
)
def test_ids_of_every_kind(cells):
    expected = [str(each) for each in IDS]
    assert column("ticket_id", cells) == expected
    told = attribute("plan", cells)
    assert told.type == pa.string()
    assert told.to_pylist() == expected


def test_frames_of_uuids_and_periods():
    months = pd.Series(pd.PeriodIndex(["2026-03", None], freq="M"))
    frame = pd.DataFrame({"ticket_id": IDS, "occurred_at": pd.PeriodIndex(["2026-03-01"] * 2, freq="D")})
    tickets = pd.DataFrame({"ticket_id": IDS, "quarter": months})
    log = EventLog.from_pandas(frame.assign(event_type="created"), tickets)
    assert log.events["ticket_id"].to_pylist() == [str(each) for each in IDS]
    assert log.tickets["quarter"].to_pylist() == ["2026-03", None]
    points = pd.DataFrame({"ticket_id": IDS[::-1], "as_of": "2026-03-02"})
    assert Points.from_frame(points, History.from_log(log)).ticket.tolist() == [1, 0]


def test_bytes_that_are_no_text_name_their_row():
    cells = pa.array([None, b"gr\xfc\xdf"])
    problem = "holds bytes that are not UTF-8"
    assert wrong(value=cells) == [("value", 2, "b'gr\\xfc\\xdf'", problem)]
    assert wrong(number=cells) == [("number", 2, "b'gr\\xfc\\xdf'", problem)]
    with pytest.raises(ContractError, match=r"tickets column 'plan' row 2 .*not UTF-8.*leave it out"):
        attribute("plan", cells)
    assert column("number", pa.array([b"1.5", None])) == [1.5, None]


@pytest.mark.parametrize(
    "cell",
    [datetime(2026, 3, 1), date(2026, 3, 1), time(1), timedelta(hours=1)],  # noqa: DTZ001
)
def test_times_and_spans_are_no_numbers(cell):
    """They were read as microseconds, where hours are meant."""
    for name, kind in (("number", "a number"), ("is_public", "true or false")):
        ((_, row, _, problem),) = wrong(**{name: pa.array([None, cell])})
        assert row == 2
        assert problem.endswith(f", not {kind}")


def test_times_that_python_has_no_word_for_are_told():
    far = pa.array([None, 2**31 - 1], pa.int32()).cast(pa.date32())
    assert [each[:2] for each in wrong(number=far)] == [("number", 2)]
    spans = pa.array([None, pa.MonthDayNano([1, 2, 3])])
    assert [each[0] for each in wrong(actor_id=spans, value=spans)] == ["value", "actor_id"]


def test_numbers_beyond_what_a_float_holds_exactly():
    assert column("number", [2**60, 1]) == [2.0**60, 1.0]


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([1_770_000_000, 2**62 + 1_770_000_000], pa.timestamp("s")),
        pa.array([1_770_000_000_000, 2**62], pa.timestamp("ms", "UTC")),
        pa.array([20_000, 2**31 - 1], pa.int32()).cast(pa.date32()),
    ],
)
def test_times_that_no_calendar_has_do_not_come_round(cells):
    ((name, row, _, problem),) = wrong(occurred_at=cells)
    assert (name, row, problem) == ("occurred_at", 2, "cannot be read as time")


def test_a_column_without_a_cell_may_be_of_any_type():
    for name in ("observed_at", "number", "is_public", "value"):
        for kind in (pa.float64(), pa.int64(), pa.string(), pa.date32(), pa.binary()):
            assert column(name, pa.nulls(2, kind)) == [None, None]
