"""What was measured as Markdown: a table of each stage, the goals, and whether they are reached."""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

from benchmarks.speed.stage import MODULES, stage_of

MARKED = re.compile(r"(<!-- speed:begin[^>]*-->\n).*?(<!-- speed:end -->)", re.DOTALL)
HEADS = ("", "seconds", "processor seconds", "peak GiB", "times as long")
LIBRARIES = ("numpy", "numba", "pandas", "pyarrow", "lightgbm", "polars", "duckdb")


def renew(path: Path, results: Path) -> None:
    """Put the last result of each stage between the markers of a document."""
    text = path.read_text("utf-8")
    if not MARKED.search(text):
        raise SystemExit(f"{path} has no speed:begin and speed:end")
    found = {name: results / f"{name}.json" for name in MODULES}
    told = [
        to_text(name, json.loads(file.read_text("utf-8"))) for name, file in found.items() if file.exists()
    ]
    block = "\n\n".join([_machine(), *told])
    path.write_text(MARKED.sub(lambda marks: f"{marks[1]}{block}\n{marks[2]}", text), encoding="utf-8")


def to_text(name: str, result: Mapping[str, Any]) -> str:
    """Return a stage's table, sentences and goals."""
    stage, figures = stage_of(name), result["figures"]
    beside = figures.get(stage.beside)
    lines = [f"| {' | '.join(HEADS)} |", f"| {' | '.join(['---'] * len(HEADS))} |"]
    for key, told in figures.items():
        times = f"{told['seconds'] / beside['seconds']:.2f}" if beside else ""
        cells = (
            stage.engines[key].title,
            number(told["seconds"]),
            number(told["processor"]),
            f"{told['peak']:.2f}",
        )
        lines.append(f"| {' | '.join((*cells, times))} |")
    load = max((told["load"] for told in figures.values()), default=0.0)
    size = f"About {result['events']:,} events; " if stage.is_sized else ""
    repeats = sorted({told["repeats"] for told in figures.values()})
    runs = f"{size}median of {' or '.join(map(str, repeats))}, load of the machine up to {load}."
    sentences = [runs[0].upper() + runs[1:]]
    sentences += result["sentences"]
    for goal in stage.goals:
        if {goal.engine, goal.beside} <= figures.keys():
            times = figures[goal.engine]["seconds"] / figures[goal.beside]["seconds"]
            reached = "reached" if times >= goal.times else "not reached"
            sentences.append(f"Goal: {goal.text}. It is {times:.1f} times: {reached}.")
    if result["unequal"] is not None:
        sentences.append("; ".join(result["unequal"]) or "All results that were compared agree.")
    return f"### {stage.title}\n\n" + "\n".join(lines) + "\n\n" + textwrap.fill(" ".join(sentences), 118)


def number(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds >= 100 else f"{seconds:.3g}"


def _machine() -> str:
    told = []
    for name in LIBRARIES:
        try:
            told.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return f"Measured on {os.cpu_count()} cores, Python {python_version()}, {', '.join(told)}."
