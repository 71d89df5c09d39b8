"""The text of a message is measured once: when it is imported, and never again."""

from __future__ import annotations

import pyarrow as pa

from boilover.inputs import open_log
from boilover.log import EventLog, write_log
from boilover.observation import observed
from boilover.store import upsert
from boilover.synthetic import synthetic_desk
from boilover.text import measures


def test_an_import_measures_new_messages_alone(tmp_path, monkeypatch):
    measured = []
    measure = measures.measure_texts

    def counted(texts, *args, **options):
        measured.extend(texts.to_pylist())
        return measure(texts, *args, **options)

    monkeypatch.setattr(measures, "measure_texts", counted)
    log = synthetic_desk(n_tickets=120, seed=9)
    times = observed(log.events)
    order = sorted(times)
    first, second = order[int(0.98 * len(order))], order[int(0.99 * len(order))]

    def texts(after, until):
        rows = pa.array((times > after) & (times <= until))
        return sorted(text for text in log.events.filter(rows)["text"].to_pylist() if text is not None)

    def known(until):
        return EventLog(log.events.filter(pa.array(times <= until)), log.tickets)

    whole = tmp_path / "whole"
    for after, until in ((0, first), (first, second), (second, second), (second, order[-1])):
        measured.clear()
        # Exports repeat what they told before.
        upsert(whole, [known(until)], most=300)
        assert sorted(measured) == texts(after, until)
    measured.clear()
    found = open_log(whole).log
    assert not measured
    upsert(tmp_path / "once", [log], most=300)
    once = open_log(tmp_path / "once").log
    assert found.events.select(measures.NAMES).equals(once.events.select(measures.NAMES))


def test_texts_stay_unread_where_they_were_measured_and_nowhere_else(tmp_path):
    log = synthetic_desk(n_tickets=30, seed=3)
    upsert(tmp_path / "imported", [log])
    read = open_log(tmp_path / "imported").log.events
    unread = open_log(tmp_path / "imported", texts=False).log.events
    assert set(read.column_names) - set(unread.column_names) == {"text", "event_id"}
    assert unread.equals(read.select(unread.column_names))
    write_log(log, tmp_path / "written")
    measured = open_log(tmp_path / "written", texts=False).log.events
    assert measured["words"].null_count < len(measured)
