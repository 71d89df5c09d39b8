"""Whatever an export holds where something else was expected, it is read or refused, and never a traceback."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from boilover.adapters import ingest, streams
from boilover.adapters.github_course import seconds
from boilover.adapters.jira import shown
from boilover.adapters.jira_pages import in_order
from boilover.adapters.ocel_source import TABLES
from boilover.adapters.registry import ADAPTERS
from boilover.adapters.servicenow_sla import duration
from boilover.adapters.times import epoch_iso
from boilover.checking import check
from boilover.errors import ContractError, InputError
from boilover.log import EventLog

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
SYSTEMS = [name for name in ADAPTERS if list((SAMPLES / name).glob("*.json"))]
MOST = 12
"""So many records of a list are kept: enough for each of their keys to be odd in one of them."""
TWO = {
    "ticket_id": ["a", "b"],
    "occurred_at": ["2026-03-01T00:00Z", "2026-03-02T00:00Z"],
    "event_type": ["created"] * 2,
}
ODD = {"number": -1e18, "list": [1], "object": {"id": None}, "time": "9999-12-31T23:59:59-12:00"}


def few(value: Any) -> Any:
    """Return a document with short lists."""
    if isinstance(value, dict):
        return {key: few(each) for key, each in value.items()}
    return [few(each) for each in value[:MOST]] if isinstance(value, list) else value


def places(value: Any, where: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Yield every value below the records: its keys without the numbers of lists, what holds it, and where there."""
    held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in held:
        below = where if isinstance(key, int) else (*where, key)
        if len(below) > 1 or (isinstance(each, str | int | float | None) and below):
            yield below, value, key
        yield from places(each, below)


def spoil(document: Any, odd: object) -> None:
    """Put an odd value once at each place of the document that differs by its keys, in as many records as there are."""
    met: set[tuple[str, ...]] = set()
    for where, holder, key in list(places(document)):
        if where not in met and where[-1] not in ("id", "key", "number", "ticket_id"):
            met.add(where)
            holder[key] = odd


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("system", SYSTEMS)
def test_an_odd_value_anywhere_is_read_or_refused(system: str, odd: str, tmp_path: Path) -> None:
    files = sorted((SAMPLES / system).iterdir())[-8:]
    for file in files:
        if file.suffix == ".json":
            document = few(json.loads(file.read_text("utf-8")))
            spoil(document, ODD[odd])
            (tmp_path / file.name).write_text(json.dumps(document), "utf-8")
        else:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    try:
        log, _ = ingest([tmp_path], format=system, allow_cut=True, max_dropped=1)
    except InputError:
        return
    assert not check(log)


def test_a_time_beyond_the_calendar_is_none() -> None:
    assert seconds("9999-12-31T23:59:59+00:00") == 253_402_300_799
    assert seconds("9999-12-31T23:59:59-12:00") is None
    assert seconds("0001-01-01T00:00:00+12:00") is None
    assert seconds("soon") is None


def test_an_epoch_that_is_no_time_is_none() -> None:
    assert epoch_iso("1700000000123", 1000) == "2023-11-14T22:13:20.123000+00:00"
    assert [epoch_iso(told, 1000) for told in ("²", "9" * 20, "9" * 5000, "nan", None, [1])] == [None] * 6


def test_a_duration_that_is_none_is_none() -> None:
    assert duration("1970-01-01 00:01:00") == timedelta(minutes=1)
    assert duration("1.5 hours 30 seconds") == timedelta(minutes=90, seconds=30)
    assert [duration(told) for told in ("²", "9" * 400, "9" * 17, f"{'9' * 17} days", "soon")] == [None] * 5


def test_histories_with_numbers_too_long_to_be_ids_stay_as_they_stand() -> None:
    entries = [{"id": "9" * 5000}, {"id": "3"}]
    assert in_order(entries) == entries
    assert in_order([{"id": "10"}, {"id": 9}]) == [{"id": 9}, {"id": "10"}]


