"""Plots as figures of their own, as SVG that follows its page, and as PNG; the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from boilover.plots.style import AT_NIGHT, FONT, styled

SIZE = (4.8, 3.5)
"""Inches."""


def figure_of(plot: Callable[[Axes, Any], Axes], data: Any, size: tuple[float, float] = SIZE) -> Figure:
    """Return a figure of its own with what ``plot`` draws of ``data``; ``size`` in inches."""
    with styled():
        made = Figure(figsize=size, layout="constrained")
        plot(made.add_subplot(), data)
        made.draw_without_rendering()
        # The layout would move a little with every drawing.
        made.set_layout_engine("none")
    return made


def figure_svg(made: Figure) -> str:
    """Return the figure as one ``svg`` element, transparent, the same text every time.

    Its inks follow the colour scheme of the page (``prefers-color-scheme``).
    """
    target = io.StringIO()
    with styled():
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
    with styled():
        made.savefig(
            target, format="png", dpi=dpi, facecolor="white", transparent=False, metadata={"Software": None}
        )
    return target.getvalue()
