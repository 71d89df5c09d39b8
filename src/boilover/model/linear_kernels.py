"""Compiled kernels of `boilover.model.linear`: numbers to standardised values, and these to log-odds.

The logarithm is written out, so that the compiler takes it of several numbers side by side; calls of the system take
one after the other, several times as long. No step may be reordered or fused: a row has the same score in any block.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from boilover.kernels import compiled
from boilover.kernels.base import Array

BLOCK = 512
"""Rows that are scored together: their sums stay in the nearest cache."""
_ONE, _ROOT = np.uint64(0x3FF0000000000000), np.uint64(0x3FE6A09E667F3BCD)
"""Bits of 1, and of the root of a half, where the range of a mantissa begins."""
_MANTISSA, _SHIFT = np.uint64(0x000FFFFFFFFFFFFF), np.uint64(52)
_WHOLE, _BIAS = np.uint64(0x4330000000000000), float(2**52 + 1023)
"""Bits of 2^52: a small whole number that is written into them is a float, 2^52 greater than it."""
_MOST = np.float32(np.finfo(np.float32).max)
_LN2 = float(np.log(2.0))
_C1, _C3, _C5, _C7, _C9, _C11, _C13 = (2.0 / odd for odd in range(1, 15, 2))


class Lines(NamedTuple):
    """What numeric columns add, one entry each: ``weight * z + bent * (z² - 1) - centre``, ``missing - centre`` where
    there is no finite number."""

    place: Array
    """int64: the column."""
    mean: Array
    inverse: Array
    """Mean, and 1 over the standard deviation (0 for none), of the compressed training values."""
    limit: Array
    """z is clipped to it, on either side."""
    weight: Array
    bent: Array
    missing: Array
    centre: Array


@compiled
def add_lines(columns: Array, lines: Lines, total: Array) -> None:
    """Add to ``total``, float64[n], what each of the lines makes of ``columns``, float32[n_columns, n]."""
    for low in range(0, len(total), BLOCK):
        out = total[low : low + BLOCK]
        for line in range(len(lines.place)):
            column = columns[lines.place[line], low : low + len(out)]
            mean, inverse, limit = lines.mean[line], lines.inverse[line], lines.limit[line]
            weight, bent, centre = lines.weight[line], lines.bent[line], lines.centre[line]
            missing = lines.missing[line]
            for i in range(len(out)):
                out[i] += _added(column[i], mean, inverse, limit, weight, bent, missing, centre)


@compiled
def share_lines(columns: Array, lines: Lines, shares: Array) -> None:
    """Write into ``shares``, float64[n, n_lines], what `add_lines` adds."""
    for line in range(len(lines.place)):
        column = columns[lines.place[line]]
        for i in range(len(column)):
            shares[i, line] = _added(
                column[i],
                lines.mean[line],
                lines.inverse[line],
                lines.limit[line],
                lines.weight[line],
                lines.bent[line],
                lines.missing[line],
                lines.centre[line],
            )


@compiled
def compress(numbers: Array) -> Array:
    """Return the signed logarithm of float32 numbers, float64[n]; NaN where there is no finite one."""
    out = np.empty(len(numbers), np.float64)
    for i in range(len(numbers)):
        out[i] = _signed(numbers[i]) if _is_known(numbers[i]) else np.nan
    return out


@compiled
def standardise(numbers: Array, mean: float, inverse: float, limit: float) -> Array:
    """Return clipped standardised logarithms, float64[n]; NaN where there is no finite number."""
    out = np.empty(len(numbers), np.float64)
    for i in range(len(numbers)):
        out[i] = _standard(numbers[i], mean, inverse, limit) if _is_known(numbers[i]) else np.nan
    return out


@compiled
def _added(
    number: float,
    mean: float,
    inverse: float,
    limit: float,
    weight: float,
    bent: float,
    missing: float,
    centre: float,
) -> float:
    z = _standard(number, mean, inverse, limit)
    return (weight * z + bent * (z * z - 1.0) if _is_known(number) else missing) - centre


@compiled
def _standard(number: float, mean: float, inverse: float, limit: float) -> float:
    z = (_signed(number) - mean) * inverse
    z = limit if z > limit else z
    return -limit if z < -limit else z


@compiled
def _is_known(number: float) -> bool:
    return bool(abs(number) <= _MOST)


@compiled
def _signed(number: float) -> float:
    """Return sign(x) log(1 + |x|) of a finite float32, within 1e-12.

    1 + |x| is parted into a power of 2 and a mantissa m around 1; log m is 2 artanh((m - 1) / (m + 1)), of which
    seven terms of the series are taken: the next one is below 5e-13.
    """
    bits = np.float64(1.0 + abs(np.float64(number))).view(np.uint64) + (_ONE - _ROOT)
    power = np.uint64((bits >> _SHIFT) | _WHOLE).view(np.float64) - _BIAS
    mantissa = np.uint64((bits & _MANTISSA) + _ROOT).view(np.float64)
    # As NumPy divides: Python's way looks for zeros first, one number after the other.
    s = np.divide(mantissa - 1.0, mantissa + 1.0)
    q = s * s
    series = _C1 + q * (_C3 + q * (_C5 + q * (_C7 + q * (_C9 + q * (_C11 + q * _C13)))))
    size = power * _LN2 + s * series
    return size if number >= 0 else -size
