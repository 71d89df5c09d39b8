"""What a model looks at, and how far it has moved since the training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from boilover.plots.style import FAINT, INK, MODEL_COLOUR, WARNING
from boilover.tables import printable

SHOWN = 15
MAX_NAME = 44


def feature_importance(ax: Axes, importance: pd.Series | Mapping[str, float]) -> Axes:
    """Draw the `SHOWN` features that move risks most, the strongest on top.

    importance : mean absolute contribution of each feature, log-odds, by its name: the columns' means of
    ``abs(EscalationClassifier.contributions(frame))``. Returns ``ax``.
    """
    ranked = sorted(dict(importance).items(), key=lambda each: (-each[1], each[0]))[:SHOWN]
    places = np.arange(len(ranked))[::-1]
    ax.barh(places, [value for _, value in ranked], height=0.7, color=MODEL_COLOUR)
    _named(ax, places, [name for name, _ in ranked])
    ax.set(xlabel="mean absolute contribution, log-odds", ylabel="feature", xlim=(0, None))
    return ax


def drift(ax: Axes, found: Mapping[str, Any]) -> Axes:
    """Draw how far the `SHOWN` features that moved most have moved, each beside how far it moves anyway.

    found : `Drift.to_dict()`; its ``features`` have ``name``, ``psi`` (population stability index), ``bound`` (None
    where the training is too short to tell) and ``drifted``. A feature that drifted has a bar of another colour and an
    asterisk at its name. Returns ``ax``.
    """
    rows = list(found["features"])[:SHOWN]
    places = np.arange(len(rows))[::-1]
    bounds = np.array([row["bound"] for row in rows], dtype=np.float64)
    colours = [WARNING if row["drifted"] else MODEL_COLOUR for row in rows]
    ax.barh(places, [row["psi"] for row in rows], height=0.7, color=colours)
    known = ~np.isnan(bounds)
    ax.plot(
        bounds[known], places[known], linestyle="none", marker="|", markersize=11, markeredgewidth=2, color=INK,
        label="moves so far anyway",
    )  # fmt: skip
    _named(ax, places, [f"{row['name']}{' *' if row['drifted'] else ''}" for row in rows])
    ax.set(xlabel="population stability index; * drifted", ylabel="feature", xlim=(0, None))
    if known.any():
        ax.legend(loc="lower right", handlelength=1.2, borderaxespad=0.2)
    return ax


def _named(ax: Axes, places: np.ndarray[Any, Any], names: list[str]) -> None:
    ax.set_yticks(places, [printable(name, MAX_NAME) for name in names], fontsize="small", parse_math=False)
    ax.tick_params(axis="y", length=0, labelcolor=INK)
    ax.grid(axis="x", color=FAINT, linewidth=0.4, alpha=0.5)
    ax.set_axisbelow(True)
