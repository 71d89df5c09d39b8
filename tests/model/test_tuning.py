"""What is chosen on the stopping slice: shrinkage, weight and rounds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from boilover.errors import InputError
from boilover.model.boosting import Capacity, Settings
from boilover.model.rows import Rows, usable_slices
from boilover.model.tuning import (
    AGE_ONLY,
    CHOICES_OF_C,
    most_plausible,
    shares_of_shrinkage,
    tune,
    usual_shrinkage,
    usual_weight,
)
from boilover.split import CALIBRATE, FIT, LEFT_OUT, REFIT, STOP


def rows(n: int, seed: int, *, linear: bool) -> Rows:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 4)).astype(np.float32)
    # A straight line is what the partner sees, the sign of a product is what only trees see.
    logit = 1.5 * values[:, 0] if linear else 3.0 * np.sign(values[:, 0] * values[:, 1])
    y = (rng.random(n) < 1 / (1 + np.exp(1.0 - logit))).astype(float)
    return Rows(pd.DataFrame(values, columns=list("abcd")), values, y, np.arange(n))


SETTINGS = Settings((), 0, 1)


def chosen_by(
    scores: dict[float, np.ndarray], strangeness: dict[float, float], y: np.ndarray, tickets: np.ndarray
) -> float:
    slice_ = Rows(pd.DataFrame(index=range(len(y))), np.empty((len(y), 0), np.float32), y, tickets)
    return most_plausible({choice: slice_.loss(score) for choice, score in scores.items()}, strangeness)


@pytest.mark.parametrize(("tickets", "chosen"), [(2000, 0.0), (40, 1.0)])
def test_many_tickets_let_the_slice_decide_and_few_leave_the_usual_choice(
    tickets: int, chosen: float
) -> None:
    rng = np.random.default_rng(0)
    knows = rng.normal(-1, 1, tickets)
    y = (rng.random(tickets) < 1 / (1 + np.exp(-knows))).astype(float)
    scores = {0.0: knows, 1.0: knows + rng.normal(0, 1, tickets)}
    assert chosen_by(scores, {0.0: 4.0, 1.0: 0.0}, y, np.arange(tickets)) == chosen


def test_the_points_of_a_ticket_count_as_one() -> None:
    rng = np.random.default_rng(1)
    knows = rng.normal(-1, 1, 60)
    y = (rng.random(60) < 1 / (1 + np.exp(-knows))).astype(float)
    scores = {0.0: knows, 1.0: knows + rng.normal(0, 1, 60)}
    again = {choice: np.repeat(score, 50) for choice, score in scores.items()}
    strangeness = {0.0: 4.0, 1.0: 0.0}
    assert chosen_by(scores, strangeness, y, np.arange(60)) == 1.0
    assert chosen_by(again, strangeness, np.repeat(y, 50), np.repeat(np.arange(60), 50)) == 1.0
    assert chosen_by(again, strangeness, np.repeat(y, 50), np.arange(3000)) == 0.0


def test_few_tickets_leave_the_usual_choice() -> None:
    fit, few = rows(600, 0, linear=False), rows(24, 1, linear=False)
    chosen = tune(fit, few, SETTINGS)
    assert abs(chosen.weight - usual_weight(fit.capacity.known)) <= 0.25
    usual = shares_of_shrinkage(fit.capacity.known)
    assert all(abs(np.log(chosen.shares[C] / usual[C])) < np.log(3.0) for C in CHOICES_OF_C[:3])


def test_a_shift_of_the_base_rate_is_no_reason_to_choose_otherwise() -> None:
    fit, stop = rows(3000, 0, linear=True), rows(3000, 1, linear=True)
    rarer = stop.where((stop.labels == 0) | (np.arange(3000) % 5 == 0))
    chosen, shifted = tune(fit, stop, SETTINGS), tune(fit, rarer, SETTINGS)
    # Fewer rows say less against the usual weight, which is one step off.
    assert abs(chosen.weight - shifted.weight) <= 0.25
    assert chosen.shares == pytest.approx(shifted.shares, abs=0.25)


def test_the_usual_choices_free_themselves_with_the_number_of_tickets() -> None:
    known = [0, 50, 100, 500, 1000, 2000, 3000, 10**6]
    weights, shrinkages = [usual_weight(n) for n in known], [usual_shrinkage(n) for n in known]
    assert weights == sorted(weights, reverse=True)
    assert shrinkages == sorted(shrinkages)
    assert (weights[0], weights[-1]) == (1.0, 0.25)
    assert (shrinkages[0], shrinkages[-1]) == (1e-4, 1e-1)


def test_thinned_rows_are_evenly_spaced_and_none_is_lost_where_there_are_few() -> None:
    many = rows(1000, 0, linear=True)
    assert len(many.thinned(10)) == 10
    assert many.thinned(10).tickets.tolist() == np.linspace(0, 999, 10).astype(int).tolist()
    assert len(many.thinned(5000)) == 1000


def test_slices_are_taken_as_given_unless_the_stopping_slice_holds_too_little() -> None:
    y = np.tile([0.0, 1.0], 250)
    tickets = np.arange(500)
    given = np.repeat(np.array([FIT, STOP, CALIBRATE, REFIT, LEFT_OUT], dtype=np.int8), 100)
    assert usable_slices(given, y, tickets).tolist() == given.tolist()
    one_ticket = np.where(given == STOP, 0, tickets)
    assert (usable_slices(given, y, one_ticket)[given == STOP] == FIT).all()


@pytest.mark.parametrize("slices", [np.zeros(3), np.full(10, 7)])
def test_slices_that_do_not_fit_are_refused(slices: np.ndarray) -> None:
    with pytest.raises(InputError):
        usable_slices(slices, np.tile([0.0, 1.0], 5), np.arange(10))


def test_capacity_grows_and_shrinkage_falls_with_what_is_known():
    sizes = [Capacity(known, 200 * known).parameters() for known in (0, 10, 100, 1000, 10_000, 1_000_000)]
    leaves = [size["num_leaves"] for size in sizes]
    assert leaves == sorted(leaves)
    assert (leaves[0], leaves[2], leaves[-1]) == (4, 10, 127)
    penalties = [size["lambda_l2"] for size in sizes]
    assert penalties == sorted(penalties, reverse=True)


def aged(n: int, seed: int, *, later: bool) -> Rows:
    """Age tells something at all times; thirty other columns tell all, and later the contrary."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(n, 30)).astype(np.float32)).rename(columns=str)
    frame.insert(0, "age", rng.lognormal(3, 2, n).astype(np.float32))
    told = frame.iloc[:, 1:].to_numpy().sum(axis=1) * (-0.3 if later else 0.3)
    logit = told - 0.5 * np.log1p(frame["age"].to_numpy())
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float)
    return Rows(frame, frame.to_numpy(np.float32), y, np.arange(n))


