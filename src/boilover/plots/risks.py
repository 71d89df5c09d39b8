"""Whether risks mean what they say: of tenths of the points, and by age of the ticket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from boilover.evaluation.interval import wilson
from boilover.plots.style import DASHED, FAINT, INK, MODEL_COLOUR, percent, shares


def calibration(ax: Axes, evaluation: Mapping[str, Any]) -> Axes:
    """Draw what came true of each tenth of the risks; where risks mean what they say, it lies on the line.

    evaluation : `Evaluation.to_dict()`; its ``calibration`` has up to ten bins of points, mean risk and rate. The bars
    are 95 % intervals of Wilson (JASA 1927) as if points were independent; those of one ticket are not, so that the
    truth is wider. Returns ``ax``.
    """
    bins = evaluation["calibration"]
    said, came, points = (
        np.array([row[name] for row in bins], dtype=np.float64) for name in ("mean_risk", "rate", "points")
    )
    low, high = wilson(came, points)
    # Room above the greatest value, and never an empty range.
    top = min(1.0, 1.08 * max(float(np.max(said)), float(np.max(came)), 0.01))
    ax.plot([0, top], [0, top], color=FAINT, linewidth=1, linestyle=DASHED, label="as said")
    ax.vlines(said, low, high, color=MODEL_COLOUR, linewidth=1, alpha=0.6)
    ax.plot(said, came, color=MODEL_COLOUR, marker="o", markersize=5, clip_on=False, label="model")
    ax.legend(loc="upper left", handlelength=1.6, borderaxespad=0.2)
    shares(ax, "mean risk of a tenth of the points", "share that escalates", top=top)
    return ax


def risk_by_age(ax: Axes, evaluation: Mapping[str, Any]) -> Axes:
    """Draw mean risk beside the share that escalates, for tickets of each age; small groups are left out.

    evaluation : `Evaluation.to_dict()`; its ``by_age`` has at most eleven groups. Returns ``ax``.
    """
    groups = evaluation["by_age"]["groups"]
    places = np.arange(len(groups))
    came = [group["base_rate"] for group in groups]
    said = [group["mean_risk"] for group in groups]
    ax.plot(places, said, "_", color=MODEL_COLOUR, markersize=13, markeredgewidth=2.2, label="mean risk")
    ax.plot(places, came, "o", color=INK, markersize=6, markerfacecolor="none", label="what happened")
    ax.vlines(places, came, said, color=FAINT, linewidth=1, zorder=0)
    names = [group["name"] for group in groups]
    ax.set_xticks(places, names, rotation=35, ha="right", rotation_mode="anchor")
    ax.set(xlabel="age of the ticket", ylabel="share that escalates", ylim=(0, None))
    ax.yaxis.set_major_formatter(percent)
    if groups:
        ax.margins(x=0.06)
        ax.legend(loc="best", handlelength=1.2, borderaxespad=0.2)
    return ax
