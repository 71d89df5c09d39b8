"""Attributes that imports tell in different types are of one type in the log, and what was left out stays so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

import boilover
from boilover.casting import attribute
from boilover.errors import InputError
from boilover.partitions import joined
from boilover.pipeline import ingest_log

DAY, MOMENT = date(2026, 5, 1), datetime(2026, 5, 1, tzinfo=UTC)


def column(*pieces):
    return joined(pa.table({"ticket_id": ["a"], "x": each}) for each in pieces)["x"]


@pytest.mark.parametrize(
    ("pieces", "kind", "cells"),
    [
        ([pa.array([True]), pa.array([2])], pa.int64(), [1, 2]),
        ([pa.array([True]), pa.array([1.5])], pa.float64(), [1.0, 1.5]),
        ([pa.array([2**53]), pa.array([1.5])], pa.float64(), [2.0**53, 1.5]),
        ([pa.array([2**60 + 1]), pa.array([1.5])], pa.string(), [str(2**60 + 1), "1.5"]),
        ([pa.array([2**60 + 1]), pa.array([7])], pa.int64(), [2**60 + 1, 7]),
        ([pa.array([2**63], pa.uint64()), pa.array([-1])], pa.string(), [str(2**63), "-1"]),
        ([pa.array([2**63 - 1], pa.uint64()), pa.array([-1])], pa.int64(), [2**63 - 1, -1]),
        (
            [pa.array([1], pa.duration("s")), pa.array([1000], pa.duration("ms"))],
            pa.duration("ns"),
            [timedelta(seconds=1)] * 2,
        ),
        ([pa.array([1.0]), pa.array(["x"])], pa.string(), ["1", "x"]),
        ([pa.array([DAY]), pa.array(["x"])], pa.string(), ["2026-05-01", "x"]),
        ([pa.nulls(1), pa.array([DAY])], pa.date32(), [None, DAY]),
        (
            [pa.array([DAY]), *(pa.array([MOMENT], pa.timestamp(unit)) for unit in ("s", "ns"))],
            pa.timestamp("us", "UTC"),
            [MOMENT] * 3,
        ),
        (
            [pa.array([MOMENT], pa.timestamp("us", zone)) for zone in (None, "UTC", "Europe/Berlin")],
            pa.timestamp("us", "UTC"),
            [MOMENT] * 3,
        ),
    ],
)
def test_values_of_several_types_become_one(pieces, kind, cells):
    told = column(*pieces)
    assert told.type == kind
    assert told.to_pylist() == cells


@pytest.mark.parametrize(
    ("fine", "odd"),
    [
        (pa.array([MOMENT], pa.timestamp("us")), pa.array([2**62], pa.timestamp("ms"))),
        (pa.array([MOMENT], pa.timestamp("us")), pa.array([2**30], pa.date32())),
        (pa.array([1], pa.duration("ms")), pa.array([2**62], pa.duration("s"))),
        (pa.array(["x"]), pa.array([["x"]])),
    ],
)
def test_what_would_be_lost_in_one_type_is_told_with_its_file(fine, odd):
    tables = [pa.table({"ticket_id": ["a"], "x": each}) for each in (fine, odd)]
    with pytest.raises(InputError, match=r"(?s)^second\b.*column 'x'"):
        joined(tables, files=["first", "second"])


def test_whole_decimals_that_floats_cannot_tell_apart_are_ids():
    kind = pa.decimal128(38, 0)
    cells = [Decimal(2**60), Decimal(2**60 + 1)]
    assert attribute(pa.chunked_array([pa.array(cells, kind)]), "tickets", "x")[0].to_pylist() == [
        str(2**60),
        str(2**60 + 1),
    ]
    assert attribute(pa.chunked_array([pa.array([Decimal(7)], kind)]), "tickets", "x")[0].to_pylist() == [7.0]


@pytest.mark.parametrize("month", ["03", "04"])
def test_a_time_told_in_days_by_one_import_and_in_seconds_by_the_next_is_no_category(tmp_path, month):
    """When a ticket was closed is known at its end alone: as words it was a feature."""
    for name, at, time in (("a", "03", ""), ("b", month, " 10:00:00")):
        (tmp_path / name).mkdir()
        events = [f"{name}{ticket},2026-{at}-01T00:00:00Z,created" for ticket in range(9)]
        tickets = [f"{name}{ticket},2026-05-0{1 + ticket % 3}{time}" for ticket in range(9)]
        for table, rows in (("events", ["ticket_id,occurred_at,event_type", *events]),
                            ("tickets", ["ticket_id,closed_on", *tickets])):  # fmt: skip
            (tmp_path / name / f"{table}.csv").write_text("\n".join(rows) + "\n")
        ingest_log([tmp_path / name], tmp_path / "log")
    log = boilover.open_log(tmp_path / "log").log
    notes = boilover.Annotations(boilover.History.from_log(log))
    assert len(log.tickets) == 18
    assert not [each.name for each in boilover.default_features(notes) if "closed_on" in each.name]
