from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from boilover.kpi.cases import Cases
from boilover.kpi.measures import satisfaction


def mean_of(scores: Any) -> Any:
    cases = SimpleNamespace(
        satisfaction=np.asarray(scores, dtype=float), has_escalated=np.ones(len(scores), bool)
    )
    return satisfaction(cast(Cases, cases), escalated=True).mean


def test_a_handful_of_equal_scores_proves_little():
    # Wilson's bounds of 5 of 5.
    assert mean_of([1, 1, 1, 1, 1]) == pytest.approx((1, 1 / (1 + 1.959964**2 / 5), 1), abs=1e-6)
    assert mean_of([0, 0, 0])[0:2] == (0, 0)
    assert mean_of([0, 0, 0]).high > 0.5
    low, high = mean_of([0.75, 0.75, 0.75])[1:]
    assert low < 0.6 < 0.9 < high


def test_many_scores_have_two_standard_errors():
    scores = np.random.default_rng(0).choice([0, 0.25, 0.5, 0.75, 1], 4000, p=[0.1, 0.05, 0.1, 0.3, 0.45])
    told, error = mean_of(scores), scores.std() / np.sqrt(4000)
    assert told[1:] == pytest.approx((scores.mean() - 1.96 * error, scores.mean() + 1.96 * error), abs=2e-4)


@pytest.mark.parametrize("tickets", [3, 10, 30])
@pytest.mark.parametrize("shares", [[0.1, 0, 0, 0, 0.9], [0.1, 0.05, 0.1, 0.3, 0.45]])
def test_intervals_cover_the_mean_about_as_often_as_they_say(tickets, shares):
    rng, scores = np.random.default_rng(1), np.linspace(0, 1, 5)
    told = [mean_of(rng.choice(scores, tickets, p=shares)) for _ in range(400)]
    assert np.mean([each.low <= scores @ shares <= each.high for each in told]) > 0.9
