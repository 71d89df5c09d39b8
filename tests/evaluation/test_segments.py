"""By what figures are told: states and attributes of few groups, and never people."""

from __future__ import annotations

import numpy as np

from boilover.annotations import Annotations
from boilover.evaluation.segments import segments_of
from boilover.history import History
from boilover.log import EventLog
from boilover.points import AGES_HOURS, landmarks
from boilover.synthetic import synthetic_desk

DESK = synthetic_desk(n_tickets=300, days=60, seed=4)


def groups(**attributes: list[str]) -> dict[str, set[str]]:
    """Segments of the desk, whose tickets have these attributes in turn, as the names of their groups."""
    events, tickets = DESK.to_pandas()
    told = {name: np.resize(np.array(words), len(tickets)) for name, words in attributes.items()}
    log = EventLog.from_pandas(events, tickets[["ticket_id"]].assign(**told))
    notes = Annotations(History.from_log(log))
    return {
        name: set(found) for name, found in segments_of(notes, landmarks(notes.history, AGES_HOURS)).items()
    }


def test_never_by_who_works_on_tickets() -> None:
    found = groups(
        first_assignee=["ann", "bob"], solved_by=["x", "y"], Owner=["p", "q"], channel=["mail", "web"]
    )
    assert found["channel"] == {"mail", "web"}
    assert not found.keys() & {"first_assignee", "solved_by", "Owner"}


def test_an_attribute_called_like_a_state_does_not_take_its_place() -> None:
    assert groups(status=["a", "b"])["status"] >= {"new", "open"}
    assert groups(channel=["mail", "web"])["status"] >= {"new", "open"}
