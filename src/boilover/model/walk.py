"""Predicting with the trees of a saved model without LightGBM, to the last bit as `Booster.predict` does.

LightGBM asks each row of each tree split by split; here a block of rows is turned into bytes once and then asked all
splits side by side (`walk_plan`, `walk_kernels`), which is several times as fast, and spares the import of LightGBM.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from boilover.model.encoding import Matrix
from boilover.model.walk_counts import covers, expected_value, levels, quadratures, steps
from boilover.model.walk_plan import Plan, plan_of
from boilover.model.walk_text import Forest, UnknownTreesError, read_forest

Floats = npt.NDArray[np.float64]
Work = Callable[[Matrix, int, int, Floats], object]
"""Reads some rows of columns, ``float32[n_features, n]`` in C order, and writes what it finds at the same rows."""

TURNED_ROWS = 4096
"""Rows of a matrix in C order that are turned into columns at a time."""


@dataclass(frozen=True, eq=False)
class Walk:
    """Trees of one output that rows of float32 are asked with."""

    forest: Forest

    @property
    def n_features(self) -> int:
        """Columns of the matrices that it reads."""
        return self.forest.n_features

    def margins(self, matrix: Matrix, threads: int = 1) -> Floats:
        """Return the raw score of each row, ``float64[n]``: the sum of its leaves, in the order of the trees.

        matrix : ``float32[n, n_features]``, NaN where missing; in Fortran order it is read as it lies. threads : 0 for
            all cores.
        """
        from boilover.model.walk_kernels import BLOCK, margins

        total = np.empty(len(matrix))
        part = _by_columns(
            lambda columns, low, high, out: margins(columns, low, high, self._plan, out), matrix, total
        )
        _share(part, len(matrix), BLOCK, threads)
        return total

    def contributions(self, matrix: Matrix, threads: int = 1) -> Floats | None:
        """Return exact contributions, ``float64[n, n_features + 1]``, the base value last, as LightGBM defines them.

        See `boilover.model.walk_shares`. None where the trees do not tell how many training rows went where.
        """
        from boilover.model.walk_shares import ROWS, exact

        if self._covers is None:
            return None
        feature, shares_of, nodes = self.forest.feature, self._covers, self._nodes
        return self._shared(
            matrix,
            threads,
            ROWS,
            lambda columns, low, high, out: exact(
                columns, low, high, self._plan, feature, shares_of, nodes, out
            ),
        )

    def path_attributions(self, matrix: Matrix, threads: int = 1) -> Floats | None:
        """Return what each column changes along the paths of a row (Saabas), in the form of `contributions`."""
        from boilover.model.walk_kernels import BLOCK
        from boilover.model.walk_paths import along_paths

        feature, changes = self.forest.feature, self._steps
        if changes is None:
            return None
        return self._shared(
            matrix,
            threads,
            BLOCK,
            lambda columns, low, high, out: along_paths(
                columns, low, high, self._plan, feature, changes, out
            ),
        )

    def _shared(self, matrix: Matrix, threads: int, block: int, work: Work) -> Floats:
        shares = np.zeros((len(matrix), self.n_features + 1))
        _share(_by_columns(work, matrix, shares), len(matrix), block, threads)
        shares[:, -1] = expected_value(self.forest)
        return shares

    @cached_property
    def _covers(self) -> Floats | None:
        return covers(self.forest)

    @cached_property
    def _steps(self) -> Floats | None:
        return None if self._covers is None else steps(self.forest, self._covers)

    @cached_property
    def _nodes(self) -> Floats:
        return quadratures(max(1, (len(levels(self.forest)) + 1) // 2))

    @cached_property
    def _plan(self) -> Plan:
        return plan_of(self.forest)


def read_walk(text: str) -> Walk | None:
    """Return the trees of LightGBM's text model; None where they hold what is not known here."""
    try:
        return Walk(read_forest(text))
    except UnknownTreesError:
        return None


def _by_columns(work: Work, matrix: Matrix, out: Floats) -> Callable[[int, int], None]:
    """Return ``work`` on the rows ``low`` to ``high``; rows that lie one after the other are turned into columns."""
    columns = matrix.T
    as_it_is = columns.dtype == np.float32 and columns.flags.c_contiguous and columns.flags.writeable

    def part(low: int, high: int) -> None:
        if as_it_is:
            work(columns, low, high, out)
            return
        for start in range(low, high, TURNED_ROWS):
            stop = min(start + TURNED_ROWS, high)
            work(np.array(columns[:, start:stop], np.float32, order="C"), 0, stop - start, out[start:stop])

    return part


def _share(work: Callable[[int, int], object], n: int, block: int, threads: int) -> None:
    """Do ``work(low, high)`` on the n rows, in threads that take whole blocks."""
    threads = min(threads or os.cpu_count() or 1, -(-n // block))
    if threads <= 1:
        work(0, n)
        return
    bounds = [-(-n // block) * each // threads * block for each in range(threads)] + [n]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, bounds[:-1], bounds[1:]))
