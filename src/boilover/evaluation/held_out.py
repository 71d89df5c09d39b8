"""Figures of the calibration slice, for the manifest of a model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from boilover.evaluation.metrics import average_precision, calibration_error, roc_auc
from boilover.history import Floats


def held_out_metrics(
    y: npt.ArrayLike, risk: Floats, simpler: Mapping[str, Floats]
) -> dict[str, float | None]:
    """Return figures of ``risk``, and the average precision of ``simpler`` scores, on the same n rows.

    None where undefined; nothing where there is no row. ``y`` is 0 or 1, [n].
    """
    labels = np.asarray(y, dtype=np.float64)
    if not len(labels):
        return {}
    found = {
        "average_precision": average_precision(labels, risk),
        "base_rate": float(labels.mean()),
        "roc_auc": roc_auc(labels, risk),
        "calibration_error": calibration_error(labels, risk),
        "points": float(len(labels)),
    }
    found |= {
        f"average_precision_of_{name}": average_precision(labels, scores) for name, scores in simpler.items()
    }
    return {name: None if np.isnan(figure) else float(figure) for name, figure in found.items()}
