import numpy as np
import pytest

from boilover.boosting import Capacity
from boilover.calibrators import sigmoid
from boilover.errors import InputError
from boilover.split import CALIBRATE, FIT, LEFT_OUT, REFIT, STOP
from boilover.tuning import choose_weight, learned, usable_slices


@pytest.fixture
def truth():
    rng = np.random.default_rng(0)
    z = rng.normal(-1.5, 1.5, 4000)
    return z, (rng.random(4000) < sigmoid(z)).astype(float), rng.normal(-1.5, 1.5, 4000), np.arange(4000)


def test_the_part_that_knows_gets_the_weight(truth):
    z, y, noise, tickets = truth
    assert choose_weight(z, noise, y, tickets) == 0.0
    assert choose_weight(noise, z, y, tickets) == 1.0


def test_two_halves_of_the_truth_are_shared(truth):
    _, _, noise, tickets = truth
    other = np.random.default_rng(5).normal(-1.5, 1.5, 4000)
    y = (np.random.default_rng(6).random(4000) < sigmoid(noise + other)).astype(float)
    assert choose_weight(noise, other, y, tickets) == 0.5


def test_a_shift_of_level_costs_a_part_nothing(truth):
    z, y, noise, tickets = truth
    assert choose_weight(z - 3.0, noise, y, tickets) == choose_weight(z, noise, y, tickets)


def test_little_evidence_stays_in_the_middle(truth):
    z, y, noise, tickets = truth
    few = slice(0, 60)
    weak = 0.5 * z + noise
    assert choose_weight(weak, noise, y, tickets) == 0.0
    assert choose_weight(weak[few], noise[few], y[few], tickets[few]) == 0.5


def test_slices_by_order_take_the_last_rows():
    y = np.tile([0.0, 1.0], 500)
    parts = usable_slices(None, y, np.arange(1000))
    assert [int((parts == part).sum()) for part in (FIT, STOP, CALIBRATE)] == [700, 150, 150]
    assert (np.diff(parts) >= 0).all()
    assert not usable_slices(None, y[:199], np.arange(199)).any()


def test_a_stopping_slice_of_few_tickets_joins_the_fit():
    y = np.tile([0.0, 1.0], 500)
    given = np.repeat(np.array([FIT, REFIT, STOP, CALIBRATE, LEFT_OUT], dtype=np.int8), 200)
    kept = usable_slices(given, y, np.arange(1000))
    assert np.array_equal(kept, given)
    merged = usable_slices(given, y, np.arange(1000) // 50)
    assert np.array_equal(merged, np.where(given == STOP, FIT, given))
    assert np.array_equal(learned(given), np.repeat([True, True, True, False, False], 200))


@pytest.mark.parametrize(
    ("slices", "error"), [([0, 1], "2 slices and 4 rows"), ([0, 0, 9, 0], "not a slice")]
)
def test_bad_slices_are_named(slices, error):
    with pytest.raises(InputError, match=error):
        usable_slices(slices, np.array([0.0, 1.0, 0.0, 1.0]), np.arange(4))


def test_capacity_grows_and_shrinkage_falls_with_what_is_known():
    sizes = [Capacity(known, 200 * known).parameters() for known in (0, 10, 100, 1000, 10_000, 1_000_000)]
    leaves = [size["num_leaves"] for size in sizes]
    assert leaves == sorted(leaves)
    assert (leaves[0], leaves[2], leaves[-1]) == (4, 10, 127)
    penalties = [size["lambda_l2"] for size in sizes]
    assert penalties == sorted(penalties, reverse=True)
