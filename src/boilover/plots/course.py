"""One ticket's risk over time, with what happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from boilover.plots.style import DASHED, FAINT, INK, MODEL_COLOUR, WARNING, percent
from boilover.points import ESCALATED as AFTER
from boilover.points import REASONS
from boilover.tables import printable
from boilover.words import rate as in_words
from boilover.words import spelled

LABELLED = 5
"""So many of the events that moved the risk most are named."""
MAX_LABEL = 40
EVENT, ESCALATED = "event", REASONS[AFTER]


def risk_over_time(ax: Axes, course: Mapping[str, Any]) -> Axes:
    """Draw a ticket's risk at each of its events and nights; a rule where it escalated, numbers at the greatest moves.

    course : `Explanation.to_dict()`: ``moments`` with ``at`` (ISO 8601), ``kind``, ``what``, ``risk`` (None where it
    is not asked), ``change`` and ``note``; ``base_rate``, ``ticket_id`` and ``horizon``. Returns ``ax``.
    """
    rows = course["moments"]
    times: Any = pd.to_datetime([row["at"] for row in rows], utc=True).tz_localize(None).to_numpy()
    risk = np.array([row["risk"] for row in rows], dtype=np.float64)
    is_event = np.array([row["kind"] == EVENT for row in rows], dtype=bool)
    rate = float(course["base_rate"])
    # It leaps at events: a slope to the next moment would tell of a risk that nobody was told.
    ax.plot(times, risk, color=MODEL_COLOUR, linewidth=1.4, drawstyle="steps-post", label="risk")
    ax.plot(times[is_event], risk[is_event], "o", color=MODEL_COLOUR, markersize=4.5, label="after an event")
    if not is_event.all():
        ax.plot(times[~is_event], risk[~is_event], ".", color=FAINT, markersize=4, label="on a night")
    ax.axhline(rate, color=FAINT, linewidth=1, linestyle=DASHED, label=f"usual {in_words(rate)}")
    for time, row in zip(times, rows, strict=True):
        if row["note"] == ESCALATED:
            ax.axvline(time, color=WARNING, linewidth=1.6, label="escalated")
            break
    _number(ax, times, risk, rows)
    top = float(np.nanmax(risk, initial=rate))
    ax.set(xlabel="UTC", ylabel=f"risk within {spelled(course['horizon'])}")
    ax.set_ylim(0, min(1.0, 1.3 * max(top, 0.01)))
    ax.yaxis.set_major_formatter(percent)
    ax.set_title(f"ticket {printable(str(course['ticket_id']))}", loc="left", parse_math=False)
    for label in ax.get_xticklabels():
        label.set(rotation=25, ha="right", rotation_mode="anchor")
    for text in ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0).get_texts():
        text.set_parse_math(False)
    return ax


def _number(ax: Axes, times: Any, risk: Any, rows: list[Mapping[str, Any]]) -> None:
    """Number the events with the greatest changes of risk in order of time; the legend tells what they were."""
    changes = np.array(
        [abs(row["change"]) if row["kind"] == EVENT and row["change"] else 0.0 for row in rows]
    )
    greatest = np.argsort(-changes, kind="stable")[:LABELLED]
    for number, place in enumerate(sorted(greatest[changes[greatest] > 0]), start=1):
        ax.annotate(
            str(number),
            (times[place], risk[place]),
            xytext=(-4, 5) if rows[place]["change"] > 0 else (4, -12),
            textcoords="offset points",
            ha="right" if rows[place]["change"] > 0 else "left",
            color=INK,
            fontsize="small",
            fontweight="bold",
        )
        words = (
            f"{number}: {100 * rows[place]['change']:+.1f}  {printable(str(rows[place]['what']), MAX_LABEL)}"
        )
        ax.plot([], [], linestyle="none", label=words)
