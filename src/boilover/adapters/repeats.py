"""What sets a part of a ticket's state to what it is already."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def set_again(
    ticket: npt.NDArray[np.int64], target: npt.NDArray[np.int64], value: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Return which changes, (n,) codes in order of time, set what is set already; −1 is empty, as before the first."""
    order = np.lexsort((target, ticket))
    ticket, target, held = ticket[order], target[order], value[order]
    before = np.full(len(order), -1, dtype=np.int64)
    goes_on = (ticket[1:] == ticket[:-1]) & (target[1:] == target[:-1])
    before[1:] = np.where(goes_on, held[:-1], -1)
    again = np.zeros(len(order), dtype=bool)
    again[order] = held == before
    return again
