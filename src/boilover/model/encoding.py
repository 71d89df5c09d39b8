"""A feature frame as the one matrix that trees are fitted on and asked with: float32, a row beside the next.

Numbers and booleans stay numbers. Any other column is categorical: a kept category becomes its position in
the sorted list of categories; one that is rare, unseen or null becomes a missing value. Fitting and
predicting read the same float32 values, so a threshold never falls between the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.errors import InputError, MismatchError

Matrix = npt.NDArray[np.float32]

BLOCK_ROWS = 4096
"""Columns are written into the matrix in blocks of so many rows, which fit the cache."""


@dataclass(frozen=True)
class Encoding:
    """Which columns there are, in order, and the kept categories of the categorical ones."""

    columns: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]
    """A category's code is its position. A column that is not listed is numeric."""

    @classmethod
    def learn(cls, frame: pd.DataFrame, min_count: int, most: int | None = None) -> Encoding:
        """Learn the encoding of ``frame``: categories of at least ``min_count`` rows are kept.

        A column with more than ``most`` of them keeps none, and is missing throughout.
        """
        columns = tuple(str(name) for name in frame.columns)
        frequent = {
            name: _frequent(frame.iloc[:, place], min_count)
            for place, name in enumerate(columns)
            if not is_numeric(frame.iloc[:, place])
        }
        told = {name: kept if most is None or len(kept) <= most else () for name, kept in frequent.items()}
        return cls(columns, told)

    @property
    def categorical(self) -> list[int]:
        """Positions of the categorical columns."""
        return [place for place, name in enumerate(self.columns) if name in self.categories]

    def encode(self, frame: pd.DataFrame) -> Matrix:
        """Return ``float32[n, len(columns)]``, C order, NaN where missing; columns of ``frame`` are in order.

        Raises `MismatchError` where a numeric column holds something else, `InputError` where a value is
        infinite or too large for float32.
        """
        encoded = [self._encode_column(name, frame.iloc[:, place]) for place, name in enumerate(self.columns)]
        matrix = np.empty((len(frame), len(encoded)), dtype=np.float32)
        for start in range(0, len(frame), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            for place, values in enumerate(encoded):
                matrix[rows, place] = values[rows]
        return matrix

    def to_dict(self) -> dict[str, Any]:
        """Return the encoding as plain values for JSON."""
        return {
            "columns": list(self.columns),
            "categories": {name: list(kept) for name, kept in self.categories.items()},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Encoding:
        """Return the encoding that `to_dict` wrote."""
        categories = {name: tuple(kept) for name, kept in values["categories"].items()}
        return cls(tuple(values["columns"]), categories)

    def _encode_column(self, name: str, values: pd.Series) -> Matrix:
        kept = self.categories.get(name)
        if kept is not None:
            return _codes(values, kept)
        if not is_numeric(values):
            raise MismatchError(
                f"column '{name}': is {values.dtype}, but was a number when the model was fitted"
            )
        with np.errstate(over="ignore"):
            # As it is, where it is what is wanted: pandas looks for what is missing in three passes.
            wanted = values.dtype == np.float32
            numbers: Matrix = values.to_numpy() if wanted else values.to_numpy(np.float32, na_value=np.nan)
        infinite = np.isinf(numbers)
        if infinite.any():
            row = int(infinite.argmax())
            raise InputError(
                "infinite or too large for a 32-bit number",
                column=name,
                row=row + 1,
                value=values.iloc[row],
                mend="Leave a value empty where it is not known",
            )
        return numbers


def is_numeric(values: pd.Series) -> bool:
    """Tell whether the column is read as numbers (booleans are) or else as categories."""
    return bool(pd.api.types.is_numeric_dtype(values.dtype))


def _frequent(values: pd.Series, min_count: int) -> tuple[str, ...]:
    codes, names = _factorise(values)
    counts = pd.Series(np.bincount(codes[codes >= 0], minlength=len(names)), index=names, dtype=np.int64)
    # Two raw values may read the same as text, such as 1 and "1" in an object column.
    counts = counts.groupby(level=0).sum()
    return tuple(sorted(counts.index[counts >= max(min_count, 1)]))


def _codes(values: pd.Series, kept: tuple[str, ...]) -> Matrix:
    codes, names = _factorise(values)
    positions = {name: float(code) for code, name in enumerate(kept)}
    # The code -1, a null, reads the last place.
    lookup = np.array([*(positions.get(name, np.nan) for name in names), np.nan], dtype=np.float32)
    return lookup[codes]


def _factorise(values: pd.Series) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return each row's place in the list of distinct values (-1: null), and that list as text."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        words = [str(name) for name in values.cat.categories.tolist()]
        return values.cat.codes.to_numpy().astype(np.int64), words
    codes, names = pd.factorize(values)
    return codes.astype(np.int64), [str(name) for name in names]
