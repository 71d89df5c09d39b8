"""Drawings of single tickets: the risk over their lives, and below it what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from math import isfinite

from markupsafe import Markup

from boilover.report.drawing.canvas import Axis, Canvas, circle, words
from boilover.words import hours, percent, plain, share

WIDTH, HEIGHT, LANE = 460, 220, 17
LANES_LEFT = 124
STEPS = (0.5, 1, 2, 4, 8, 12, 24, 48, 96, 168, 336, 720, 1440, 2880, 8760, 87600)
"""Hours between the marks of the axis of age."""


def life(
    name: str,
    ticket_id: str,
    ages: Sequence[float],
    risk: Sequence[float],
    events: Mapping[str, Sequence[float]],
    escalated: float | None,
    *,
    top: float,
    since: str = "creation",
) -> Markup:
    """Draw one ticket: risk over hours since ``since``, events by lane, and the escalation.

    The axis ends with the last that is known of it; ``top`` is the end of the axis of risks, the same for all tickets
    that stand beside each other.
    """
    known = [age for age, value in zip(ages, risk, strict=True) if isfinite(value)]
    end = max([*known, *chain(*events.values()), escalated or 0.0, 0.5])
    step = next((each for each in STEPS if end / each <= 6), STEPS[-1])
    marks = [(step * place, hours(step * place) if place else "0") for place in range(int(end / step) + 1)]
    below = LANE * len(events)
    plot = Canvas(
        Axis(0, end * 1.02, marks, f"since {since}"),
        Axis.of(f"risk of {plain(ticket_id)[:40]}", top, share),
        WIDTH,
        HEIGHT + below,
        left=LANES_LEFT,
        bottom=below + 40,
    )
    foot = plot.at(0, plot.y.low)[1] + 30
    parts = [plot.line(ages, risk, "curve")]
    for place, (lane, times) in enumerate(events.items()):
        down = foot + LANE * place
        parts.append(words(LANES_LEFT - 10, down + 4, lane, "tick end"))
        parts += [circle(plot.at(time, 0)[0], down, f"event lane-{place}", 3) for time in times]
    if escalated is not None:
        across, head = plot.at(escalated, plot.y.high)
        parts.append(
            Markup('<path class="boiled" d="M{:.1f} {:.1f}V{:.1f}"/>').format(
                across, head - 4, foot + below - LANE + 5
            )
        )
        parts.append(words(across - 5, head + 3, "escalated", "note hot end"))
    happened = ", ".join(f"{len(times)} {lane}" for lane, times in events.items())
    ending = f"escalated {hours(escalated)} after {since}" if escalated is not None else "did not escalate"
    highest = max((each for each in risk if isfinite(each)), default=0.0)
    told = f"The risk reached {percent(highest)}; it {ending}. Events: {happened or 'none'}."
    return plot.drawing(name, f"Risk of {plain(ticket_id)} over time", told, *parts)
