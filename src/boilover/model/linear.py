"""A shrunken logistic regression on feature frames: the model's partner on small logs, and a baseline.

What makes it robust: numbers are compressed by a signed logarithm, standardised and clipped, so that no
tail rules the fit; a missing number counts as an average one and has a weight of its own; categories too
rare to learn from share the weight zero; every weight is drawn towards zero by a Gaussian prior of
variance ``C``. Only the curve of one column, the age of the ticket, is left free: what there is too little
data to learn, the model leaves at what age alone tells, and not at the base rate.

A score is a sum of per-column terms, added in one fixed order with element-wise operations only: a row has
the same score to the last bit, whatever other rows stand beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.errors import InputError, MismatchError, shorten
from boilover.history import Floats
from boilover.model.design import Column, Design
from boilover.model.linear_asked import Asked
from boilover.model.linear_kernels import Lines
from boilover.model.linear_terms import CategoryTerm, CurveTerm, NumericTerm, Term, check_kind, learn_term
from boilover.model.newton import solve
from boilover.model.reading import Reading, Words

MAX_ROWS = 100_000
"""Of more training rows, evenly spaced ones are used: weights are few, and memory stays bounded."""
FORMAT = 2
FREE_VARIANCE = 1.0
"""Variance of the prior on the two weights of the free column's curve."""


