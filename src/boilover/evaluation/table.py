"""An evaluation as tables of text, from its dictionary form: in colour on a terminal, plain elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from boilover.evaluation.baselines import TITLES
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
        [
            *map(_workload, evaluation["workloads"]),
            _top_k(evaluation["top_k"]),
            *_flagged(evaluation),
            *_rule(evaluation),
        ],
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


def _workload(row: Mapping[str, Any]) -> list[str]:
    return [f"{100 * row['workload']:g} %", *(_number(row[name]) for name in ("recall", "precision", "lift"))]


def _top_k(row: Mapping[str, Any]) -> list[str]:
    return [f"{row['k']} a night", _number(row["recall"]), _number(row["precision"]), MISSING]


def _flagged(evaluation: Mapping[str, Any]) -> list[list[str]]:
    row = evaluation["at_threshold"]
    if row is None:
        return []
    look = f"risk ≥ {row['threshold']:g} ({100 * row['flagged_share']:.1f} %)"
    return [[look, _number(row["recall"]), _number(row["precision"]), MISSING]]


def _rule(evaluation: Mapping[str, Any]) -> list[list[str]]:
    row = evaluation["beside_sla_rule"]
    if row is None:
        return []
    share = f"({100 * row['flagged_share']:.1f} %)"
    return [
        [f"75 % of SLA used {share}", _number(row["recall"]), _number(row["precision"]), MISSING],
        [f"model, as many {share}", _number(row["model_recall"]), _number(row["model_precision"]), MISSING],
    ]


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
