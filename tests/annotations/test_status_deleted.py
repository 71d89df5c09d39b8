"""A ticket that is deleted and restored was never reopened."""

from __future__ import annotations

import pandas as pd
import pytest

from boilover.annotations import Annotations
from boilover.history import History
from boilover.log import EventLog
from boilover.schema import STATUSES
from oracle_annotations import walk
from random_logs import random_frames

T0 = pd.Timestamp("2026-03-01T00:00Z")
NAMES = ("status", "reopened", "solved", "alive", "became_open", "ceased_open")


def notes_of(*changes: tuple[str, str | None]) -> Annotations:
    rows = [
        {"ticket_id": "a", "occurred_at": T0 + pd.Timedelta(hours=hour), "event_type": "status_changed"}
        | {"value": value, "raw_value": raw}
        for hour, (value, raw) in enumerate(changes)
    ]
    return Annotations(History.from_log(EventLog.from_pandas(pd.DataFrame(rows))))


def test_restoring_is_no_reopening_and_reopening_afterwards_is_one():
    notes = notes_of(
        ("open", None), ("closed", "deleted"), ("open", "restored"), ("closed", "Closed"), ("open", None)
    )
    assert notes.flag("reopened").tolist() == [False, False, False, False, True]
    assert notes.flag("alive").tolist() == [True, False, True, False, True]
    status = notes.codes("status")
    assert [status.words[code] for code in status.codes] == ["open", "closed", "open", "closed", "open"]


def test_the_word_counts_for_closed_tickets_only():
    notes = notes_of(("solved", "deleted"), ("open", None))
    assert notes.flag("reopened").tolist() == [False, True]


@pytest.mark.parametrize("seed", range(3))
def test_equals_a_plain_walk_where_tickets_are_deleted(seed):
    events, tickets = random_frames(seed, n_tickets=40)
    is_status = events["event_type"] == "status_changed"
    words = [None, "deleted", "restored"]
    events["raw_value"] = [words[place % 3] if is_status[place] else None for place in range(len(events))]
    log = EventLog.from_pandas(events, tickets)
    notes = Annotations(History.from_log(log))
    facts = walk(log)
    ids = set(notes.history.ticket_ids.to_pylist())
    facts = [event for event in facts if event["ticket_id"] in ids]
    for name in NAMES:
        found = notes.codes(name).codes if name == "status" else notes.flag(name)
        wanted = [event[name] for event in facts]
        got = [tuple(STATUSES)[code] for code in found] if name == "status" else found.tolist()
        assert got == wanted, name
    restored = [event for event in facts if event["became_open"] and not event["reopened"]]
    assert restored
