"""Imports into a log: what is known stays, what is new is added, only what changed is written, and no kill hurts."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boilover.adapters import ingest
from boilover.checking import mend
from boilover.errors import ContractError, InputError, LockedError, UsageError
from boilover.log import EventLog, read_log, write_log
from boilover.observation import observed
from boilover.partitions import EVENT_SCHEMA, read_manifest
from boilover.schema import MEASURES
from boilover.store import upsert
from boilover.store.commit import held
from random_logs import log_of_seed, random_frames

ROWS = [
    ("a", "2026-01-05T09:00Z", "created", None),
    ("a", "2026-01-05T09:00Z", "message", "please help"),
    ("b", "2026-02-01T08:00Z", "created", None),
    ("b", "2026-03-01T08:00Z", "message", "it is still broken"),
]


def log_of(*rows, tickets=None, **columns):
    frame = pd.DataFrame([*rows], columns=["ticket_id", "occurred_at", "event_type", "text"]).assign(
        **columns
    )
    listed = pd.DataFrame({"ticket_id": sorted(set(frame["ticket_id"]))}) if tickets is None else tickets
    return EventLog.from_pandas(frame, listed)


def held_in(folder: Path) -> dict[str, bytes]:
    """Return every file of a log with its content."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def of_tickets(log: EventLog, chosen) -> EventLog:
    events, tickets = log.to_pandas()
    return EventLog.from_pandas(
        events[events["ticket_id"].isin(chosen)], tickets[tickets["ticket_id"].isin(chosen)]
    )


def assert_same(one: Path, other: Path) -> None:
    for left, right in zip(read_log(one).to_pandas(), read_log(other).to_pandas(), strict=True):
        pd.testing.assert_frame_equal(left, right)


def test_nightly_exports_without_history_tell_a_state_once(tmp_path):
    """Whatever else is updated: what did not change is no event, also of an export that is imported late or again."""

    def export(day: int, status: str) -> Path:
        ticket = {"id": 1, "created_at": "2026-01-05T09:00:00Z", "updated_at": f"2026-01-{day:02}T09:00:00Z"}
        told = {**ticket, "status": status, "priority": "normal", "requester_id": 5, "subject": "It broke"}
        file = tmp_path / f"{day}.json"
        file.write_text(json.dumps({"tickets": [told]}), encoding="utf-8")
        return file

    nights = [(6, "open"), (7, "open"), (9, "pending"), (10, "pending"), (8, "open"), (6, "open")]
    files = [export(*night) for night in [*nights, (11, "open"), (12, "solved")]]
    new = [upsert(tmp_path / "log", [ingest([file])[0]]).new for file in files]
    assert new == [3, 0, 1, 0, 0, 0, 1, 1]
    events, _ = read_log(tmp_path / "log").to_pandas()
    changes = events[events["event_type"] == "status_changed"]
    assert list(zip(changes["occurred_at"].dt.day, changes["value"], strict=True)) == [
        (6, "open"),
        (9, "pending"),
        (11, "open"),
        (12, "solved"),
    ]
    whole, _ = ingest(files)
    upsert(tmp_path / "whole", [whole])
    assert_same(tmp_path / "log", tmp_path / "whole")


def test_a_due_time_that_moves_away_and_back_over_nights_is_told_again(tmp_path):
    first, other = "2026-01-19T10:00:00Z", "2026-01-22T10:00:00Z"
    nights = {6: first, 7: first, 8: other, 9: first, 10: first, 11: other}
    files = []
    for day, due in nights.items():
        told = {"id": 7, "created_at": "2026-01-05T09:00:00Z", "updated_at": f"2026-01-{day:02}T10:00:00Z"}
        file = tmp_path / f"{day}.json"
        file.write_text(
            json.dumps([told | {"status": 2, "due_by": due, "fr_due_by": first, "requester_id": 5}])
        )
        files.append(file)
    new = [upsert(tmp_path / "log", [ingest([file])[0]]).new for file in [*files, files[2], files[0]]]
    assert new == [4, 0, 1, 1, 0, 1, 0, 0]
    events, _ = read_log(tmp_path / "log").to_pandas()
    due = events[(events["event_type"] == "sla_due") & (events["value"] == "resolution")]
    assert due["observed_at"].dt.day.tolist() == [6, 8, 9, 11]
    assert due["occurred_at"].dt.day.tolist() == [19, 22, 19, 22]
    upsert(tmp_path / "whole", [ingest(files)[0]])
    assert_same(tmp_path / "log", tmp_path / "whole")


