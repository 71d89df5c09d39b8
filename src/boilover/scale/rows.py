"""What became of the pieces: risks of all points, and features of those that may be given reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from boilover.features.frame import Columns, Plan
from boilover.history import Coded
from boilover.reasons import Keyed
from boilover.scale.piece import CATEGORY, IDS, KEYED, NUMBERS, Piece
from boilover.scale.shelf import read_arrays, write_arrays

Numbers = npt.NDArray[np.float32]
Risks = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
RISKS, KEPT = "risks", "kept"


def frame_of(plan: Plan, numbers: Numbers, categories: Mapping[int, Coded]) -> pd.DataFrame:
    """Return features as `boilover.features.compute` does, of float32 (n_features, n) and codes by place."""
    everything = slice(0, numbers.shape[1])
    columns = Columns(plan, numbers.shape[1], ())
    columns.numbers = numbers
    columns.categories = {place: [(everything, coded)] for place, coded in categories.items()}
    return columns.frame()


def riskiest(risk: Risks, most: int | None) -> Rows:
    """Return the rows of the highest risks, ascending; of equal ones the first. All of them where ``most`` is none."""
    if most is None:
        return np.arange(len(risk))
    return np.sort(np.argsort(-risk, kind="stable")[:most])


def write_scored(path: Path, piece: Piece, risks: Risks, numbers: Numbers, kept: Rows) -> None:
    """Write ids and risks of the points of a piece, and at the rows ``kept`` what reasons are told of."""
    write_arrays(
        path,
        {
            IDS: piece.ids.take(pa.array(piece.ticket)),
            RISKS: risks.reshape(-1),
            KEPT: kept,
            NUMBERS: numbers[:, kept].reshape(-1),
            **{
                f"{CATEGORY}{place}": Coded(each.codes[kept], each.words)
                for place, each in piece.categories.items()
            },
            **{f"{KEYED}{key}": each[kept] for key, each in piece.keyed.items()},
        },
    )


@dataclass(frozen=True)
class Scored:
    """The files of all pieces with points. ``starts`` tell where the points of each begin among all."""

    paths: Sequence[Path]
    plan: Plan
    starts: npt.NDArray[np.int64]
    ids: pa.LargeStringArray
    risks: Risks
    kept: Sequence[Rows]

    @classmethod
    def of(cls, paths: Sequence[Path], plan: Plan, n_horizons: int) -> Scored:
        """Read ids and risks."""
        told = [read_arrays(path, {IDS, RISKS, KEPT}.__contains__) for path in paths]
        ids = pa.chunked_array([each[IDS] for each in told], pa.large_string())
        return cls(
            paths,
            plan,
            np.cumsum([0, *(len(each[IDS]) for each in told)]),
            ids.combine_chunks(),
            np.concatenate([np.empty(0), *(each[RISKS] for each in told)]).reshape(-1, n_horizons),
            [each[KEPT] for each in told],
        )

    def pick(self, rows: Rows) -> tuple[pd.DataFrame, Keyed]:
        """Return the features and the keys of some points, given in ascending order."""
        frames: list[pd.DataFrame] = []
        keyed: list[Keyed] = []
        homes = np.searchsorted(self.starts, rows, side="right") - 1
        for home in np.unique(homes).tolist():
            kept = self.kept[home]
            told = read_arrays(self.paths[home], lambda name: name.startswith((NUMBERS, CATEGORY, KEYED)))
            own = np.searchsorted(kept, rows[homes == home] - self.starts[home])
            numbers = told[NUMBERS].reshape(len(self.plan.features), len(kept))[:, own]
            coded = {name: each for name, each in told.items() if name.startswith(CATEGORY)}
            places = {
                int(name.removeprefix(CATEGORY)): Coded(each.codes[own], each.words)
                for name, each in coded.items()
            }
            frames.append(frame_of(self.plan, numbers, places))
            keyed.append(
                {name.removeprefix(KEYED): each[own] for name, each in told.items() if name.startswith(KEYED)}
            )
        return _stacked(frames), {key: np.concatenate([each[key] for each in keyed]) for key in keyed[0]}


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return frames one below the other; their categories may know different words."""
    words = frames[0].select_dtypes("category").columns
    stacked = pd.concat([frame.astype(dict.fromkeys(words, object)) for frame in frames], ignore_index=True)
    return stacked.astype(dict.fromkeys(words, "category"))