class LinearPartner:
    """Logistic regression with strong shrinkage, on a frame of numeric (NaN allowed) and categorical columns.

    Parameters
    ----------
    C : variance of the Gaussian prior on each weight, per standard deviation of a number or per category;
        smaller shrinks more. scikit-learn's parameter of that name.
    free : a numeric column that enters as a curve and is not shrunk; none where the frame has no such column.
    """

    def __init__(self, C: float = 0.1, free: str | None = None) -> None:
        self.C = C
        self.free = free
        self.terms_: tuple[Term, ...] = ()
        self.intercept_ = 0.0
        """Log-odds of an average training row, float."""

    @property
    def columns_(self) -> list[str]:
        """Names of the fitted columns, in the order of `contributions`."""
        return [term.column for term in self.terms_]

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike) -> Self:
        """Fit on ``X`` (n rows) and ``y`` (n zeros and ones).

        Where all of ``y`` is the same, nothing can be told apart: every weight is 0 and the intercept is
        the rate with half a row of either kind added (Jeffreys). Raises `InputError` for no row, differing
        lengths or a ``y`` that is not 0 or 1.
        """
        fitted = self.path(X, y, [self.C], free=self.free)[0]
        self.terms_, self.intercept_ = fitted.terms_, fitted.intercept_
        return self

    @classmethod
    def path(
        cls,
        X: pd.DataFrame,
        y: npt.ArrayLike,
        choices: Sequence[float],
        *,
        shares: npt.ArrayLike | None = None,
        free: str | None = None,
        rising: Collection[str] = (),
    ) -> list[LinearPartner]:
        """Return what `fit` makes for each ``C``; with ``shares`` (models, choices), means so weighted.

        Of columns in ``rising`` a larger number never lowers the score: their weights are held at 0 or above.
        """
        labels = _check_targets(X, y)
        if len(X) > MAX_ROWS:
            kept = np.linspace(0, len(X) - 1, MAX_ROWS).astype(np.int64)
            X, labels = X.iloc[kept], labels[kept]
        terms = [learn_term(str(name), X[name], free) for name in X.columns]
        blocks = [term.design(X[term.column]) for term in terms]
        columns = [column for block in blocks for column in block]
        is_free = np.repeat([isinstance(term, CurveTerm) for term in terms], [len(block) for block in blocks])
        variances = [np.where(is_free, FREE_VARIANCE, C) for C in choices]
        held = [
            isinstance(term, NumericTerm) and term.scale > 0.0 and term.column in rising and not place
            for term, block in zip(terms, blocks, strict=True)
            for place in range(len(block))
        ]
        means = np.array([values.sum() for values, _ in columns]) / len(X)
        solutions = _solved(columns, labels, variances, np.array(held, dtype=bool))
        parts = np.eye(len(choices)) if shares is None else np.asarray(shares, dtype=np.float64)
        intercepts = parts @ np.array([intercept for intercept, _ in solutions])
        mixed = parts @ np.array([solved for _, solved in solutions])
        ends = np.cumsum([len(block) for block in blocks], dtype=np.int64).tolist()
        spans = [slice(end - len(block), end) for block, end in zip(blocks, ends, strict=True)]
        found = []
        for C, intercept, solved in zip((parts @ choices).tolist(), intercepts.tolist(), mixed, strict=True):
            model = cls(C, free)
            model.terms_ = tuple(
                replace(term.weighted(solved[span]), centre=float(means[span] @ solved[span]))
                for term, span in zip(terms, spans, strict=True)
            )
            model.intercept_ = intercept + sum(term.centre for term in model.terms_)
            found.append(model)
        return found

    def decision(self, X: pd.DataFrame) -> Floats:
        """Return the log-odds of each row, ``float64[n]``; raise `MismatchError` if a column is missing."""
        reading = self._read(X)
        every = slice(None)
        return self.asked(reading, self.columns_).scores(reading.matrix({}, every), reading, every)

    def contributions(self, X: pd.DataFrame) -> Floats:
        """Return what each column adds to the log-odds beside ``intercept_``, ``float64[n, len(columns_)]``.

        0 means: as an average training row.
        """
        reading = self._read(X)
        return self.asked(reading, self.columns_).shares(reading.matrix({}, slice(None)), reading)

    def asked(self, reading: Reading, columns: Sequence[str]) -> Asked:
        """Return the model as it is asked of a reading, whose columns are named in their order."""
        place = {name: number for number, name in enumerate(columns)}
        lines = [
            (number, place[term.column], term.line())
            for number, term in enumerate(self.terms_)
            if not isinstance(term, CategoryTerm)
        ]
        tables = tuple(
            (number, place[term.column], term.table(cast(Words, reading.columns[place[term.column]])))
            for number, term in enumerate(self.terms_)
            if isinstance(term, CategoryTerm)
        )
        told = np.array([line for _, _, line in lines]).reshape(-1, len(Lines._fields) - 1).T.copy()
        places = np.array([at for _, at, _ in lines], dtype=np.int64)
        return Asked(self.intercept_, tuple(number for number, _, _ in lines), Lines(places, *told), tables)

    def check(self, X: pd.DataFrame) -> None:
        """Raise `MismatchError` where a column is missing, or is no longer of numbers or of words as it was."""
        missing = [column for column in self.columns_ if column not in X.columns]
        if missing:
            named = ", ".join(map(shorten, missing[:5]))
            raise MismatchError(
                f"{len(missing)} column(s) that the linear model was fitted on are missing: {named}"
            )
        for term in self.terms_:
            check_kind(term, X[term.column])

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted model as plain values that JSON keeps to the last bit."""
        terms = [{"kind": type(term).__name__, **asdict(term)} for term in self.terms_]
        return {
            "format": FORMAT,
            "C": self.C,
            "free": self.free,
            "intercept": self.intercept_,
            "terms": terms,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LinearPartner:
        """Return the model that `to_dict` wrote; raise `MismatchError` for another format."""
        if values.get("format") != FORMAT:
            raise MismatchError(
                f"linear model of format {values.get('format')}, expected {FORMAT}; train it again"
            )
        kinds: dict[str, type[Term]] = {
            kind.__name__: kind for kind in (NumericTerm, CurveTerm, CategoryTerm)
        }
        model = cls(values["C"], values["free"])
        model.intercept_ = values["intercept"]
        model.terms_ = tuple(
            kinds[term["kind"]](**{name: value for name, value in term.items() if name != "kind"})
            for term in values["terms"]
        )
        return model

    def _read(self, X: pd.DataFrame) -> Reading:
        self.check(X)
        words = {term.column for term in self.terms_ if isinstance(term, CategoryTerm)}
        return Reading.of(X[self.columns_], words)


def _solved(
    columns: Sequence[Column], labels: Floats, variances: Sequence[Floats], held: npt.NDArray[np.bool_]
) -> list[tuple[float, Floats]]:
    positive, total = float(labels.sum()), float(len(labels))
    if not columns or positive in (0.0, total):
        rate = float(np.log((positive + 0.5) / (total - positive + 0.5)))
        return [(rate, np.zeros(len(columns))) for _ in variances]
    return solve(Design.of(columns, len(labels)), labels, variances, held)


def _check_targets(X: pd.DataFrame, y: npt.ArrayLike) -> Floats:
    labels = np.asarray(y, dtype=np.float64)
    if not len(X):
        raise InputError("there is no row to learn from", mend="Train on a log with tickets before the cut")
    if len(X) != len(labels):
        raise InputError(f"{len(X)} rows and {len(labels)} labels differ in number")
    if not np.isin(labels, (0.0, 1.0)).all():
        raise InputError("labels other than 0 and 1", column="y", mend="Leave censored points out")
    return labels
