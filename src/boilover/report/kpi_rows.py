"""The figures of a desk as rows of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import Any, NamedTuple

from markupsafe import Markup

from boilover.kpi.groups import MIN_TICKETS, MOST_GROUPS
from boilover.kpi.lines import Line
from boilover.report.drawing.bars import meter, span
from boilover.tables import MISSING
from boilover.words import Told, ahead, hours, rate, with_interval

WEEKS = 12
"""So many weeks stand in the table, the last; all are drawn."""
SCALES = (2.0, 4.0, 8.0, 16.0)
"""Ratios at which the scale of what goes with escalations may end."""


class Row(NamedTuple):
    """A name, plain cells, a figure with its interval in words, its drawing, and what is said beside."""

    name: str
    cells: Sequence[str]
    figure: str
    bounds: str
    drawing: Markup
    beside: str = ""


class Table(NamedTuple):
    """The rows of one kind of group, and what was not told."""

    name: str
    rows: Sequence[Row]
    suppressed: str


class Factors(NamedTuple):
    """What goes with escalations: what stands out, the others, and the ratio at which the drawn scale ends."""

    tickets: int
    escalated: int
    compared: int
    standing: Sequence[Row]
    others: Sequence[Row]
    scale: str


def lines(told: Iterable[Line], *, drawn: bool) -> list[Row]:
    """Return a row for each line; shares are ``drawn`` on a scale from 0 to 1 where that is asked."""
    return [_line(each, drawn=drawn) for each in told]


def _line(line: Line, *, drawn: bool) -> Row:
    figure = line.figure
    if line.middle is None:
        drawing = _share(figure, 1.0) if drawn else Markup("")
        return Row(line.name, (), *with_interval(figure, rate), drawing, line.beside)
    lower, upper = line.middle
    beside = [f"quartiles {ahead(lower)} and {ahead(upper)}", *([line.beside] if line.beside else [])]
    return Row(
        f"{line.name}, median",
        (),
        *with_interval(figure, hours),
        Markup(""),
        "; ".join(beside),
    )


def kinds(told: Mapping[str, int]) -> list[Row]:
    """Return how many escalated in which way; nothing where the source tells no kinds."""
    if set(told) == {"not told"}:
        return []
    total = sum(told.values())
    return [
        Row(name, (f"{count:,}",), rate(count / total), "", meter(count, total))
        for name, count in told.items()
    ]


def weeks(cohorts: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return the last weeks, each with the share that escalated within 7 days where that is known."""
    top = _top([each["in_time"] for each in cohorts[-WEEKS:]])
    return [
        Row(
            each["week"],
            tuple(f"{each[name]:,}" for name in ("tickets", "escalated", "ended", "backlog")),
            *with_interval(each["in_time"], rate),
            _share(each["in_time"], top),
        )
        for each in cohorts[-WEEKS:]
    ]


def groups(told: Mapping[str, Mapping[str, Any]], usual: float) -> list[Table]:
    """Return a table for each attribute, all drawn on one scale beside the ``usual`` rate, that of the desk."""
    every = [row for table in told.values() for row in table["groups"]]
    top = max(_top([row["rate"] for row in every if not row["few"]]), 1.5 * usual)
    return [
        Table(
            name.replace("_", " "), [_group(row, usual, top) for row in table["groups"]], _suppressed(table)
        )
        for name, table in told.items()
    ]


def _group(row: Mapping[str, Any], usual: float, top: float) -> Row:
    told, lift = row["rate"], MISSING if row["lift"] is None else f"{row['lift']:.2f} ×"
    cells = (f"{row['tickets']:,}", f"{row['escalated']:,}", lift, ahead(row["hours"]))
    drawing = _share(told, top, usual)
    few = "few escalations" if row["few"] else ""
    return Row(row["name"], cells, *with_interval(told, rate), drawing, few)


def _suppressed(table: Mapping[str, Any]) -> str:
    """Return how many groups are not told, and why: they are small, or beyond the most that are shown."""
    hidden = table["suppressed_groups"]
    if not hidden:
        return ""
    why = f"with fewer than {MIN_TICKETS} tickets"
    if len(table["groups"]) == MOST_GROUPS:
        why += f", or beyond the {MOST_GROUPS} largest,"
    noun, verb = ("group", "is") if hidden == 1 else ("groups", "are")
    return f"{hidden:,} {noun} {why} {verb} not told: {table['suppressed_tickets']:,} tickets in all"


def factors(told: Mapping[str, Any] | None) -> Factors | None:
    """Return what goes with escalations, drawn as ratios on a logarithmic scale; None where nothing could be told."""
    if told is None:
        return None
    every = told["factors"]
    # Where few tickets are compared an interval may be very wide: that of what does not stand out may end outside.
    wide = [row["lift"] for row in every if row["stands_out"]] or [row["lift"] for row in every]
    widest = max((max(log(each["high"]), -log(each["low"])) for each in wide), default=0.0)
    scale = next((each for each in SCALES if log(each) >= widest), SCALES[-1])
    rows = [(_factor(row, log(scale)), row["stands_out"]) for row in every]
    return Factors(
        told["tickets"],
        told["escalated"],
        told["compared"],
        [row for row, out in rows if out],
        [row for row, out in rows if not out],
        f"{scale:.0f}",
    )


def _factor(row: Mapping[str, Any], reach: float) -> Row:
    lift = row["lift"]
    low, middle, high = (log(lift[name]) + reach for name in ("low", "estimate", "high"))
    excess = f"{row['excess']:+z,.0f}".replace("-", "\N{MINUS SIGN}")
    cells = (
        rate(row["rate"]),
        rate(row["rate_of_others"]),
        excess,
        f"{row['tickets']:,}",
        f"{row['escalated']:,}",
    )
    drawing = span(low, middle, high, reach, 2 * reach)
    return Row(
        row["name"], cells, f"{lift['estimate']:.2f}", f"{lift['low']:.2f} to {lift['high']:.2f}", drawing
    )


def judged(told: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Return how many escalations meet each criterion, and the criterion."""
    return [
        Row(
            name.replace("_", " "),
            (f"{each['meet']:,}", f"{each['of']:,}"),
            *with_interval(each["share"], rate),
            _share(each["share"], 1.0),
            each["criterion"],
        )
        for name, each in told.items()
    ]


def _share(told: Told, top: float, mark: float | None = None) -> Markup:
    return span(told["low"], told["estimate"], told["high"], mark, top)


def _top(told: Iterable[Told]) -> float:
    """Return where a scale ends that shows all intervals."""
    return max((each["high"] or 0.0 for each in told if each["estimate"] is not None), default=0.0) or 1.0
