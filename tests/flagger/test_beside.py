"""The outbox keeps its promises in SQLite and in PostgreSQL, beside a ledger that stays as it was."""

from __future__ import annotations

from ledger_nights import BEGIN, NEW, Told, record

from boilover.delivery import happenings, outbox
from boilover.flagger.ledger import Ledger


def letters(flag: int, *names: str) -> list[outbox.Letter]:
    return [outbox.Letter("hook", name, flag, BEGIN, f"body of {name}") for name in names]


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
