"""A backtest as tables of text, from its dictionary form: in colour on a terminal, plain elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from boilover.backtest.rules import TITLES
from boilover.backtest.verdict import POLICY
from boilover.tables import MISSING, WIDTH, lines_of, rendered, text_table
from boilover.words import numbered, ranged, spelled

NAMES = {POLICY: "model and policy", **TITLES}
ALARMS = ("HARDLY CHOOSES", "DOES NOT BEAT", "FALLS BEHIND")
LEAD = ("lead_lower_quartile", "lead_median", "lead_upper_quartile")


def render(backtest: Mapping[str, Any], *, terminal: bool = False, width: int = WIDTH) -> str:
    """Return `Backtest.to_dict()` as text; ``terminal`` asks for colour and drawn lines."""
    return rendered(_parts(backtest, lines_of(terminal=terminal)), terminal=terminal, width=width)


def _parts(backtest: Mapping[str, Any], lines: box.Box) -> Iterable[RenderableType]:
    yield Text(_headline(backtest), style="bold")
    for sentence in backtest["verdict"]:
        style = "bold red" if sentence.startswith(ALARMS) else "green"
        yield Text(f"The policy {sentence}", style=style)
    for name in backtest["unavailable"]:
        yield Text(f"The log cannot feed the rule '{TITLES[name]}'.")
    yield from _tables(backtest, lines)


def _headline(backtest: Mapping[str, Any]) -> str:
    trainings = numbered(len(backtest["trainings"]), "training")
    return (
        f"{numbered(backtest['nights'], 'night')}, {backtest['since'][:10]} to {backtest['until'][:10]},"
        f" {trainings}: {numbered(backtest['tickets'], 'ticket')} at risk, {backtest['escalations']:,} escalated,"
        f" {backtest['unseen']:,} of them before their first night"
    )


def _tables(backtest: Mapping[str, Any], lines: box.Box) -> Iterable[Table]:
    figures, counts = backtest["figures"], backtest["counts"]
    yield text_table(
        "What was caught, 95 % intervals",
        ["", "caught", "of escalations", "at random", "24 h ahead", "hours ahead"],
        [
            [
                NAMES[name],
                f"{counts[name]['caught']:,}",
                ranged(each["recall"], _percent),
                _percent(each["recall_by_chance"]["estimate"]),
                ranged(each["recall_24h_ahead"], _percent),
                " / ".join(_number(each[quartile]["estimate"], 0) for quartile in LEAD),
            ]
            for name, each in figures.items()
        ],
        lines,
    )
    yield text_table(
        "What it took",
        ["", "flags", "new a night", "standing", "of open", "per catch", "first flag right", "flips"],
        [[NAMES[name], f"{counts[name]['flags']:,}", *_effort(each)] for name, each in figures.items()],
        lines,
    )
    miss, alarm = backtest["costs"]["miss"], backtest["costs"]["false_alarm"]
    yield text_table(
        f"What it was worth: a miss costs {miss:g}, a flag that catches nothing {alarm:g}",
        ["", "false flags", "missed", "net benefit per 100 tickets", "cost a night"],
        [
            [
                NAMES[name],
                f"{counts[name]['false_flags']:,}",
                f"{counts[name]['missed']:,}",
                ranged(each["net_benefit"], lambda value: _number(value, 2)),
                ranged(each["cost_a_night"], lambda value: _number(value, 1)),
            ]
            for name, each in figures.items()
        ],
        lines,
    )
    yield text_table(
        f"Trainings, every {spelled(backtest['retrain'])}, horizon {spelled(backtest['horizon'])}",
        ["as of", "nights", "features", "base rate", "held-out AP", "threshold"],
        [_training(row) for row in backtest["trainings"]],
        lines,
    )


def _effort(figures: Mapping[str, Mapping[str, float | None]]) -> list[str]:
    return [
        _number(figures["flags_a_night"]["estimate"], 1),
        _number(figures["standing_a_night"]["estimate"], 1),
        _percent(figures["standing_share"]["estimate"]),
        _number(figures["flags_per_caught"]["estimate"], 1),
        ranged(figures["first_flag_precision"], _percent),
        _number(figures["flips_per_flagged"]["estimate"], 2),
    ]


def _training(row: Mapping[str, Any]) -> list[str]:
    return [
        row["at"][:10],
        str(row["nights"]),
        str(row["features"]),
        _number(row["base_rate"], 4),
        _number(row["held_out_average_precision"], 3),
        _number(row["threshold"], 4),
    ]


def _percent(value: float | None) -> str:
    return MISSING if value is None else f"{100 * value:.1f} %"


def _number(value: float | None, digits: int) -> str:
    return MISSING if value is None else f"{value:.{digits}f}"
