"""The threshold as a slider: for each position, all words and places that the page shows there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from boilover.report.drawing.curves import dial, places
from boilover.report.grid import as_data
from boilover.tables import MISSING
from boilover.words import count, percent

USUAL = 0.15
"""Share of the greatest number of flags at which the slider stands where no threshold is given."""


class Line(NamedTuple):
    """What the page shows at one threshold: as texts, and where the dot of the drawing is."""

    threshold: float
    risk: str
    flags: str
    recall: str
    chance: str
    precision: str
    vain: str
    x: float
    y: float


class Dial(NamedTuple):
    """All positions from the lowest threshold to the highest, where the slider stands, and the drawing."""

    lines: Sequence[Line]
    at: int
    drawing: Markup

    @property
    def line(self) -> Line:
        """The line at which the slider stands."""
        return self.lines[self.at]

    @property
    def data(self) -> Markup:
        """All positions as JSON for a script element."""
        return as_data(self.lines)


def dial_of(operating: Mapping[str, Any], threshold: float | None = None) -> Dial:
    """Return the dial of an `Operating` in its dictionary form, standing at ``threshold`` where that is given."""
    thresholds = [float(value) for value in operating["threshold"]]
    flags = [float(value) for value in operating["flags_a_night"]]
    if threshold is None:
        at = min(range(len(flags)), key=lambda place: abs(flags[place] - USUAL * flags[-1]))
    else:
        at = min(range(len(flags)), key=lambda place: abs(thresholds[place] - threshold))
    lines = [
        Line(
            thresholds[place],
            percent(thresholds[place]),
            count(flags[place]),
            percent(operating["recall"][place]),
            percent(operating["by_chance"][place]),
            percent(precision),
            MISSING if precision is None else count(round(flags[place] * (1 - precision), 6)),
            *where,
        )
        for place, (precision, where) in enumerate(
            zip(operating["precision"], places(operating), strict=True)
        )
    ]
    return Dial(lines[::-1], len(lines) - 1 - at, dial(operating, at))
