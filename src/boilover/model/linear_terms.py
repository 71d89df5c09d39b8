"""What one column adds to a linear score: the terms of `boilover.model.linear.LinearPartner`.

A term learns its scaling or its categories from a training column, gives columns to the design matrix,
takes the fitted weights, and from then on turns a column into its share of the log-odds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.errors import MismatchError
from boilover.kernels import compiled
from boilover.model.newton import Column

Floats = npt.NDArray[np.float64]

MIN_COUNT = 20
"""A category, or being missing, gets a weight of its own when at least so many training rows have it."""
MAX_CATEGORIES = 50
"""At most so many categories of a column get a weight, the most frequent first."""
PLAIN = (np.dtype(np.float32), np.dtype(np.float64))
CURVE_CLIP = 3.0
"""A curve is level beyond so many standard deviations."""
CLIP = 10.0
"""Standardised values are clipped to so many standard deviations: far enough that what drifts is still told apart."""


@dataclass(frozen=True)
class NumericTerm:
    """A numeric column: ``weight * z``, or ``missing_weight`` where there is no finite value."""

    column: str
    mean: float
    scale: float
    """Mean and standard deviation of the compressed training values; scale 0: the column never varied."""
    has_missing: bool
    weight: float = 0.0
    missing_weight: float = 0.0
    centre: float = 0.0
    """Mean of the term over the training rows, subtracted so that an average row contributes nothing."""

    @classmethod
    def learn(cls, column: str, values: pd.Series) -> NumericTerm:
        """Learn the scaling of one training column."""
        numbers = _numbers(values)
        known = np.isfinite(numbers)
        compressed = _compress(numbers[known])
        mean, scale = (float(compressed.mean()), float(compressed.std())) if len(compressed) else (0.0, 0.0)
        is_constant = scale <= 1e-9 * max(1.0, abs(mean))
        missing = len(numbers) - int(known.sum())
        return cls(
            column, mean, 0.0 if is_constant else scale, MIN_COUNT <= missing <= len(numbers) - MIN_COUNT
        )

    def design(self, values: pd.Series) -> list[Column]:
        """Return the columns of the design matrix: the standardised value, and whether it is missing."""
        standard, missing = self._standardise(values)
        lacking = np.flatnonzero(missing)
        columns = [(standard, np.arange(len(standard)))] * bool(self.scale)
        return columns + [(np.ones(len(lacking)), lacking)] * self.has_missing

    def weighted(self, weights: Floats) -> NumericTerm:
        """Return the term with its fitted weights, in the order of `design`."""
        found = weights.tolist()
        return replace(
            self,
            weight=found[0] if self.scale else 0.0,
            missing_weight=found[-1] if self.has_missing else 0.0,
        )

    def contribution(self, values: pd.Series) -> Floats:
        """Return what the column adds to the log-odds, ``float64[n]``."""
        standard, missing = self._standardise(values)
        return _weighed(standard, missing, self.weight, self.missing_weight, self.centre)

    def _standardise(self, values: pd.Series) -> tuple[Floats, npt.NDArray[np.bool_]]:
        if isinstance(values.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(values.dtype):
            raise MismatchError(
                f"column '{self.column}': is {values.dtype}, but was a number when the model was fitted"
            )
        numbers = values.to_numpy() if values.dtype in PLAIN else _numbers(values)
        sizes, missing = _sizes(numbers)
        # NumPy takes logarithms of whole arrays several times as fast as a loop takes one after the other.
        np.log1p(sizes, out=sizes)
        _standard(numbers, missing, sizes, self.mean, self.scale)
        return sizes, missing


@dataclass(frozen=True)
class CurveTerm:
    """A numeric column as a parabola of its standardised value: ``straight * z + bent * (z² - 1)``; 0 where missing."""

    column: str
    mean: float
    scale: float
    straight: float = 0.0
    bent: float = 0.0
    centre: float = 0.0

    @classmethod
    def learn(cls, column: str, values: pd.Series) -> CurveTerm:
        """Learn the scaling of one training column."""
        line = NumericTerm.learn(column, values)
        return cls(column, line.mean, line.scale)

    def design(self, values: pd.Series) -> list[Column]:
        """Return the columns of the design matrix: the standardised value, and its square less 1."""
        rows = np.arange(len(values))
        return [(each, rows) for each in self._powers(values)]

    def weighted(self, weights: Floats) -> CurveTerm:
        """Return the term with its fitted weights, in the order of `design`."""
        straight, bent = weights.tolist()
        return replace(self, straight=straight, bent=bent)

    def contribution(self, values: pd.Series) -> Floats:
        """Return what the column adds to the log-odds, ``float64[n]``."""
        z, squared = self._powers(values)
        return self.straight * z + self.bent * squared - self.centre

    def _powers(self, values: pd.Series) -> tuple[Floats, Floats]:
        z, missing = NumericTerm(self.column, self.mean, self.scale, False)._standardise(values)
        # A parabola must not run away beyond what it was fitted on.
        z = np.clip(z, -CURVE_CLIP, CURVE_CLIP)
        return z, np.where(missing | (self.scale == 0.0), 0.0, z * z - 1.0)


@dataclass(frozen=True)
class CategoryTerm:
    """A categorical column: a weight per frequent category and one for missing; any other has weight 0."""

    column: str
    weights: dict[str, float]
    has_missing: bool
    missing_weight: float = 0.0
    centre: float = 0.0

    @classmethod
    def learn(cls, column: str, values: pd.Series) -> CategoryTerm:
        """Learn which categories of one training column are frequent enough."""
        codes, names = _categories(values)
        counts = np.bincount(codes[codes >= 0], minlength=len(names)).tolist()
        frequent = sorted(
            (-count, name) for name, count in zip(names, counts, strict=True) if count >= MIN_COUNT
        )
        missing = int((codes < 0).sum())
        return cls(
            column,
            {name: 0.0 for _, name in frequent[:MAX_CATEGORIES]},
            MIN_COUNT <= missing <= len(codes) - MIN_COUNT,
        )

    def design(self, values: pd.Series) -> list[Column]:
        """Return the columns of the design matrix: indicators of frequent categories and of missing."""
        codes, names = _categories(values)
        positions = {name: code for code, name in enumerate(names)}
        wanted = [positions[name] for name in self.weights] + ([-1] if self.has_missing else [])
        rows = [np.flatnonzero(codes == code) for code in wanted]
        return [(np.ones(len(each)), each) for each in rows]

    def weighted(self, weights: Floats) -> CategoryTerm:
        """Return the term with its fitted weights, in the order of `design`."""
        found = weights.tolist()
        missing_weight = found.pop() if self.has_missing else 0.0
        return replace(
            self, weights=dict(zip(self.weights, found, strict=True)), missing_weight=missing_weight
        )

    def contribution(self, values: pd.Series) -> Floats:
        """Return what the column adds to the log-odds, ``float64[n]``."""
        if pd.api.types.is_numeric_dtype(values.dtype):
            raise MismatchError(
                f"column '{self.column}': is {values.dtype}, but was a category when the model was fitted"
            )
        codes, names = _categories(values)
        # Code -1, missing, reads the last place.
        lookup = np.array([*(self.weights.get(name, 0.0) for name in names), self.missing_weight])
        return lookup[codes] - self.centre


Term = NumericTerm | CurveTerm | CategoryTerm


def learn_term(name: str, values: pd.Series) -> Term:
    """Learn the term of one training column, by its dtype."""
    return (NumericTerm if pd.api.types.is_numeric_dtype(values.dtype) else CategoryTerm).learn(name, values)


def _numbers(values: pd.Series) -> Floats:
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


@compiled
def _sizes(numbers: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return absolute values, 0 where there is no finite one, and where that is."""
    sizes, missing = np.empty(len(numbers), np.float64), np.empty(len(numbers), np.bool_)
    for row in range(len(numbers)):
        missing[row] = not np.isfinite(numbers[row])
        sizes[row] = 0.0 if missing[row] else abs(np.float64(numbers[row]))
    return sizes, missing


@compiled
def _standard(
    numbers: Floats, missing: npt.NDArray[np.bool_], sizes: Floats, mean: float, scale: float
) -> None:
    """Make standardised values of the logarithms in ``sizes``; 0 where missing or where nothing varied."""
    for row in range(len(sizes)):
        signed = sizes[row] if numbers[row] >= 0 else -sizes[row]
        standard = 0.0 if scale == 0.0 else min(max((signed - mean) / scale, -CLIP), CLIP)
        sizes[row] = 0.0 if missing[row] else standard


@compiled
def _weighed(
    standard: Floats, missing: npt.NDArray[np.bool_], weight: float, missing_weight: float, centre: float
) -> Floats:
    out = np.empty(len(standard), np.float64)
    for row in range(len(standard)):
        out[row] = (missing_weight if missing[row] else weight * standard[row]) - centre
    return out


def _compress(numbers: Floats) -> Floats:
    return np.copysign(np.log1p(np.abs(numbers)), numbers)


def _categories(values: pd.Series) -> tuple[npt.NDArray[np.int64], list[str]]:
    categorical = values.astype("category").cat
    names = [str(name) for name in categorical.categories.tolist()]
    return categorical.codes.to_numpy().astype(np.int64), names
