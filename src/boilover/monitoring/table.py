"""Drift, and a challenge of the champion, as tables of text, from their dictionary forms."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from boilover.evaluation.table import MISSING, WIDTH, printable, text_table, words

SHOWN = 15
"""So many features are shown: those that drifted, then those that came closest to their bound."""
ALARMS = ("DRIFTED", "FALLEN OFF")


def render(drift: Mapping[str, Any], *, terminal: bool = False, width: int = WIDTH) -> str:
    """Return `Drift.to_dict()` as text; ``terminal`` asks for colour and drawn lines."""
    head = (
        f"{drift['points']:,} questions of {drift['tickets']:,} tickets from {drift['since']} to {drift['as_of']},"
        f" {drift['matured']:,} of them with a known outcome; model {drift['model']}"
    )
    lines = [
        Text(sentence, style="bold red" if any(alarm in sentence for alarm in ALARMS) else "green")
        for sentence in drift["verdict"]
    ]
    form = box.SIMPLE_HEAD if terminal else box.ASCII2
    features = [_feature(each) for each in [drift["risk"], *drift["features"][:SHOWN]]]
    heads = ["", "PSI", "usual up to", "", "missing then", "now", "new words", "mean or word", "then", "now"]
    tables = [
        text_table(f"Risks, and the {len(features) - 1} features that moved most", heads, features, form)
    ]
    performance = _performance(drift["performance"])
    if performance:
        heads = ["", "average precision", "recall at 11.8 %", "ECE", "base rate"]
        tables.append(
            text_table("Performance, expected where risks are calibrated", heads, performance, form)
        )
    return printed([Text(head, style="bold"), *lines, *tables], terminal=terminal, width=width)


def printed(parts: Sequence[Text | Table], *, terminal: bool, width: int = WIDTH) -> str:
    """Return texts and tables one below the other."""
    target = io.StringIO()
    console = Console(
        file=target, force_terminal=terminal, color_system="standard" if terminal else None, width=width
    )
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in target.getvalue().splitlines()) + "\n"


def _feature(shift: Mapping[str, Any]) -> list[str]:
    if shift["mover"] is None:
        typical = ["mean", _number(shift["mean_then"]), _number(shift["mean_now"])]
    else:
        typical = [printable(shift["mover"], 20), _percent(shift["mover_then"]), _percent(shift["mover_now"])]
    return [
        words(shift["name"]),
        f"{shift['psi']:.3f}",
        MISSING if shift["bound"] is None else f"{shift['bound']:.3f}",
        "drifted" if shift["drifted"] else "",
        _percent(shift["missing_then"]),
        _percent(shift["missing_now"]),
        _percent(shift["unseen_now"]),
        *typical,
    ]


def _performance(told: Mapping[str, Any]) -> list[list[str]]:
    titles = {
        "open": "outcomes not known yet: expected",
        "expected": "outcomes known: expected",
        "realised": "outcomes known: came true",
    }
    names = ("average_precision", "recall_at_11.8%", "calibration_error", "base_rate")
    return [
        [title, *(interval(told[part][name]) for name in names)]
        for part, title in titles.items()
        if told[part] is not None
    ]


def interval(figure: Mapping[str, float | None]) -> str:
    """Return a figure with its bounds."""
    estimate, low, high = (figure[name] for name in ("estimate", "low", "high"))
    if estimate is None:
        return MISSING
    return f"{estimate:.3f}" if low is None else f"{estimate:.3f} ({low:.3f}–{high:.3f})"


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.4g}"


def _percent(share: float | None) -> str:
    return MISSING if share is None else f"{share:.0%}"
