"""Drawings of an evaluation: precision over recall, gain, calibration, and what each threshold gives.

Where nothing escalated recall is not defined, and what is drawn by it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan, nan
from typing import Any

from markupsafe import Markup

from boilover.evaluation.baselines import BASE_RATE, TITLES
from boilover.evaluation.evaluate import MODEL
from boilover.report.drawing.canvas import Axis, Canvas, circle, words
from boilover.words import count, number, percent, share
from boilover.words import rate as in_words

WORKLOAD, RECALL_THERE = 0.118, "recall_at_11.8%"
SETTLED = 0.05
"""Recall from which precision sets the range of its axis: the first few finds leap with luck."""


def precision_recall(evaluation: Mapping[str, Any]) -> Markup:
    """Draw precision over recall, the base rate beside it."""
    recall, precision = _curve(evaluation, "recall"), _curve(evaluation, "precision")
    if all(map(isnan, recall)):
        return Markup("")
    rate = float(evaluation["base_rate"])
    settled = [high for at, high in zip(recall, precision, strict=True) if at >= SETTLED]
    highest = max([*settled, 2 * rate])
    plot = Canvas(
        Axis.of("share of escalations found (recall)", 1.0, share),
        Axis.of("share of finds that escalate (precision)", 1.0 if highest > 0.5 else 1.15 * highest, share),
    )
    found = evaluation["scores"][MODEL]["average_precision"]["estimate"]
    told = f"Average precision {number(found)}; a random order stays at the base rate of {number(rate)}."
    return plot.drawing(
        "precision-recall",
        "Precision over recall",
        told,
        plot.line([0, 1], [rate, rate], "rule"),
        plot.line(recall, precision, "curve"),
        plot.note(0, rate, f"base rate {in_words(rate)}", "note halo", (6, -6)),
        plot.note(1, plot.y.high, f"average precision {number(found)}", "note strong end", (0, 12)),
    )


def gain(evaluation: Mapping[str, Any]) -> Markup:
    """Draw recall over workload: the model, a random order, and the peers where they were asked."""
    workload, recall = _curve(evaluation, "workload"), _curve(evaluation, "recall")
    if all(map(isnan, recall)):
        return Markup("")
    plot = Canvas(
        Axis.of("share of points looked at (workload)", 1.0, share),
        Axis.of("share of escalations found (recall)", 1.0, share),
    )
    marks = [
        plot.line([0, 1], [0, 1], "rule"),
        plot.note(0.72, 0.72, "random order", "note", (6, 14)),
        plot.line([0, *workload], [0, *recall], "curve"),
    ]
    told = []
    peers = _ranking(evaluation)
    # A model's name is data: what is not known by a title goes by its own.
    for place, (name, figures) in enumerate(peers.items()):
        kind = f"peer peer-{min(place, 3)}"
        x = WORKLOAD + 0.014 * (place - 1)
        if figures["low"] is not None:
            marks.append(plot.line([x, x], [figures["low"], figures["high"]], f"whisker {kind}"))
        marks.append(plot.dot(x, figures["estimate"], kind, 3.6))
        across, down = plot.at(0.5, 0)
        across, down = across + 24, down - 16 * (len(peers) - place) + 4
        marks.append(circle(across, down, kind, 3.6))
        marks.append(words(across + 9, down + 4, TITLES.get(name, name)[:28], "note"))
        told.append(f"{TITLES.get(name, name)} {percent(figures['estimate'])}")
    own = evaluation["scores"][MODEL][RECALL_THERE]["estimate"]
    said = f"Looking at {percent(WORKLOAD)} of the points, the model finds {percent(own)} of the escalations"
    return plot.drawing("gain", "Recall over workload", f"{'; '.join([said, *told])}.", *marks)


def calibration(evaluation: Mapping[str, Any]) -> Markup:
    """Draw what came true of each tenth of the risks; where risks mean what they say, it lies on the line."""
    said = [float(row["mean_risk"]) for row in evaluation["calibration"]]
    came = [float(row["rate"]) for row in evaluation["calibration"]]
    top = min(1.0, 1.1 * max(*said, *came, 0.01))
    plot = Canvas(
        Axis.of("mean risk of a tenth of the points", top, share),
        Axis.of("share of them that escalates", top, share),
    )
    dots = [plot.dot(x, y, "point") for x, y in zip(said, came, strict=True)]
    told = (
        f"The tenth with the highest risks was given {percent(said[-1])} and {percent(came[-1])} escalated."
    )
    return plot.drawing(
        "calibration",
        "What came true of each risk",
        told,
        plot.line([0, top], [0, top], "rule"),
        plot.note(0.8 * top, 0.8 * top, "as said", "note", (10, 14)),
        plot.line(said, came, "curve"),
        *dots,
    )


def dial(operating: Mapping[str, Any], at: int) -> Markup:
    """Draw escalations caught over flags a night, a dot at the threshold ``at``; the page moves it."""
    plot, flags, recall = _plotted(operating)
    if all(map(isnan, recall)):
        return Markup("")
    across, down = plot.at(flags[at], _known(recall[at]) or 0)
    foot, left = plot.at(0, 0)[1], plot.at(0, 0)[0]
    marker = Markup(
        '<path class="guide" data-guide d="M{:.1f} {:.1f}V{:.1f}H{:.1f}"/>'
        '<circle class="marker" data-marker cx="{:.1f}" cy="{:.1f}" r="6"/>'
    ).format(across, foot, down, left, across, down)
    told = f"{count(flags[at])} flags a night catch {percent(_known(recall[at]))} of the escalations."
    return plot.drawing(
        "dial", "Escalations caught over flags a night", told, plot.line(flags, recall, "curve"), marker
    )


def places(operating: Mapping[str, Any]) -> list[tuple[float, float]]:
    """Return where on the drawing of `dial` each threshold lies."""
    plot, flags, recall = _plotted(operating)
    found = [plot.at(x, 0 if isnan(y) else y) for x, y in zip(flags, recall, strict=True)]
    return [(round(across, 1), round(down, 1)) for across, down in found]


def _plotted(operating: Mapping[str, Any]) -> tuple[Canvas, list[float], list[float]]:
    """Return the plot of `dial`, and flags a night and recall of each threshold."""
    flags, recall = [float(value) for value in operating["flags_a_night"]], _values(operating["recall"])
    axes = Axis.of("flags a night", flags[-1], count), Axis.of("share of escalations caught", 1.0, share)
    return Canvas(*axes), flags, recall


def _ranking(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the peers find at the workload, of those that rank points at all."""
    return {
        name: scores[RECALL_THERE]
        for name, scores in evaluation["scores"].items()
        if name not in (MODEL, BASE_RATE) and scores[RECALL_THERE]["estimate"] is not None
    }


def _curve(evaluation: Mapping[str, Any], name: str) -> list[float]:
    return _values(evaluation["curves"][name])


def _values(values: Any) -> list[float]:
    """Return numbers, NaN where they are undefined."""
    return [nan if value is None else float(value) for value in values]


def _known(value: float) -> float | None:
    return None if isnan(value) else value
