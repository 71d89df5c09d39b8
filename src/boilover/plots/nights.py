"""What a replay of past nights caught, and how many alerts it took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from boilover.plots.style import DASHED, FAINT, INK, MODEL_COLOUR, percent

AHEAD = 24.0
"""Hours: with less of a lead a desk can do little."""


def lead_time(ax: Axes, tickets: pd.DataFrame) -> Axes:
    """Draw which share of all escalations was flagged at least so many hours ahead; missed ones never are.

    tickets : one row per ticket, as `Replay.tickets`: ``escalated_at`` (empty where it did not), ``caught`` (bool) and
    ``lead_hours`` (float, of caught ones). Returns ``ax``.
    """
    escalated = tickets[tickets["escalated_at"].notna()]
    leads = np.sort(escalated.loc[escalated["caught"], "lead_hours"].to_numpy(np.float64))
    total = max(len(escalated), 1)
    left = np.arange(len(leads), 0, -1) / total
    hours, share = np.r_[0.0, leads], np.r_[len(leads) / total, left]
    ax.plot(hours, share, color=MODEL_COLOUR, drawstyle="steps-pre", label="caught")
    ax.axvline(AHEAD, color=FAINT, linewidth=1, linestyle=DASHED, label="a day ahead")
    ax.set(xlabel="hours from flag to escalation, at least", ylabel="share of escalations")
    ax.set_xlim(0, max(2 * AHEAD, float(leads[-1]) if len(leads) else 0.0))
    ax.set_ylim(0, 1.08 * max(float(share[0]), 0.01))
    ax.yaxis.set_major_formatter(percent)
    ax.legend(loc="upper right", handlelength=1.6, borderaxespad=0.2)
    return ax


def alerts_per_night(ax: Axes, backtest: Mapping[str, Any]) -> Axes:
    """Draw new flags of each night as bars, flags that stand after it as a line.

    backtest : `Backtest.to_dict()`; its ``by_night`` has one row per night with ``as_of`` (ISO 8601), ``new`` and
    ``standing``. Returns ``ax``.
    """
    rows = backtest["by_night"]
    nights = pd.to_datetime([row["as_of"] for row in rows], utc=True).tz_localize(None).to_numpy()
    new = np.array([row["new"] for row in rows], dtype=np.float64)
    standing = np.array([row["standing"] for row in rows], dtype=np.float64)
    ax.bar(nights, new, width=0.8, color=MODEL_COLOUR, label="new flags")
    ax.plot(nights, standing, color=INK, linewidth=1.2, label="flags standing")
    if len(new):
        mean = float(new.mean())
        ax.axhline(mean, color=FAINT, linewidth=1, linestyle=DASHED, label=f"{mean:.3g} new a night")
    ax.set(xlabel="night", ylabel="flags")
    ax.set_ylim(0, 1.35 * max(float(new.max(initial=0)), float(standing.max(initial=0)), 1.0))
    for label in ax.get_xticklabels():
        label.set(rotation=35, ha="right", rotation_mode="anchor")
    ax.legend(loc="upper right", handlelength=1.6, borderaxespad=0.2)
    return ax
