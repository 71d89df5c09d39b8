"""A linear model as it is asked: its terms laid out for the columns of a reading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boilover import kernels
from boilover.history import Floats
from boilover.model.linear_kernels import Lines, add_lines, share_lines
from boilover.model.reading import Matrix, Reading


@dataclass(frozen=True, eq=False)
class Asked:
    """A linear model laid out for the columns of a reading: lines of numbers, and a table per column of words.

    ``of_lines`` are the places of the lines' terms among all; ``tables`` are term, column and what its words add.
    """

    intercept: float
    of_lines: tuple[int, ...]
    lines: Lines
    tables: tuple[tuple[int, int, Floats], ...]

    def scores(self, matrix: Matrix, reading: Reading, rows: slice) -> Floats:
        """Return the log-odds of some rows, of which ``matrix`` holds the numbers, in Fortran order."""
        total = np.full(len(matrix), self.intercept)
        add_lines(matrix.T, self.lines, total)
        for _, place, table in self.tables:
            total += kernels.take(table, reading.codes(place)[rows])
        return total

    def shares(self, matrix: Matrix, reading: Reading) -> Floats:
        """Return what each term adds to the log-odds of all rows, ``float64[n, n_terms]``."""
        found = np.empty((len(matrix), len(self.of_lines) + len(self.tables)))
        lined = np.empty((len(matrix), len(self.of_lines)))
        share_lines(matrix.T, self.lines, lined)
        found[:, self.of_lines] = lined
        for number, place, table in self.tables:
            found[:, number] = kernels.take(table, reading.codes(place))
        return found
