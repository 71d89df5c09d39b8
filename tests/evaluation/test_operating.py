import numpy as np
import pytest

from boilover.errors import InputError
from boilover.evaluation.operating import LINES, operating

DAY = 86_400_000_000


def by_hand(y, risk, as_of, tickets, before, unseen, line):
    """Walk through the points of every ticket in time, raising one flag."""
    flagged = caught = known = right = 0
    escalating = unseen
    for ticket in set(tickets.tolist()):
        rows = sorted(np.flatnonzero(tickets == ticket), key=lambda row: as_of[row])
        escalating += before[rows].any()
        caught += any(before[row] and risk[row] >= line for row in rows)
        for row in rows:
            if risk[row] >= line:
                flagged += 1
                known += not np.isnan(y[row])
                right += y[row] == 1
                break
    nights = as_of.max() // DAY - as_of.min() // DAY + 1
    chance = flagged / len(set(tickets.tolist())) * (escalating - unseen) / escalating
    return flagged / nights, caught / escalating, chance, right / known if known else np.nan


@pytest.mark.parametrize("unseen", [0, 7])
def test_figures_are_those_of_a_walk_through_time(unseen):
    rng = np.random.default_rng(4)
    n = 400
    tickets, as_of = rng.integers(0, 60, n), rng.integers(5 * DAY, 25 * DAY, n)
    risk, before = rng.random(n).round(2), rng.random(n) < 0.2
    y = np.where(rng.random(n) < 0.1, np.nan, before)
    found = operating(y, risk, as_of, tickets, before=before, unseen=unseen)
    assert 2 < len(found.threshold) <= LINES
    assert (np.diff(found.threshold) < 0).all()
    for place, line in enumerate(found.threshold):
        figures = by_hand(y, risk, as_of, tickets, before, unseen, line)
        told = tuple(column[place] for column in found[1:])
        assert told == pytest.approx(figures, nan_ok=True)
    assert found.flags_a_night[-1] == pytest.approx(len(np.unique(tickets)) / 20)


def test_points_with_a_label_are_those_that_catch():
    found = operating([1, 0, 0], [0.4, 0.9, 0.2], [0, DAY, DAY], [1, 1, 2])
    assert found.threshold.tolist() == [0.9, 0.2]
    assert found.flags_a_night.tolist() == [0.5, 1.0]
    # The flag of 0.9 comes when the escalation is over.
    assert found.recall.tolist() == [0.0, 1.0]
    assert found.precision.tolist() == [0.0, 0.5]


def test_nothing_escalates():
    found = operating([0, np.nan], [0.5, 0.5], [0, 0], ["a", "b"])
    assert found.flags_a_night.tolist() == [2.0]
    assert np.isnan(found.recall).all()
    assert found.precision.tolist() == [0.0]


def test_thousands_of_tickets_need_few_lines():
    rng = np.random.default_rng(0)
    risk = rng.random(5000)
    found = operating(rng.random(5000) < risk, risk, np.zeros(5000, int), np.arange(5000))
    assert len(found.threshold) <= LINES
    assert found.threshold[0] == risk.max()
    assert found.threshold[-1] == risk.min()


@pytest.mark.parametrize("arrays", [([], [], [], []), ([1], [0.5, 0.5], [0, 0], [0, 0])])
def test_arrays_that_do_not_match(arrays):
    with pytest.raises(InputError, match="do not match"):
        operating(*arrays)
