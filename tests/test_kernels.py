"""Kernels against the plainest code that says the same, on random streams with empty keys and ties."""

from __future__ import annotations

import numpy as np
import pytest

from boilover import kernels


@pytest.fixture(params=range(12))
def stream(request):
    """Return (times, offsets, keys, as_of): events by key, and points by (key, as_of), −1 the first."""
    rng = np.random.default_rng(request.param)
    n_keys = int(rng.integers(1, 8))
    counts = rng.integers(0, 12, n_keys) * (rng.random(n_keys) < 0.7)
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    times = np.concatenate([np.sort(rng.integers(0, 20, n)) for n in counts]).astype(np.int64)
    keys = np.sort(rng.integers(-1, n_keys, 60))
    as_of = np.concatenate([np.sort(rng.integers(-2, 22, (keys == key).sum())) for key in np.unique(keys)])
    return times, offsets, keys.astype(np.int64), as_of.astype(np.int64)


def rows_of(stream, point, window=None):
    times, offsets, keys, as_of = stream
    if keys[point] < 0:
        return []
    rows = range(offsets[keys[point]], offsets[keys[point] + 1])
    return [
        r for r in rows if times[r] <= as_of[point] and (window is None or times[r] > as_of[point] - window)
    ]


@pytest.mark.parametrize("window", [1, 3, 7, 100])
def test_visible_and_within(stream, window):
    times, offsets, keys, as_of = stream
    first, hi = kernels.visible(offsets, times, kernels.newest(offsets, times), keys, as_of)
    lo = kernels.within(times, kernels.newest(offsets, times), keys, first, hi, as_of, window)
    for point in range(len(keys)):
        assert list(range(first[point], hi[point])) == rows_of(stream, point)
        assert list(range(lo[point], hi[point])) == rows_of(stream, point, window)


@pytest.mark.parametrize("window", [1, 3, 100])
def test_aggregates_of_ranges(stream, window):
    times, offsets, keys, as_of = stream
    rng = np.random.default_rng(0)
    values = rng.integers(-5, 6, len(times)).astype(np.float64)
    codes = rng.integers(-1, 4, len(times)).astype(np.int32)
    first, hi = kernels.visible(offsets, times, kernels.newest(offsets, times), keys, as_of)
    lo = kernels.within(times, kernels.newest(offsets, times), keys, first, hi, as_of, window)
    starts = kernels.starts_of(offsets)
    sums = kernels.sum_between(kernels.running_sum(values, starts), first, lo, hi)
    rows = rng.permutation(len(times)).astype(np.int32)
    elsewhere = np.empty(len(times), np.float32)
    elsewhere[rows] = values
    assert (
        kernels.running_sum(elsewhere, starts, rows).tolist() == kernels.running_sum(values, starts).tolist()
    )
    most = kernels.greatest(values, first, lo, hi)
    different = kernels.distinct(codes, 4, first, lo, hi)
    ever = kernels.last(kernels.running_distinct(codes, 4, starts), None, first, hi, 0.0)
    top = kernels.last(kernels.running_greatest(values, starts), None, first, hi, np.nan)
    for point in range(len(keys)):
        rows = rows_of(stream, point, window)
        assert sums[point] == sum(values[row] for row in rows)
        assert different[point] == len({codes[row] for row in rows} - {-1})
        assert ever[point] == len({codes[row] for row in rows_of(stream, point)} - {-1})
        for found, seen in ((most, rows), (top, rows_of(stream, point))):
            np.testing.assert_equal(found[point], max((values[row] for row in seen), default=np.nan))


def test_keys_of_events(stream):
    _, offsets, _, _ = stream
    keys = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    assert kernels.keys_of(offsets).tolist() == keys.tolist()
    rows = np.flatnonzero(np.random.default_rng(1).random(len(keys)) < 0.4).astype(np.int32)
    assert kernels.keys_at(offsets, rows).tolist() == keys[rows].tolist()


def test_in_order_is_asked_within_each_key_alone(stream):
    times, offsets, _, _ = stream
    starts = kernels.starts_of(offsets)
    assert kernels.in_order(starts, times)
    backwards = times[::-1].copy()
    expected = all(
        backwards[row] >= backwards[row - 1]
        for key in range(len(offsets) - 1)
        for row in range(offsets[key] + 1, offsets[key + 1])
    )
    assert kernels.in_order(starts, backwards) == expected


