"""The solver of the linear partner, beside scikit-learn's and the conditions of a minimum."""

from __future__ import annotations

import numpy as np
import pytest

from boilover.model.design import Design
from boilover.model.newton import solve


def columns(n: int, seed: int = 0) -> tuple[list, np.ndarray]:
    """Return whole and sparse columns in turn, and the matrix that they are."""
    rng = np.random.default_rng(seed)
    matrix = np.zeros((n, 7))
    matrix[:, [0, 3, 5]] = rng.normal(size=(n, 3)) * [1.0, 5.0, 0.1]
    matrix[rng.random(n) < 0.02, 1] = 1.0
    matrix[rng.random(n) < 0.3, 2] = 1.0
    matrix[:, 4] = matrix[:, 3] + 1e-3 * rng.normal(size=n)
    matrix[: n // 50, 6] = 1.0
    found = []
    for place in range(matrix.shape[1]):
        where = np.flatnonzero(matrix[:, place])
        found.append((matrix[where, place], where))
    return found, matrix


def labels(matrix: np.ndarray, shift: float, seed: int = 0) -> np.ndarray:
    logit = matrix @ [1.0, 3.0, -1.0, 0.3, 0.0, 2.0, -2.0] + shift
    rng = np.random.default_rng(seed)
    return (rng.random(len(matrix)) < 1 / (1 + np.exp(-logit))).astype(float)


@pytest.mark.parametrize("shift", [0.0, -4.0])
@pytest.mark.parametrize("C", [1e-4, 0.1, 100.0])
def test_it_finds_what_scikit_learn_finds(shift: float, C: float) -> None:
    from sklearn.linear_model import LogisticRegression

    given, matrix = columns(3000)
    y = labels(matrix, shift)
    intercept, weights = solve(Design.of(given, 3000), y, [np.full(7, C)])[0]
    oracle = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-10, max_iter=500).fit(matrix, y)
    np.testing.assert_allclose(weights, oracle.coef_[0], atol=2e-3)
    assert intercept == pytest.approx(oracle.intercept_[0], abs=2e-3)


def test_several_priors_give_what_each_gives_alone_and_the_slope_there_is_none() -> None:
    given, matrix = columns(9000, 3)
    y = labels(matrix, -3.0)
    variances = [np.full(7, C) for C in (1e-6, 1e-3, 1.0)] + [np.array([1e-6, 1, 1, 1, 10, 1e-6, 1])]
    design = Design.of(given, 9000)
    together = solve(design, y, variances)
    for variance, (intercept, weights) in zip(variances, together, strict=True):
        alone = solve(design, y, [variance])[0]
        np.testing.assert_allclose(weights, alone[1], atol=2e-3)
        risk = 1 / (1 + np.exp(-(matrix @ weights + intercept)))
        slope = matrix.T @ (risk - y) + weights / variance
        spread = np.sqrt(np.diag((matrix * (risk * (1 - risk))[:, None]).T @ matrix) + 1 / variance)
        assert (np.abs(slope) < 0.01 * spread).all()


@pytest.mark.parametrize("C", [1e-3, 0.1, 100.0])
def test_held_weights_are_never_negative_and_the_rest_is_the_best_beside_them(C: float) -> None:
    """Oracle: scipy's L-BFGS-B within the same bounds; columns 3 and 4 are nearly the same."""
    from scipy.optimize import minimize

    given, matrix = columns(3000, 2)
    y = labels(matrix, -2.0)
    held = np.array([True, False, True, False, True, True, True])
    together = solve(Design.of(given, 3000), y, [np.full(7, 1e-4), np.full(7, C)], held)
    intercept, weights = together[1]
    padded = np.column_stack([np.ones(3000), matrix])

    def loss(tried: np.ndarray) -> tuple[float, np.ndarray]:
        margins = padded @ tried
        fit = (np.logaddexp(0, margins) - y * margins).sum()
        slope = padded.T @ (1 / (1 + np.exp(-margins)) - y)
        pull = np.append(0.0, tried[1:] / C)
        return float(fit + 0.5 * pull @ tried), slope + pull

    bounds = [(None, None), *((0.0, None) if each else (None, None) for each in held)]
    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 20_000, "maxfun": 50_000}
    best = minimize(loss, np.zeros(8), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    assert (weights[held] >= 0.0).all()
    assert weights[2] == weights[6] == 0.0
    assert loss(np.append(intercept, weights))[0] == pytest.approx(best.fun, abs=1e-5)


def test_rows_that_a_column_parts_clean_are_no_trouble() -> None:
    x = np.linspace(-1, 1, 400)
    y = (x > 0).astype(float)
    intercept, weights = solve(Design.of([(x, np.arange(400))], 400), y, [np.array([1e6])])[0]
    assert np.isfinite(intercept)
    assert weights[0] > 100


def test_the_matrix_is_laid_out_as_it_was_given() -> None:
    given, matrix = columns(20_000, 5)
    design = Design.of(given, 20_000)
    assert 0 < design.rest.shape[1] < 7
    order = design.places
    weights = np.arange(8.0)
    np.testing.assert_allclose(design.times(weights), weights[0] + matrix[:, order] @ weights[1:])
    share = np.random.default_rng(0).random(20_000)
    padded = np.column_stack([np.ones(20_000), matrix[:, order]])
    np.testing.assert_allclose(design.sums(share), padded.T @ share)
    np.testing.assert_allclose(design.products(share), (padded * share[:, None]).T @ padded, rtol=1e-9)
