"""Logistic regression with a Gaussian prior on each weight, solved for several priors in one go.

Newton's method: each prior starts from the solution of the one before, and the matrix of second derivatives, which
costs ten times what a gradient does, is computed anew only where the one at hand no longer brings a step much nearer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from boilover.history import Floats
from boilover.model.calibrators import log_loss, sigmoid
from boilover.model.design import Design

TOLERANCE = 1e-6
"""In nats over all rows: about how far above its least value the loss may be left."""
WORTH_KEEPING = 0.2
"""Second derivatives are kept while a step leaves less than this share of the distance."""
MOST_STEPS = 200
MOST_HALVINGS = 40


def solve(
    design: Design,
    y: Floats,
    variances: Sequence[Floats],
    held: npt.NDArray[np.bool_] | None = None,
) -> list[tuple[float, Floats]]:
    """Return the intercept and the weights, float64[p], that are likeliest under each of some priors.

    Parameters
    ----------
    design : of n rows and p columns. y : zeros and ones, float64[n].
    variances : of each column's weight, float64[p], for each prior; the intercept is free.
    held : which weights must not be negative, bool[p].

    The loss is convex, and what is found lies within `TOLERANCE` of its least value by half the Newton decrement (Boyd
    & Vandenberghe, Convex Optimization, 2004, section 9.5): an estimate, the rougher where second derivatives are those
    of a step before; on random problems it was up to half as much again. Threads do not change it: linear algebra runs
    on one.
    """
    from threadpoolctl import threadpool_limits

    rate = float(y.mean())
    weights = np.zeros(len(design.places) + 1)
    weights[0] = np.log(rate) - np.log1p(-rate)
    found = []
    with threadpool_limits(1, "blas"):
        places = np.empty(0, dtype=np.int64) if held is None else 1 + np.flatnonzero(held[design.places])
        search = _Search(design, y, places)
        for variance in variances:
            weights = search.minimum(weights, np.concatenate([[0.0], 1.0 / variance[design.places]]))
            ordered = np.empty(len(variance))
            ordered[design.places] = weights[1:]
            found.append((float(weights[0]), ordered))
    return found


@dataclass(eq=False)
class _Search:
    """What a search for the least loss knows: the data, which weights must not be negative, and second derivatives
    computed on its way."""

    design: Design
    y: Floats
    held: npt.NDArray[np.int64]
    curvature: Floats | None = None

    def minimum(self, weights: Floats, precision: Floats) -> Floats:
        """Return the weights of least loss, from where to start and the precision of each weight's prior."""
        margins = self.design.times(weights)
        quadratic = None if self.curvature is None else self._quadratic(precision)
        before = np.inf
        for _ in range(MOST_STEPS):
            slope = self.design.sums(sigmoid(margins) - self.y) + precision * weights
            step = slope if quadratic is None else quadratic.step(weights, slope)
            left = float(slope @ step)
            if quadratic is None or left > WORTH_KEEPING * before:
                odds = sigmoid(margins)
                self.curvature = self.design.products(odds * (1.0 - odds))
                quadratic = self._quadratic(precision)
                step = quadratic.step(weights, slope)
                left = float(slope @ step)
            if left < 2.0 * TOLERANCE:
                break
            moved = self.design.times(step)
            length = self._length(weights, margins, precision, step, moved, left)
            weights, margins, before = weights - length * step, margins - length * moved, left
        return weights

    def _quadratic(self, precision: Floats) -> _Quadratic:
        from scipy.linalg import cho_factor

        assert self.curvature is not None
        return _Quadratic(cho_factor(self.curvature + np.diag(precision), lower=True), self.held)

    def _length(
        self, weights: Floats, margins: Floats, precision: Floats, step: Floats, moved: Floats, left: float
    ) -> float:
        """Return how far to go: the whole step, or half of it as often as that brings the loss down."""
        here = self._loss(weights, margins, precision)
        length = 1.0
        for _ in range(MOST_HALVINGS):
            if (
                self._loss(weights - length * step, margins - length * moved, precision)
                <= here - 0.1 * length * left
            ):
                break
            length /= 2.0
        return length

    def _loss(self, weights: Floats, margins: Floats, precision: Floats) -> float:
        return float(log_loss(margins, self.y).sum() + 0.5 * (precision @ weights**2))


@dataclass(frozen=True)
class _Quadratic:
    """What a loss is like around some weights: its second derivatives, factored, and which weights are held."""

    factor: tuple[Floats, bool]
    held: npt.NDArray[np.int64]

    def step(self, weights: Floats, slope: Floats) -> Floats:
        """Return the step to the least value, among weights that are allowed.

        With all others where they serve best, the quadratic in the held weights is that of the inverse of their part
        of the inverse matrix: non-negative least squares in a few unknowns (Lawson & Hanson, Solving Least Squares
        Problems, 1974).
        """
        from scipy.linalg import cho_solve
        from scipy.optimize import nnls

        step: Floats = cho_solve(self.factor, slope)
        aim = (weights - step)[self.held]
        if not (aim < 0.0).any():
            return step
        spread, inverse = self.of_held
        allowed, _ = nnls(inverse, inverse @ aim)
        moved: Floats = step - spread @ (inverse.T @ (inverse @ (allowed - aim)))
        # To the last bit: a weight of -1e-17 is one that is not allowed.
        moved[self.held] = weights[self.held] - allowed
        return moved

    @cached_property
    def of_held(self) -> tuple[Floats, Floats]:
        """The held columns of the inverse matrix, and the inverse of the factor of their part of it."""
        from scipy.linalg import cho_solve, cholesky, solve_triangular

        unit = np.zeros((len(self.factor[0]), len(self.held)))
        unit[self.held, np.arange(len(self.held))] = 1.0
        spread = cho_solve(self.factor, unit)
        root = cholesky(spread[self.held], lower=True)
        return spread, solve_triangular(root, np.eye(len(self.held)), lower=True)