@pytest.mark.parametrize("half_life", [0.001, 4.0, 3e5])
def test_decay_halves_per_half_life(stream, half_life):
    times, offsets, keys, as_of = stream
    lo, hi = kernels.visible(offsets, times, kernels.newest(offsets, times), keys, as_of)
    values = np.arange(1.0, len(times) + 1)
    rows = np.random.default_rng(0).permutation(len(times)).astype(np.int32)
    elsewhere, moments = np.empty(len(times), np.float32), np.empty_like(times)
    elsewhere[rows], moments[rows] = values, times
    out = kernels.decayed(values, times, None, lo, hi, as_of, half_life)
    counted = kernels.decayed(None, times, None, lo, hi, as_of, half_life)
    for point in range(len(keys)):
        parts = [0.5 ** ((as_of[point] - times[r]) / half_life) for r in rows_of(stream, point)]
        weighed = [part * values[r] for part, r in zip(parts, rows_of(stream, point), strict=True)]
        assert out[point] == pytest.approx(sum(weighed), rel=1e-12, abs=1e-290)
        assert counted[point] == pytest.approx(sum(parts), rel=1e-12, abs=1e-290)
    assert kernels.decayed(elsewhere, moments, rows, lo, hi, as_of, half_life).tolist() == out.tolist()


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 63, 64, 65, 128, 1000])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_rows_that_are_set(n, share):
    rng = np.random.default_rng(n)
    mask = rng.random(n) < share
    rows = kernels.set_rows(mask)
    assert rows.tolist() == np.flatnonzero(mask).tolist()
    # Some keys have no rows, the first and the last among them.
    offsets = np.sort(np.concatenate(([0, 0], rng.integers(0, n + 1, 12), [n, n])))
    picked = kernels.Picked(mask, offsets)
    assert picked.rows.tolist() == rows.tolist()
    assert picked.offsets.tolist() == [int(mask[:end].sum()) for end in offsets]
    anywhere = rng.integers(0, n + 1, 20).astype(np.int32)
    assert picked.rank(anywhere).tolist() == [int(mask[:row].sum()) for row in anywhere]
    assert rows.dtype == picked.rows.dtype == picked.offsets.dtype == picked.rank(anywhere).dtype == np.int32


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_what_is_not_kept_is_empty(share):
    mask = np.random.default_rng(0).random(100) < share
    kept = kernels.kept(np.arange(100, dtype=np.float32), mask, np.nan)
    assert kept[mask].tolist() == np.flatnonzero(mask).tolist()
    assert np.isnan(kept[~mask]).all()


def by_hand(values, flags, starts, step, begin):
    """Follow each key row by row, ``step`` telling what holds after a row."""
    out = []
    for row in range(len(values)):
        held = begin if starts[row] else out[-1]
        out.append(step(held, values[row], flags[row]))
    return out


@pytest.mark.parametrize("n", [0, 1, 2, 400])
@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, np.float32, np.float64])
def test_what_is_carried_along_a_key(n, dtype):
    rng = np.random.default_rng(n)
    values = rng.integers(-9, 9, n).astype(dtype)
    given = rng.random(n) < 0.3
    starts = (rng.random(n) < 0.2).astype(np.int8)
    starts[:1] = 1
    carried = kernels.carried(values, given, starts, -1)
    assert carried.dtype == dtype
    assert carried.tolist() == by_hand(values, given, starts, lambda held, now, new: now if new else held, -1)
    # What a key's first row finds before it is nothing; any other finds the row above.
    assert kernels.before(values, starts, -5).tolist() == [
        -5 if starts[row] else values[row - 1] for row in range(n)
    ]


