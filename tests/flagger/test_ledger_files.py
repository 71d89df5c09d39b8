"""Damaged files, other versions, places that cannot be used, hostile ids and texts: a clear error, or kept as it is."""

from __future__ import annotations

import os
import sqlite3
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from ledger_nights import BEGIN, DAY, HOUR, NEW, STILL, Told, night_of, recall, record
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from boilover.errors import InputError, LockedError, UsageError
from boilover.flagger.ledger import Facts, Ledger
from boilover.flagger.ledger.connection import connect, transaction
from boilover.flagger.ledger.texts import LONGEST_ID, LONGEST_TEXT

HOSTILE = [
    "'; DROP TABLE ledger_flags; --",
    '=HYPERLINK("http://x")',
    "%s %(id)s :id ? {0} \\",
    "é",
    "e\u0301",
    "\u202eabc\u200b",
    "007",
    "7",
    "7.0",
    "nan",
    "NULL",
    "True",
    " a",
    "a",
    "A",
    "line\nbreak\r\ttab",
    "😀" * 50,
    "x" * LONGEST_ID,
]


def test_hostile_ids_stay_themselves(ledger):
    told = {name: Told(NEW, tier=place % 3 + 1) for place, name in enumerate(HOSTILE)}
    first = record(ledger, BEGIN, told, desk=HOSTILE[0])
    assert len(set(first.ids)) == len(HOSTILE)
    assert record(ledger, BEGIN, told, desk=HOSTILE[0]).again
    known = recall(ledger, HOSTILE, desk=HOSTILE[0])
    assert [known[name][1] for name in HOSTILE] == [place % 3 + 1 for place in range(len(HOSTILE))]
    assert sorted(ledger.export()["ticket_id"]) == sorted(HOSTILE)
    for name in HOSTILE:
        assert ledger.acknowledge(name, who=name, when=BEGIN + HOUR, reason=name)
    said = ledger.export("history").query("kind == 'acknowledged'")
    assert sorted(said["who"]) == sorted(name.strip() for name in HOSTILE)
    assert ledger.check() == ()


@pytest.mark.parametrize("name", ["", " ", "a\0b", "\ud800", "x" * (LONGEST_ID + 1)])
def test_ids_that_no_database_keeps_are_refused_and_named(ledger, name):
    with pytest.raises(InputError, match=r"column 'ticket_id', row 2"):
        record(ledger, BEGIN, {"a": Told(NEW), name: Told(NEW)})
    with pytest.raises(InputError, match="column 'desk'"):
        record(ledger, BEGIN, {"a": Told(NEW)}, desk=name)
    with pytest.raises(InputError):
        ledger.acknowledge(name, who="kim", when=BEGIN)
    assert ledger.export("nights").empty


def test_texts_are_cleaned_and_cut(ledger):
    night, decision = night_of(BEGIN, {"a": Told(NEW)})
    why = np.array(["half \ud800 and \0" + "x" * 9000], dtype=object)
    ledger.record("desk", night, decision, Facts("m", "p"), why=why)
    kept = ledger.export()["why"][0]
    assert kept.startswith("half � and �x")
    assert len(kept) == LONGEST_TEXT
    ledger.disagree("a", who="kim\0", when=BEGIN + HOUR, reason="  \udfff ")
    assert ledger.export("history")[["who", "reason"]].iloc[-1].tolist() == ["kim�", "�"]
    with pytest.raises(InputError, match=r"column 'reason': has 2001 characters"):
        ledger.disagree("a", who="kim", when=BEGIN + HOUR, reason="x" * (LONGEST_TEXT + 1))


def test_a_ledger_of_another_version_is_refused(where):
    record(Ledger.open(where), BEGIN, {"a": Told(NEW)})
    with transaction(connect(where), writes=True) as connection:
        connection.execute(text("UPDATE ledger_meta SET value = '2'"))
    with pytest.raises(InputError, match="ledger of version 2; this Boilover reads version 1"):
        Ledger.open(where)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DROP TABLE ledger_meta", "no table ledger_meta"),
        ("DROP TABLE ledger_streaks", "no table ledger_streaks"),
        ("DELETE FROM ledger_meta", "version is missing"),
    ],
)
def test_half_a_ledger_is_refused(where, damage, said):
    engine = Ledger.open(where).engine
    with transaction(engine, writes=True) as connection:
        connection.execute(text(damage))
    with pytest.raises(InputError, match=f"is damaged or no ledger: .*{said}"):
        Ledger.open(where)