def test_a_value_within_many_is_shown() -> None:
    value: object = "Billing"
    for _ in range(2000):
        value = {"name": value}
    assert shown(value) == "Billing"


@pytest.mark.parametrize("created", ["9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00+14:00"])
def test_a_ticket_created_at_the_end_of_the_calendar_is_read(created: str, tmp_path: Path) -> None:
    history = {"hs_pipeline_stage": [{"value": "1", "timestamp": "2024-05-01T08:00:00Z"}]}
    due = {"hs_time_to_close_sla_at": [{"value": "9" * 20, "timestamp": "2024-05-01T08:00:00Z"}]}
    ticket = {"id": "1", "properties": {"createdate": created}, "propertiesWithHistory": history | due}
    other = {**ticket, "id": "2", "properties": {"createdate": "2024-05-01T08:00:00Z"}}
    (tmp_path / "tickets.json").write_text(json.dumps({"results": [ticket, other]}))
    log, report = ingest([tmp_path], format="hubspot")
    assert "2" in log.tickets["ticket_id"].to_pylist()
    assert report.dropped["no readable time"] == 2


def test_renames_of_which_one_has_no_time_as_text_are_read(tmp_path: Path) -> None:
    issue = {"number": 1, "title": "New", "user": {"login": "eve"}, "created_at": "2024-01-01T00:00:00Z"}
    times = ["2024-01-02T00:00:00Z", 1704240000]
    renames = [
        {"id": place, "event": "renamed", "created_at": at, "rename": {"from": f"Old {place}"}}
        for place, at in enumerate(times, start=1)
    ]
    (tmp_path / "1.json").write_text(json.dumps([{**issue, "timeline": renames}]))
    log, _ = ingest([tmp_path], format="github")
    assert log.tickets["subject"].to_pylist()[0] in ("Old 1", "Old 2")


def test_a_database_that_lacks_a_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(path)) as database:
        for name in TABLES:
            database.execute(
                f"CREATE TABLE {name} (ocel_type, ocel_type_map, ocel_id, ocel_source_id, ocel_target_id)"
            )
        database.execute("INSERT INTO object_map_type (ocel_type, ocel_type_map) VALUES ('ticket', 'ticket')")
        database.execute("CREATE TABLE object_ticket (name)")
        database.execute("INSERT INTO object_ticket VALUES ('1')")
        database.commit()
    with pytest.raises(InputError, match=r"log\.sqlite: cannot be read as SQLite"):
        ingest([path], format="ocel")


def test_a_large_document_nested_too_deeply_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SMALL", 100)
    ticket = {"id": 1, "created_at": "2024-01-01T00:00:00Z", "requester_id": 5, "status": "open", "tags": 0}
    deep = json.dumps({"tickets": [ticket]}).replace('"tags": 0', '"tags": ' + "[" * 3000 + "]" * 3000)
    (tmp_path / "tickets.json").write_text(deep)
    with pytest.raises(InputError, match="lie in each other more than 500 deep"):
        ingest([tmp_path], format="zendesk")


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()])
def test_what_is_not_a_number_is_a_gap_among_flags_too(kind: pa.DataType) -> None:
    told = pa.array(np.array([np.nan, 1.0], dtype=kind.to_pandas_dtype()), type=kind)
    log = EventLog.from_arrow(pa.table(TWO | {"is_public": told}))
    assert log.events["is_public"].to_pylist() == [None, True]


def test_half_of_a_surrogate_pair_is_named_by_column_and_row() -> None:
    texts = pd.Series(["fine", "cut \ud83d"], dtype=object)
    with pytest.raises(ContractError, match=r"column 'text' row 2 value .*ud83d") as told:
        EventLog.from_pandas(pd.DataFrame(TWO).assign(text=texts, ticket_id=["a", 7]))
    assert str(told.value).isascii()
