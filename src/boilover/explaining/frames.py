"""A ticket's moments as a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from boilover.evaluation.evaluate import plain_values
from boilover.explaining.course import Happening
from boilover.explaining.moments import Moments
from boilover.explaining.moves import TOP, Move
from boilover.history import Floats, Ints

WHY = tuple(f"why_{place + 1}" for place in range(TOP))


def frame_of(
    moments: Moments,
    told: Sequence[Happening],
    asked: Ints,
    risks: Mapping[str, Floats],
    moves: Sequence[Sequence[Move]],
    rest: Floats,
) -> pd.DataFrame:
    """Return the frame of `boilover.explaining.Explanation`, one row per moment."""
    happened = {each.at: each.what for each in told}
    what = [happened.get(int(at), kind) for at, kind in zip(moments.at, moments.kind, strict=True)]
    change = filled(len(moments.at), asked, np.diff(risks["risk"][asked], prepend=np.nan))
    why = [[each.said for each in given] + [""] * (TOP - len(given)) for given in moves]
    columns: dict[str, Any] = {
        "at": pd.DatetimeIndex(moments.at.astype("datetime64[us]")).tz_localize("UTC"),
        "kind": list(moments.kind),
        "what": what,
        **risks,
        "change": change,
        **{name: [row[place] for row in why] for place, name in enumerate(WHY)},
        "rest": rest,
        "note": list(moments.note),
    }
    return pd.DataFrame(columns)


def filled(n: int, places: Ints, values: Floats) -> Floats:
    """Return ``values`` at ``places`` of n, NaN elsewhere, float64 (n)."""
    full = np.full(n, np.nan)
    full[places] = values
    return full


def plain_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row of the frame as plain values for JSON, without the words of its moves."""
    return {
        str(name): value.isoformat().replace("+00:00", "Z") if name == "at" else plain_values(value)
        for name, value in row.items()
        if name not in WHY
    }
