"""Several horizons asked of one ticket, with risks that cannot contradict each other.

Each horizon has a classifier of its own. What a longer horizon covers includes what a shorter one covers,
so the risks of one row must rise with the horizon, which models fitted apart do not know. They are put in
order outwards from the primary horizon: a longer horizon is raised to what lies before it, a shorter one
lowered to what lies behind it. A least-squares projection would shift every risk a little; this leaves the
primary risk, on which rank and flags rest, exactly as it was calibrated: asking for a further horizon
never changes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.errors import InputError, UsageError
from boilover.history import Floats
from boilover.model.fitted import Fitted
from boilover.times import parse_duration


@dataclass(frozen=True, eq=False)
class HorizonModel:
    """One fitted classifier per horizon; the primary horizon is the first."""

    models: Mapping[str, Fitted]
    """By horizon, such as ``7d``, in the order asked for; all were fitted on the same columns."""

    @classmethod
    def fit(
        cls,
        X: pd.DataFrame,
        labels: Mapping[str, npt.ArrayLike],
        *,
        slices: Mapping[str, npt.ArrayLike] | None = None,
        groups: npt.ArrayLike | None = None,
        beside: pd.DataFrame | None = None,
        **parameters: Any,
    ) -> HorizonModel:
        """Fit one classifier per horizon.

        Parameters
        ----------
        X : n rows in time order.
        labels : horizon to float[n]: 1, 0, or NaN where censored, which is left out.
        slices : horizon to int8[n], see `EscalationClassifier.fit`. Without: by the order of the rows.
        groups : the ticket of each row, [n].
        beside : for the first horizon, see `EscalationClassifier.fit`.
        parameters : of `EscalationClassifier`.

        Raises `UsageError` where no horizon, no duration or the same duration twice is given.
        """
        # Fitting needs scikit-learn, predicting does not.
        from boilover.model.classifier import EscalationClassifier

        in_order(list(labels))
        models: dict[str, Fitted] = {}
        for horizon, values in labels.items():
            y = np.asarray(values, dtype=np.float64)
            if len(y) != len(X):
                raise InputError(f"{len(X)} rows and {len(y)} labels differ in number")
            known = ~np.isnan(y)
            models[horizon] = EscalationClassifier(**parameters).fit(
                X[known],
                y[known].astype(np.int8),
                slices=np.asarray(slices[horizon])[known] if slices else None,
                groups=None if groups is None else np.asarray(groups)[known],
                beside=beside,
            )
            # The first one chooses the columns for all of them.
            X = X[list(models[horizon].encoding_.columns)]
            beside, parameters = None, parameters | {"keep": 1.0}
        return cls(models)

    @property
    def horizons(self) -> tuple[str, ...]:
        """The horizons, the primary one first."""
        return tuple(self.models)

    @property
    def primary(self) -> Fitted:
        """The classifier of the primary horizon."""
        return self.models[self.horizons[0]]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that every classifier reads, in order."""
        return self.primary.encoding_.columns

    def risks(self, X: pd.DataFrame) -> Floats:
        """Return calibrated risks, ``float64[n, n_horizons]``, in the order of `horizons`, never
        contradictory."""
        found = np.column_stack([model.predict_proba(X)[:, 1] for model in self.models.values()])
        return ordered(found, in_order(self.horizons))


def in_order(horizons: Sequence[str]) -> list[int]:
    """Return the places of the horizons from the shortest to the longest; raise `UsageError` for no or
    equal ones."""
    if not horizons:
        raise UsageError("no horizon is given. Write one or more, such as 7d or 24h,72h,7d")
    lengths = [parse_duration(horizon) for horizon in horizons]
    for place, length in enumerate(lengths):
        if length in lengths[:place]:
            same = horizons[lengths.index(length)]
            raise UsageError(f"the horizons '{same}' and '{horizons[place]}' are the same. Give each once")
    return sorted(range(len(lengths)), key=lengths.__getitem__)


def ordered(risks: Floats, ascending: Sequence[int]) -> Floats:
    """Return the risks, ``float64[n, n_horizons]``, made to rise with the horizon; column 0 stays as it is.

    ascending : the places of the columns, from the shortest horizon to the longest.
    """
    rising = risks[:, ascending]
    primary = list(ascending).index(0)
    rising[:, primary:] = np.maximum.accumulate(rising[:, primary:], axis=1)
    backwards = rising[:, primary::-1]
    rising[:, primary::-1] = np.minimum.accumulate(backwards, axis=1)
    found = np.empty_like(risks)
    found[:, ascending] = rising
    return found
