"""An evaluation as tables of text, from its dictionary form: in colour on a terminal, plain elsewhere."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from boilover.evaluation.baselines import TITLES

WIDTH = 118
MAX_NAME = 40
MISSING = "–"
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
    target = io.StringIO()
    console = Console(
        file=target, force_terminal=terminal, color_system="standard" if terminal else None, width=width
    )
    console.print(Text(_headline(evaluation), style="bold"))
    for sentence in evaluation["verdict"]:
        style = "green" if sentence.startswith("beats") else "bold red"
        console.print(Text(f"The model {sentence}.", style=style))
    console.print(Text(evaluation["level"]))
    for name in evaluation["unavailable"]:
        console.print(Text(f"{_title(name)} could not run on this log."))
    for table in _tables(evaluation, box.SIMPLE_HEAD if terminal else box.ASCII2):
        console.print(table)
    lines = (line.rstrip() for line in target.getvalue().splitlines())
    return "\n".join(lines) + "\n"


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


def text_table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], lines: box.Box) -> Table:
    """Return a table of text: the first column to the left, the others to the right."""
    table = Table(title=Text(title), title_justify="left", box=lines)
    for place, head in enumerate(heads):
        table.add_column(Text(head), justify="right" if place else "left")
    for row in rows:
        # Text, not str: a name is data and must not be read as markup.
        table.add_row(*(Text(cell) for cell in row))
    return table


def _score(metric: str, figures: Mapping[str, float | None]) -> str:
    return _interval(figures) if metric in WITH_INTERVAL else _number(figures["estimate"])


def _interval(figures: Mapping[str, float | None]) -> str:
    estimate, low, high = (figures[name] for name in ("estimate", "low", "high"))
    if estimate is None or low is None:
        return _number(estimate)
    return f"{_number(estimate)} ({_number(low)}–{_number(high)})"


def _number(value: float | None) -> str:
    if value is None:
        return MISSING
    return f"{value:.4f}" if 0 < abs(value) < 0.01 else f"{value:.3f}"


def _title(name: str) -> str:
    return TITLES.get(name, words(name))


def words(name: str) -> str:
    """Return a name fit for a line, its parts as words."""
    return printable(name.replace("_", " "))


def printable(text: str, most: int = MAX_NAME) -> str:
    """Return a text fit for a line: not too long, and no control character to rewrite a terminal with."""
    clean = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"
