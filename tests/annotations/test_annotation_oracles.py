"""Every annotation against its oracle on random logs: one that has no oracle fails here."""

from __future__ import annotations

import math

import numpy as np
import pytest

from boilover.annotations import Annotations
from boilover.annotations.base import ANNOTATORS
from boilover.errors import UsageError
from boilover.history import Coded, History
from oracle_annotations import walk
from random_logs import AT_RISK_UNTIL, log_at_risk_until

SHIPPED = sorted(
    name for name, annotator in ANNOTATORS.items() if annotator.__module__.startswith("boilover.")
)


@pytest.fixture(scope="module", params=enumerate(AT_RISK_UNTIL))
def pair(request):
    seed, until = request.param
    log = log_at_risk_until(until, seed, n_tickets=40)
    notes = Annotations(History.from_log(log))
    facts = {}
    for event in walk(log):
        facts.setdefault(event["ticket_id"], []).append(event)
    ids = notes.history.ticket_ids.to_pylist()
    return notes, [event for ticket in ids for event in facts.get(ticket, [])]


@pytest.mark.parametrize("name", SHIPPED)
def test_equals_a_plain_walk(pair, name):
    notes, facts = pair
    found = _read(notes, name)
    assert len(found) == len(facts)
    for row, (value, event) in enumerate(zip(found, facts, strict=True)):
        expected = event[name]
        if isinstance(expected, float):
            same = (math.isnan(expected) and math.isnan(value)) or math.isclose(
                value, expected, rel_tol=1e-9, abs_tol=1e-6
            )
        else:
            same = value == expected
        assert same, f"{name} at event {row} of {event['ticket_id']}: {value!r}, not {expected!r}"


def _read(notes, name):
    for form in (notes.codes, notes.flag, notes.value):
        try:
            found = form(name)
        except UsageError:
            continue
        if isinstance(found, Coded):
            words = (*found.words, None)
            return [words[code] for code in found.codes]
        return found.tolist()
    raise AssertionError(name)


def test_every_flag_occurs_in_the_random_logs():
    """An oracle proves nothing on events that never happen."""
    from random_logs import log_of_seed

    logs = [Annotations(History.from_log(log_of_seed(seed, n_tickets=40))) for seed in range(8)]
    for name in SHIPPED:
        seen = [_read(notes, name) for notes in logs]
        values = {value for each in seen for value in each if value == value}
        assert len(values) >= (1 if name == "any_event" else 2), name


def test_the_wrong_kind_of_annotation_is_refused(notes_of_seed):
    notes = notes_of_seed(0)
    with pytest.raises(UsageError, match="'status' holds no flags"):
        notes.flag("status")
    with pytest.raises(UsageError, match="'reopened' holds no codes"):
        notes.codes("reopened")
    with pytest.raises(
        UsageError, match=r"there is no annotation 'reopend'\. There are: reopened, .*, and \d+ more"
    ):
        notes.value("reopend")
    assert notes.flag("reopened").dtype == np.bool_
