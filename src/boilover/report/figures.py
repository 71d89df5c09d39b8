"""The evaluation as sentences and rows of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from markupsafe import Markup

from boilover.evaluation.evaluate import MODEL
from boilover.report.drawing.bars import span
from boilover.report.verdict import title
from boilover.tables import MISSING
from boilover.words import interval, number, numbered, percent, with_interval
from boilover.words import rate as share_of_many


class Peer(NamedTuple):
    """One row of the table of figures: each with its interval, and how far the model is ahead of the peer."""

    name: str
    is_model: bool
    figures: list[tuple[str, str]]
    difference: tuple[str, str]


class GroupRow(NamedTuple):
    """One group: its name, figures in words, and its average precision drawn beside the base rate."""

    name: str
    cells: Sequence[str]
    precision: str
    bounds: str
    drawing: Markup


class GroupRows(NamedTuple):
    """One table of groups."""

    name: str
    rows: Sequence[GroupRow]
    suppressed: str


class Tile(NamedTuple):
    """A figure to begin with: what it is, how much, and beside what it stands."""

    name: str
    figure: str
    beside: str


FIGURES = {
    "average precision": "average_precision",
    "AUC": "roc_auc",
    "recall at 11.8 %": "recall_at_11.8%",
    "Brier skill": "brier_skill",
    "calibration error": "calibration_error",
}


def peers(evaluation: Mapping[str, Any]) -> list[Peer]:
    """Return the model and its peers, the model first."""
    none = {"estimate": None, "low": None, "high": None}
    rows = []
    for name, scores in evaluation["scores"].items():
        gap = evaluation["differences"].get(name, none)
        cells = [with_interval(scores[key]) for key in FIGURES.values()]
        difference = with_interval(gap, partial(number, signed=True))
        rows.append(Peer(title(name), name == MODEL, cells, ("", "") if name == MODEL else difference))
    return rows


def unavailable(evaluation: Mapping[str, Any]) -> list[str]:
    """Return the names of the peers that could not run."""
    return [title(name) for name in evaluation["unavailable"]]


def workloads(evaluation: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return what is looked at, recall, precision, and how many times better than a random order that is."""
    rows = [
        (f"riskiest {100 * row['workload']:g} % of points", row["recall"], row["precision"])
        for row in evaluation["workloads"]
    ]
    top, flagged, rule = evaluation["top_k"], evaluation["at_threshold"], evaluation["beside_sla_rule"]
    share = percent(top["share"])
    rows.append((f"riskiest {top['k']} points a night ({share} of points)", top["recall"], top["precision"]))
    if flagged is not None:
        share = percent(flagged["flagged_share"])
        at = percent(flagged["threshold"])
        rows.append((f"risk of at least {at} ({share} of points)", flagged["recall"], flagged["precision"]))
    if rule is not None:
        share = percent(rule["flagged_share"])
        rows.append((f"peer: 75 % of the SLA used ({share} of points)", rule["recall"], rule["precision"]))
        rows.append((f"model, as many ({share} of points)", rule["model_recall"], rule["model_precision"]))
    rate = evaluation["base_rate"]
    return [(look, percent(recall), percent(hits), _lift(hits, rate)) for look, recall, hits in rows]


def groups(evaluation: Mapping[str, Any]) -> list[GroupRows]:
    """Return the table by age, then one for each segment; all figures are drawn on one scale."""
    tables = {"age": evaluation["by_age"], **evaluation["by_segment"]}
    every = [row for table in tables.values() for row in table["groups"]]
    highest = [
        row[name] or 0.0
        for row in every
        for name in ("average_precision", "average_precision_high", "base_rate")
    ]
    top = max([*highest, 0.01])
    return [
        GroupRows(name.replace("_", " "), [_group(row, top) for row in table["groups"]], _suppressed(table))
        for name, table in tables.items()
    ]


def tiles(evaluation: Mapping[str, Any]) -> list[Tile]:
    """Return the figures to begin with."""
    found = evaluation["scores"][MODEL]["average_precision"]
    tenth = next(row for row in evaluation["workloads"] if row["workload"] == 0.1)
    top, base = evaluation["top_k"], share_of_many(evaluation["base_rate"])
    chance = f"a random order gets {number(evaluation['base_rate'])}"
    lift, bounds = _lift(tenth["precision"], evaluation["base_rate"]), interval(found)
    none = "none escalates"
    return [
        Tile(
            "average precision",
            number(found["estimate"]),
            none if found["estimate"] is None else f"{bounds}; {chance}" if bounds else chance,
        ),
        Tile(
            "of escalations in the riskiest tenth",
            percent(tenth["recall"]),
            none if lift == MISSING else f"{lift} as many as at random",
        ),
        Tile(
            f"of the riskiest {top['k']} a night escalate",
            percent(top["precision"]),
            f"of all points, {base} do; these are {percent(top['share'])} of them",
        ),
        Tile(
            "mean risk",
            share_of_many(evaluation["mean_risk"]),
            f"{base} escalate",
        ),
    ]


def _group(row: Mapping[str, Any], top: float) -> GroupRow:
    low, high = row["average_precision_low"], row["average_precision_high"]
    cells = [
        f"{row['points']:,}",
        f"{row['positives']:,}",
        percent(row["mean_risk"]),
        percent(row["base_rate"]),
        number(row["roc_auc"]),
    ]
    drawing = span(low, row["average_precision"], high, row["base_rate"], top)
    bounds = interval({"low": low, "high": high})
    return GroupRow(row["name"], cells, number(row["average_precision"]), bounds, drawing)


def _lift(precision: float | None, rate: float) -> str:
    return f"{precision / rate:.1f} ×" if precision is not None and rate else MISSING


def _suppressed(table: Mapping[str, Any]) -> str:
    count = table["suppressed_groups"]
    if not count:
        return ""
    points = table["suppressed_points"]
    return f"{numbered(count, 'smaller group')} with {numbered(points, 'point')} not shown"
