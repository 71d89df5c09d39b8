"""A feature frame as the one matrix that trees are fitted on and asked with: float32, a column beside the next.

Numbers and booleans stay numbers. Any other column is categorical: a kept category becomes its position in
the sorted list of categories; one that is rare, unseen or null becomes a missing value. Fitting and
predicting read the same float32 values, so a threshold never falls between the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from boilover.errors import InputError
from boilover.model.reading import Matrix as Matrix
from boilover.model.reading import Numbers, Reading, Words, is_numeric, words_of


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
        categories: dict[str, tuple[str, ...]] = {}
        for place, name in enumerate(columns):
            values = frame.iloc[:, place]
            if not is_numeric(values):
                kept = sorted(words_of(values).frequent(max(min_count, 1)))
                categories[name] = tuple(kept) if most is None or len(kept) <= most else ()
        return cls(columns, categories)

    def of(self, columns: Sequence[int]) -> Encoding:
        """Return the encoding of the columns at these places."""
        names = tuple(self.columns[column] for column in columns)
        return Encoding(names, {name: self.categories[name] for name in names if name in self.categories})

    @property
    def categorical(self) -> list[int]:
        """Positions of the categorical columns."""
        return [place for place, name in enumerate(self.columns) if name in self.categories]

    def read(self, frame: pd.DataFrame) -> Encoded:
        """Return ``frame``, whose columns are in order, as it is asked block by block.

        Raises `MismatchError` where a numeric column holds something else.
        """
        reading = Reading.of(frame, self.categories)
        tables = {}
        for place, column in enumerate(reading.columns):
            if isinstance(column, Words):
                codes = {word: float(code) for code, word in enumerate(self.categories[self.columns[place]])}
                tables[place] = column.table(codes, np.nan, np.nan, np.float32)
        return Encoded(frame, reading, tables)

    def encode(self, frame: pd.DataFrame) -> Matrix:
        """Return all rows as `Encoded.matrix` does; raises what that and `read` do."""
        return self.read(frame).matrix(slice(None))

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


@dataclass(frozen=True, eq=False)
class Encoded:
    """A frame as an encoding reads it; ``tables`` hold the code of each word, by column."""

    frame: pd.DataFrame
    reading: Reading
    tables: Mapping[int, Numbers]

    def matrix(self, rows: slice) -> Matrix:
        """Return some rows, ``float32[m, len(columns)]``, Fortran order, NaN where missing.

        Raises `InputError` where a value is infinite or too large for float32.
        """
        matrix = self.reading.matrix(self.tables, rows)
        # Looked for while the rows are in the caches: on its own it takes as long as to make all of them.
        if np.isinf(matrix).any():
            self._refuse_infinite()
        return matrix

    def _refuse_infinite(self) -> None:
        """Name the first such value of the frame, whichever rows were asked first."""
        for place, column in enumerate(self.reading.columns):
            infinite = np.zeros(0, dtype=bool) if isinstance(column, Words) else np.isinf(column)
            if infinite.any():
                row = int(infinite.argmax())
                raise InputError(
                    "infinite or too large for a 32-bit number",
                    column=str(self.frame.columns[place]),
                    row=row + 1,
                    value=self.frame.iloc[row, place],
                    mend="Leave a value empty where it is not known",
                )
