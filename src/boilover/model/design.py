"""The matrix of a regression: columns that are mostly full are kept whole, all others sparse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from boilover.history import Floats

if TYPE_CHECKING:
    from scipy import sparse

Column = tuple[Floats, npt.NDArray[np.int64]]
"""Values of a column that may differ from 0, and the rows that they stand in, ascending."""

DENSE = 0.1
"""A column with so large a share of values is kept whole."""
BLOCK_ROWS = 8192
"""Rows of which products are summed at a time: what fits the cache."""


@dataclass(frozen=True, eq=False)
class Design:
    """A matrix of n rows: columns kept whole, ``float64[n, a]``, the first of them ones, and sparse ones, ``[n, b]``.

    ``places`` int64[a - 1 + b] tells which column of those given each one is, the ones left out.
    """

    whole: Floats
    rest: sparse.csr_array
    places: npt.NDArray[np.int64]

    @classmethod
    def of(cls, columns: Sequence[Column], rows: int) -> Design:
        """Lay out columns of so many rows."""
        from scipy import sparse

        full = [number for number, (values, _) in enumerate(columns) if len(values) >= DENSE * rows]
        thin = sorted(set(range(len(columns))) - set(full))
        whole = np.zeros((rows, len(full) + 1), order="F")
        whole[:, 0] = 1.0
        for place, (values, where) in enumerate((columns[number] for number in full), start=1):
            whole[where, place] = values
        ends = np.cumsum([0, *(len(columns[number][0]) for number in thin)])
        values = np.concatenate([np.empty(0), *(columns[number][0] for number in thin)])
        where = np.concatenate([np.empty(0, dtype=np.int64), *(columns[number][1] for number in thin)])
        rest = sparse.csc_array((values, where, ends), shape=(rows, len(thin))).tocsr()
        return cls(whole, rest, np.array([*full, *thin], dtype=np.int64))

    def times(self, weights: Floats) -> Floats:
        """Return the product with a weight per column, ``float64[n]``."""
        split = self.whole.shape[1]
        return self.whole @ weights[:split] + self.rest @ weights[split:]

    def sums(self, shares: Floats) -> Floats:
        """Return each column's sum weighted by ``shares`` (n)."""
        return np.concatenate([self.whole.T @ shares, self.rest.T @ shares])

    def products(self, shares: Floats) -> Floats:
        """Return the sum of the products of each two columns weighted by ``shares`` (n), ``float64[a + b, a + b]``."""
        split = self.whole.shape[1]
        found = np.zeros((split + self.rest.shape[1],) * 2)
        for start in range(0, len(shares), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            block = self.whole[rows] * np.sqrt(shares[rows])[:, None]
            found[:split, :split] += block.T @ block
            weighted = (self.rest[rows] * shares[rows, None]).T.tocsr()
            found[split:, :split] += weighted @ np.ascontiguousarray(self.whole[rows])
            found[split:, split:] += (weighted @ self.rest[rows]).toarray()
        found[:split, split:] = found[split:, :split].T
        return found