def test_older_records_imported_after_newer_ones_leave_what_those_show(tmp_path):
    shown = {6: 2, 7: 3, 8: 2, 9: 3, 10: 3, 11: 2}
    for day, status in sorted(shown.items(), reverse=True):
        told = {"id": 7, "created_at": "2026-01-05T09:00:00Z", "updated_at": f"2026-01-{day:02}T10:00:00Z"}
        (tmp_path / "night.json").write_text(json.dumps([told | {"status": status, "requester_id": 5}]))
        upsert(tmp_path / "log", [ingest([tmp_path / "night.json"], format="freshdesk")[0]])
    events, _ = read_log(tmp_path / "log").to_pandas()
    changes = events[events["event_type"] == "status_changed"]
    assert changes["value"].tolist() == ["open", "pending", "open", "pending", "pending", "open"]


def test_what_a_nightly_record_shows_again_is_no_event(tmp_path):
    """A custom attribute of Intercom, of which the parts may not tell."""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('format = "intercom"\n[options]\ncustom_attributes = ["Tier"]\n', encoding="utf-8")
    for day, tier in enumerate(("1", "1", "2", "2", "1")):
        told = {"id": "7", "created_at": 1_767_600_000, "updated_at": 1_767_600_000 + day * 86_400}
        told |= {"state": "open", "custom_attributes": {"Tier": tier}, "admin_assignee_id": 5}
        whole = {"conversation_parts": {"conversation_parts": [], "total_count": 0}}
        (tmp_path / "night.json").write_text(json.dumps([told | whole]))
        upsert(tmp_path / "log", [ingest([tmp_path / "night.json"], recipe=str(recipe))[0]])
    events, _ = read_log(tmp_path / "log").to_pandas()
    assert events.loc[events["field"] == "Tier", "value"].tolist() == ["1", "2", "1"]


def test_a_ticket_is_created_once_whoever_is_said_to_have_created_it(tmp_path):
    for actor in (None, "ann", None):
        upsert(tmp_path / "log", [log_of(*ROWS[:2], actor_id=actor)])
    events, _ = read_log(tmp_path / "log").to_pandas()
    assert events["event_type"].tolist() == ["created", "message", "message"]


@pytest.mark.parametrize("shape", ["events", "updates"])
def test_tickets_that_an_export_tells_from_a_later_row_on_are_told(tmp_path, shape):
    rows = [
        ("1", "2026-01-05T09:00Z", "new"),
        ("1", "2026-01-07T09:00Z", "open"),
        ("2", "2026-01-07T09:00Z", "new"),
    ]
    frame = pd.DataFrame(rows, columns=["ticket", "at", "status"]).assign(born="2026-01-05T09:00Z")
    told = {
        "events": '[[mapping.rules]]\nwhen = {}\nemit = [{ target = "status", value = "status" }]\n',
        "updates": 'created = "born"\n[mapping.state]\nstatus = "status"\n',
    }[shape]
    recipe = tmp_path / "recipe.toml"
    begin = f'title = "A desk"\nformat = "table"\n[mapping]\nshape = "{shape}"\nticket_id = "ticket"\ntime = "at"\n'
    recipe.write_text(begin + told, encoding="utf-8")
    done = []
    for name, part in (("one", frame[:1]), ("delta", frame[1:]), ("whole", frame)):
        part.to_csv(tmp_path / f"{name}.csv", index=False)
        done.append(upsert(tmp_path / "log", [ingest([tmp_path / f"{name}.csv"], recipe=str(recipe))[0]]))
    assert [len(each.warnings) for each in done] == [0, 1, 0]
    said = str(done[1].warnings[0])
    assert "value '1': known tickets begin anew, later than they began: 1. Their first rows" in said


