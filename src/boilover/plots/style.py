"""How plots look, and what they share.

Colours are those of Okabe & Ito (Color Universal Design, 2008), which people with any kind of colour vision tell apart,
and no curve is told by colour alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes

from boilover.evaluation.baselines import AGE_ONLY, LOGISTIC, SLA_RULE

INK, FAINT = "#24292f", "#8a939d"
MODEL_COLOUR = "#0072b2"
PEER_COLOURS = {AGE_ONLY: "#e69f00", SLA_RULE: "#cc79a7", LOGISTIC: "#009e73"}
PEER_MARKERS = {AGE_ONLY: "s", SLA_RULE: "D", LOGISTIC: "^"}
WARNING = "#d55e00"
AT_NIGHT = {INK: "#e6e9ed", FAINT: "#89929c", MODEL_COLOUR: "#56b4e9", WARNING: "#e8853d"}
"""What colours of the plots become in an SVG that is seen on a dark page."""
FONT = "system-ui, sans-serif"
DASHED = (0, (4, 3))

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
    # Of one hour the default tells no minutes, and reads as no time of day.
    "date.autoformatter.hour": "%m-%d %H:%M",
    "date.autoformatter.minute": "%m-%d %H:%M",
    # Words of the desk may hold dollar signs, which would be read as formulas.
    "text.parse_math": False,
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house's style within the block; what the caller has set is as before after it."""
    with mpl.rc_context(), warnings.catch_warnings():
        # Words of the desk may be in any script. An SVG takes them from the reader's fonts; a PNG shows boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def percent(share: float, _position: float = 0) -> str:
    """Return a share as per cent, also as a formatter of matplotlib."""
    return f"{100 * share:.3g} %"


def shares(ax: Axes, x: str, y: str, top: float = 1.0) -> None:
    """Label axes of shares, from none to ``top``."""
    ax.set(xlabel=x, ylabel=y, xlim=(0, top), ylim=(0, top))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(percent)
