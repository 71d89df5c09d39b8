"""What was so far: values and flags carried along the rows of each key, without a branch that could be guessed wrong.

``starts`` is 1 at the first row of each key, else 0, int8. Flags are bool.
"""

from __future__ import annotations

import numpy as np

from boilover.kernels.base import Array, compiled


def carried(values: Array, given: Array, starts: Array, empty: float) -> Array:
    """Return, at each row, the value of the latest row of its key that is ``given``, ``empty`` before there is one."""
    bits = np.dtype(f"i{values.dtype.itemsize}")
    told = np.array([empty], values.dtype).view(bits)[0]
    return _carried(values.view(bits), given.view(np.int8), starts, told).view(values.dtype)


@compiled
def _carried(values: Array, given: Array, starts: Array, empty: int) -> Array:
    out = np.empty_like(values)
    # What each row tells, of many side by side, so that one "and" and one "or" are all that wait for the row before.
    for row in range(len(values)):
        value = values[row]
        begun = empty if starts[row] else values.dtype.type(0)
        out[row] = value if given[row] else begun
    now = empty
    for row in range(len(values)):
        now = out[row] | (now & ((given[row] | starts[row]) - 1))
        out[row] = now
    return out


def so_far(bits: Array, starts: Array) -> Array:
    """Return, at each row, which bits any row of its key had up to it, uint8."""
    return _so_far(bits.view(np.uint8), starts.view(np.uint8))


@compiled
def _so_far(bits: Array, starts: Array) -> Array:
    out = np.empty(len(bits), np.uint8)
    now = np.uint8(0)
    for row in range(len(bits)):
        now = (now & (starts[row] - np.uint8(1))) | bits[row]
        out[row] = now
    return out


@compiled
def before(values: Array, starts: Array, empty: float) -> Array:
    """Return, at each row, the value of the row of its key before it, ``empty`` at its first."""
    out = np.empty_like(values)
    if len(out):
        out[0] = empty
    for row in range(1, len(out)):
        # Read in any case, so that many are chosen side by side.
        value = values[row - 1]
        out[row] = empty if starts[row] else value
    return out


@compiled
def count_until(counted: Array, ends: Array, starts: Array) -> Array:
    """Return how many rows were ``counted`` since the latest of its key that ``ends``, which counts none, float32."""
    out = np.empty(len(counted), np.float32)
    count = np.int32(0)
    for row in range(len(counted)):
        count = ((count & (starts[row] - 1)) + counted[row]) & (ends[row] - 1)
        out[row] = count
    return out
