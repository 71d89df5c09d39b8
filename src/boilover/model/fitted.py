"""A fitted model as far as it predicts: neither LightGBM nor scikit-learn is imported for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.errors import MismatchError, shorten
from boilover.history import Floats
from boilover.memory import kept_memory
from boilover.model.calibrators import Calibrator, calibrator_from_dict, sigmoid
from boilover.model.encoding import Encoded, Encoding
from boilover.model.linear import LinearPartner
from boilover.model.linear_asked import Asked
from boilover.model.reading import Matrix, Reading
from boilover.model.trees import Trees

if TYPE_CHECKING:
    import lightgbm


BLOCK_ROWS = 4096
"""Rows that are asked together by one thread: their columns stay in its caches."""


class Fitted:
    """What `EscalationClassifier` becomes once it is saved and read again: the same predictions, and no `fit`.

    Parameters
    ----------
    parameters : of the classifier that was fitted.

    Attributes
    ----------
    classes_, categories_, linear_weight_, rounds_, calibrator_ : as of the classifier.
    trees_ : the boosted trees; ``booster_`` are they as LightGBM holds them.
    """

    classes_: npt.NDArray[Any]
    encoding_: Encoding
    rounds_: int
    linear_weight_: float
    linear_: LinearPartner
    calibrator_: Calibrator
    trees_: Trees
    held_out_risk_: Floats
    beside_risk_: Floats
    held_out_scores_: dict[str, Floats]
    tuned_: dict[str, float]
    tried_: int
    """These five of a classifier just fitted only."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self.parameters = dict(parameters)
        self.n_jobs: int | None = self.parameters["n_jobs"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters of the classifier that was fitted."""
        return dict(self.parameters)

    @property
    def categories_(self) -> dict[str, tuple[str, ...]]:
        """The categories that trees read, by column."""
        return dict(self.encoding_.categories)

    @property
    def booster_(self) -> lightgbm.Booster:
        """The trees as LightGBM holds them."""
        return self.trees_.booster

    def raw_scores(self, X: pd.DataFrame | npt.ArrayLike) -> Floats:
        """Return uncalibrated log-odds, ``float64[n]``."""
        return self._scores(self._frame(X))

    def decision_function(self, X: pd.DataFrame | npt.ArrayLike) -> Floats:
        """Return calibrated log-odds, ``float64[n]``; above 0 is the second class."""
        scores = self.raw_scores(X)
        return self.calibrator_.log_odds(scores)

    def predict_proba(self, X: pd.DataFrame | npt.ArrayLike) -> Floats:
        """Return calibrated probabilities of both classes, ``float64[n, 2]``."""
        risk = sigmoid(self.decision_function(X))
        return np.column_stack([1.0 - risk, risk])

    def predict(self, X: pd.DataFrame | npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the likelier class of each row, ``[n]``."""
        second = self.decision_function(X) > 0.0
        return self.classes_[second.astype(np.int64)]

    def contributions(self, X: pd.DataFrame | npt.ArrayLike) -> Floats:
        """Return what each column adds to the raw log-odds beside `base_value`, ``float64[n, n_features]``.

        Exact for trees and linear partner: for the rows that are shown.
        """
        return self._shares(X, self.trees_.contributions)

    def path_attributions(self, X: pd.DataFrame | npt.ArrayLike) -> Floats:
        """Return what each column changes on the way of a row through the trees, in the form of `contributions`.

        Ten times as fast as those and as additive, but not exact: they mostly agree on what matters most, and differ
        on how much. For many rows.
        """
        return self._shares(X, self.trees_.path_attributions)

    def _shares(self, X: pd.DataFrame | npt.ArrayLike, of_trees: Callable[[Matrix, int], Floats]) -> Floats:
        """Return the shares of the columns in trees and linear partner."""
        read, linear = self._read(self._frame(X))
        matrix, weight = read.matrix(slice(None)), self.linear_weight_
        trees = of_trees(matrix, self._threads())[:, :-1]
        return (
            trees if linear is None else (1.0 - weight) * trees + weight * linear.shares(matrix, read.reading)
        )

    @property
    def base_value(self) -> float:
        """The raw log-odds to which `contributions` are added."""
        nothing = np.full((1, len(self.encoding_.columns)), np.nan, dtype=np.float32)
        trees = float(self.trees_.contributions(nothing, self._threads())[0, -1])
        return (1.0 - self.linear_weight_) * trees + self.linear_weight_ * self.linear_.intercept_

    def to_dict(self) -> dict[str, Any]:
        """Return all of the fitted model but its trees (``trees_.text``), as plain values for JSON."""
        return {
            "parameters": self.get_params(),
            "classes": self.classes_.tolist(),
            "encoding": self.encoding_.to_dict(),
            "rounds": self.rounds_,
            "linear_weight": self.linear_weight_,
            "linear": self.linear_.to_dict(),
            "calibrator": self.calibrator_.to_dict(),
        }

    @staticmethod
    def from_dict(values: Mapping[str, Any], trees: str) -> Fitted:
        """Return the model of `to_dict` and of LightGBM's text; it predicts the same to the last bit."""
        model = Fitted(values["parameters"])
        model.classes_ = np.array(values["classes"])
        model.encoding_ = Encoding.from_dict(values["encoding"])
        model.rounds_, model.linear_weight_ = values["rounds"], values["linear_weight"]
        model.linear_ = LinearPartner.from_dict(values["linear"])
        model.calibrator_ = calibrator_from_dict(values["calibrator"])
        model.trees_ = Trees(trees)
        return model

    def _scores(self, frame: pd.DataFrame) -> Floats:
        """Return the raw scores of a frame of the model's columns: block by block, on all threads."""
        read, linear = self._read(frame)
        scores = np.empty(len(frame))

        def score(start: int) -> None:
            rows = slice(start, start + BLOCK_ROWS)
            scores[rows] = self._blend(read.matrix(rows), read.reading, rows, linear)

        starts = range(0, len(frame), BLOCK_ROWS)
        threads = min(self._threads() or os.cpu_count() or 1, len(starts))
        if threads <= 1:
            for start in starts:
                score(start)
            return scores
        with kept_memory(), ThreadPoolExecutor(threads) as pool:
            list(pool.map(score, starts))
        return scores

    def _read(self, frame: pd.DataFrame) -> tuple[Encoded, Asked | None]:
        """Return a frame as the trees read it, and the linear partner as it is asked, if it has a say."""
        read = self.encoding_.read(frame)
        if not self.linear_weight_:
            return read, None
        self.linear_.check(frame)
        return read, self.linear_.asked(read.reading, self.encoding_.columns)

    def _blend(self, matrix: Matrix, reading: Reading, rows: slice, linear: Asked | None) -> Floats:
        if linear is None:
            return self.trees_.margins(matrix, 1)
        weight, added = self.linear_weight_, linear.scores(matrix, reading, rows)
        return added if weight == 1.0 else (1.0 - weight) * self.trees_.margins(matrix, 1) + weight * added

    def _frame(self, X: pd.DataFrame | npt.ArrayLike) -> pd.DataFrame:
        """Return ``X`` as the frame of the columns that the model was fitted on."""
        columns = list(self.encoding_.columns)
        if not isinstance(X, pd.DataFrame):
            values = np.asarray(X, dtype=np.float32)
            if values.ndim != 2 or values.shape[1] != len(columns):
                raise MismatchError(
                    f"an array of shape {values.shape} has not the model's {len(columns)} columns"
                )
            return pd.DataFrame(values, columns=columns)
        given = [str(name) for name in X.columns]
        if given != columns:
            others = [f"{shorten(name)} is none of them" for name in given if name not in columns]
            lacking = [f"{shorten(name)} is missing" for name in columns if name not in given]
            told = next(iter([*others, *lacking]), "their order differs")
            raise MismatchError(
                f"{len(given)} columns are not the {len(columns)} that the model was fitted on: {told}"
            )
        return X.set_axis(given, axis=1)

    def _threads(self) -> int:
        # LightGBM reads 0 as all cores, scikit-learn none as one of them.
        return 1 if self.n_jobs is None else max(self.n_jobs, 0)
