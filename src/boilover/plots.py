"""Plots of an evaluation, drawn on axes that the caller gives; no global state of matplotlib is touched.

Every function takes the dictionary form of an `Evaluation`. Colours are those of Okabe & Ito (Color Universal
Design, 2008), which people with any kind of colour vision tell apart, and no curve is told by colour alone.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from boilover.evaluation.baselines import AGE_ONLY, BASE_RATE, LOGISTIC, SLA_RULE, TITLES
from boilover.evaluation.evaluate import MODEL
from boilover.evaluation.interval import Interval

Floats = npt.NDArray[np.float64]

INK, FAINT = "#24292f", "#8a939d"
MODEL_COLOUR = "#0072b2"
PEER_COLOURS = {AGE_ONLY: "#e69f00", SLA_RULE: "#cc79a7", LOGISTIC: "#009e73"}
PEER_MARKERS = {AGE_ONLY: "s", SLA_RULE: "D", LOGISTIC: "^"}
AT_NIGHT = {INK: "#e6e9ed", FAINT: "#89929c", MODEL_COLOUR: "#56b4e9"}
"""What colours of the plots become in an SVG that is seen on a dark page."""
FONT = "system-ui, sans-serif"
SIZE = (4.8, 3.5)
"""Inches."""
WORKLOAD, RECALL_THERE = 0.118, "recall_at_11.8%"
SETTLED = 0.05
"""Recall from which precision sets the range of its axis."""

STYLE: dict[str, Any] = {
    "font.size": 9.0,
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "savefig.transparent": True,
    # Text stays text: small files, and the reader's own font.
    "svg.fonttype": "none",
    # The ids inside an SVG are hashes; without a salt of our own they differ from run to run.
    "svg.hashsalt": "boilover",
}


def precision_recall(ax: Axes, evaluation: Mapping[str, Any]) -> None:
    """Draw precision over recall; a random order stays on the base rate."""
    recall, precision = _curve(evaluation, "recall"), _curve(evaluation, "precision")
    rate = float(evaluation["base_rate"])
    ax.plot(recall, precision, color=MODEL_COLOUR, label="model")
    ax.axhline(rate, color=FAINT, linewidth=1, linestyle=(0, (4, 3)), label=f"base rate {_percent(rate)}")
    ax.legend(loc="upper right", handlelength=1.6, borderaxespad=0.2)
    # The first few finds leap with luck; where escalations are rare they would flatten all that follows.
    settled = np.nanmax(precision[recall >= SETTLED], initial=3 * rate)
    _shares(ax, "recall: share of escalations found", "precision: share of finds that escalate")
    ax.set_ylim(0, 1.0 if settled > 0.5 else 1.1 * max(settled, 0.001))


def gain(ax: Axes, evaluation: Mapping[str, Any]) -> None:
    """Draw recall over workload, a random order, and the peers with their intervals where they are known."""
    workload, recall = _curve(evaluation, "workload"), _curve(evaluation, "recall")
    ax.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=(0, (4, 3)), label="random order")
    ax.plot(np.r_[0, workload], np.r_[0, recall], color=MODEL_COLOUR, label="model")
    peers = _peer_recalls(evaluation)
    for place, (name, figures) in enumerate(peers.items()):
        ax.errorbar(
            # A hair apart, so that intervals at the same workload stay legible.
            WORKLOAD + 0.012 * (place - (len(peers) - 1) / 2),
            figures.estimate,
            yerr=[[figures.estimate - figures.low], [figures.high - figures.estimate]],
            color=PEER_COLOURS.get(name, INK),
            marker=PEER_MARKERS.get(name, "o"),
            markersize=5,
            linestyle="none",
            elinewidth=1,
            label=f"{TITLES.get(name, name)}, at {_percent(WORKLOAD)}",
        )
    ax.legend(loc="lower right", handlelength=1.6, borderaxespad=0.2)
    _shares(ax, "workload: share of tickets looked at", "recall: share of escalations found")


def calibration(ax: Axes, evaluation: Mapping[str, Any]) -> None:
    """Draw what came true of each tenth of the risks; where risks mean what they say, it lies on the line."""
    bins = evaluation["calibration"]
    said, came = (np.array([row[name] for row in bins], dtype=np.float64) for name in ("mean_risk", "rate"))
    # Room above the greatest value, and never an empty range.
    top = min(1.0, 1.08 * max(float(np.max(said)), float(np.max(came)), 0.01))
    ax.plot([0, top], [0, top], color=FAINT, linewidth=1, linestyle=(0, (4, 3)), label="as said")
    ax.plot(said, came, color=MODEL_COLOUR, marker="o", markersize=5, clip_on=False, label="model")
    ax.legend(loc="upper left", handlelength=1.6, borderaxespad=0.2)
    _shares(ax, "mean risk of a tenth of the points", "share that escalates", top=top)


def risk_by_age(ax: Axes, evaluation: Mapping[str, Any]) -> None:
    """Draw mean risk beside the share that escalates, for tickets of each age; small groups are left out."""
    groups = evaluation["by_age"]["groups"]
    places = np.arange(len(groups))
    came = [group["base_rate"] for group in groups]
    said = [group["mean_risk"] for group in groups]
    ax.plot(places, said, "_", color=MODEL_COLOUR, markersize=13, markeredgewidth=2.2, label="mean risk")
    ax.plot(places, came, "o", color=INK, markersize=6, markerfacecolor="none", label="what happened")
    ax.vlines(places, came, said, color=FAINT, linewidth=1, zorder=0)
    names = [group["name"] for group in groups]
    ax.set_xticks(places, names, rotation=35, ha="right", rotation_mode="anchor")
    ax.set_xlabel("age of the ticket")
    ax.set_ylabel("share that escalates")
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(_percent)
    if groups:
        ax.margins(x=0.06)
        ax.legend(loc="best", handlelength=1.2, borderaxespad=0.2)


PLOTS: Mapping[str, Callable[[Axes, Mapping[str, Any]], None]] = {
    "precision_recall": precision_recall,
    "gain": gain,
    "calibration": calibration,
    "risk_by_age": risk_by_age,
}


def figure(name: str, evaluation: Mapping[str, Any], size: tuple[float, float] = SIZE) -> Figure:
    """Return a figure of its own with one of `PLOTS`; ``size`` in inches."""
    with _style():
        made = Figure(figsize=size, layout="constrained")
        PLOTS[name](made.add_subplot(), evaluation)
        made.draw_without_rendering()
        # The layout would move a little with every drawing.
        made.set_layout_engine("none")
    return made


def figure_svg(made: Figure) -> str:
    """Return the figure as one ``svg`` element, transparent, the same text every time.

    Its inks follow the colour scheme of the page (``prefers-color-scheme``).
    """
    target = io.StringIO()
    with _style():
        made.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    text = target.getvalue()
    text = text[text.index("<svg") :].replace("'DejaVu Sans', sans-serif", FONT)
    day, night = [], []
    for place, (light, dark) in enumerate(AT_NIGHT.items()):
        text = text.replace(light, f"var(--c{place})")
        day.append(f"--c{place}:{light}")
        night.append(f"--c{place}:{dark}")
    rules = f"svg{{{';'.join(day)}}}@media (prefers-color-scheme:dark){{svg{{{';'.join(night)}}}}}"
    opening = text.index(">") + 1
    return f"{text[:opening]}<style>{rules}</style>{text[opening:]}"


def figure_png(made: Figure, dpi: float = 144) -> bytes:
    """Return the figure as a PNG on white, the same bytes every time."""
    target = io.BytesIO()
    with _style():
        made.savefig(
            target, format="png", dpi=dpi, facecolor="white", transparent=False, metadata={"Software": None}
        )
    return target.getvalue()


@contextmanager
def _style() -> Iterator[None]:
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


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


def _percent(share: float, _position: float = 0) -> str:
    return f"{100 * share:.3g} %"


def _shares(ax: Axes, x: str, y: str, top: float = 1.0) -> None:
    """Label axes of shares, from none to ``top``."""
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.set_xlim(0, top)
    ax.set_ylim(0, top)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(_percent)
