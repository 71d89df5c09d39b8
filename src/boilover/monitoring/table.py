"""Drift, and a challenge of the champion, as tables of text, from their dictionary forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from boilover.monitoring.stability import BEYOND
from boilover.tables import MISSING, WIDTH, lines_of, printable, rendered, text_table, words
from boilover.words import ranged

SHOWN = 15
"""So many features are shown: those that drifted, then those that came closest to their bound."""
FIGURES = {"recall_at_11.8%": "recall at 11.8 %", "calibration_error": "ECE"}
THREE = "{:.3f}".format
ALARMS = ("DRIFTED", "FALLEN OFF")
AS_THEY_CAME = (
    "Outcomes count as they came out: a ticket that was rescued speaks against the model that flagged it."
)
"""Without such tickets an equal challenger would look better, too: they are those that the champion ranks highest."""


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
    form = lines_of(terminal=terminal)
    features = [_feature(each) for each in [drift["risk"], *drift["features"][:SHOWN]]]
    title = f"Risks, and the {len(features) - 1} features that moved most"
    shares = ["missing then", "now", "other words then", "now"]
    heads = ["", "PSI", "usual up to", "", *shares, "mean or word", "then", "now"]
    tables = [text_table(title, heads, features, form, seldom=(4, 5, 6, 7))]
    performance = _performance(drift["performance"])
    if performance:
        heads = ["", "average precision", "recall at 11.8 %", "ECE", "base rate"]
        tables.append(
            text_table("Performance, expected where risks are calibrated", heads, performance, form)
        )
    return rendered([Text(head, style="bold"), *lines, *tables], terminal=terminal, width=width)


def render_challenge(told: Mapping[str, Any], *, terminal: bool = False) -> str:
    """Return `Challenge.to_dict()` as text."""
    head = (
        f"{told['points']:,} questions of {told['tickets']:,} tickets from {told['since']} to {told['as_of']},"
        f" {told['escalated']:,} of which escalated within {told['horizon']}: base rate {told['base_rate']:.3f}"
    )
    style = "green" if told["promotes"] else "bold red"
    titles = {"champion": f"champion {told['champion']}", "challenger": f"challenger {told['challenger']}"}
    names = tuple(told["differences"])
    rows = [
        [titles[who], *(ranged(figures[name], THREE) for name in names)]
        for who, figures in told["figures"].items()
    ]
    rows.append(["challenger less champion", *(ranged(told["differences"][name], THREE) for name in names)])
    table = text_table(
        "On the same points, 95 % intervals over tickets",
        ["", *(FIGURES.get(name, words(name)) for name in names)],
        rows,
        lines_of(terminal=terminal),
    )
    verdict = Text(f"{told['verdict'][0].upper()}{told['verdict'][1:]}.", style=style)
    return rendered([Text(head, style="bold"), verdict, table, AS_THEY_CAME], terminal=terminal)


def _feature(shift: Mapping[str, Any]) -> list[str]:
    if shift["mover"] is None:
        typical = ["mean", _number(shift["mean_then"]), _number(shift["mean_now"])]
    else:
        typical = [printable(shift["mover"], 20), _percent(shift["mover_then"]), _percent(shift["mover_now"])]
    return [
        words(shift["name"]),
        f"{shift['psi']:.3f}",
        MISSING if shift["bound"] is None else f"{shift['bound']:.3f}" if shift["bound"] <= BEYOND else "any",
        "drifted" if shift["drifted"] else "",
        _percent(shift["missing_then"]),
        _percent(shift["missing_now"]),
        _percent(shift["unseen_then"]),
        _percent(shift["unseen_now"]),
        *typical,
    ]


def _performance(told: Mapping[str, Any]) -> list[list[str]]:
    titles = {
        "open": "outcomes not known yet: expected",
        "expected": "outcomes known: expected",
        "levelled": "expected at the rate that came true",
        "realised": "outcomes known: came true",
    }
    names = ("average_precision", "recall_at_11.8%", "calibration_error", "base_rate")
    return [
        [title, *(ranged(told[part][name], THREE) for name in names)]
        for part, title in titles.items()
        if told[part] is not None
    ]


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.4g}"


def _percent(share: float | None) -> str:
    return MISSING if share is None else f"{share:.0%}"
