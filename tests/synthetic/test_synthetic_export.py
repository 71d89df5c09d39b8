from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from boilover.adapters import IngestReport, ingest
from boilover.log import EventLog
from boilover.schema import EVENT_TYPES
from boilover.synthetic import synthetic_desk
from boilover.synthetic.export import write_export


def there_and_back(desk: EventLog, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, IngestReport]:
    write_export(desk, folder, "desk")
    log, report = ingest([folder / "desk.csv"], recipe=folder / "desk.toml")
    return *log.ordered().to_pandas(), report


@pytest.fixture(scope="module")
def desk() -> EventLog:
    return synthetic_desk(n_tickets=900, days=60, seed=5).ordered()


def test_an_export_reads_back_as_the_desk_but_for_what_a_table_cannot_carry(desk, tmp_path) -> None:
    told, tickets = desk.to_pandas()
    read, listed, report = there_and_back(desk, tmp_path)
    pd.testing.assert_frame_equal(listed[tickets.columns], tickets)
    is_first, is_status = told["event_type"] == "created", told["event_type"] == "status_changed"
    # Ids: a row may become several events, and a creation is none of its own.
    ids = (told["event_id"] + "/0").mask(is_first)
    pd.testing.assert_series_equal(read.pop("event_id"), ids, check_names=False)
    # What the table called a status stands beside it.
    assert read.pop("raw_value").notna().equals(is_status)
    assert read.columns[read.isna().all()].tolist() == ["field", "observed_at"]
    same = told.columns.drop("event_id")
    pd.testing.assert_frame_equal(read[same], told[same])
    assert set(told["event_type"]) == set(EVENT_TYPES) - {"field_changed"}
    assert (dict(report.dropped), dict(report.unknown)) == ({}, {})
    assert dict(report.notes) == {"the first row of a case is its creation": len(tickets)}


def test_the_hour_that_autumn_repeats_is_read_as_its_first_pass(tmp_path) -> None:
    desk = synthetic_desk(n_tickets=3000, days=3, start=datetime(2025, 10, 24, tzinfo=UTC)).ordered()
    told, (read, _, report) = desk.to_pandas()[0], there_and_back(desk, tmp_path)
    born = told.set_index(told["event_id"] + "/0")["occurred_at"]
    late = (born - read.dropna(subset="event_id").set_index("event_id")["occurred_at"]).dropna()
    late = late[late != pd.Timedelta(0)]
    assert len(late) > 0
    assert set(late) == {pd.Timedelta("1h")}
    assert any("autumn" in note for note in report.notes), report.notes
