"""The aggregates over what points see of a stream."""

from __future__ import annotations

import numpy as np

from boilover.kernels.base import Array, compiled
from boilover.kernels.visibility import time_at


@compiled
def since_last(
    times: Array, lo: Array, hi: Array, as_of: Array, unit: int, rows: Array | None = None
) -> Array:
    """Return the time since the last event in ``lo:hi`` for each point, in ``unit``; NaN where there is none."""
    out = np.full(len(lo), np.nan)
    for point in range(len(lo)):
        if hi[point] > lo[point]:
            out[point] = (as_of[point] - time_at(times, rows, hi[point] - 1)) / unit
    return out


@compiled
def last(values: Array, rows: Array | None, lo: Array, hi: Array, empty: float) -> Array:
    """Return the value at the last event in ``lo:hi`` for each point, ``empty`` where there is none, in their dtype.

    ``rows`` tells where each event stands among ``values``; without them it is the same place.
    """
    out = np.full(len(lo), empty, values.dtype)
    for point in range(len(lo)):
        if hi[point] > lo[point]:
            row = hi[point] - 1
            out[point] = values[row] if rows is None else values[rows[row]]
    return out


@compiled
def starts_of(offsets: Array) -> Array:
    """Return 1 at the first event of each key, else 0, int8 (n_events)."""
    starts = np.zeros(offsets[-1], np.int8)
    for key in range(len(offsets) - 1):
        if offsets[key + 1] > offsets[key]:
            starts[offsets[key]] = 1
    return starts


@compiled
def keys_of(offsets: Array) -> Array:
    """Return the key of each event, int32 (n_events): several times as fast as NumPy's ``repeat``."""
    keys = np.empty(offsets[-1], np.int32)
    for key in range(len(offsets) - 1):
        for row in range(offsets[key], offsets[key + 1]):
            keys[row] = key
    return keys


@compiled
def keys_at(offsets: Array, rows: Array) -> Array:
    """Return the key of the events at ``rows``, which rise, int32 (n_rows)."""
    keys = np.empty(len(rows), np.int32)
    key = 0
    for i in range(len(rows)):
        while offsets[key + 1] <= rows[i]:
            key += 1
        keys[i] = key
    return keys


@compiled
def running_sum(values: Array, starts: Array, rows: Array | None = None) -> Array:
    """Return the inclusive prefix sums of ``values``, float64, begun anew where ``starts`` is set.

    ``rows`` tell where each event of a stream stands among ``values``; without them it is the same place.
    """
    sums = np.empty(len(starts), np.float64)
    total = 0.0
    for row in range(len(starts)):
        value = np.float64(values[row] if rows is None else values[rows[row]])
        total = value + (0.0 if starts[row] else total)
        sums[row] = total
    return sums


@compiled
def sum_between(sums: Array, first: Array, lo: Array, hi: Array) -> Array:
    """Return the sum over ``lo:hi`` for each point, from prefix sums of the key that begins at ``first``."""
    out = np.zeros(len(lo), np.float64)
    for point in range(len(lo)):
        if hi[point] > lo[point]:
            out[point] = sums[hi[point] - 1]
            if lo[point] > first[point]:
                out[point] -= sums[lo[point] - 1]
    return out


@compiled
def mean(total: Array, lo: Array, hi: Array) -> Array:
    """Return ``total`` over the number of events in ``lo:hi`` for each point, NaN where there is none."""
    out = np.full(len(total), np.nan)
    for point in range(len(total)):
        if hi[point] > lo[point]:
            out[point] = total[point] / (hi[point] - lo[point])
    return out


@compiled
def shrunk(total: Array, lo: Array, hi: Array, prior: Array, weight: float) -> Array:
    """Return the mean of each point as if ``weight`` more events than those in ``lo:hi`` had had the ``prior``."""
    out = np.empty(len(total), np.float64)
    for point in range(len(total)):
        out[point] = (total[point] + weight * prior[point]) / (hi[point] - lo[point] + weight)
    return out


@compiled
def greatest(values: Array, first: Array, lo: Array, hi: Array) -> Array:
    """Return the greatest value in ``lo:hi`` for each point, NaN where there is none: a monotonic queue."""
    out = np.full(len(lo), np.nan)
    queue = np.empty(len(values), np.int32)
    head = tail = 0
    row = 0
    for point in range(len(lo)):
        if point == 0 or first[point] != first[point - 1] or row < lo[point]:
            head = tail = 0
            row = lo[point]
        while row < hi[point]:
            while tail > head and values[queue[tail - 1]] <= values[row]:
                tail -= 1
            queue[tail] = row
            tail += 1
            row += 1
        while head < tail and queue[head] < lo[point]:
            head += 1
        if head < tail and hi[point] > lo[point]:
            out[point] = values[queue[head]]
    return out


@compiled
def running_greatest(values: Array, starts: Array) -> Array:
    """Return the greatest of ``values`` so far, begun anew where ``starts`` is set."""
    most = np.empty(len(values), np.float64)
    top = -np.inf
    for row in range(len(values)):
        value = values[row]
        top = value if (starts[row] != 0) | (value > top) else top
        most[row] = top
    return most


@compiled
def running_distinct(codes: Array, n_codes: int, starts: Array) -> Array:
    """Return how many different codes there were so far, int32, begun anew where ``starts`` is set; −1 is no code."""
    out = np.empty(len(codes), np.int32)
    seen_by = np.full(n_codes + 1, -1, np.int32)
    key = total = np.int32(0)
    for row in range(len(codes)):
        key += np.int32(starts[row])
        # No code is as if it had been seen.
        seen_by[n_codes] = key
        code = codes[row] if codes[row] >= 0 else n_codes
        total = (np.int32(0) if starts[row] else total) + np.int32(seen_by[code] != key)
        seen_by[code] = key
        out[row] = total
    return out


@compiled
def distinct(codes: Array, n_codes: int, first: Array, lo: Array, hi: Array) -> Array:
    """Return how many different codes stand in ``lo:hi`` for each point; −1 is no code."""
    out = np.zeros(len(lo), np.float64)
    seen = np.zeros(n_codes, np.int32)
    start = row = 0
    different = 0
    for point in range(len(lo)):
        if point == 0 or first[point] != first[point - 1] or row < lo[point]:
            for old in range(start, row):
                if codes[old] >= 0:
                    seen[codes[old]] = 0
            different = 0
            start = row = lo[point]
        while row < hi[point]:
            if codes[row] >= 0:
                if seen[codes[row]] == 0:
                    different += 1
                seen[codes[row]] += 1
            row += 1
        while start < lo[point]:
            if codes[start] >= 0:
                seen[codes[start]] -= 1
                if seen[codes[start]] == 0:
                    different -= 1
            start += 1
        out[point] = different
    return out
