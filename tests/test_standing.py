"""What is told of tickets at some moments is what the annotations of every event tell."""

from __future__ import annotations

import numpy as np
import pytest

from boilover.annotations import Annotations
from boilover.history import History
from boilover.schema import AtRiskUntil
from boilover.standing import is_held, standing
from random_logs import AT_RISK_UNTIL, log_at_risk_until, log_of_seed


@pytest.mark.parametrize("until", AT_RISK_UNTIL)
@pytest.mark.parametrize("seed", range(2, 8))
def test_it_is_what_annotations_tell_of_the_last_visible_event(seed: int, until: AtRiskUntil) -> None:
    notes = Annotations(History.from_log(log_at_risk_until(until, seed, n_tickets=80, mean_events=8)))
    history = notes.history
    sizes = np.diff(history.offsets)
    # Every prefix of every ticket, and some of them skipped or asked twice.
    lo = np.repeat(history.offsets[:-1], sizes + 1).astype(np.int32)
    hi = np.concatenate(
        [np.arange(start, start + size + 1) for start, size in zip(history.offsets, sizes, strict=False)]
    )
    asked = np.sort(np.random.default_rng(seed).integers(0, len(lo), len(lo)))
    lo, hi = lo[asked], hi[asked].astype(np.int32)
    at_risk, escalated = standing(history, lo, hi)
    some = hi > lo
    assert np.array_equal(at_risk[some], notes.flag("at_risk")[hi[some] - 1])
    assert at_risk[~some].all()
    so_far = np.concatenate([[0], np.cumsum(notes.flag("escalated"))])
    assert np.array_equal(escalated, so_far[hi] > so_far[lo])
    assert 0 < at_risk[some].sum() < some.sum()
    assert escalated.any()


@pytest.mark.parametrize("seed", range(2, 8))
def test_who_holds_a_ticket_is_what_annotations_tell(seed: int) -> None:
    notes = Annotations(History.from_log(log_of_seed(seed, mean_events=8)))
    history = notes.history
    rows = np.random.default_rng(seed).permutation(len(history.time)).astype(np.int32)
    tickets = np.append(history.ticket[rows], np.int32(-1))
    for holder in ("assignee", "group"):
        held = is_held(history, tickets, np.append(rows, np.int32(-1)), holder)
        assert np.array_equal(held[:-1], notes.codes(holder).codes[rows] >= 0)
        assert not held[-1]
        assert held.any()
