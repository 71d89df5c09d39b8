"""The classifier: boosted trees, a linear partner beside them, and a calibrator on top.

Rows stand in time order and fall into three slices, each later than the one before: to fit on, to stop and
to weigh the partner on, to calibrate on. `boilover.split` makes slices with gaps between them; without any
the order of the rows decides. What is chosen on a later slice is kept, and trees and partner are then
grown anew on all rows: on logs of weeks, the last days before tonight are worth more than any setting. The
calibrator keeps its shape, and its level follows: the mean risk of the last slice stays what it was found to be.
Imbalance is left as it is: the loss is a proper one, and resampling would only spoil the probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from boilover.history import Floats
from boilover.model import boosting
from boilover.model.boosting import Settings
from boilover.model.calibration import fit_calibrator, level
from boilover.model.calibrators import Platt, sigmoid
from boilover.model.checked import check_parameters, framed
from boilover.model.encoding import Encoding
from boilover.model.fitted import Fitted
from boilover.model.linear import LinearPartner
from boilover.model.rows import Rows, capacity_of, usable_slices, zeros_and_ones
from boilover.model.simpler import AGE_ALONE, simpler_scores, to_fall_back_on
from boilover.model.trees import Trees
from boilover.model.tuning import AGE_ONLY, Chosen, scaled, tune
from boilover.split import CALIBRATE, FIT, LEFT_OUT, STOP


class EscalationClassifier(ClassifierMixin, BaseEstimator, Fitted):  # type: ignore[misc]
    """Calibrated risk of escalation from a frame of features, in the manner of scikit-learn.

    The raw score is ``(1 - w) * trees + w * linear`` in log-odds. On large logs the trees win, on small or
    drifting ones the shrunken linear partner: weight and shrinkage follow from the number of tickets that there
    are to learn from, and from the stopping slice as far as it has enough of them to say (`boilover.model.tuning`).

    Parameters
    ----------
    linear : weight of the linear partner, 0 to 1, or ``auto``.
    calibration : ``auto``, ``identity``, ``platt``, ``beta`` or ``isotonic``, see `fit_calibrator`.
    age : the column that tells the age of a ticket, a number, where the frame has it: the linear partner takes its
        curve as it is and shrinks all else toward it.
    rising : columns of numbers of which more never lowers the risk, as all else stands; others are passed over.
    keep : columns are kept that carry so much of what moves scores on the stopping slice; 1, or no such slice: all.
    tune_seconds : how long to search for settings of the trees on the stopping slice; 0: the usual ones.
    min_category : categories of fewer training rows (or than a hundredth of few rows) count as missing.
    random_state : the seed; the same rows and seed give the same model to the last bit.
    n_jobs : threads of LightGBM; -1 for all cores.

    Attributes
    ----------
    classes_ : the two labels, sorted; the second one is the escalation.
    n_features_in_, feature_names_in_ : as in scikit-learn, of the columns that were kept.
    categories_ : dict of column to the categories that trees read.
    linear_weight_, rounds_, calibrator_ : what was chosen. linear_shares_ : dict of each shrinkage to its part in the
        linear partner; after `fit` only.
    held_out_risk_ : float64, calibrated risks of the calibration slice by the model that had not seen it; after
        `fit` only, not saved. beside_risk_ : those of the rows beside.
    tuned_, tried_ : settings of the trees that the search changed, and how many it tried; after `fit` only.
    held_out_scores_ : dict of float64, raw log-odds of what is simpler on the same rows: ``age_alone`` where the frame
        tells it, ``linear_part``; after `fit` only.
    """

    def __init__(
        self,
        linear: float | Literal["auto"] = "auto",
        calibration: str = "auto",
        age: str | None = None,
        rising: Sequence[str] = (),
        keep: float = 1.0,
        tune_seconds: float = 0.0,
        min_category: int = 20,
        random_state: int = 0,
        n_jobs: int | None = -1,
    ) -> None:
        self.linear = linear
        self.calibration = calibration
        self.age = age
        self.rising = rising
        self.keep = keep
        self.tune_seconds = tune_seconds
        self.min_category = min_category
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(
        self,
        X: pd.DataFrame | npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        slices: npt.ArrayLike | None = None,
        groups: npt.ArrayLike | None = None,
        beside: pd.DataFrame | None = None,
    ) -> Self:
        """Fit trees, linear partner and calibrator.

        Parameters
        ----------
        X : n rows in time order. A frame's numeric and boolean columns are numbers (NaN: missing), all others
            categories; an array is all numbers.
        y : two classes, [n].
        slices : int8[n], the slices of `boilover.split`: 0 to fit on, 1 to stop on, 2 to calibrate on, 3
            only for the last fit on them all, -1 left out. Without: the last 15 % calibrate, the 15 %
            before them stop; fewer than 200 rows are all fitted on, and not calibrated. A slice to stop on that holds
            fewer than 50 tickets of either class joins the rows to fit on.
        groups : the ticket of each row, [n]; measures what there is to learn from. Without: each row by
            itself.
        beside : rows in the columns of ``X`` to tell risks of, by the model that had not seen the calibration slice.

        Raises ValueError where the rows to fit on hold one class only, `UsageError` for a parameter out of range.
        """
        check_parameters(self)
        frame = self._frame(X, fitting=True)
        self.classes_, labels = zeros_and_ones(y)
        tickets = np.arange(len(frame)) if groups is None else np.unique(groups, return_inverse=True)[1]
        check_consistent_length(frame, labels, tickets)
        parts = usable_slices(slices, labels, tickets)
        if len(np.unique(labels[parts == FIT])) < 2:
            raise ValueError("the rows to fit on hold one class only; both classes are needed")
        used = parts != LEFT_OUT
        min_category = int(np.clip(used.sum() // 100, 1, self.min_category))
        most = capacity_of(labels[used], tickets[used]).most_categories
        self.encoding_ = Encoding.learn(frame[used], min_category, most)
        rows = Rows(frame, self.encoding_.encode(frame), labels, tickets)
        rising = [name in self.rising and name not in self.categories_ for name in self.encoding_.columns]
        settings = Settings(self.encoding_.categorical, self.random_state, self._threads(), rising=rising)
        fit, stop, calibrate = (rows.where(parts == part) for part in (FIT, STOP, CALIBRATE))
        asked = (self.age, self.rising, self.keep, self.tune_seconds)
        chosen = tune(fit, stop, settings, *asked)
        if chosen.columns is not None:
            self._narrow(chosen.columns)
            settings = settings.of(chosen.columns)
            rows, fit, stop, calibrate = (each.of(chosen.columns) for each in (rows, fit, stop, calibrate))
        rounds, settings = self._choose(chosen, fit, stop, calibrate, settings)
        if beside is not None and len(calibrate):
            scores = self._scores(self._frame(beside[list(self.encoding_.columns)]))
            self.beside_risk_ = sigmoid(self.calibrator_.log_odds(scores))
        self.rounds_ = scaled(rounds, used.sum() / (len(fit) + len(stop)))
        if self.linear_weight_ == 1.0:
            # Trees have no say: one of them makes a model that can be written and read like any other.
            self.rounds_ = 1
        self._grow(rows.where(used), settings, self.rounds_)
        if len(calibrate) and self.calibration != "identity":
            # What moved the rate of the latest rows is learnt by now: the calibrator must not add it once more.
            learnt = self.calibrator_.log_odds(self._scores(calibrate.frame))
            self.calibrator_ = self.calibrator_.raised(level(learnt, float(self.held_out_risk_.mean())))
        return self

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn: two classes only, missing values welcome."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def _narrow(self, columns: Sequence[int]) -> None:
        """Read no other columns than those at these places."""
        self.encoding_ = self.encoding_.of(columns)
        self.n_features_in_ = len(columns)
        if hasattr(self, "feature_names_in_"):
            self.feature_names_in_ = np.array(self.encoding_.columns, dtype=object)

    def _choose(
        self, chosen: Chosen, fit: Rows, stop: Rows, calibrate: Rows, settings: Settings
    ) -> tuple[int, Settings]:
        """Fit what was chosen and its calibrator, on rows later than those fitted on; return the rounds for the rows
        before the calibration slice, and the settings of the trees."""
        early = fit.with_(stop) if len(stop) else fit
        settings = replace(settings, changes=chosen.changes)
        self.linear_weight_ = chosen.weight if self.linear == "auto" else float(self.linear)
        self.linear_shares_ = dict(chosen.shares)
        self.tuned_, self.tried_ = dict(chosen.changes), chosen.tried
        rounds = scaled(chosen.rounds, len(early) / len(fit))
        self.calibrator_ = Platt()
        self.held_out_risk_ = np.empty(0)
        self.held_out_scores_: dict[str, Floats] = {}
        if len(calibrate):
            self._grow(early, settings, rounds if self.linear_weight_ < 1.0 else 0)
            self._fall_back(early, calibrate)
            scores = self._scores(calibrate.frame)
            self.calibrator_ = fit_calibrator(
                scores,
                calibrate.labels,
                method=self.calibration,
                groups=calibrate.tickets,
                seed=self.random_state,
            )
            self.held_out_risk_ = sigmoid(self.calibrator_.log_odds(scores))
        return rounds, settings

    def _grow(self, rows: Rows, settings: Settings, rounds: int) -> None:
        """Fit on ``rows``; for ``rounds`` of 0 no trees are grown."""
        if rounds:
            self.trees_ = Trees(boosting.train(rows.matrix, rows.labels, rows.capacity, settings, rounds))
        self.linear_ = LinearPartner(free=self.age)
        if self.linear_weight_ > 0.0:
            self.linear_ = self._partner(rows)

    def _partner(self, rows: Rows) -> LinearPartner:
        choices, shares = list(self.linear_shares_), [list(self.linear_shares_.values())]
        told = (rows.frame, rows.labels, choices)
        return LinearPartner.path(*told, shares=shares, free=self.age, rising=self.rising)[0]

    def _fall_back(self, early: Rows, later: Rows) -> None:
        """Leave alone what is simpler and yet clearly better on ``later`` rows than the model of ``early`` ones."""
        scores = self._scores(later.frame)
        if self.linear_weight_ == 0.0:
            self.linear_ = self._partner(early)
        self.held_out_scores_ = simpler_scores(self.linear_, self.age, early, later)
        left = to_fall_back_on(self.held_out_scores_, scores, later) if self.linear == "auto" else None
        if left is not None:
            self.linear_weight_ = 1.0
        if left == AGE_ALONE:
            self.linear_shares_ = {AGE_ONLY: 1.0}
            self.linear_ = self._partner(early)

    def _frame(self, X: pd.DataFrame | npt.ArrayLike, *, fitting: bool = False) -> pd.DataFrame:
        """Return ``X`` as a frame with text names, after scikit-learn's checks of its columns."""
        if not fitting:
            check_is_fitted(self)
        return framed(self, X, fitting=fitting)