@pytest.mark.parametrize("most", [30, 250_000])
def test_what_is_imported_is_the_mended_log_in_order(tmp_path, most):
    log = log_of_seed(3)
    upsert(tmp_path / "log", [log], most=most)
    read = read_log(tmp_path / "log")
    assert read.is_sorted
    expected = mend(log).ordered().to_pandas()
    names = [name for name in expected[0] if name not in {column.name for column in MEASURES}]
    # Of columns that hold nothing no memory is taken.
    names = [name for name in names if expected[0][name].notna().any()]
    assert "event_id" not in read.events.column_names
    pd.testing.assert_frame_equal(read.to_pandas()[0][names], expected[0][names])
    told = expected[1].sort_values("ticket_id", ignore_index=True)
    pd.testing.assert_frame_equal(
        read.to_pandas()[1], told[["ticket_id", *sorted(set(told) - {"ticket_id"})]]
    )


def test_measures_that_are_told_stand_and_those_that_lack_are_made(tmp_path):
    told = log_of(*ROWS, words=[np.nan, 77.0, np.nan, np.nan])
    upsert(tmp_path / "log", [told])
    assert read_log(tmp_path / "log").to_pandas()[0]["words"].tolist()[1::2] == [77.0, 4.0]


def test_messages_that_are_known_are_not_measured_again(tmp_path, monkeypatch):
    import boilover.text.measures as measures

    asked: list[str] = []
    clean_all = measures.clean_all
    monkeypatch.setattr(measures, "clean_all", lambda texts: asked.extend(texts) or clean_all(texts))
    upsert(tmp_path / "log", [log_of(*ROWS)])
    assert sorted(asked) == ["it is still broken", "please help"]
    upsert(tmp_path / "log", [log_of(*ROWS, ("b", "2026-03-02T08:00Z", "message", "and again"))])
    assert asked[2:] == ["and again"]


def test_the_same_export_again_writes_nothing(tmp_path):
    log = log_of_seed(5)
    first = upsert(tmp_path / "log", [log])
    before = held_in(tmp_path / "log")
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "log").rglob("*.parquet")}
    again = upsert(tmp_path / "log", [log])
    assert (again.new, again.known, again.new_tickets, again.changed, again.written) == (
        0,
        first.new,
        0,
        (),
        0,
    )
    assert held_in(tmp_path / "log") == before
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "log").rglob("*.parquet")} == stamps


def test_only_the_partition_of_a_changed_ticket_is_written(tmp_path):
    upsert(tmp_path / "log", [log_of(*ROWS)])
    before = held_in(tmp_path / "log")
    # b was created in February: what happens to it later stays with it.
    done = upsert(tmp_path / "log", [log_of(ROWS[2], ("b", "2026-05-01T00:00Z", "message", "well?"))])
    assert (done.new, done.known, done.changed, done.partitions) == (1, 1, ("2026-02",), 2)
    after = held_in(tmp_path / "log")
    changed = {name.split("/")[0] for name in before.keys() ^ after.keys()}
    assert changed == {"events"}
    assert done.written == 1
    assert {name for name in before if "2026-01" in name} <= set(after)


def test_a_ticket_stays_where_its_first_import_put_it(tmp_path):
    late = ("a", "2026-03-05T00:00Z", "message", "late")
    upsert(tmp_path / "log", [log_of(late)])
    done = upsert(tmp_path / "log", [log_of(*ROWS[:2], late)])
    assert done.changed == ("2026-03",)
    assert read_log(tmp_path / "log").events["event_type"].to_pylist() == ["created", "message", "message"]


def test_ties_keep_the_order_of_arrival(tmp_path):
    at = "2026-01-05T09:00Z"
    upsert(tmp_path / "log", [log_of(("a", at, "created", None), ("a", at, "message", "z"))])
    upsert(
        tmp_path / "log",
        [log_of(("a", at, "message", "y"), ("a", at, "message", "z"), ("a", at, "message", "b"))],
    )
    assert read_log(tmp_path / "log").events["text"].to_pylist() == [None, "z", "y", "b"]


def test_an_event_is_known_by_its_id_within_its_ticket(tmp_path):
    upsert(tmp_path / "log", [log_of(*ROWS, event_id=["1", "2", "1", None])])
    rows = [("a", "2026-01-05T09:00Z", "message", "please, HELP"), ROWS[3]]
    edited = log_of(*rows, event_id=["2", None])
    assert upsert(tmp_path / "log", [edited]).new == 0
    assert read_log(tmp_path / "log").events["text"].to_pylist() == [row[3] for row in ROWS]


