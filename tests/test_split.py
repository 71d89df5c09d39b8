"""Splits by time: no label of an earlier slice reaches into a later one."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from boilover.history import HOUR
from boilover.split import CALIBRATE, FIT, LEFT_OUT, REFIT, STOP, split

DAY = 24 * HOUR


@st.composite
def questions(draw):
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    n_points = draw(st.integers(1, 200))
    span = draw(st.integers(1, 200)) * DAY
    step = draw(st.sampled_from([1, HOUR, DAY, 10 * DAY]))
    as_of = 1_770_000_000_000_000 + rng.integers(0, span, n_points) // step * step
    ticket = rng.integers(0, draw(st.integers(1, 40)), n_points).astype(np.int32)
    usable = rng.random(n_points) < 0.8
    usable[rng.integers(n_points)] = True
    return as_of, draw(st.integers(1, 60 * 24)) * HOUR, ticket, usable


@given(questions())
@settings(max_examples=150, deadline=None)
def test_slices_do_not_tell_about_each_other(asked):
    as_of, horizon, ticket, usable = asked
    parts = split(as_of, horizon, ticket, usable)
    assert (parts.slices[~usable] == LEFT_OUT).all()
    assert (parts.slices[usable] != LEFT_OUT).all()
    fit, stop, calibrate = (parts.slices == part for part in (FIT, STOP, CALIBRATE))
    if parts.by == "time":
        assert (as_of[fit] + horizon <= parts.stop).all()
        assert (as_of[stop] >= parts.stop).all()
        assert (as_of[stop] + horizon <= parts.calibrate).all()
        assert (as_of[calibrate] >= parts.calibrate).all()
        crossing = parts.slices == REFIT
        across = [(as_of < border) & (as_of + horizon > border) for border in (parts.stop, parts.calibrate)]
        assert (across[0] | across[1])[crossing].all()
        assert (fit | stop | calibrate | crossing)[usable].all()
    else:
        whose = [set(ticket[part]) for part in (fit, stop, calibrate)]
        for one, other in combinations(whose, 2):
            assert one.isdisjoint(other)
        assert not (parts.slices == REFIT).any()


def test_shares_of_an_ample_log():
    as_of = np.arange(0, 1000 * DAY, DAY)
    parts = split(as_of, 7 * DAY, np.arange(1000, dtype=np.int32), np.ones(1000, dtype=bool))
    assert parts.by == "time"
    counts = {part: int((parts.slices == part).sum()) for part in (FIT, STOP, CALIBRATE, REFIT)}
    assert counts == {FIT: 693, STOP: 143, CALIBRATE: 150, REFIT: 14}


def test_a_horizon_too_long_for_the_log_splits_by_ticket():
    as_of = np.arange(0, 20 * DAY, HOUR)
    ticket = (np.arange(len(as_of)) // 4).astype(np.int32)
    parts = split(as_of, 7 * DAY, ticket, np.ones(len(as_of), dtype=bool))
    assert parts.by == "ticket"
    assert {FIT, STOP, CALIBRATE} == set(parts.slices.tolist())
