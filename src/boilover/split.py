"""Splits are by time: trees learn on the past, stop early on a later slice, are calibrated on a later one still."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boilover.errors import InputError
from boilover.history import HOUR, Ints

LEFT_OUT, FIT, STOP, CALIBRATE, REFIT = -1, 0, 1, 2, 3
STOP_SHARE, CALIBRATE_SHARE = 0.15, 0.15


@dataclass(frozen=True)
class Split:
    """``slices`` int8 (n_points): ``FIT``, ``STOP``, ``CALIBRATE``, ``REFIT`` or ``LEFT_OUT``; and their borders.

    ``REFIT`` marks the points whose horizon crosses from ``FIT`` into ``STOP``: they are purged while the number of
    trees is chosen, and join when the trees are grown anew on both slices.
    """

    slices: npt.NDArray[np.int8]
    stop: int
    calibrate: int


def split(as_of: Ints, horizon: int) -> Split:
    """Cut points into slices by ``as_of``; points whose horizon reaches into a later slice are purged.

    Purging follows López de Prado (2018, ch. 7): a label that overlaps the next slice tells about it.
    """
    stop, calibrate = np.quantile(as_of, [1 - STOP_SHARE - CALIBRATE_SHARE, 1 - CALIBRATE_SHARE]).astype(
        np.int64
    )
    slices = np.full(len(as_of), LEFT_OUT, dtype=np.int8)
    slices[as_of >= calibrate] = CALIBRATE
    whole = as_of + horizon <= calibrate
    slices[whole & (as_of >= stop)] = STOP
    slices[whole & (as_of < stop)] = REFIT
    slices[whole & (as_of + horizon <= stop)] = FIT
    if not (slices == FIT).any() or not (slices == STOP).any():
        span = (as_of.max() - as_of.min()) / (24 * HOUR)
        raise InputError(
            f"the horizon of {horizon / (24 * HOUR):g} days is too long for a log whose points span {span:.0f} days",
            mend="Take a shorter horizon or a longer log",
        )
    return Split(slices, int(stop), int(calibrate))