@pytest.mark.parametrize("ids", [(None, "8"), ("8", None)])
def test_a_message_that_one_export_names_and_another_does_not_is_one(tmp_path, ids):
    """Tickets exported alone tell what they began with; so does their history."""
    for name, known in zip(ids, (0, 1), strict=True):
        done = upsert(tmp_path / "log", [log_of(ROWS[1], event_id=name)])
        assert (done.new, done.known) == (1 - known, known)
    others = [
        ("a", "2026-01-05T09:00Z", "message", "other"),
        ("a", "2026-01-06T09:00Z", "message", ROWS[1][3]),
    ]
    assert upsert(tmp_path / "log", [log_of(*others, event_id=[None, None])]).new == 2
    assert upsert(tmp_path / "log", [log_of(ROWS[1], event_id="9")]).new == (0 if ids[0] is None else 1)


def test_a_message_without_an_id_stands_for_one_alone(tmp_path):
    upsert(tmp_path / "log", [log_of(ROWS[1])])
    assert upsert(tmp_path / "log", [log_of(ROWS[1], ROWS[1], event_id=["8", "9"])]).new == 1


def test_of_an_attribute_the_first_value_stands_be_it_none(tmp_path):
    """What somebody fills in later was not known before; what no import held so far is filled in."""

    def told(**columns):
        return pd.DataFrame({"ticket_id": ["a", "b"]}).assign(**columns)

    upsert(tmp_path / "log", [log_of(*ROWS, tickets=told(plan=["gold", None], seats=[3, 4]))])
    done = upsert(tmp_path / "log", [log_of(*ROWS, tickets=told(plan=["tin", "tin"], seats=[3.0, 5.5]))])
    assert (done.new, done.known) == (0, 4)
    assert done.notes == {"attributes that differ from the first import's: the first stand": 2}
    done = upsert(tmp_path / "log", [log_of(*ROWS, tickets=told(tier=["x", None]))])
    assert done.notes == {"attributes that no earlier import held, filled in": 1}
    tickets = read_log(tmp_path / "log").tickets.to_pydict()
    held = {"plan": ["gold", None], "seats": [3.0, 4.0], "tier": ["x", None]}
    assert tickets == {"ticket_id": ["a", "b"], **held}


def test_an_attribute_that_nobody_has_stays_empty_until_somebody_has_it(tmp_path):
    nobody, somebody = (pd.DataFrame({"ticket_id": ["a", "b"], "tier": tier}) for tier in (None, ["x", None]))
    for listed in (nobody, nobody, somebody, nobody):
        upsert(tmp_path / "log", [log_of(*ROWS, tickets=listed)])
    assert read_log(tmp_path / "log").tickets["tier"].to_pylist() == ["x", None]


def test_attributes_of_different_kinds_in_different_partitions_are_read_as_one(tmp_path):
    upsert(tmp_path / "log", [log_of(*ROWS[:2], tickets=pd.DataFrame({"ticket_id": ["a"], "site": [7]}))])
    upsert(
        tmp_path / "log", [log_of(*ROWS[2:], tickets=pd.DataFrame({"ticket_id": ["b"], "site": ["Rome"]}))]
    )
    assert read_log(tmp_path / "log").tickets["site"].to_pylist() == ["7", "Rome"]


def test_a_log_whose_attributes_are_codes_is_imported_beside_one_of_words(tmp_path):
    event = ("a", "2026-01-01T00:00Z", "created", "")
    written = log_of(event, tickets=pd.DataFrame({"ticket_id": ["a"], "plan": ["gold"]}))
    write_log(written, tmp_path / "coded")
    coded = read_log(tmp_path / "coded")
    assert pa.types.is_dictionary(coded.tickets["plan"].type)
    plain = log_of(("b", *event[1:]), tickets=pd.DataFrame({"ticket_id": ["b"], "plan": ["free"]}))
    for place, pieces in enumerate(([coded, plain], [plain, coded])):
        for piece in pieces:
            upsert(tmp_path / f"log{place}", [piece])
        (file,) = (tmp_path / f"log{place}" / "tickets").iterdir()
        assert pq.read_table(file).to_pydict() == {"ticket_id": ["a", "b"], "plan": ["gold", "free"]}
        assert pa.types.is_string(pq.read_schema(file).field("plan").type)