def test_a_database_with_other_tables_takes_a_ledger_in(where):
    with transaction(connect(where), writes=True) as connection:
        connection.execute(text("CREATE TABLE flags (id INTEGER)"))
    assert record(Ledger.open(where), BEGIN, {"a": Told(NEW)}).new == 1


@pytest.mark.parametrize("content", [b"ticket_id,risk\n" * 99, b"\0" * 8192, os.urandom(5000)])
def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path, content):
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    with pytest.raises(
        InputError, match=r"ledger\.db: is damaged or no ledger: file is not a database.*backup"
    ):
        Ledger.open(path)
    assert path.read_bytes() == content


def big_ledger(path):
    ledger = Ledger.open(path)
    names = [f"ticket {number}" for number in range(2000)]
    record(ledger, BEGIN, {name: Told(NEW) for name in names})
    record(ledger, BEGIN + DAY, {name: Told(STILL) for name in names})
    return names


def test_a_file_that_was_cut_is_refused(tmp_path):
    path = tmp_path / "ledger.db"
    names = big_ledger(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"is damaged or no ledger: .*malformed"):
        recall(Ledger.open(path), names)


@pytest.mark.parametrize(
    ("written", "found", "said"),
    [
        (b"CREATE TABLE ledger_nights", b"CREATE TABLE ledger_n\xffghts", "malformed database schema"),
        (b"outcome_at BIGINT", b"outcame_at BIGINT", "no such column"),
        (b"ticket 1999", b"ticket 19\xff9", "Could not decode to UTF-8 column"),
    ],
)
def test_a_file_with_other_letters_is_refused(tmp_path, written, found, said):
    path = tmp_path / "ledger.db"
    names = big_ledger(path)
    content = path.read_bytes()
    assert written in content
    path.write_bytes(content.replace(written, found))
    with pytest.raises(InputError, match=rf"is damaged or no ledger: .*{said}") as caught:
        recall(Ledger.open(path), names)
    assert "ticket 19" not in str(caught.value)


def test_a_file_with_a_torn_page_does_not_add_up(tmp_path):
    path = tmp_path / "ledger.db"
    big_ledger(path)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = os.urandom(4096)
    path.write_bytes(content)
    with pytest.raises(InputError, match="is damaged or no ledger"):
        raise_if_told(Ledger.open(path).check())


def raise_if_told(problems):
    """A torn page is met by the first query or told by the check, whichever comes to it first."""
    if any(problem.startswith("the file is damaged") for problem in problems):
        raise InputError("is damaged or no ledger")


def test_places_that_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a folder"):
        Ledger.open(tmp_path)
    with pytest.raises(UsageError, match="cannot write to"):
        Ledger.open(tmp_path / "file" / "ledger.db")
    with pytest.raises(UsageError, match="there is no ledger at"):
        Ledger.open(tmp_path / "none.db", create=False)
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(UsageError, match="there is no ledger at"):
        Ledger.open(tmp_path / "file", create=False)
    (tmp_path / "ring").symlink_to("ring")
    with pytest.raises(UsageError, match=r"unable to open database file\. Who writes to it, or reads it"):
        Ledger.open(tmp_path / "ring")
    assert Ledger.open(tmp_path / "new" / "folder" / "ledger.db").check() == ()
    assert Ledger.open(str(tmp_path / "odd ?name=#%41.db")).check() == ()
    assert (tmp_path / "odd ?name=#%41.db").is_file()
    assert Ledger.open(f"sqlite:///{tmp_path}/by url.db").check() == ()
    assert (tmp_path / "by url.db").is_file()


def opened_without_rights(path, monkeypatch):
    with monkeypatch.context() as shut:
        shut.setattr(os, "access", lambda file, mode: mode != os.W_OK)
        return Ledger.open(path, create=False)


def test_a_disk_without_room_is_told_and_the_ledger_stays_as_it_was(tmp_path):
    ledger = Ledger.open(tmp_path / "ledger.db")
    record(ledger, BEGIN, {"a": Told(NEW)})

    @event.listens_for(ledger.engine, "connect")
    def fill(raw, record):
        (pages,) = raw.execute("PRAGMA page_count").fetchone()
        raw.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(
        UsageError, match=r"cannot write to the ledger .*ledger\.db: database or disk is full\. Make room"
    ):
        record(ledger, BEGIN + DAY, {f"ticket {number}": Told(NEW) for number in range(2_000)})
    assert len(ledger.export("nights")) == 1
    assert ledger.check() == ()