def test_what_did_not_hold_later_leaves_age_alone() -> None:
    fit = aged(1000, 0, later=False)
    chosen = tune(fit, aged(400, 1, later=True), SETTINGS, age="age")
    assert (chosen.shares, chosen.weight) == ({AGE_ONLY: 1.0}, 1.0)
    assert AGE_ONLY not in tune(fit, aged(400, 1, later=False), SETTINGS, age="age").shares


def test_shrinkages_are_mixed_as_the_slice_finds_them_plausible() -> None:
    usual = shares_of_shrinkage(1111)
    assert sum(usual.values()) == pytest.approx(1.0)
    assert max(usual, key=lambda C: usual[C]) == 1e-2 == pytest.approx(usual_shrinkage(1111), rel=1e-3)
    assert usual[1e-3] / usual[1e-2] == pytest.approx(np.exp(-0.5 * (1 / 0.7) ** 2), rel=1e-3)
    losses = {1e-6: 60.0, 1e-4: 50.0, 1e-3: 49.0, 1e-2: 48.0, 1e-1: 58.0}
    told = shares_of_shrinkage(1111, losses)
    assert sum(told.values()) == pytest.approx(1.0)
    # Bayes: what was believed before, times the likelihood.
    assert told[1e-2] / told[1e-3] == pytest.approx(np.e * usual[1e-2] / usual[1e-3])
    # Less than one in ten thousand: not worth a fit.
    assert 1e-1 not in told


@pytest.mark.parametrize(("gain", "alone"), [(1.9, False), (2.1, True)])
def test_age_stands_alone_where_it_beats_the_whole_mixture_by_its_doubt(gain: float, alone: bool) -> None:
    losses = dict.fromkeys((1e-4, 1e-3, 1e-2, 1e-1), 50.0) | {AGE_ONLY: 50.0 - gain}
    assert (shares_of_shrinkage(100, losses) == {AGE_ONLY: 1.0}) == alone
