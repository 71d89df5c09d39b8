"""Sums in which an event is worth half as much for every half-life that passed since."""

from __future__ import annotations

import numpy as np

from boilover.kernels.base import Array, compiled
from boilover.kernels.visibility import time_at

_PARTS, _BITS = 1024, 10
_LN2 = float(np.log(2.0))
_LEAST = 1075
"""2 to the power of -1075 and less is 0 as a float."""
_WHOLE = np.ldexp(1.0, -np.arange(_LEAST))
_WITHIN = 0.5 ** (np.arange(_PARTS) / _PARTS)


def decayed(
    values: Array | None,
    times: Array,
    rows: Array | None,
    lo: Array,
    hi: Array,
    as_of: Array,
    half_life: float,
) -> Array:
    """Return the sum of the values in ``lo:hi`` for each point, each halved for every ``half_life`` since its event.

    ``rows`` tell where each event of a stream stands among ``times`` and ``values``; without them it is the same
    place, and without values each is 1. Events are added in their order, once for all points of a key.
    """
    return _decayed(values, times, rows, lo, hi, as_of, 1 / half_life, _WHOLE, _WITHIN)


@compiled
def _decayed(
    values: Array | None,
    times: Array,
    rows: Array | None,
    lo: Array,
    hi: Array,
    as_of: Array,
    rate: float,
    whole: Array,
    within: Array,
) -> Array:
    out = np.zeros(len(lo), np.float64)
    row, before, total = -1, 0, 0.0
    for point in range(len(lo)):
        if hi[point] == lo[point]:
            continue
        if row <= lo[point]:
            row, before, total = lo[point], time_at(times, rows, lo[point]), 0.0
        while row < hi[point]:
            time = time_at(times, rows, row)
            value = 1.0
            if values is not None:
                value = np.float64(values[row] if rows is None else values[rows[row]])
            total = value + total * _halved((time - before) * rate, whole, within)
            before = time
            row += 1
        out[point] = total * _halved((as_of[point] - before) * rate, whole, within)
    return out


@compiled
def _halved(power: float, whole: Array, within: Array) -> float:
    """Return 2 to the power of ``-power``, which is not negative: of its parts, and of the rest by its series."""
    if power >= _LEAST - 0.5:
        return 0.0
    place = np.int64(power * _PARTS + 0.5)
    x = (np.float64(place) * (1 / _PARTS) - power) * _LN2
    # x is at most ln 2 / 2048: the next term of its series is less than 6e-16.
    rest = (1 + x) + (x * x) * (1 / 2 + x * (1 / 6))
    return whole[place >> _BITS] * within[place & (_PARTS - 1)] * rest