def test_a_copy_that_may_not_be_written_to_is_read(tmp_path, monkeypatch):
    path = tmp_path / "odd ?name=#%41.db"
    names, copy = big_ledger(path), opened_without_rights(path, monkeypatch)
    assert copy.check() == ()
    assert len(copy.export("flags")) == len(names)
    with pytest.raises(UsageError, match=r"attempt to write a readonly database\. Who writes to it"):
        copy.acknowledge(1, who="kim", when=BEGIN + HOUR)
    # What is not in the file yet is not passed over: the log of a run that was killed, which cannot be read alone.
    log = Path(f"{path}-wal")
    log.write_bytes(b"a log")
    assert "immutable" not in _how(copy, monkeypatch)
    log.write_bytes(b"")
    assert "immutable" in _how(copy, monkeypatch)
    # Who has it open may write at any time.
    Path(f"{path}-shm").write_bytes(b"")
    assert "immutable" not in _how(copy, monkeypatch)


def _how(copy, monkeypatch):
    connected, asked = sqlite3.connect, []

    def connect(where, **options):
        asked.append(where)
        return connected(":memory:")

    with monkeypatch.context() as seen:
        seen.setattr(sqlite3, "connect", connect)
        copy.engine.raw_connection().close()
    return asked[0]


def test_a_reader_without_rights_refuses_what_changed_under_it(tmp_path, monkeypatch):
    path = tmp_path / "ledger.db"
    names, copy = big_ledger(path), opened_without_rights(path, monkeypatch)
    writer = Ledger.open(path)
    told = pytest.raises(LockedError, match=r"wrote to the ledger .*ledger\.db while it was read")
    with told, transaction(copy.engine):
        assert writer.acknowledge(names[0], who="kim", when=BEGIN + 9 * DAY)
    assert "acknowledged" in set(copy.export("history")["kind"])


def test_a_ledger_stays_where_it_was_opened_and_serves_any_thread(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    ledger = Ledger.open("ledger.db")
    monkeypatch.chdir(tmp_path / "there")
    assert ledger.check() == ()
    assert not list((tmp_path / "there").iterdir())
    raw = ledger.engine.raw_connection()
    with ThreadPoolExecutor(1) as threads:
        threads.submit(raw.close).result()
        assert threads.submit(ledger.check).result() == ()


@pytest.mark.parametrize("url", ["mysql://host/name", "nonsense://x", "sqlite://", "://", "", " "])
def test_urls_that_are_no_place_for_a_ledger(url):
    with pytest.raises(UsageError):
        Ledger.open(url)


def test_a_server_that_is_not_there_is_told_without_its_password(tmp_path):
    url = f"postgresql://me:secret@/name?host={tmp_path}"
    with pytest.raises(
        UsageError, match=r"cannot reach the ledger postgresql\+psycopg://me:\*\*\*@/name"
    ) as told:
        Ledger.open(url)
    assert "secret" not in "".join(traceback.format_exception(told.value))


def test_a_database_that_does_not_exist_is_told(schema_url):
    with pytest.raises(UsageError, match="cannot reach the ledger"):
        Ledger.open(schema_url().replace("@/postgres?", "@/none?"))


def test_no_ticket_is_named_in_a_traceback(ledger):
    record(ledger, BEGIN, {"private": Told(NEW)})
    with (
        pytest.raises(IntegrityError, match="SQL parameters hidden"),
        transaction(ledger.engine, writes=True) as connection,
    ):
        connection.execute(text("INSERT INTO ledger_meta VALUES (:a, NULL)"), {"a": "private"})


def test_the_file_is_whole_by_itself_after_each_call(tmp_path):
    """Nothing waits in a file beside it, so that a copy of the one file is a backup."""
    path = tmp_path / "ledger.db"
    record(Ledger.open(path), BEGIN, {"a": Told(NEW)})
    assert [each.name for each in tmp_path.iterdir()] == ["ledger.db"]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT ticket_id FROM ledger_flags").fetchall() == [("a",)]
    connection.close()
