"""Splits are by time: trees learn on the past, stop early on a later slice, are calibrated on a later one still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from boilover.history import Codes, Ints

LEFT_OUT, FIT, STOP, CALIBRATE, REFIT = -1, 0, 1, 2, 3
STOP_SHARE, CALIBRATE_SHARE = 0.15, 0.15
LEAST_SHARE = 0.5
"""A slice that purging leaves with less than this share of its points is too thin to choose anything on."""


@dataclass(frozen=True)
class Split:
    """``slices`` int8 (n_points): ``FIT``, ``STOP``, ``CALIBRATE``, ``REFIT`` or ``LEFT_OUT``; and their borders.

    ``REFIT`` marks the points whose horizon crosses a border: they are purged while trees, their number and the
    calibrator are chosen. ``by`` tells how it was cut, see `split`.
    """

    slices: npt.NDArray[np.int8]
    stop: int
    calibrate: int
    by: Literal["time", "ticket"]


def split(as_of: Ints, horizon: int, ticket: Codes, usable: npt.NDArray[np.bool_]) -> Split:
    """Cut usable points into slices by ``as_of``; points whose horizon reaches into a later slice are purged.

    Purging follows López de Prado (2018, ch. 7): a label that overlaps the next slice tells about it. Where the
    horizon is so long for the log that purging would leave a slice thin, whole tickets are put into slices instead,
    in the order of their first points: no ticket stands in two slices, but slices overlap in time.
    """
    shares = [1 - STOP_SHARE - CALIBRATE_SHARE, 1 - CALIBRATE_SHARE]
    stop, calibrate = np.quantile(as_of[usable], shares).astype(np.int64)
    whole = _cut(as_of, stop, calibrate)
    slices = whole.copy()
    slices[(whole == FIT) & (as_of + horizon > stop)] = REFIT
    slices[(whole == STOP) & (as_of + horizon > calibrate)] = REFIT
    slices[~usable] = LEFT_OUT
    whole[~usable] = LEFT_OUT
    thin = any(
        (slices == part).sum() < LEAST_SHARE * (whole == part).sum() for part in (FIT, STOP, CALIBRATE)
    )
    if not thin:
        return Split(slices, int(stop), int(calibrate), "time")
    first = np.full(int(ticket.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, ticket, as_of)
    begun = first[ticket]
    stop, calibrate = np.quantile(begun[usable], shares).astype(np.int64)
    slices = _cut(begun, stop, calibrate)
    slices[~usable] = LEFT_OUT
    return Split(slices, int(stop), int(calibrate), "ticket")


def _cut(moments: Ints, stop: int, calibrate: int) -> npt.NDArray[np.int8]:
    slices = np.full(len(moments), FIT, dtype=np.int8)
    slices[moments >= stop] = STOP
    slices[moments >= calibrate] = CALIBRATE
    return slices
