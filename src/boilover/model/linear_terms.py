"""What one column adds to a linear score: the terms of `boilover.model.linear.LinearPartner`.

A term learns its scaling or its categories from a training column, gives columns to the design matrix, and takes the
fitted weights. What it then adds to a score, numbers tell as a `Line` and categories by a table of their words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.errors import MismatchError, shorten
from boilover.history import Floats
from boilover.model.design import Column
from boilover.model.linear_kernels import compress, standardise
from boilover.model.reading import Words, is_numeric, numbers_of, words_of

Line = tuple[float, float, float, float, float, float, float]
"""Of `boilover.model.linear_kernels.Lines`, all but the place."""

MIN_COUNT = 20
"""A category, or being missing, gets a weight of its own when at least so many training rows have it."""
MAX_CATEGORIES = 50
"""At most so many categories of a column get a weight, the most frequent first."""
CURVE_CLIP = 3.0
"""A curve is level beyond so many standard deviations: it must not run away beyond what it was fitted on."""
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
        compressed = compress(_numbers(column, values))
        known = compressed[~np.isnan(compressed)]
        mean, scale = (float(known.mean()), float(known.std())) if len(known) else (0.0, 0.0)
        is_constant = scale <= 1e-9 * max(1.0, abs(mean))
        missing = len(compressed) - len(known)
        return cls(
            column, mean, 0.0 if is_constant else scale, MIN_COUNT <= missing <= len(compressed) - MIN_COUNT
        )

    def design(self, values: pd.Series) -> list[Column]:
        """Return the columns of the design matrix: the standardised value, and whether it is missing."""
        standard = standardise(_numbers(self.column, values), self.mean, _inverse(self.scale), CLIP)
        lacking = np.flatnonzero(np.isnan(standard))
        columns = [(np.nan_to_num(standard), np.arange(len(standard)))] * bool(self.scale)
        return columns + [(np.ones(len(lacking)), lacking)] * self.has_missing

    def weighted(self, weights: Floats) -> NumericTerm:
        """Return the term with its fitted weights, in the order of `design`."""
        found = weights.tolist()
        return replace(
            self,
            weight=found[0] if self.scale else 0.0,
            missing_weight=found[-1] if self.has_missing else 0.0,
        )

    def line(self) -> Line:
        """Return what the column adds to the log-odds."""
        return self.mean, _inverse(self.scale), CLIP, self.weight, 0.0, self.missing_weight, self.centre


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
        z = standardise(_numbers(self.column, values), self.mean, _inverse(self.scale), CURVE_CLIP)
        rows = np.arange(len(z))
        return [(np.nan_to_num(each), rows) for each in (z, z * z - 1.0 if self.scale else 0.0 * z)]

    def weighted(self, weights: Floats) -> CurveTerm:
        """Return the term with its fitted weights, in the order of `design`."""
        straight, bent = weights.tolist()
        return replace(self, straight=straight, bent=bent if self.scale else 0.0)

    def line(self) -> Line:
        """Return what the column adds to the log-odds."""
        return self.mean, _inverse(self.scale), CURVE_CLIP, self.straight, self.bent, 0.0, self.centre


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
        words = words_of(values)
        weights = dict.fromkeys(words.frequent(MIN_COUNT)[:MAX_CATEGORIES], 0.0)
        missing = int((words.codes < 0).sum())
        return cls(column, weights, MIN_COUNT <= missing <= len(words.codes) - MIN_COUNT)

    def design(self, values: pd.Series) -> list[Column]:
        """Return the columns of the design matrix: indicators of frequent categories and of missing."""
        words = words_of(values)
        places = {name: place for place, name in enumerate(self.weights)}
        found = words.table(places, -1, len(places), np.int64)[words.codes]
        rows = [np.flatnonzero(found == place) for place in range(len(places) + self.has_missing)]
        return [(np.ones(len(each)), each) for each in rows]

    def weighted(self, weights: Floats) -> CategoryTerm:
        """Return the term with its fitted weights, in the order of `design`."""
        found = weights.tolist()
        missing_weight = found.pop() if self.has_missing else 0.0
        return replace(
            self, weights=dict(zip(self.weights, found, strict=True)), missing_weight=missing_weight
        )

    def table(self, words: Words) -> Floats:
        """Return what each word adds to the log-odds, and what a missing one does last: float64[n_words + 1]."""
        return words.table(self.weights, 0.0, self.missing_weight, np.float64) - self.centre


Term = NumericTerm | CurveTerm | CategoryTerm


def learn_term(name: str, values: pd.Series, free: str | None) -> Term:
    """Learn the term of one training column, by its dtype; the numeric column ``free`` is a curve."""
    if not is_numeric(values):
        return CategoryTerm.learn(name, values)
    return CurveTerm.learn(name, values) if name == free else NumericTerm.learn(name, values)


def check_kind(term: Term, values: pd.Series) -> None:
    """Raise `MismatchError` where a column of numbers is none any more, or one of categories is one of numbers."""
    if is_numeric(values) == isinstance(term, CategoryTerm):
        was = "category" if isinstance(term, CategoryTerm) else "number"
        raise MismatchError(
            f"column {shorten(term.column)}: is {values.dtype}, but was a {was} when the model was fitted"
        )


def _numbers(column: str, values: pd.Series) -> npt.NDArray[np.float32]:
    # A copy where it must be: kernels are compiled for columns that lie in one piece and may be written.
    return np.require(numbers_of(column, values), np.float32, ["C", "W"])


def _inverse(scale: float) -> float:
    return 1.0 / scale if scale else 0.0