@pytest.mark.parametrize("n", [0, 1, 2, 400])
def test_what_was_so_far_in_a_key(n):
    rng = np.random.default_rng(n)
    bits = rng.integers(0, 8, n).astype(np.uint8) * (rng.random(n) < 0.2)
    counted, ends = rng.random(n) < 0.5, rng.random(n) < 0.2
    starts = (rng.random(n) < 0.1).astype(np.int8)
    starts[:1] = 1
    assert kernels.so_far(bits, starts).tolist() == by_hand(
        bits, bits, starts, lambda held, now, _: held | now, 0
    )
    assert kernels.count_until(counted, ends, starts).tolist() == by_hand(
        counted, ends, starts, lambda held, now, end: 0 if end else held + now, 0
    )


def test_select_and_group(stream):
    times, offsets, _, _ = stream
    rng = np.random.default_rng(1)
    mask = rng.random(len(times)) < 0.5
    chosen = kernels.set_rows(mask)
    among = kernels.offsets_of(
        np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))[chosen], len(offsets) - 1
    )
    assert chosen.tolist() == np.flatnonzero(mask).tolist()
    for key in range(len(offsets) - 1):
        rows = [row for row in range(offsets[key], offsets[key + 1]) if mask[row]]
        assert chosen[among[key] : among[key + 1]].tolist() == rows


@pytest.mark.parametrize("bits", [63, 24, 18])
@pytest.mark.parametrize("n_keys", [1, 3, 200])
@pytest.mark.parametrize("span", [0, 1, 2047, 2048, 5_000_000_000_000])
def test_key_order_is_a_stable_sort(span, n_keys, bits, monkeypatch):
    # With fewer bits, those of the times find less room, and those of the keys none.
    monkeypatch.setattr("boilover.kernels.ordering._BITS", bits)
    rng = np.random.default_rng(span % 97)
    times, keys = rng.integers(-span, span + 1, 500) // 3, rng.integers(-1, n_keys, 500).astype(np.int32)
    before = times.copy()
    order, offsets = kernels.in_key_order(keys, n_keys, times)
    expected = np.lexsort((times, keys))[(keys < 0).sum() :]
    assert order.tolist() == expected.tolist()
    assert offsets.tolist() == [0, *np.cumsum([(keys == key).sum() for key in range(n_keys)])]
    assert order.dtype == offsets.dtype == np.int32
    assert (times == before).all()


def test_key_order_of_nothing_and_of_no_keys():
    nothing = kernels.in_key_order(np.empty(0, np.int32), 2, np.empty(0, np.int64))
    assert [each.tolist() for each in nothing] == [[], [0, 0, 0]]
    without = kernels.in_key_order(np.full(3, -1, np.int32), 0, np.arange(3))
    assert [each.tolist() for each in without] == [[], [0]]


def test_ascends_by_key_then_time():
    keys = np.array([-1, 0, 0, 2], dtype=np.int32)
    assert kernels.ascends(keys, np.array([9, 3, 3, 1]))
    assert not kernels.ascends(keys, np.array([9, 3, 2, 1]))
    assert not kernels.ascends(keys[::-1].copy(), np.array([0, 1, 2, 3]))


def test_the_last_visible_event(stream):
    times, offsets, keys, as_of = stream
    rows = np.arange(len(times), dtype=np.int32)[::-1].copy()
    values = np.random.default_rng(2).random(len(times))
    first, hi = kernels.visible(offsets, times, kernels.newest(offsets, times), keys, as_of)
    found = kernels.last(values, rows, first, hi, -1.0)
    hours = kernels.since_last(times, first, hi, as_of, 4)
    for point in range(len(keys)):
        seen = rows_of(stream, point)
        assert found[point] == (values[rows[seen[-1]]] if seen else -1.0)
        assert hours[point] == (as_of[point] - times[seen[-1]]) / 4 if seen else np.isnan(hours[point])


def test_points_that_ask_the_same_are_asked_once():
    rng = np.random.default_rng(4)
    keys, as_of = rng.integers(-1, 3, 80).astype(np.int32), rng.integers(0, 5, 80)
    order = np.lexsort((as_of, keys)).astype(np.int32)
    first, place = kernels.different(order, keys, as_of)
    questions = list(zip(keys[first], as_of[first], strict=True))
    assert questions == sorted(set(zip(keys, as_of, strict=True)))
    assert [questions[each] for each in place] == list(zip(keys, as_of, strict=True))
