"""What points see of a stream of events."""

from __future__ import annotations

import numpy as np

from boilover.kernels.base import Array, compiled


@compiled
def time_at(times: Array, rows: Array | None, place: int) -> int:
    """Return when the event at ``place`` of a stream was; ``rows`` tell where it stands among ``times``."""
    return times[place] if rows is None else times[rows[place]]


@compiled
def newest(offsets: Array, times: Array, rows: Array | None = None) -> Array:
    """Return when the last event of each key was, int64 (n_keys); long ago where there is none."""
    out = np.full(len(offsets) - 1, np.iinfo(np.int64).min, np.int64)
    for key in range(len(out)):
        if offsets[key + 1] > offsets[key]:
            out[key] = time_at(times, rows, offsets[key + 1] - 1)
    return out


@compiled
def visible(
    offsets: Array, times: Array, latest: Array, keys: Array, as_of: Array, rows: Array | None = None
) -> tuple[Array, Array]:
    """Return the range ``lo, hi`` of events that each point may see: time <= as_of, equality included.

    This is the only place where visibility is decided. ``times`` are of the stream, or of what ``rows`` points into;
    no event of a key is later than ``latest`` tells of it.
    """
    lo = np.zeros(len(keys), np.int32)
    hi = np.zeros(len(keys), np.int32)
    last = -1
    row = 0
    for point in range(len(keys)):
        key = keys[point]
        if key < 0:
            continue
        if key != last:
            row = offsets[key]
            last = key
        end = offsets[key + 1]
        if latest[key] <= as_of[point]:
            row = end
        while row < end and time_at(times, rows, row) <= as_of[point]:
            row += 1
        lo[point] = offsets[key]
        hi[point] = row
    return lo, hi


@compiled
def within(
    times: Array,
    latest: Array,
    keys: Array,
    lo: Array,
    hi: Array,
    as_of: Array,
    window: int,
    rows: Array | None = None,
) -> Array:
    """Return ``lo`` moved up to the first event after ``as_of - window``."""
    start = np.empty(len(lo), np.int32)
    for point in range(len(lo)):
        bound = as_of[point] - window
        if keys[point] < 0 or latest[keys[point]] <= bound:
            start[point] = hi[point]
        elif point > 0 and lo[point] == lo[point - 1] and hi[point] >= hi[point - 1]:
            row = start[point - 1]
            while row < hi[point] and time_at(times, rows, row) <= bound:
                row += 1
            start[point] = row
        else:
            # Of a key's first point, few events lie within the window: sought from its end, in steps that double.
            row, step = hi[point], 1
            while row - step >= lo[point] and time_at(times, rows, row - step) > bound:
                row -= step
                step *= 2
            low = max(lo[point], row - step + 1)
            while low < row:
                middle = (low + row) // 2
                if time_at(times, rows, middle) > bound:
                    row = middle
                else:
                    low = middle + 1
            start[point] = row
    return start
