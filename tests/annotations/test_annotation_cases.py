"""The cases that export formats are known to trip over, told by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from boilover.annotations import Annotations
from boilover.annotations.priority import priority_level
from boilover.history import History
from boilover.log import EventLog

T0 = pd.Timestamp("2026-03-01T00:00Z")
CUSTOMER, AGENT, BOT = ({"actor_role": role} for role in ("customer", "agent", "bot"))
INTERNAL = {"actor_role": "agent", "is_public": False}


def notes_of(*rows):
    """Return annotations of one ticket; rows are (hours, type, value or columns)."""
    made = []
    for at, kind, *more in rows:
        columns = more[0] if more and isinstance(more[0], dict) else {"value": more[0] if more else None}
        made.append(
            {"ticket_id": "a", "occurred_at": T0 + pd.Timedelta(hours=at), "event_type": kind, **columns}
        )
    return Annotations(History.from_log(EventLog.from_pandas(pd.DataFrame(made))))


def flagged(notes, name):
    return np.flatnonzero(notes.flag(name)).tolist()


def test_an_internal_note_is_no_first_reply():
    notes = notes_of(
        (0, "created"), (1, "message", CUSTOMER), (2, "message", INTERNAL), (5, "message", AGENT)
    )
    assert flagged(notes, "internal_note") == [2]
    assert (
        flagged(notes, "first_reply") == flagged(notes, "agent_reply") == flagged(notes, "wait_ended") == [3]
    )
    assert notes.value("response_gap")[3] == 4.0
    assert notes.value("unanswered").tolist() == [0, 1, 1, 0]


def test_a_bots_reply_is_no_agents_reply():
    notes = notes_of((0, "created"), (1, "message", CUSTOMER), (1, "message", BOT), (4, "message", AGENT))
    assert flagged(notes, "bot_message") == [2]
    assert flagged(notes, "agent_reply") == [3]
    assert notes.value("response_gap")[2:].tolist() == pytest.approx([np.nan, 3.0], nan_ok=True)


def test_a_ticket_opened_by_an_agent_leaves_nobody_waiting():
    notes = notes_of(
        (0, "created", AGENT), (0, "message", AGENT), (9, "message", CUSTOMER), (10, "message", AGENT)
    )
    assert flagged(notes, "wait_began") == [2]
    assert flagged(notes, "first_reply") == [1]
    assert np.nansum(notes.value("response_gap")) == 1.0


def test_several_messages_are_one_wait_from_the_first():
    notes = notes_of(
        *((at, "message", CUSTOMER) for at in (0, 3, 6)), (7, "message", AGENT), (8, "message", CUSTOMER)
    )
    assert flagged(notes, "wait_began") == [0, 4]
    assert notes.value("response_gap")[3] == 7.0
    assert notes.value("unanswered").tolist() == [1, 2, 3, 0, 1]


def test_solving_ends_a_wait_without_a_gap():
    notes = notes_of((0, "message", CUSTOMER), (5, "status_changed", "solved"))
    assert flagged(notes, "wait_ended") == [1]
    assert np.isnan(notes.value("response_gap")).all()


def test_solved_open_solved_is_one_reopen():
    notes = notes_of(
        (0, "created"), *((1 + i, "status_changed", s) for i, s in enumerate(["solved", "open", "solved"]))
    )
    assert flagged(notes, "reopened") == [2]
    assert flagged(notes, "solved") == [1, 3]
    assert notes.flag("alive").tolist() == [True, False, True, False]


def test_closed_without_solved_and_closed_after_solved():
    notes = notes_of((0, "created"), (1, "status_changed", "closed"))
    assert flagged(notes, "solved") == flagged(notes, "ceased_open") == [1]
    notes = notes_of((0, "created"), (1, "status_changed", "solved"), (2, "status_changed", "closed"))
    assert flagged(notes, "solved") == flagged(notes, "ceased_open") == [1]
    assert flagged(notes, "reopened") == []


def test_a_merged_ticket_ends_for_good():
    notes = notes_of((0, "created"), (1, "merged"), (2, "status_changed", "open"))
    assert notes.flag("alive").tolist() == [True, False, False]
    assert notes.value("outcome").tolist() == pytest.approx([np.nan, 0.0, np.nan], nan_ok=True)


def test_changes_at_one_instant_keep_their_order():
    changes = ["open", "solved", "open", "pending"]
    notes = notes_of((0, "created"), *((1, "status_changed", word) for word in changes))
    status = notes.codes("status")
    assert [status.words[code] for code in status.codes] == ["new", *changes]
    assert flagged(notes, "reopened") == [3]


def test_unassigning_is_no_handoff_nor_is_the_first_assignment():
    people = ["ann", None, "ann", "bob", None, "ann", "ann"]
    notes = notes_of(*((at, "assignee_changed", who) for at, who in enumerate(people)))
    assert flagged(notes, "handoff") == [3, 5]
    assert flagged(notes, "assignee_return") == [5]
    held = notes.codes("assignee")
    assert [(*held.words, None)[code] for code in held.codes] == people


def test_a_handoff_of_assignee_and_group_at_one_instant_is_one():
    notes = notes_of(
        (0, "assignee_changed", "ann"),
        (0, "group_changed", "one"),
        (1, "assignee_changed", "bob"),
        (1, "group_changed", "two"),
    )
    assert flagged(notes, "handoff") == [2]
    assert flagged(notes, "group_handoff") == [3]


def test_a_holder_named_alike_in_another_ticket_is_no_return():
    rows = [("a", 0, "x"), ("a", 1, "y"), ("b", 0, "y"), ("b", 1, "x"), ("b", 2, "y")]
    frame = pd.DataFrame(rows, columns=["ticket_id", "at", "value"]).assign(event_type="group_changed")
    frame["occurred_at"] = T0 + pd.to_timedelta(frame.pop("at"), unit="h")
    notes = Annotations(History.from_log(EventLog.from_pandas(frame)))
    assert flagged(notes, "group_handoff") == [1, 3, 4]
    assert flagged(notes, "group_return") == [4]


def test_backlogs_are_what_joined_less_what_left():
    notes = notes_of(
        (0, "created"),
        (1, "group_changed", "one"),
        (2, "status_changed", "solved"),
        (3, "group_changed", "two"),
        (4, "status_changed", "open"),
        (5, "group_changed", None),
    )
    assert flagged(notes, "joined_group") == [1, 4]
    assert flagged(notes, "left_group") == [2, 5]
    before = notes.codes("group_before")
    assert [(*before.words, None)[code] for code in before.codes] == [None, None, "one", "one", "two", "two"]


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("P1", 4),
        ("1 - Critical", 4),
        ("5", 0),
        (" Urgent ", 4),
        ("normal", 2),
        ("blocker", 5),
        ("10", None),
        ("", None),
    ],
)
def test_levels_of_priority_words(word, level):
    assert priority_level(word) == level or (level is None and np.isnan(priority_level(word)))


@pytest.mark.parametrize(
    ("rows", "created"),
    [
        ([(0, "created"), (1, "message"), (2, "created")], [0]),
        ([(0, "message"), (1, "message")], [0]),
        ([(0, "priority_changed"), (0, "created"), (1, "message")], [0]),
        ([(0, "message"), (1, "created"), (2, "created")], [0]),
    ],
)
def test_the_first_event_stands_for_a_creation_that_is_not_told(rows, created):
    """Nor does a later one count again: a ticket comes into being once."""
    assert flagged(notes_of(*rows), "created") == created
