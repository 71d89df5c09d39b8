"""An evaluation as tables of text, from its dictionary form: in colour on a terminal, plain elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from boilover.evaluation.baselines import TITLES
from boilover.evaluation.choice import hardly
from boilover.tables import MISSING, WIDTH, lines_of, rendered, text_table, words
from boilover.words import ranged

COLUMNS = {
    "average precision": "average_precision",
    "AUC": "roc_auc",
    "recall at 11.8 %": "recall_at_11.8%",
    "Brier skill": "brier_skill",
    "ECE": "calibration_error",
}
WITH_INTERVAL = ("average_precision", "roc_auc")


def render(evaluation: Mapping[str, Any], *, terminal: bool = False, width: int = WIDTH) -> str:
    """Return `Evaluation.to_dict()` as text; ``terminal`` asks for colour and drawn lines."""
    return rendered(_parts(evaluation, lines_of(terminal=terminal)), terminal=terminal, width=width)


def _parts(evaluation: Mapping[str, Any], lines: box.Box) -> Iterable[RenderableType]:
    yield Text(_headline(evaluation), style="bold")
    for sentence in evaluation["verdict"]:
        style = "green" if sentence.startswith("beats") else "bold red"
        yield Text(f"The model {sentence}.", style=style)
    yield Text(evaluation["level"])
    top = evaluation["top_k"]
    if said := hardly(top["share"], f"of the points are looked at with {top['k']} a night"):
        yield Text(f"{said}.", style="bold red")
    for name in evaluation["unavailable"]:
        yield Text(f"{_title(name)} could not run on this log.")
    yield from _tables(evaluation, lines)


def _headline(evaluation: Mapping[str, Any]) -> str:
    return (
        f"{evaluation['points']:,} points of {evaluation['tickets']:,} tickets, {evaluation['positives']:,}"
        f" escalate in time: base rate {_number(evaluation['base_rate'])}"
    )


def _tables(evaluation: Mapping[str, Any], lines: box.Box) -> Iterable[Table]:
    scores = [
        [_title(name), *(_score(metric, figures[metric]) for metric in COLUMNS.values())]
        for name, figures in evaluation["scores"].items()
    ]
    base_rate = _number(evaluation["base_rate"])
    yield text_table(f"Scores, 95 % intervals (base rate {base_rate})", ["", *COLUMNS], scores, lines)
    yield text_table(
        "What looking at the highest risks finds",
        ["look at", "recall", "precision", "lift"],
        _looks(evaluation),
        lines,
    )
    yield _groups("By age", evaluation["by_age"], lines)
    for name, table in evaluation["by_segment"].items():
        yield _groups(f"By {words(name)}", table, lines)
    calibration = [
        [f"{row['points']:,}", _number(row["mean_risk"]), _number(row["rate"])]
        for row in evaluation["calibration"]
    ]
    yield text_table("Calibration", ["points", "mean risk", "rate"], calibration, lines)


def _looks(evaluation: Mapping[str, Any]) -> Iterator[list[str]]:
    for row in evaluation["workloads"]:
        found = (row[name] for name in ("recall", "precision", "lift"))
        yield [f"{100 * row['workload']:g} %", *map(_number, found)]
    top, flagged, rule = evaluation["top_k"], evaluation["at_threshold"], evaluation["beside_sla_rule"]
    rate = evaluation["base_rate"]
    told = [(f"{top['k']} a night ({100 * top['share']:.1f} %)", top["recall"], top["precision"])]
    if flagged is not None:
        look = f"risk ≥ {flagged['threshold']:g} ({100 * flagged['flagged_share']:.1f} %)"
        told.append((look, flagged["recall"], flagged["precision"]))
    if rule is not None:
        share = f"({100 * rule['flagged_share']:.1f} %)"
        told.append((f"75 % of SLA used {share}", rule["recall"], rule["precision"]))
        told.append((f"model, as many {share}", rule["model_recall"], rule["model_precision"]))
    for look, recall, precision in told:
        lift = None if precision is None or not rate else precision / rate
        yield [look, _number(recall), _number(precision), _number(lift)]


def _groups(title: str, table: Mapping[str, Any], lines: box.Box) -> Table:
    heads = ["", "points", "escalate", "base rate", "mean risk", "average precision", "AUC"]
    names = ("base_rate", "mean_risk", "average_precision", "roc_auc")
    rows = [
        [
            words(row["name"]),
            f"{row['points']:,}",
            f"{row['positives']:,}",
            *(_number(row[name]) for name in names),
        ]
        for row in table["groups"]
    ]
    if table["suppressed_groups"]:
        suppressed = f"{table['suppressed_groups']} smaller"
        rows.append([suppressed, f"{table['suppressed_points']:,}", *[MISSING] * (len(heads) - 2)])
    return text_table(title, heads, rows, lines)


def _score(metric: str, figures: Mapping[str, float | None]) -> str:
    return ranged(figures, _number) if metric in WITH_INTERVAL else _number(figures["estimate"])


def _number(value: float | None) -> str:
    if value is None:
        return MISSING
    return f"{value:.4f}" if 0 < abs(value) < 0.01 else f"{value:.3f}"


def _title(name: str) -> str:
    return TITLES.get(name, words(name))
