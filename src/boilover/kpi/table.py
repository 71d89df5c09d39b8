"""Figures of a desk as tables of text, from their dictionary form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from boilover.kpi.lines import Line, of_escalations, of_work
from boilover.tables import MISSING, WIDTH, lines_of, printable, rendered, text_table, words
from boilover.words import numbered, ranged

COHORTS = 12
"""So many weeks are shown, the last."""
FACTORS = 12
"""So many of what goes with escalations are shown."""


def render(kpis: Mapping[str, Any], *, terminal: bool = False, width: int = WIDTH) -> str:
    """Return `Kpis.to_dict()` as text; ``terminal`` asks for colour and drawn lines."""
    return rendered(_parts(kpis, terminal=terminal), terminal=terminal, width=width)


def _parts(kpis: Mapping[str, Any], *, terminal: bool) -> Iterator[RenderableType]:
    form = lines_of(terminal=terminal)
    head = (
        f"{numbered(kpis['tickets'], 'ticket')} created from {kpis['since']} to {kpis['as_of']},"
        f" {kpis['escalated']:,} escalated, {kpis['open']:,} still open"
    )
    yield Text(head, style="bold")
    lines = [_line(each) for each in (*of_escalations(kpis), *of_work(kpis))]
    yield text_table("Escalations and work, 95 % intervals", ["", ""], lines, form)
    yield Text(
        "Recent tickets may still escalate: within a time each counts for as long as the log follows it (Kaplan and"
        " Meier), so that shares within a time may exceed what has escalated so far."
    )
    rows = [
        [printable(name), f"{count:,}", _percent(count / kpis["escalated"])]
        for name, count in kpis["kinds"].items()
    ]
    if set(kpis["kinds"]) != {"not told"}:
        yield text_table("Kinds of escalation", ["", "tickets", "share"], rows, form)
    weeks = kpis["cohorts"][-COHORTS:]
    yield text_table(
        "By week of creation; a week not followed for 7 days has no rate yet",
        ["week", "tickets", "escalated so far", "within 7 d", "ended", "backlog"],
        [
            [
                each["week"],
                f"{each['tickets']:,}",
                f"{each['escalated']:,}",
                ranged(each["in_time"], _percent),
                f"{each['ended']:,}",
                f"{each['backlog']:,}",
            ]
            for each in weeks
        ],
        form,
    )
    for name, table in kpis["groups"].items():
        yield text_table(
            f"By {words(name)}",
            ["", "tickets", "escalated", "rate", "against others", "median hours", ""],
            _groups(table),
            form,
        )
    yield from _causes(kpis["causes"], terminal=terminal)
    yield text_table(
        "Escalations by stated criteria",
        ["", "of", "share", "when"],
        [
            [words(name), f"{each['of']:,}", ranged(each["share"], _percent), each["criterion"]]
            for name, each in kpis["quality"].items()
        ],
        form,
    )
    ranges = ", ".join(f"{name} {low:.0%} to {high:.0%}" for name, (low, high) in kpis["industry"].items())
    yield Text(
        f"Published escalation rates, for orientation: {ranges}. What counts as one differs from desk to desk."
    )


def _line(line: Line) -> tuple[str, str]:
    beside = f", {line.beside}" if line.beside else ""
    if line.middle is None:
        return line.name, f"{ranged(line.figure, _percent)}{beside}"
    lower, upper = line.middle
    quartiles = " / ".join(_number(hours) for hours in (lower, line.figure["estimate"], upper))
    return f"hours {line.name}, quartiles", f"{quartiles}{beside}"


def _groups(table: Mapping[str, Any]) -> Iterator[list[str]]:
    for row in table["groups"]:
        yield [
            printable(row["name"]),
            f"{row['tickets']:,}",
            f"{row['escalated']:,}",
            ranged(row["rate"], _percent),
            MISSING if row["lift"] is None else f"{row['lift']:.2f} times",
            _number(row["hours"]),
            "few" if row["few"] else "",
        ]
    if table["suppressed_groups"]:
        smaller = numbered(table["suppressed_groups"], "other")
        yield [smaller, f"{table['suppressed_tickets']:,}", *[MISSING] * 4, "not told"]


def _causes(told: Mapping[str, Any] | None, *, terminal: bool) -> Iterator[RenderableType]:
    if told is None:
        yield Text("Too few tickets escalate after their first day to tell what goes with it.")
        return
    out = [each for each in told["factors"] if each["stands_out"]]
    yield text_table(
        f"What goes with escalation in days 2 to 31: {len(out)} of {told['compared']} that were compared stand out",
        ["a day after creation", "tickets", "escalated", "rate", "of others", "ratio", "excess"],
        [
            [
                printable(each["name"], 60),
                f"{each['tickets']:,}",
                f"{each['escalated']:,}",
                _percent(each["rate"]),
                _percent(each["rate_of_others"]),
                ranged(each["lift"], "{:.2f}".format),
                f"{each['excess']:+z,.0f}",
            ]
            for each in _shown(out)
        ],
        lines_of(terminal=terminal),
    )
    yield Text("These are associations, not causes; their intervals hold all at once with 95 %.")


def _shown(factors: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the factors with the greatest excess, and with the greatest lack."""
    return factors if len(factors) <= FACTORS else [*factors[: FACTORS - 4], *factors[-4:]]


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.3g}" if value < 100 else f"{value:,.0f}"
