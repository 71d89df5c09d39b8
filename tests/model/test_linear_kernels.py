"""The logarithm and the sums of the linear partner's compiled kernels, beside NumPy's and a loop over terms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from boilover.model.linear import LinearPartner
from boilover.model.linear_kernels import BLOCK, compress, standardise
from boilover.model.linear_terms import CategoryTerm, CurveTerm

MOST = float(np.finfo(np.float32).max)
ODD = np.array([0, -0.0, 1e-45, 1e-38, 1e-7, 0.4142, 1, 3, MOST, np.inf, np.nan], dtype=np.float32)


def test_the_logarithm_is_numpys_over_all_float32() -> None:
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**32, 200_000, dtype=np.uint64).astype(np.uint32).view(np.float32)
    near_edges = (
        2.0 ** np.arange(0, 128)[:, None] * np.array([0.5, 0.7071, 0.70711, 1, 1.41421, 1.41422]) - 1
    ).ravel()
    plain = np.concatenate([near_edges, rng.uniform(-9, 9, 9000)]).astype(np.float32)
    numbers = np.concatenate([ODD, -ODD, bits, plain])
    found = compress(numbers)
    known = np.isfinite(numbers)
    wide = numbers[known].astype(np.float64)
    np.testing.assert_allclose(found[known], np.sign(wide) * np.log1p(np.abs(wide)), rtol=0, atol=1e-12)
    assert np.isnan(found[~known]).all()
    assert (~known).sum() > 100


def test_the_logarithm_rises_with_the_number() -> None:
    numbers = np.sort(np.random.default_rng(1).lognormal(0, 6, 50_000)).astype(np.float32)
    # Where neighbours differ by less than what it is off.
    assert np.diff(compress(numbers)).min() > -1e-12


@pytest.mark.parametrize("n", [1, 3, BLOCK - 1, BLOCK, 2 * BLOCK + 5])
def test_a_value_is_the_same_beside_any_others(n: int) -> None:
    numbers = np.random.default_rng(2).lognormal(0, 5, 2 * BLOCK + 5).astype(np.float32)
    whole = standardise(numbers, 0.3, 1.7, 10.0)
    assert np.array_equal(standardise(numbers[:n].copy(), 0.3, 1.7, 10.0), whole[:n])
    assert np.array_equal(standardise(numbers[-n:].copy(), 0.3, 1.7, 10.0), whole[-n:])


def frame(n: int) -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(3)
    X = pd.DataFrame({f"x{each}": rng.lognormal(0, 2, n).astype(np.float32) for each in range(5)})
    X["age"] = rng.lognormal(2, 1, n)
    X["gap"] = np.where(rng.random(n) < 0.3, np.nan, -rng.lognormal(size=n))
    X["queue"] = rng.choice(["a", "b", "c", None], n)
    X["kind"] = pd.Categorical(rng.choice(["x", "y"], n))
    return X, (rng.random(n) < 0.2 + 0.5 * (X["x0"] > 1)).astype(float)


def by_term(model: LinearPartner, X: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return each term's share, told anew from its numbers."""
    shares = []
    for term in model.terms_:
        values = X[term.column]
        if isinstance(term, CategoryTerm):
            told = [
                term.missing_weight if pd.isna(each) else term.weights.get(str(each), 0.0) for each in values
            ]
            shares.append(np.array(told) - term.centre)
            continue
        x = values.to_numpy(np.float32).astype(np.float64)
        known = np.isfinite(x)
        squeezed = np.sign(x) * np.log1p(np.abs(np.where(known, x, 0.0)))
        z = (squeezed - term.mean) / term.scale if term.scale else 0.0 * squeezed
        if isinstance(term, CurveTerm):
            z = np.clip(z, -3, 3)
            told = np.where(known, term.straight * z + term.bent * (z * z - 1), 0.0)
        else:
            told = np.where(known, term.weight * np.clip(z, -10, 10), term.missing_weight)
        shares.append(told - term.centre)
    return np.column_stack(shares)


def test_scores_are_the_sums_of_terms_told_one_by_one() -> None:
    X, y = frame(2 * BLOCK + 77)
    model = LinearPartner(C=1.0, free="age").fit(X, y)
    assert any(isinstance(term, CurveTerm) and term.bent for term in model.terms_)
    odd = X.iloc[: 2 * len(ODD)].copy()
    for place, name in enumerate(["x0", "x1", "age", "gap"]):
        odd[name] = np.roll(np.concatenate([ODD, -ODD]), place)
    odd["queue"] = "never heard of"
    asked = pd.concat([X, odd], ignore_index=True)
    expected = by_term(model, asked)
    np.testing.assert_allclose(model.contributions(asked), expected, rtol=0, atol=1e-10)
    found = model.decision(asked)
    np.testing.assert_allclose(found, model.intercept_ + expected.sum(axis=1), rtol=0, atol=1e-10)
    for rows in (slice(0, 1), slice(1, BLOCK + 3), slice(-1, None)):
        assert np.array_equal(model.decision(asked.iloc[rows]), found[rows])
