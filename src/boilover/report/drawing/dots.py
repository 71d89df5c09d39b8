"""Drawings of shares with their intervals: dots over time, and a desk beside published ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from boilover.report.drawing.canvas import Axis, Canvas
from boilover.words import Told, share
from boilover.words import rate as in_words

LINE = 36
"""Height of the line of one range."""
NAMED = 8
"""Of so few dots each has its figure beside it."""


def dots(
    name: str,
    title: str,
    told: str,
    figures: Sequence[Told],
    marks: Sequence[tuple[float, str]],
    axes: tuple[str, str],
    rule: tuple[float, str] | None = None,
) -> Markup:
    """Draw shares beside each other, each with its interval; what is not defined leaves a gap.

    ``marks`` are the places on the horizontal axis that are named, ``axes`` the titles of both, ``rule`` a share to
    compare with and its name.
    """
    known = [(place, each) for place, each in enumerate(figures) if each["estimate"] is not None]
    highest = max([each["estimate"] or 0.0 for _, each in known] + [rule[0] if rule else 0.0])
    # A wide interval of a small week must not flatten all others.
    top = min(max([each["high"] or 0.0 for _, each in known] + [highest]), 2.5 * highest) or 1.0
    plot = Canvas(
        Axis(-0.6, len(figures) - 0.4, marks, axes[0]), Axis.of(axes[1], min(1.1 * top, 1.0), share)
    )
    parts = []
    if rule is not None:
        parts.append(plot.line([plot.x.low, plot.x.high], [rule[0], rule[0]], "rule"))
        parts.append(plot.note(plot.x.high, plot.y.high, rule[1], "note end", (0, -14)))
    for place, each in known:
        low, high = each["low"], each["high"]
        if low is not None and high is not None:
            parts.append(plot.line([place, place], [low, high], "whisker"))
        parts.append(plot.dot(place, each["estimate"] or 0.0, "point"))
        if len(figures) <= NAMED:
            parts.append(
                plot.note(place, each["estimate"] or 0.0, in_words(each["estimate"]), "note strong", (9, 4))
            )
    return plot.drawing(name, title, told, *parts)


def among_ranges(desk: Told, ranges: Mapping[str, Sequence[float]]) -> Markup:
    """Draw a share with its interval above published ranges of it, by their names."""
    rate, low, high = (desk[name] or 0.0 for name in ("estimate", "low", "high"))
    lines = len(ranges)
    names = [(lines - 1.0 - place, name) for place, name in enumerate(ranges)]
    plot = Canvas(
        Axis.of(
            "share of tickets that escalate",
            1.08 * max([high, *(each[1] for each in ranges.values())]),
            share,
        ),
        Axis(-0.6, lines + 0.5, [(float(lines), "this desk"), *names], ""),
        height=70.0 + LINE * (lines + 1),
        left=150,
    )
    parts = []
    for down, name in names:
        (left, foot), (right, head) = (
            plot.at(ranges[name][0], down - 0.2),
            plot.at(ranges[name][1], down + 0.2),
        )
        parts.append(
            Markup('<rect class="warm" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="3"/>').format(
                left, head, right - left, foot - head
            )
        )
    # To its left where the right has no room.
    beside = ("note strong end", (-7, -7)) if plot.x.share(rate) > 0.8 else ("note strong", (7, -7))
    told = "; ".join(f"{name} {share(each[0])} to {share(each[1])}" for name, each in ranges.items())
    return plot.drawing(
        "published",
        "The desk's escalation rate beside published ones",
        f"This desk {in_words(rate)}, {in_words(low)} to {in_words(high)}. Published: {told}.",
        *parts,
        plot.line([rate, rate], [plot.y.low, lines], "rule"),
        plot.line([low, high], [lines, lines], "whisker"),
        plot.dot(rate, lines, "point", 4.4),
        plot.note(rate, lines, in_words(rate), *beside),
    )
