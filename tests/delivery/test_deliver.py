"""Each happening reaches each channel once, whatever fails; what cannot be sent is kept for the next time."""

from __future__ import annotations

import json
import os
import random
import signal
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import create_engine, event, text

from boilover.delivery import Channel, Delivered, deliver, happenings, outbox, parse_channels, shown
from boilover.delivery.tables import path_of
from boilover.errors import InputError, UsageError
from boilover.flagger.ledger import Ledger
from boilover.flagger.night import Verdict
from receiver import BEGIN, DAY, Receiver, night, webhook

NEW, STILL, RISEN, CLEARED = Verdict.NEW, Verdict.STILL, Verdict.RAISED_TIER, Verdict.CLEARED
NOW = BEGIN / 1_000_000


def run(ledger: Ledger, channels: tuple[Channel, ...], now: float = NOW) -> Delivered:
    return deliver(
        ledger,
        channels,
        happenings(ledger, "desk"),
        {},
        desk="desk",
        clock=lambda: now,
        pause=lambda seconds: None,
    )


def told(hearing: Receiver) -> list[tuple[str, str]]:
    bodies = [json.loads(body) for _, body in hearing.got]
    return [(body["ticket_id"], body["happening"]) for body in bodies]


def test_every_happening_is_told_once(ledger: Ledger, hearing: Receiver) -> None:
    channels = (webhook(hearing.url),)
    night(ledger, BEGIN, {"b": NEW, "a": NEW})
    assert run(ledger, channels) == Delivered(sent=2, kept=0, failed=0)
    assert run(ledger, channels) == Delivered(sent=0, kept=0, failed=0)
    night(ledger, BEGIN + DAY, {"a": STILL, "b": CLEARED, "c": NEW})
    assert run(ledger, channels).sent == 2
    night(ledger, BEGIN + 2 * DAY, {"a": RISEN, "c": STILL}, tier=3)
    assert run(ledger, channels).sent == 1
    assert told(hearing) == [
        ("a", "raised"),
        ("b", "raised"),
        ("c", "raised"),
        ("b", "cleared"),
        ("a", "tier"),
    ]
    assert len(set(hearing.keys)) == 5
    assert json.loads(hearing.got[-1][1])["tier"] == "critical"


def test_a_failed_delivery_is_kept_and_sent_the_next_time(ledger: Ledger, hearing: Receiver) -> None:
    channels = (webhook(hearing.url, tries=1),)
    night(ledger, BEGIN, {"a": NEW, "b": NEW, "c": NEW})
    hearing.acts = [200, 500]
    first = run(ledger, channels)
    assert (first.sent, first.kept, first.failed) == (1, 2, 0)
    assert first.problems == ("hook: 127.0.0.1 answered 500 (Internal Server Error)",)
    assert len(hearing.got) == 2, "a receiver that is down is not asked for every notice"
    night(ledger, BEGIN + DAY, {"a": STILL, "b": STILL, "c": STILL, "d": NEW})
    assert run(ledger, channels) == Delivered(sent=3, kept=0, failed=0)
    assert [ticket for ticket, _ in told(hearing)] == ["a", "b", "b", "c", "d"]
    assert hearing.keys[1] == hearing.keys[2]


def test_a_notice_that_is_refused_does_not_hold_the_others_up(ledger: Ledger, hearing: Receiver) -> None:
    night(ledger, BEGIN, {"a": NEW, "b": NEW})
    hearing.acts = [422]
    first = run(ledger, (webhook(hearing.url),))
    assert (first.sent, first.kept) == (1, 1)
    assert run(ledger, (webhook(hearing.url),)) == Delivered(sent=1, kept=0, failed=0)
    assert [ticket for ticket, _ in told(hearing)] == ["a", "b", "a"]


