"""The columns of a feature frame as a model reads them: numbers as float32, all else as codes of words.

A frame is read once. What is asked of a model block by block is made of these arrays, without pandas.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from boilover import kernels
from boilover.errors import MismatchError, shorten

Numbers = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int32]
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Words:
    """A column of words: ``codes`` int32[n] are places in ``told``, -1 null; ``told`` may hold a million words."""

    codes: Codes
    told: pa.Array | list[str]

    def table(
        self, known: Mapping[str, float], other: float, empty: float, dtype: npt.DTypeLike
    ) -> npt.NDArray[Any]:
        """Return what each word means, and ``empty`` last, where code -1 finds it: (n_told + 1)."""
        meanings = np.array([*known.values(), other], dtype=dtype)
        # Words that are not known find the place -1, the last one.
        return np.append(meanings[self._places(known)], np.array(empty, dtype=dtype))

    def frequent(self, least: int) -> list[str]:
        """Return the words of at least so many rows, the most frequent first, equal ones in the order of words."""
        counts = np.bincount(self.codes[self.codes >= 0], minlength=len(self.told))
        counted: Counter[str] = Counter()
        # Two raw values may read the same as text, such as 1 and "1" in an object column.
        for word, count in zip(self._texts(), counts.tolist(), strict=True):
            counted[word] += count
        return sorted(
            (word for word, count in counted.items() if count >= least),
            key=lambda word: (-counted[word], word),
        )

    def _texts(self) -> list[str]:
        return self.told if isinstance(self.told, list) else self.told.to_pylist()

    def _places(self, known: Mapping[str, float]) -> Codes:
        if isinstance(self.told, list):
            places = {word: place for place, word in enumerate(known)}
            return np.array([places.get(word, -1) for word in self.told], dtype=np.int32)
        found = pc.index_in(self.told, value_set=pa.array(list(known), self.told.type))
        return np.asarray(found.fill_null(-1), dtype=np.int32)


@dataclass(frozen=True, eq=False)
class Reading:
    """The columns of n rows, in their order."""

    columns: tuple[Numbers | Words, ...]
    n: int

    @classmethod
    def of(cls, frame: pd.DataFrame, categorical: Collection[str]) -> Reading:
        """Read a frame whose ``categorical`` columns are words; `MismatchError` where another one is no number."""
        columns = tuple(
            words_of(frame.iloc[:, place]) if name in categorical else numbers_of(name, frame.iloc[:, place])
            for place, name in enumerate(map(str, frame.columns))
        )
        return cls(columns, len(frame))

    def codes(self, place: int) -> Codes:
        """Return the codes of a column of words, int32[n]."""
        column = self.columns[place]
        assert isinstance(column, Words)
        return column.codes

    def matrix(self, tables: Mapping[int, Numbers], rows: slice) -> Matrix:
        """Return some rows, ``float32[m, columns]`` in Fortran order: a column beside the next.

        ``tables`` tell what words are, by their column; NaN where they do not.
        """
        out = np.empty((len(self.columns), len(range(self.n)[rows])), dtype=np.float32)
        for place, column in enumerate(self.columns):
            if not isinstance(column, Words):
                out[place] = column[rows]
            else:
                out[place] = kernels.take(tables[place], column.codes[rows]) if place in tables else np.nan
        return out.T


def is_numeric(values: pd.Series) -> bool:
    """Tell whether the column is read as numbers (booleans are) or else as categories."""
    return bool(pd.api.types.is_numeric_dtype(values.dtype))


def numbers_of(name: str, values: pd.Series) -> Numbers:
    """Return a column of numbers, NaN where missing and infinite where too large; `MismatchError` for another."""
    if not is_numeric(values):
        raise MismatchError(
            f"column {shorten(name)}: is {values.dtype}, but was a number when the model was fitted"
        )
    if values.dtype == np.float32:
        # As it is: pandas looks for what is missing in three passes.
        return values.to_numpy()
    with np.errstate(over="ignore"):
        return values.to_numpy(np.float32, na_value=np.nan)


def words_of(values: pd.Series) -> Words:
    """Return a column of words; what is no text is read as its text."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes, told = values.cat.codes.to_numpy(), values.cat.categories
    else:
        codes, told = pd.factorize(values)
    return Words(np.array(codes, dtype=np.int32), _texts(told))


def _texts(told: pd.Index) -> pa.Array | list[str]:
    if isinstance(told.dtype, pd.StringDtype):
        return pa.array(told, pa.large_string())
    return [str(word) for word in told.tolist()]
