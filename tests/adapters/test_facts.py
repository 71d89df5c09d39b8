"""What adapters rely on when they tell facts: nothing stays on disk, and what is told is kept."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from boilover.adapters import Export
from boilover.adapters.base import Tally
from boilover.adapters.facts import Facts
from boilover.adapters.members import members_of
from boilover.adapters.people import without_people
from boilover.adapters.told import OF_TODAY

CREATED, LATER = "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"


@pytest.fixture
def export(tmp_path, monkeypatch) -> Export:
    """Return an export whose spilled facts go below ``tmp_path / "spill"``."""
    (tmp_path / "spill").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "spill"))
    (tmp_path / "file").write_text("{}")
    tally = Tally()
    return Export(members_of([tmp_path / "file"], tally), None, tally)


def spilled() -> list[Path]:
    return list(Path(tempfile.gettempdir()).rglob("*"))


def states(facts: Facts) -> list[tuple[str, str | None]]:
    (log,) = facts.logs()
    events = log.events.to_pylist()
    return [(row["event_type"], row["value"]) for row in events if row["event_type"] != "created"]


def test_nothing_stays_on_disk(export, monkeypatch):
    monkeypatch.setattr("boilover.adapters.spill.BATCH", 1)
    with export.facts() as facts:
        facts.ticket("1", created=CREATED)
        assert len([path for path in spilled() if path.is_file()]) == 1
        assert len(list(facts.logs())) == 1
    assert spilled() == []


def test_nothing_stays_on_disk_when_reading_breaks_off(export, monkeypatch):
    monkeypatch.setattr("boilover.adapters.spill.BATCH", 1)

    def broken() -> None:
        with export.facts() as facts:
            facts.ticket("1", created=CREATED)
            raise ValueError("unheard of")

    with pytest.raises(ValueError, match="unheard of"):
        broken()
    assert spilled() == []


@pytest.mark.parametrize(("old", "first"), [(None, []), ("new", [("status_changed", "new")])])
def test_the_old_value_of_the_first_change_is_the_state_at_creation(export, old, first):
    with export.facts() as facts:
        facts.ticket("1", created=CREATED)
        facts.history()
        facts.today("1", "status", "solved")
        facts.change("1", LATER, "status", "open", old=old)
        assert states(facts) == [*first, ("status_changed", "open")]


def test_today_is_the_state_at_creation_of_what_never_changed(export):
    with export.facts() as facts:
        for ticket in ("1", "2"):
            facts.ticket(ticket, created=CREATED)
            facts.today(ticket, "priority", "high", raw="P1", at=LATER)
        facts.history("1")
        (log,) = facts.logs()
    told = {
        row["ticket_id"]: row for row in log.events.to_pylist() if row["event_type"] == "priority_changed"
    }
    assert [told[ticket]["occurred_at"].day for ticket in ("1", "2")] == [1, 2]
    assert [told[ticket]["raw_value"] for ticket in ("1", "2")] == ["P1", "P1"]


def test_nothing_tells_whom_a_ticket_is_assigned_to_where_people_are_hashed(export):
    with export.facts() as facts:
        facts.ticket("1", created=CREATED)
        for target, value in (("assignee", "ann"), ("customer_id", "bob"), ("group", "first")):
            facts.today("1", target, value, at=LATER)
        (log,) = facts.logs()
    events = without_people(log, b"key").to_pandas()[0]
    told = events.to_csv()
    assert ("ann" in told, "bob" in told, "first" in told) == (False, False, True)
    ids = events["event_id"].dropna()
    assert (len(ids), ids.nunique(), ids.str.startswith(OF_TODAY).all()) == (3, 3, True)


@pytest.mark.parametrize("at", [None, "yesterday"])
def test_a_state_of_today_that_nobody_knows_since_when_is_counted(export, at):
    with export.facts() as facts:
        for ticket in ("1", "2"):
            facts.ticket(ticket, created=CREATED)
            facts.today(ticket, "status", "solved", at=at)
        facts.history("1")
        assert states(facts) == [("status_changed", "solved")]
    assert export.tally.notes == {"states of today without a readable time of the last update, left out": 1}


def test_what_is_told_at_creation_outweighs_what_is_rebuilt(export):
    with export.facts() as facts:
        facts.ticket("1", created=CREATED)
        facts.history()
        facts.at_creation("1", "group", "first")
        facts.change("1", LATER, "group", None, old="second")
        facts.today("1", "group", "third")
        assert states(facts) == [("group_changed", "first"), ("group_changed", None)]


def test_the_time_zone_is_reported_and_rows_are_counted(export):
    with export.facts(timezone="Europe/Berlin") as facts:
        facts.ticket("1", created="2026-07-01T12:00:00", channel="mail")
        facts.message("1", "2026-07-01T13:00:00", "a", public=False)
        facts.message("1", "2026-07-01T13:00:00Z", "b", public=False)
        facts.today("1", "status", "open")
        facts.person("7", "agent")
        (log,) = facts.logs()
    assert log.events["occurred_at"][0].as_py().hour == 10
    assert (export.tally.time_zone, export.tally.zoneless) == ("Europe/Berlin", 2)
    assert export.tally.rows == 3