def test_a_channel_that_fails_stops_no_other(ledger: Ledger, hearing: Receiver, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    channels = parse_channels(
        {
            "bad file": {"kind": "csv", "path": str(tmp_path / "file" / "{night}.csv")},
            "bad table": {"kind": "sql", "url": f"sqlite:///{tmp_path}/none/flags.db"},
            "chat": {"kind": "chat", "url": hearing.url},
        }
    )
    night(ledger, BEGIN, {"a": NEW})
    done = run(ledger, channels)
    assert (done.sent, done.kept) == (1, 2)
    assert done.problems == (
        "bad file: cannot write 2023-11-14T221320Z.csv (UsageError)",
        "bad table: cannot write table boilover_flags (OperationalError)",
    )


def test_a_night_whose_job_died_before_its_delivery_is_told_by_the_next(
    ledger: Ledger, hearing: Receiver
) -> None:
    channels = (webhook(hearing.url),)
    night(ledger, BEGIN, {"a": NEW})
    night(ledger, BEGIN + DAY, {"a": STILL, "b": NEW})
    run(ledger, channels)
    for day in range(2, 5):
        night(ledger, BEGIN + day * DAY, {"a": STILL, f"n{day}": NEW})
    run(ledger, channels)
    assert [ticket for ticket, _ in told(hearing)] == ["a", "b", "n2", "n3", "n4"]


def test_a_new_channel_does_not_hear_old_nights(ledger: Ledger, hearing: Receiver) -> None:
    night(ledger, BEGIN, {"a": NEW})
    quiet = parse_channels({"quiet": {"kind": "chat", "url": hearing.url, "least_tier": "critical"}})
    assert run(ledger, quiet) == Delivered(0, 0, 0)
    for day in range(1, 4):
        night(ledger, BEGIN + day * DAY, {"a": STILL, f"n{day}": NEW})
        assert run(ledger, quiet) == Delivered(0, 0, 0)
    assert run(ledger, (*quiet, webhook(hearing.url))).sent == 1
    assert told(hearing) == [("n3", "raised")]


def test_an_old_ledger_is_told_of_its_last_nights_alone(ledger: Ledger) -> None:
    for day in range(5):
        night(ledger, BEGIN + day * DAY, {f"n{each}": STILL for each in range(day)} | {f"n{day}": NEW})
    assert [notice.ticket_id for notice in happenings(ledger, "desk")] == ["n3", "n4"]
    assert happenings(ledger, "another desk") == ()


def test_a_night_that_is_replaced_tells_each_flag_once(ledger: Ledger, hearing: Receiver) -> None:
    channels = (webhook(hearing.url),)
    night(ledger, BEGIN, {"a": NEW, "b": NEW})
    hearing.acts = [200, 500, 500, 500]
    assert run(ledger, channels).kept == 1
    night(ledger, BEGIN, {"a": NEW, "c": NEW}, replace=True)
    done = run(ledger, channels)
    assert (done.sent, done.kept, done.failed) == (1, 0, 1), "what was to be told of b was withdrawn"
    assert [ticket for ticket, _ in told(hearing)] == ["a", "b", "b", "b", "c"]
    night(ledger, BEGIN, {"a": NEW, "b": NEW}, replace=True)
    assert run(ledger, channels).sent == 1, "what was withdrawn is told where a later record tells it again"
    assert [ticket for ticket, _ in told(hearing)][-1] == "b"


def test_what_cannot_be_delivered_in_time_has_failed(ledger: Ledger, hearing: Receiver) -> None:
    hearing.after = 500
    channels = (webhook(hearing.url, give_up="2d", tries=1),)
    night(ledger, BEGIN, {"a": NEW})
    assert run(ledger, channels) == Delivered(
        0, 1, 0, ("hook: 127.0.0.1 answered 500 (Internal Server Error)",)
    )
    assert run(ledger, channels, NOW + 2 * 86_400).kept == 1
    assert run(ledger, channels, NOW + 2 * 86_400 + 1) == Delivered(sent=0, kept=0, failed=1)
    assert len(hearing.got) == 2
    with ledger.engine.connect() as connection:
        assert connection.execute(text("SELECT body FROM ledger_outbox")).scalars().all() == [""]


def test_what_a_channel_was_to_be_sent_fails_when_the_channel_is_gone(
    ledger: Ledger, hearing: Receiver
) -> None:
    hearing.after = 500
    night(ledger, BEGIN, {"a": NEW})
    run(ledger, (webhook(hearing.url, tries=1),))
    assert run(ledger, ()) == Delivered(sent=0, kept=1, failed=0)
    assert run(ledger, (), NOW + 8 * 86_400) == Delivered(sent=0, kept=0, failed=1)


def test_what_was_posted_is_not_kept(ledger: Ledger, hearing: Receiver) -> None:
    night(ledger, BEGIN, {"a": NEW})
    run(ledger, (webhook(hearing.url),))
    with ledger.engine.connect() as connection:
        (row,) = connection.execute(text("SELECT body, state, receipt FROM ledger_outbox")).all()
    assert tuple(row) == ("", "sent", "HTTP 200")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_file_has_the_rows_of_its_night(ledger: Ledger, tmp_path: Path, kind: str) -> None:
    channels = parse_channels({"out": {"kind": kind, "path": "{desk}/{night}"}}, folder=tmp_path)
    night(ledger, BEGIN, {"=cmd()": NEW, "b": NEW})
    assert run(ledger, channels) == Delivered(sent=2, kept=0, failed=0)
    (path,) = (tmp_path / "desk").iterdir()
    assert path.name == f"2023-11-14T221320Z.{kind}"
    read = {
        "csv": pd.read_csv,
        "jsonl": lambda file: pd.read_json(file, lines=True),
        "parquet": pd.read_parquet,
    }[kind]
    frame = read(path)
    assert list(frame["ticket_id"].str.lstrip("'")) == ["=cmd()", "b"]
    assert (frame["ticket_id"][0] == "'=cmd()") == (kind == "csv")
    assert pd.to_datetime(frame["at"], utc=True)[0] == pd.Timestamp(BEGIN, unit="us", tz="UTC")
    written = path.read_bytes()
    assert run(ledger, channels).sent == 0
    night(ledger, BEGIN, {"=cmd()": NEW, "b": NEW, "c": NEW}, replace=True)
    assert run(ledger, channels).sent == 1
    assert len(read(path)) == 3
    assert path.read_bytes() != written


def test_the_same_flags_give_the_same_file(tmp_path: Path) -> None:
    found = []
    for number in range(2):
        ledger = Ledger.open(tmp_path / f"{number}.db")
        night(ledger, BEGIN, {"a": NEW, "b": NEW})
        table = {"out": {"kind": "parquet", "path": f"{number}-{{night}}.parquet", "packets": True}}
        run(ledger, parse_channels(table, folder=tmp_path), NOW + number)
        found.append(next(tmp_path.glob(f"{number}-*.parquet")).read_bytes())
    assert found[0] == found[1]


def test_what_a_killed_run_left_beside_the_file_is_removed(ledger: Ledger, tmp_path: Path) -> None:
    channels = parse_channels({"out": {"kind": "jsonl", "path": "{night}"}}, folder=tmp_path / "out")
    left = tmp_path / "out" / ".2023-11-14T221320Z.jsonl.r6z1io3h"
    left.mkdir(parents=True)
    (left / "2023-11-14T221320Z.jsonl").write_text("half a row")
    night(ledger, BEGIN, {"a": NEW})
    assert run(ledger, channels).sent == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["2023-11-14T221320Z.jsonl"]


def test_the_name_of_a_desk_leaves_no_folder(tmp_path: Path) -> None:
    (channel,) = parse_channels({"out": {"kind": "csv", "path": "{desk}/{night}.csv"}}, folder=tmp_path)
    path = path_of(channel, "../../etc", BEGIN)  # type: ignore[arg-type]
    assert path.resolve().is_relative_to(tmp_path.resolve())


def test_a_table_has_each_row_once(ledger: Ledger, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/out.db"
    channels = parse_channels({"out": {"kind": "sql", "url": url, "table": "flags"}})
    night(ledger, BEGIN, {"a": NEW, "b": NEW})
    assert run(ledger, channels).sent == 2
    with ledger.engine.begin() as connection:
        # As if the job had died after the rows were written, and before they were marked.
        connection.execute(text("DELETE FROM ledger_outbox"))
    assert run(ledger, channels).sent == 2
    with create_engine(url).connect() as connection:
        rows = connection.execute(text("SELECT ticket_id, tier, risk FROM flags ORDER BY ticket_id")).all()
    assert [tuple(row) for row in rows] == [("a", "warn", 0.5), ("b", "warn", 0.5)]


def test_a_job_that_is_killed_between_sending_and_marking_sends_the_same_letter_again(
    ledger: Ledger, hearing: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once to the receiver, who tells by the key that it is the same."""
    night(ledger, BEGIN, {"a": NEW, "b": NEW})
    channels = (webhook(hearing.url),)
    pid = os.fork()
    if pid == 0:
        # The second letter is sent, and the process dies before it is marked.
        mark = outbox.mark_sent

        def die_at_the_second(engine, ids, *rest, **more):  # type: ignore[no-untyped-def]
            if len(sent) == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            sent.append(ids)
            mark(engine, ids, *rest, **more)

        sent: list[object] = []
        monkeypatch.setattr(outbox, "mark_sent", die_at_the_second)
        try:
            run(ledger, channels)
        finally:
            os._exit(1)
    assert os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    assert [ticket for ticket, _ in told(hearing)] == ["a", "b"]
    assert outbox.counts(ledger.engine, "desk") == {"kept": 1, "sent": 1, "failed": 0}
    assert run(ledger, channels) == Delivered(sent=1, kept=0, failed=0)
    assert [ticket for ticket, _ in told(hearing)] == ["a", "b", "b"]
    assert hearing.keys[1] == hearing.keys[2]
    assert hearing.got[1][1] == hearing.got[2][1]
    assert ledger.check() == ()


@pytest.mark.parametrize("killed_at", [6, 18, 36])
def test_a_job_that_is_killed_anywhere_loses_and_doubles_nothing(
    ledger: Ledger, tmp_path: Path, killed_at: int
) -> None:
    """Killed at a statement of its database; the file and the outbox end as after a run that was left alone."""
    night(ledger, BEGIN, {"a": NEW, "b": NEW, "c": NEW})
    url = f"sqlite:///{tmp_path}/out.db"
    tables = {"file": {"kind": "jsonl", "path": "{night}.jsonl"}, "table": {"kind": "sql", "url": url}}
    channels = parse_channels(tables, folder=tmp_path)
    pid = os.fork()
    if pid == 0:
        count = 0

        def die(*_: object) -> None:
            nonlocal count
            count += 1
            if count == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(ledger.engine, "before_cursor_execute", die)
        try:
            run(ledger, channels)
        finally:
            os._exit(1)
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status)
    run(ledger, channels)
    assert outbox.counts(ledger.engine, "desk") == {"kept": 0, "sent": 6, "failed": 0}
    (path,) = tmp_path.glob("*.jsonl")
    assert sorted(pd.read_json(path, lines=True)["ticket_id"]) == ["a", "b", "c"]
    with create_engine(url).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM boilover_flags")).scalar() == 3


def test_notices_of_another_desk_are_refused(ledger: Ledger) -> None:
    night(ledger, BEGIN, {"a": NEW})
    with pytest.raises(InputError, match="is not the desk"):
        deliver(ledger, (), happenings(ledger, "desk"), {}, desk="other")


def test_two_channels_of_one_name_are_refused(ledger: Ledger, hearing: Receiver) -> None:
    with pytest.raises(UsageError, match="same name"):
        deliver(ledger, (webhook(hearing.url),) * 2, (), {}, desk="desk")


def test_an_outbox_of_another_version_is_refused(ledger: Ledger) -> None:
    happenings(ledger, "desk")
    with ledger.engine.begin() as connection:
        connection.execute(text("UPDATE ledger_meta SET value = '9' WHERE key = 'beside'"))
    with pytest.raises(InputError, match="version 9"):
        happenings(ledger, "desk")


def test_packets_are_shown_of_what_stands_and_somebody_hears(ledger: Ledger, hearing: Receiver) -> None:
    ids = night(ledger, BEGIN, {"a": NEW, "b": NEW}).ids
    night(ledger, BEGIN + DAY, {"a": STILL, "b": CLEARED})
    notices = happenings(ledger, "desk")
    assert shown((webhook(hearing.url),), notices) == set(map(int, ids))
    assert shown((webhook(hearing.url, happenings=["cleared"]),), notices) == set()
    assert shown((webhook(hearing.url, least_tier="critical"),), notices) == set()


def test_many_nights_with_a_receiver_that_fails_at_random_tell_every_happening(
    ledger: Ledger, hearing: Receiver
) -> None:
    rng = random.Random(5)
    channels = (webhook(hearing.url, tries=2, give_up="60d"),)
    standing: list[str] = []
    expected: list[tuple[str, str]] = []
    for day in range(8):
        verdicts = {ticket: rng.choice((STILL, STILL, CLEARED)) for ticket in standing}
        fresh = [f"{day}-{number}" for number in range(rng.randrange(1, 3))]
        expected += [(ticket, "cleared") for ticket, verdict in verdicts.items() if verdict == CLEARED]
        expected += [(ticket, "raised") for ticket in fresh]
        standing = [ticket for ticket in standing if verdicts[ticket] == STILL] + fresh
        night(ledger, BEGIN + day * DAY, verdicts | dict.fromkeys(fresh, NEW))
        if day in (2, 5):
            # The job dies before its delivery.
            continue
        hearing.acts = [rng.choice((200, 200, 500, 422, "die")) for _ in range(4)]
        run(ledger, channels, NOW + day * 86_400)
    hearing.acts = []
    run(ledger, channels, NOW + 8 * 86_400)
    assert outbox.counts(ledger.engine, "desk") == {"kept": 0, "sent": len(expected), "failed": 0}
    assert sorted(set(told(hearing))) == sorted(expected)
    assert len(set(hearing.keys)) == len(expected) < len(hearing.keys)
    assert ledger.check() == ()
