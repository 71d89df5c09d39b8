from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from boilover.errors import InputError, MismatchError
from boilover.model.reference import MAX_WORDS, Distribution, Reference, distribution_of, reference_of
from boilover.monitoring.stability import LEVEL, MIN_WINDOWS, bound, psi, windows

DAY = 86_400_000_000


def slow_psi(before: list[int], now: list[int]) -> float:
    used = [(there, here) for there, here in zip(before, now, strict=True) if there or here]
    found = 0.0
    for there, here in used:
        p = (there + 0.5) / (sum(before) + 0.5 * len(used))
        q = (here + 0.5) / (sum(now) + 0.5 * len(used))
        found += (q - p) * math.log(q / p)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_the_index_is_that_of_its_definition(seed):
    rng = np.random.default_rng(seed)
    before, now = rng.integers(0, 4, (2, 6)) * rng.integers(0, 100, (2, 6))
    before[0], now[0] = 1, 1
    assert psi(before, now) == pytest.approx(slow_psi(before.tolist(), now.tolist()))
    assert psi(before, now) == pytest.approx(psi(now, before))
    many = psi(np.stack([before, now]), now)
    assert many == pytest.approx([slow_psi(before.tolist(), now.tolist()), 0])


def test_a_bin_that_is_empty_on_both_sides_changes_nothing():
    assert psi([5, 0, 9], [2, 0, 3]) == psi([5, 9], [2, 3])
    assert np.isfinite(psi([10, 0], [0, 10]))
    assert psi([10], [3]) == 0


def drawn(rng: np.random.Generator, blocks: int, rows: int, wander: float) -> np.ndarray:
    """Counts by block of a share that wanders around one half, or stays there."""
    shares = 1 / (1 + np.exp(-wander * rng.normal(size=blocks)))
    hits = rng.binomial(rows, shares)
    return np.column_stack([hits, rows - hits, np.zeros(blocks)]).astype(np.int64)


@pytest.mark.parametrize("wander", [0.0, 0.5, 2.0])
def test_what_only_wanders_rarely_exceeds_its_bound(wander):
    rng = np.random.default_rng(3)
    alarms, naive = 0, 0
    for _ in range(400):
        counts = drawn(rng, 21, 100, wander)
        parts, now = counts[:20], counts[20]
        total = parts.sum(axis=0)
        alarms += psi(total, now) > bound(parts, total, now, LEVEL)
        naive += psi(total, now) > 0.25
    assert alarms <= 400 * 2 * LEVEL
    if wander == 2.0:
        # The usual mark takes every third window of such a desk for drift.
        assert naive > 100


def test_what_moves_further_than_it_wanders_exceeds_its_bound():
    rng = np.random.default_rng(4)
    parts = drawn(rng, 20, 200, 0.1)
    total = parts.sum(axis=0)
    for now in ([150, 50, 0], [100, 60, 40], [20, 180, 0]):
        assert psi(total, np.array(now)) > bound(parts, total, np.array(now), LEVEL / 100)


def test_windows_are_about_as_long_as_what_is_judged():
    counts = np.ones((20, 3), dtype=np.int64) * 20
    told = Distribution(counts)
    assert windows(told, 7.0, 14.0).shape == (10, 3)
    assert (windows(told, 7.0, 14.0) == 40).all()
    assert windows(told, 7.0, 1.0).shape == (20, 3)
    assert len(windows(told, 7.0, 1000.0)) == MIN_WINDOWS
    assert len(windows(Distribution(counts[:3]), 7.0, 7.0)) == 0
    assert len(windows(Distribution(counts // 10), 7.0, 7.0)) == 0
    assert math.isnan(bound(counts[:3], counts.sum(axis=0), counts[0], LEVEL))


def test_a_reference_counts_what_there_is_and_survives_its_text():
    rng = np.random.default_rng(0)
    n = 500
    number = np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)).astype(np.float32)
    words = pd.Series(rng.choice(["a", "b", "c"], n)).where(rng.random(n) > 0.2)
    many = pd.Series([f"w{place % 60}" for place in range(n)])
    frame = pd.DataFrame({"number": number, "word": pd.Categorical(words), "many": many})
    as_of = np.arange(n) * DAY
    y = np.where(rng.random(n) < 0.1, np.nan, (rng.random(n) < 0.3).astype(float))
    made = reference_of(frame, as_of, y, rng.random(50), as_of[-50:], (0.0, 24.0))
    assert made.columns["word"].counts.shape[0] == 20
    told = made.columns["word"]
    assert dict(zip(told.words, told.counts.sum(axis=0), strict=False)) == words.value_counts().to_dict()
    assert told.counts.sum(axis=0)[-2:].tolist() == [0, words.isna().sum()]
    assert made.columns["number"].counts.sum(axis=0)[-1] == np.isnan(number).sum()
    deciles = made.columns["number"].counts.sum(axis=0)[:-1]
    assert abs(deciles - deciles.mean()).max() <= 2
    assert (
        made.columns["many"].counts.sum(axis=0)[-2] == many.isin(made.columns["many"].words).eq(False).sum()
    )
    assert len(made.columns["many"].words) == MAX_WORDS
    assert made.outcome.counts.sum(axis=0).tolist() == [(y == 0).sum(), (y == 1).sum(), np.isnan(y).sum()]
    again = Reference.from_text(made.to_text().encode())
    assert again.to_text() == made.to_text()
    assert again.ages == (0.0, 24.0)
    for broken in (b"{}", b"[1]", b"no", made.to_text().replace('"cuts"', '"cut"').encode()):
        with pytest.raises(InputError, match="Train the model again"):
            Reference.from_text(broken, "reference.json")


def test_values_fall_into_the_bins_of_the_training():
    number = distribution_of(pd.Series([0.0, 0, 0, 0, 0, 0, 0, 0, 1, 3]), np.zeros(10, dtype=np.int64))
    assert number.cuts.tolist() == [0.0, 1.0]
    assert number.bins_of(pd.Series([-5.0, 0, 0.5, 1, 2, np.nan])).tolist() == [0, 0, 1, 1, 2, 3]
    word = distribution_of(pd.Series(["x", "x", "y"]), np.zeros(3, dtype=np.int64))
    assert word.bins_of(pd.Series(["y", "new", None, "x"])).tolist() == [1, 2, 3, 0]
    with pytest.raises(MismatchError, match="was a number"):
        number.bins_of(pd.Series(["a"], name="age"))
    nothing = distribution_of(pd.Series([np.nan, np.nan]), np.zeros(2, dtype=np.int64))
    assert nothing.counts.tolist() == [[0, 2]]
    assert nothing.mean is None
