"""The search for settings of the trees."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from boilover.model.boosting import Settings
from boilover.model.rows import Rows
from boilover.model.search import search

SETTINGS = Settings((), 0, 1)


def rows(n: int, seed: int, noise: bool = False) -> Rows:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 3)).astype(np.float32)
    # A pattern of many small steps, which the few leaves that are usual for so few rows cannot follow.
    logit = np.zeros(n) if noise else 3.0 * np.sign(np.sin(4.0 * values[:, 0]))
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float)
    return Rows(pd.DataFrame(values, columns=list("abc")), values, y, np.arange(n))


def ticks(tries: int):
    """Return a clock by which a budget of one second is over after so many tries."""
    return itertools.chain([0.0] * tries, itertools.repeat(2.0)).__next__


def test_without_a_budget_the_usual_settings_are_all() -> None:
    found = search(rows(300, 0), rows(300, 1), SETTINGS, 0.0)
    assert found.tried == 1
    assert found.settings == SETTINGS


def test_the_same_seed_and_tries_find_the_same() -> None:
    fit, stop = rows(400, 0), rows(400, 1)
    one, two = (search(fit, stop, SETTINGS, 1.0, ticks(5)) for _ in range(2))
    assert one.tried == two.tried == 5
    assert one.settings == two.settings
    assert one.trees.model_to_string() == two.trees.model_to_string()


def test_what_is_found_is_no_worse_later_and_luck_is_not_kept() -> None:
    fit, stop = rows(600, 0), rows(600, 1)
    usual, found = search(fit, stop, SETTINGS, 0.0), search(fit, stop, SETTINGS, 1.0, ticks(9))
    assert stop.loss(found.trees.predict(stop.matrix, raw_score=True)) <= stop.loss(
        usual.trees.predict(stop.matrix, raw_score=True)
    )
    calm = search(rows(300, 2, noise=True), rows(60, 3, noise=True), SETTINGS, 1.0, ticks(6))
    assert calm.settings.changes == ()
