"""What a classifier is given, after scikit-learn's checks: its parameters, and rows as a frame with text names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils.validation import validate_data

from boilover.errors import UsageError

if TYPE_CHECKING:
    from boilover.model.classifier import EscalationClassifier


def check_parameters(model: EscalationClassifier) -> None:
    """Raise `UsageError` for a parameter out of range."""
    if model.linear != "auto" and not _is_share(model.linear):
        raise UsageError(f"linear is {model.linear!r}; it takes 'auto' or a weight between 0 and 1")
    if not (_is_share(model.keep) and model.keep > 0.0):
        raise UsageError(f"keep is {model.keep!r}; it takes a share above 0, up to 1")
    if isinstance(model.rising, str):
        raise UsageError(f"rising is {model.rising!r}; it takes a list of names")


def framed(
    model: EscalationClassifier, X: pd.DataFrame | npt.ArrayLike, *, fitting: bool = False
) -> pd.DataFrame:
    """Return ``X`` as a frame with text names; where ``fitting``, ``model`` notes its columns.

    Raises ValueError, in scikit-learn's words, for what is not what the model was fitted on, or holds nothing.
    """
    if not isinstance(X, pd.DataFrame):
        values = validate_data(model, X, dtype=np.float32, ensure_all_finite="allow-nan", reset=fitting)
        names = [f"x{place}" for place in range(values.shape[1])]
        return pd.DataFrame(values, columns=names if fitting else list(model.encoding_.columns))
    validate_data(model, X, skip_check_array=True, reset=fitting)
    if not X.size:
        what = "0 sample(s): there is no row" if not len(X) else "0 feature(s): there is no column"
        raise ValueError(f"Found array with {what}")
    return X.set_axis([str(name) for name in X.columns], axis=1)


def _is_share(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and bool(0.0 <= value <= 1.0)
