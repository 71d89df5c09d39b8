"""Plots, drawn on axes that the caller gives and returned; no global state of matplotlib is touched.

Every function takes the plain form of what it shows: `Evaluation.to_dict()`, `Explanation.to_dict()`, a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from boilover.plots.columns import drift, feature_importance
from boilover.plots.course import risk_over_time
from boilover.plots.files import SIZE, figure_of, figure_png, figure_svg
from boilover.plots.nights import alerts_per_night, lead_time
from boilover.plots.ranking import gain, precision_recall
from boilover.plots.risks import calibration, risk_by_age

__all__ = [
    "PLOTS",
    "alerts_per_night",
    "calibration",
    "drift",
    "feature_importance",
    "figure",
    "figure_of",
    "figure_png",
    "figure_svg",
    "gain",
    "lead_time",
    "precision_recall",
    "risk_by_age",
    "risk_over_time",
]

PLOTS: Mapping[str, Callable[[Axes, Mapping[str, Any]], Axes]] = {
    "precision_recall": precision_recall,
    "gain": gain,
    "calibration": calibration,
    "risk_by_age": risk_by_age,
}
"""The plots of an evaluation."""


def figure(name: str, evaluation: Mapping[str, Any], size: tuple[float, float] = SIZE) -> Figure:
    """Return a figure of its own with one of `PLOTS`; ``size`` in inches."""
    return figure_of(PLOTS[name], evaluation, size)
