"""How well a model ranks: precision over recall, and recall over what is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from boilover.evaluation.baselines import BASE_RATE, TITLES
from boilover.evaluation.evaluate import MODEL
from boilover.evaluation.interval import Interval
from boilover.history import Floats
from boilover.plots.style import DASHED, FAINT, INK, MODEL_COLOUR, PEER_COLOURS, PEER_MARKERS, percent, shares

WORKLOAD, RECALL_THERE = 0.118, "recall_at_11.8%"
SETTLED = 0.05
"""Recall from which precision sets the range of its axis."""


def precision_recall(ax: Axes, evaluation: Mapping[str, Any]) -> Axes:
    """Draw precision over recall; a random order stays on the base rate.

    evaluation : `Evaluation.to_dict()`; its curves hold one value per distinct risk. Returns ``ax``.
    """
    recall, precision = _curve(evaluation, "recall"), _curve(evaluation, "precision")
    rate = float(evaluation["base_rate"])
    ax.plot(recall, precision, color=MODEL_COLOUR, label="model")
    ax.axhline(rate, color=FAINT, linewidth=1, linestyle=DASHED, label=f"base rate {percent(rate)}")
    ax.legend(loc="upper right", handlelength=1.6, borderaxespad=0.2)
    # The first few finds leap with luck; where escalations are rare they would flatten all that follows.
    settled = np.nanmax(precision[recall >= SETTLED], initial=3 * rate)
    shares(ax, "recall: share of escalations found", "precision: share of finds that escalate")
    ax.set_ylim(0, 1.0 if settled > 0.5 else 1.1 * max(settled, 0.001))
    return ax


def gain(ax: Axes, evaluation: Mapping[str, Any]) -> Axes:
    """Draw recall over workload, a random order, and the peers with their intervals where they are known.

    evaluation : `Evaluation.to_dict()`. Peers stand at the workload of 11.8 %. Returns ``ax``.
    """
    workload, recall = _curve(evaluation, "workload"), _curve(evaluation, "recall")
    ax.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=DASHED, label="random order")
    ax.plot(np.r_[0, workload], np.r_[0, recall], color=MODEL_COLOUR, label="model")
    peers = _peer_recalls(evaluation)
    for place, (name, figures) in enumerate(peers.items()):
        # A hair apart, so that intervals at the same workload stay legible.
        across, colour = WORKLOAD + 0.012 * (place - (len(peers) - 1) / 2), PEER_COLOURS.get(name, INK)
        ax.vlines(across, figures.low, figures.high, color=colour, linewidth=1)
        ax.plot(
            across, figures.estimate, color=colour, marker=PEER_MARKERS.get(name, "o"), markersize=5,
            linestyle="none", label=f"{TITLES.get(name, name)}, at {percent(WORKLOAD)}",
        )  # fmt: skip
    ax.legend(loc="lower right", handlelength=1.6, borderaxespad=0.2)
    shares(ax, "workload: share of points looked at", "recall: share of escalations found")
    return ax


def _curve(evaluation: Mapping[str, Any], name: str) -> Floats:
    """Return a curve as numbers; what was undefined is NaN."""
    return np.array(evaluation["curves"][name], dtype=np.float64)


def _peer_recalls(evaluation: Mapping[str, Any]) -> dict[str, Interval]:
    """Return the recall of each peer that ranks points at all and has an interval."""
    found = {
        name: Interval(*(scores[RECALL_THERE][part] for part in Interval._fields))
        for name, scores in evaluation["scores"].items()
        if name not in (MODEL, BASE_RATE)
    }
    return {name: interval for name, interval in found.items() if None not in interval}
