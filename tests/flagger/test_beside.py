"""The outbox keeps its promises in SQLite and in PostgreSQL, beside a ledger that stays as it was."""

from __future__ import annotations

from dataclasses import replace

from ledger_nights import BEGIN, CLEARED, DAY, NEW, RISEN, STILL, Told, record
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from boilover.delivery import deliver, happenings, outbox, parse_channels
from boilover.delivery.channels import SqlChannel
from boilover.delivery.tables import POSTGRESQL
from boilover.flagger.ledger import Ledger


def letters(flag: int, *names: str) -> list[outbox.Letter]:
    return [outbox.Letter("hook", name, flag, "raised", BEGIN, f"body of {name}") for name in names]


def test_a_letter_is_put_in_once_and_sent_once(ledger: Ledger) -> None:
    (flag,) = map(int, record(ledger, BEGIN, {"t": Told(NEW)}).ids)
    engine = ledger.engine
    assert [notice.ticket_id for notice in happenings(ledger, "desk")] == ["t"]
    assert outbox.put(engine, "desk", letters(flag, "a", "b", "a"), up_to=BEGIN, now=1) == 2
    assert outbox.put(engine, "desk", letters(flag, "b", "c"), up_to=BEGIN - 1, now=2) == 1
    assert outbox.put(engine, "other", letters(flag, "a"), up_to=None, now=2) == 1
    kept = outbox.kept(engine, "desk", "hook")
    assert [row.key for row in kept] == ["a", "b", "c"]
    assert [row.key for row in outbox.kept(engine, "desk", "hook", after=kept[0].id, limit=1)] == ["b"]
    outbox.mark_tried(engine, [kept[1].id], "a\0problem")
    outbox.mark_sent(engine, [kept[0].id], "HTTP 200", now=3, forget=True)
    outbox.mark_tried(engine, [kept[0].id], "too late to matter")
    assert outbox.put(engine, "desk", letters(flag, "a"), up_to=None, now=4) == 0
    rows = {row.key: row for row in outbox.of_night(engine, "desk", "hook", BEGIN)}
    assert (rows["a"].state, rows["a"].body, rows["a"].receipt, rows["a"].sent_at) == (
        "sent",
        "",
        "HTTP 200",
        3,
    )
    assert (rows["a"].tries, rows["b"].tries, rows["b"].problem) == (0, 1, "a�problem")
    assert outbox.channels_of(engine, "desk") == ["hook"]
    assert outbox.give_up(engine, "desk", "hook", kept_before=2) == 1
    assert outbox.counts(engine, "desk") == {"kept": 1, "sent": 1, "failed": 1}
    assert outbox.counts(engine, "other") == {"kept": 1, "sent": 0, "failed": 0}
    assert ledger.check() == ()
    assert Ledger.open(engine.url.render_as_string(hide_password=False)).latest("desk") is not None


def test_a_table_of_the_database_has_each_row_once(ledger: Ledger, where: str) -> None:
    record(ledger, BEGIN, {"b": Told(NEW, risk=0.25), "a": Told(NEW)})
    url = where if "://" in where else f"sqlite:///{where}.out"
    (channel,) = parse_channels({"out": {"kind": "sql", "url": url, "table": "out_flags", "packets": True}})
    for _ in range(2):
        assert deliver(ledger, (channel,), happenings(ledger, "desk"), {}, desk="desk").problems == ()
        with ledger.engine.begin() as connection:
            # As if the job had died between the rows and their marks.
            connection.execute(text("DELETE FROM ledger_outbox"))
    assert isinstance(channel, SqlChannel)
    engine = create_engine(
        make_url(url).set(drivername=POSTGRESQL) if "://" in where else url, poolclass=NullPool
    )
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT ticket_id, risk, at FROM out_flags ORDER BY ticket_id")).all()
    assert [(row.ticket_id, row.risk) for row in rows] == [("a", 0.5), ("b", 0.25)]
    assert str(rows[0].at).startswith("2023-11-14 22:13:20")


def test_what_only_a_replaced_night_told_is_withdrawn(ledger: Ledger) -> None:
    flag, other = map(int, record(ledger, BEGIN, {"t": Told(NEW), "u": Told(NEW)}).ids)
    record(ledger, BEGIN + DAY, {"t": Told(RISEN, tier=2), "u": Told(CLEARED)})
    told = [
        outbox.Letter("hook", f"{each}", each, happening, as_of, "{}")
        for each, happening, as_of in (
            *((flag, "tier", BEGIN + DAY), (other, "cleared", BEGIN + DAY)),
            *((flag, "raised", BEGIN), (other, "raised", BEGIN)),
        )
    ]
    named = [replace(each, key=f"k{place}") for place, each in enumerate(told)]
    happenings(ledger, "desk")
    assert outbox.put(ledger.engine, "desk", named, up_to=BEGIN + DAY, now=1) == 4
    assert outbox.give_up(ledger.engine, "desk", "hook", kept_before=0) == 0
    again = {"t": Told(STILL, risk=0.4), "u": Told(CLEARED)}
    record(ledger, BEGIN + DAY, again, replace=True)
    assert outbox.give_up(ledger.engine, "desk", "hook", kept_before=0) == 1
    assert [row.key for row in outbox.kept(ledger.engine, "desk", "hook")] == ["k1", "k2", "k3"]
