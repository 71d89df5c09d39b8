"""Drawings of counts: lead times, flags by night, and shares of a distribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from boilover.backtest.measures import AHEAD
from boilover.report.drawing.canvas import Axis, Canvas
from boilover.words import count, numbered, percent, share

LEADS = (
    (0.0, "0 h"),
    (1.0, "1 h"),
    (4.0, "4 h"),
    (12.0, "12 h"),
    (24.0, "1 d"),
    (48.0, "2 d"),
    (96.0, "4 d"),
    (168.0, "7 d"),
)
"""Lower bound in hours of each bar, and its words."""


def lead_times(leads: Sequence[float], missed: int) -> Markup:
    """Draw how many escalations were caught how long ahead; ``leads`` in hours, those missed are a bar of their own.

    Nothing where there was none.
    """
    if not leads and not missed:
        return Markup("")
    bounds = [bound for bound, _ in LEADS]
    counts = [0] * len(LEADS)
    for lead in leads:
        counts[sum(bound <= lead for bound in bounds) - 1] += 1
    every = [missed, *counts]
    names = ["missed", *(name for _, name in LEADS)]
    kinds = ["idle", *("warm" if bound < AHEAD else "fill" for bound in bounds)]
    plot = Canvas(
        Axis(
            -0.6, len(every) - 0.4, list(enumerate(names)), "flagged at least so long before the escalation"
        ),
        Axis.of("escalations", 1.12 * max(*every, 1), count, whole=True),
    )
    marks = [plot.bar(place, each, 0.72, kinds[place]) for place, each in enumerate(every)]
    marks += [
        plot.note(place, each, f"{each:,}", "note mid", (0, -5)) for place, each in enumerate(every) if each
    ]
    early = sum(lead >= AHEAD for lead in leads)
    told = f"{len(leads):,} of {numbered(len(leads) + missed, 'escalation')} caught, {early:,} at least 24 hours ahead."
    return plot.drawing("lead-times", "Escalations by how long ahead they were flagged", told, *marks)


def by_night(nights: Sequence[Mapping[str, Any]], what: str, title: str) -> Markup:
    """Draw a count of every night as bars; ``what`` names it in the rows of `Backtest.by_night`."""
    return over_time(nights, what, title, when="as_of", unit="night")


def days_marked(rows: Sequence[Mapping[str, Any]], when: str) -> list[tuple[float, str]]:
    """Return the places of up to four rows and their days, for an axis of time: more would run together on a phone."""
    every = -(-len(rows) // 4)
    return [(place, str(rows[place][when])[:10]) for place in range(every // 2, len(rows), every)]


def over_time(rows: Sequence[Mapping[str, Any]], what: str, title: str, *, when: str, unit: str) -> Markup:
    """Draw a count of every row as bars; ``what`` names it and ``when`` its time, of a night or another ``unit``."""
    values = [int(row[what]) for row in rows]
    plot = Canvas(
        Axis(-0.7, len(rows) - 0.3, days_marked(rows, when), unit),
        Axis.of(title, 1.1 * max(*values, 1), count, whole=True),
    )
    mean = sum(values) / len(values)
    width = 0.78 if len(values) < 150 else 1.0
    told = f"{count(mean)} on an average {unit}, {max(values):,} at most, over {numbered(len(values), unit)}."
    return plot.drawing(
        f"{unit}s-{what}",
        f"{title.capitalize()} by {unit}",
        told,
        *(plot.bar(place, value, width, "fill") for place, value in enumerate(values)),
        plot.line([plot.x.low, plot.x.high], [mean, mean], "rule"),
        plot.note(plot.x.high, plot.y.high, f"mean {count(mean)}", "note end", (0, -14)),
    )


def risks_then_and_now(parts: Sequence[tuple[float, float, float]]) -> Markup:
    """Draw the shares of points in ranges of risk; each part is its upper bound, the share in training, and since."""
    highest = max(max(then, now) for _, then, now in parts)
    plot = Canvas(
        Axis(
            -0.6,
            len(parts) - 0.4,
            [(place, f"≤ {percent(bound)}") for place, (bound, _, _) in enumerate(parts) if place % 2],
            "risk",
        ),
        Axis.of("share of the points: bars since training, lines in training", 1.12 * highest, share),
    )
    told = "; ".join(f"up to {percent(bound)}: {percent(then)}, {percent(now)}" for bound, then, now in parts)
    marks = [plot.bar(place, now, 0.72, "fill") for place, (_, _, now) in enumerate(parts)]
    marks += [
        plot.line([place - 0.48, place + 0.48], [then, then], "rule then")
        for place, (_, then, _) in enumerate(parts)
    ]
    return plot.drawing(
        "risks", "Risks in training and since", f"Share of points in training and since: {told}.", *marks
    )


def span(
    low: float | None, estimate: float | None, high: float | None, mark: float | None, top: float
) -> Markup:
    """Draw a figure with its interval on a line from 0 to ``top``, and a tick at ``mark``: a cell of a table."""
    if estimate is None:
        return Markup("")

    def at(value: float) -> float:
        return 4 + 192 * min(max(value / top, 0), 1)

    parts = [Markup('<path class="grid" d="M4 8H196"/>')]
    if mark is not None:
        parts.append(Markup('<path class="base" d="M{:.1f} 1V15"/>').format(at(mark)))
    if low is not None and high is not None:
        parts.append(Markup('<path class="whisker" d="M{:.1f} 8H{:.1f}"/>').format(at(low), at(high)))
    parts.append(Markup('<circle class="point" cx="{:.1f}" cy="8" r="4"/>').format(at(estimate)))
    return (
        Markup('<svg class="span" viewBox="0 0 200 16" aria-hidden="true">')
        + Markup("").join(parts)
        + Markup("</svg>")
    )


def meter(value: float, top: float) -> Markup:
    """Draw a share of ``top`` as a bar: a cell of a table."""
    return Markup(
        '<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="4"/><rect class="level" width="{:.1f}" height="4"/></svg>'
    ).format(100 * min(max(value / top, 0), 1))
