"""Columns as they lie in memory: codes looked up, and what is empty filled."""

from __future__ import annotations

import numpy as np

from boilover.kernels.base import Array, compiled


@compiled
def looked_up(table: Array, indices: Array, held: Array | None, out: Array) -> None:
    """Write ``table[indices]`` to ``out``, and the table's last entry where a row holds nothing.

    ``held`` tells that of each row as 1 or 0, uint8; without it all rows hold something. It is reckoned with instead of
    asked about: which rows are empty is not predictable, and a wrong guess costs a processor more than the look-up.
    """
    if held is None:
        for i in range(len(indices)):
            out[i] = table[indices[i]]
    else:
        empty = np.int32(len(table) - 1)
        for i in range(len(indices)):
            out[i] = table[empty + (indices[i] - empty) * np.int32(held[i])]