@settings(max_examples=6, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(2, 5),
    st.sampled_from([60, 250_000]),
    st.randoms(use_true_random=False),
)
def test_overlapping_pieces_in_any_order_make_the_log_of_one_import(
    tmp_path_factory, seed, n_pieces, most, chance
):
    home = tmp_path_factory.mktemp("pieces")
    log = log_of_seed(seed % 997)
    ids = log.tickets["ticket_id"].to_pylist() + sorted(set(log.events["ticket_id"].to_pylist()))
    ids = sorted(set(ids))
    pieces = [of_tickets(log, chance.sample(ids, k=max(3, len(ids) // 2))) for _ in range(n_pieces)]
    pieces = [piece for piece in (*pieces, of_tickets(log, ids)) if len(piece.events)]
    chance.shuffle(pieces)
    upsert(home / "whole", [log], most=most)
    half = len(pieces) // 2
    upsert(home / "parts", pieces[:half] or pieces, most=most)
    upsert(home / "parts", pieces[half:], most=most)
    assert_same(home / "parts", home / "whole")
    assert set(held_in(home / "parts")) == set(held_in(home / "whole"))
    for each in read_manifest(home / "parts").partitions:
        events = pq.read_table(home / "parts" / "events" / each.events.file)
        assert len(events) <= most or len(set(events["ticket_id"].to_pylist())) == 1
        assert events.schema.equals(EVENT_SCHEMA)
        assert EventLog(events, events.select(["ticket_id"])).ordered().events.equals(events)


def test_an_export_that_grows_makes_the_log_of_its_last_state(tmp_path):
    events, tickets = random_frames(11, steps=np.array([1, 7, 86_400]) * 1_000_000)
    whole = mend(EventLog.from_pandas(events, tickets))
    seen = observed(whole.events)
    for share in (0.3, 0.6, 0.6, 1.0):
        piece = EventLog(whole.events.filter(pa.array(seen <= np.quantile(seen, share))), whole.tickets)
        upsert(tmp_path / "grown", [piece])
    upsert(tmp_path / "once", [whole])
    assert_same(tmp_path / "grown", tmp_path / "once")


def test_other_tools_can_read_the_events(tmp_path):
    upsert(tmp_path / "log", [log_of_seed(2)], most=40)
    assert len(pd.read_parquet(tmp_path / "log" / "events")) == len(read_log(tmp_path / "log").events)


def test_the_escalation_stays_until_another_is_given(tmp_path):
    rule = {"any": [{"reopened": 1}]}
    upsert(tmp_path / "log", [log_of(*ROWS)], escalation=rule, escalation_name="again")
    upsert(tmp_path / "log", [log_of(*ROWS)])
    manifest = read_manifest(tmp_path / "log")
    assert (manifest.escalation, manifest.escalation_name) == (rule, "again")
    upsert(tmp_path / "log", [log_of(*ROWS)], escalation={"any": [{"reopened": 2}]})
    assert read_manifest(tmp_path / "log").escalation_name is None


def test_a_failed_import_leaves_no_trace(tmp_path):
    def pieces():
        yield log_of(*ROWS)
        raise InputError("the export is truncated")

    with pytest.raises(InputError):
        upsert(tmp_path / "log", pieces())
    assert list(tmp_path.iterdir()) == []
    upsert(tmp_path / "log", [log_of(*ROWS[:2])])
    before = held_in(tmp_path / "log")
    with pytest.raises(InputError):
        upsert(tmp_path / "log", pieces())
    assert held_in(tmp_path / "log") == before


def test_a_failed_import_leaves_a_folder_that_was_there(tmp_path, monkeypatch):
    """It may be the one that a volume is mounted at, or where the shell is: neither can be removed."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="the export is truncated"):
        upsert(".", (each for each in [log_of(*ROWS), None] if each or _fail()))
    assert list(tmp_path.iterdir()) == []


def _fail():
    raise InputError("the export is truncated")


def test_a_log_that_breaks_the_contract_is_refused(tmp_path):
    twice = pd.DataFrame({"ticket_id": ["a", "a", "b"]})
    with pytest.raises(ContractError, match="ticket stands twice"):
        upsert(tmp_path / "log", [log_of(*ROWS, tickets=twice)])
    with pytest.raises(InputError, match="no event to import"):
        upsert(tmp_path / "log", [])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    write_log(log_of(*ROWS), tmp_path / "log")
    before = held_in(tmp_path / "log")
    with pytest.raises(UsageError, match=r"holds events\.parquet, tickets\.parquet and no log"):
        upsert(tmp_path / "log", [log_of(*ROWS)])
    assert held_in(tmp_path / "log") == before
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        upsert(tmp_path / "file", [log_of(*ROWS)])


def test_a_log_that_cannot_be_written_to_is_told_before_the_work(tmp_path, monkeypatch):
    upsert(tmp_path / "log", [log_of(*ROWS)])
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != tmp_path / "log")
    with pytest.raises(UsageError, match=r"log cannot be written to\. Name another place"):
        upsert(tmp_path / "log", [log_of(*ROWS)])


def test_two_imports_do_not_meet(tmp_path):
    with held(tmp_path / "log"), pytest.raises(LockedError, match="another import"):
        upsert(tmp_path / "log", [log_of(*ROWS)])
    assert upsert(tmp_path / "log", [log_of(*ROWS)]).new == 4


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-50]), "cannot be read as Parquet"),
        (lambda path: pq.write_table(pq.read_table(path).slice(1), path), "holds 1 rows, not the 2"),
    ],
)
def test_a_file_that_is_not_what_the_manifest_tells_of_is_named(tmp_path, harm, message):
    upsert(tmp_path / "log", [log_of(*ROWS)])
    path = next((tmp_path / "log" / "events").glob("2026-01*"))
    harm(path)
    with pytest.raises(InputError, match=message) as caught:
        read_log(tmp_path / "log")
    assert path.name in str(caught.value)


@pytest.mark.parametrize(("reader", "name"), [("ParquetFile", "2026-01"), ("Path", "log.json")])
def test_files_without_the_right_to_read_them_are_not_taken_for_damaged(tmp_path, monkeypatch, reader, name):
    def shut(*_, **__):
        raise PermissionError(13, "Failed to open")

    upsert(tmp_path / "log", [log_of(*ROWS)])
    target = pq if reader == "ParquetFile" else Path
    monkeypatch.setattr(target, reader if target is pq else "read_text", shut)
    refused = rf"{name}.*: cannot be read: Permission denied\. Check the path and its rights"
    with pytest.raises(InputError, match=refused):
        read_log(tmp_path / "log")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 1, "partitions": [{}]}'])
def test_a_broken_manifest_is_named(tmp_path, content):
    upsert(tmp_path / "log", [log_of(*ROWS)])
    (tmp_path / "log" / "log.json").write_text(content)
    with pytest.raises(InputError, match=r"log\.json: is no manifest"):
        read_log(tmp_path / "log")


def test_a_manifest_of_a_later_version_is_refused(tmp_path):
    upsert(tmp_path / "log", [log_of(*ROWS)])
    path = tmp_path / "log" / "log.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 99}))
    with pytest.raises(InputError, match="later version"):
        read_log(tmp_path / "log")


def run_and_kill(
    job: Callable[[], object], *, after: float | None = None, before_step: int | None = None
) -> bool:
    """Run ``job`` in a child that is killed ``after`` so many seconds or before its n-th renaming or removal.

    Return whether it was killed before it ended.
    """
    child = os.fork()
    if child == 0:
        failed = True
        try:
            if before_step is not None:
                kill_before(before_step)
            job()
            failed = False
        finally:
            os._exit(failed)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), "the child failed by itself"
    return status != 0


def kill_before(step: int) -> None:
    steps = itertools.count(1)

    def kills(method):
        def wrapped(*given, **named):
            if next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return method(*given, **named)

        return wrapped

    for name in ("replace", "unlink", "mkdir"):
        setattr(Path, name, kills(getattr(Path, name)))


@pytest.fixture(scope="module")
def growing(tmp_path_factory) -> tuple[Path, EventLog]:
    """Return a folder with a log before (``old``) and after (``new``) an import, and what is imported."""
    home = tmp_path_factory.mktemp("growing")
    whole = mend(log_of_seed(21, n_tickets=24))
    upsert(home / "old", [of_tickets(whole, whole.tickets["ticket_id"].to_pylist()[:20])], most=150)
    shutil.copytree(home / "old", home / "new")
    upsert(home / "new", [whole], most=150)
    assert len(read_log(home / "old").events) < len(read_log(home / "new").events)
    return home, whole


def assert_whole(log: Path, home: Path, *, was_there: bool) -> str:
    """Assert that ``log`` is the old log or the new; return which."""
    if was_there or (log / "events").exists():
        size = len(read_log(log).events) if was_there or read_manifest(log).partitions else 0
        state = "new" if size == len(read_log(home / "new").events) else "old"
        if state == "new" or was_there:
            assert_same(log, home / state)
        else:
            with pytest.raises(InputError, match="holds no event"):
                read_log(log)
    else:
        state = "old"
    return state


def test_a_killed_import_leaves_the_log_before_or_after(growing, tmp_path):
    home, told = growing
    chance = random.Random(0)
    times = []
    for name in ("first", "second"):
        started = time.perf_counter()
        run_and_kill(lambda name=name: upsert(tmp_path / name, [told], most=150))
        times.append(time.perf_counter() - started)
    lasts, killed = min(times), 0
    for moment in range(20):
        log, was_there = tmp_path / str(moment), moment % 2 == 0
        if was_there:
            shutil.copytree(home / "old", log)
        killed += run_and_kill(lambda log=log: upsert(log, [told], most=150), after=chance.uniform(0, lasts))
        assert_whole(log, home, was_there=was_there)
        if moment % 5 == 0:
            upsert(log, [told], most=150)
            assert set(held_in(log)) == set(held_in(home / "new")) or not was_there
            assert_same(log, home / "new")
    # How many die depends on the machine; the next test kills at every step.
    assert killed


@pytest.mark.parametrize("was_there", [True, False])
def test_an_import_killed_at_any_step_leaves_the_log_before_or_after(growing, tmp_path, was_there):
    home, told = growing
    states, killed = [], True
    for step in itertools.count(1):
        log = tmp_path / str(step)
        if was_there:
            shutil.copytree(home / "old", log)
        killed = run_and_kill(lambda log=log: upsert(log, [told], most=150), before_step=step * 3)
        states.append(assert_whole(log, home, was_there=was_there))
        if not killed:
            break
    assert states == sorted(states, reverse=True)
    assert {"old", "new"} == set(states)
    assert len(states) > 8


def states_of(ticket, born, *changes, actor=None):
    """Return a log of one ticket: created, its status then, and changes of status as (time, value, observed)."""
    rows = [(born, "created", None, None), *((at, "status_changed", *told) for at, *told in changes)]
    frame = pd.DataFrame(rows, columns=["occurred_at", "event_type", "value", "observed_at"])
    return EventLog.from_pandas(frame.assign(ticket_id=ticket, actor_id=actor))


@pytest.mark.parametrize("born", ["2026-01-05T08:59:57Z", "2026-01-05T09:00:00Z", "2026-01-05T09:00:02Z"])
@pytest.mark.parametrize("together", [True, False])
def test_a_ticket_begins_once_whenever_and_by_whomever_its_creation_is_told(tmp_path, born, together):
    first, opened = "2026-01-05T09:00:00Z", ("2026-01-06T09:00Z", "open", None)
    one = states_of("a", first, (first, "new", None), opened, actor="ann")
    other = states_of("a", born, (born, "new", None), opened, ("2026-01-07T09:00Z", "solved", None))
    imports = [[one, other]] if together else [[one], [other]]
    done = [upsert(tmp_path / "log", pieces) for pieces in imports]
    events = read_log(tmp_path / "log").to_pandas()[0]
    told = events[["event_type", "value"]].fillna("").agg(" ".join, axis=1).tolist()
    changes = [f"status_changed {value}" for value in ("new", "open", "open", "solved")]
    # The change to open is of somebody else by the second account.
    assert told == ["created ", *changes]
    assert done[-1].warnings == ()


def test_what_is_known_of_a_beginning_from_a_change_on_is_told_once_before_it(tmp_path):
    change, at = "2026-01-06T09:00Z", ("2026-01-05T09:00:00Z", "2026-01-05T08:59:57Z")
    for born in at:
        upsert(tmp_path / "log", [states_of("a", born, (born, "new", change), (change, "open", None))])
    events = read_log(tmp_path / "log").to_pandas()[0]
    assert events["value"].fillna("").tolist() == ["", "new", "open"]


def test_a_first_state_that_the_log_does_not_tell_is_added(tmp_path):
    for born, value in (("2026-01-05T09:00:00Z", "open"), ("2026-01-05T08:59:57Z", "new")):
        upsert(tmp_path / "log", [states_of("a", born, (born, value, None))])
    assert read_log(tmp_path / "log").to_pandas()[0]["value"].fillna("").tolist() == ["new", "", "open"]


def test_pieces_of_one_import_that_show_the_same_again_tell_it_once(tmp_path):
    """As imports one after the other do, from Python."""
    files = []
    for day in (6, 7, 8):
        told = {"id": 7, "created_at": "2026-01-05T09:00:00Z", "updated_at": f"2026-01-{day:02}T10:00:00Z"}
        told |= {"status": 2 if day < 8 else 3, "due_by": "2026-01-19T10:00:00Z", "requester_id": 5}
        files.append(tmp_path / f"{day}.json")
        files[-1].write_text(json.dumps([told]))
    pieces = [ingest([file], format="freshdesk")[0] for file in files]
    together = upsert(tmp_path / "together", pieces)
    for piece in pieces:
        upsert(tmp_path / "apart", [piece])
    assert_same(tmp_path / "together", tmp_path / "apart")
    assert together.new == len(read_log(tmp_path / "together").events)
    assert together.new + together.known == sum(len(piece.events) for piece in pieces)
    small = upsert(tmp_path / "small", [*pieces, log_of(*ROWS)], most=2)
    assert small.new == together.new + len(ROWS)


CUT = """
[mapping]
shape = "events"
ticket_id = "id"
time = "at"
[mapping.tickets]
ticket_id = "id"
created = "created"
final = { status = "status", group = "queue" }
[[mapping.rules]]
when = { what = "Status" }
emit = [{ target = "status", value = "new", old = "old" }]
[[mapping.rules]]
when = { what = "Queue" }
emit = [{ target = "group", value = "new", old = "old" }]
"""


def test_of_a_history_that_is_cut_at_its_beginning_no_state_is_put_at_the_creation(tmp_path):
    """The table of tickets dates the creation all the same, where whole exports put the first states."""
    rows = [
        "1,2026-01-06T09:00Z,Status,new,open",
        "1,2026-01-07T09:00Z,Queue,Desk,Printers",
        "1,2026-02-03T09:00Z,Status,open,solved",
        "2,2026-02-02T09:00Z,Queue,Desk,Network",
    ]
    (tmp_path / "table.toml").write_text(CUT, "utf-8")

    def export(name, history, status, queue):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "history.csv").write_text("\n".join(["id,at,what,old,new", *history, ""]), "utf-8")
        listed = [f"1,2026-01-05T09:00Z,{status},{queue}", "2,2026-02-01T09:00Z,new,Network"]
        (folder / "tickets.csv").write_text("\n".join(["id,created,status,queue", *listed, ""]), "utf-8")
        return ingest([folder], recipe=tmp_path / "table.toml")[0]

    january = export("january", rows[:2], "open", "Printers")
    february, whole = (
        export(name, told, "solved", "Printers") for name, told in (("cut", rows[2:]), ("all", rows))
    )
    upsert(tmp_path / "log", [of_tickets(january, ["1"])])
    done = upsert(tmp_path / "log", [february])
    assert done.notes == {
        "states at creation of tickets whose history is known, which tell others: those known stand": 2
    }
    upsert(tmp_path / "once", [whole])
    assert_same(tmp_path / "log", tmp_path / "once")
