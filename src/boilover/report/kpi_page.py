"""The page of a desk's figures: how often tickets escalate, when, which ones, and what goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from boilover.evaluation.interval import clopper_pearson
from boilover.kpi.groups import MIN_TICKETS
from boilover.kpi.lines import of_escalations, of_work
from boilover.report import kpi_rows, pages
from boilover.report.drawing.bars import days_marked, over_time
from boilover.report.drawing.dots import among_ranges, dots
from boilover.report.figures import Tile
from boilover.report.verdict import Verdict
from boilover.words import ahead, hours, interval, numbered, rate, spelled, with_interval

if TYPE_CHECKING:
    from boilover.kpi import Kpis

CONTENTS = (
    ("rates", "Escalations"),
    ("work", "Work"),
    ("weeks", "Weeks"),
    ("groups", "Groups"),
    ("causes", "What goes with it"),
    ("quality", "Before and after"),
    ("limits", "Limits"),
)
MOST_WEEKS, MOST_PARTS = 104, 52
"""Of more weeks than this several make one dot, so that there are at most so many dots."""
USUAL = "30d"
"""The time after creation within which the page tells first how many escalate."""


def render_kpis(figures: Kpis, *, title: str) -> str:
    """Return the page of `boilover.report.write_kpi_report`; equal arguments give equal text."""
    told = figures.to_dict()
    return pages.render(
        "kpis.html.j2",
        kind="Figures of a desk",
        title=title,
        under=(
            f"Tickets created from {told['since'][:10]} to {told['as_of'][:10]},"
            f" {told['open']:,} of them open at the end"
        ),
        contents=CONTENTS,
        tiles=_tiles(told),
        verdict=_verdict(told),
        escalations=kpi_rows.lines(of_escalations(told), drawn=False),
        work=kpi_rows.lines(of_work(told), drawn=True),
        kinds=kpi_rows.kinds(told["kinds"]),
        weeks=kpi_rows.weeks(told["cohorts"]),
        n_weeks=len(told["cohorts"]),
        by_weeks=_by(_together(told["cohorts"])),
        groups=kpi_rows.groups(told["groups"], told["rate"]["estimate"]),
        usual=rate(told["rate"]["estimate"]),
        factors=kpi_rows.factors(told["causes"]),
        judged=kpi_rows.judged(told["quality"]),
        drawings=_drawings(told),
    )


def _verdict(told: Mapping[str, Any]) -> Verdict:
    share, half = told["rate"], told["hours_to_escalation"][1]
    verb = "has" if told["escalated"] == 1 else "have"
    measured = (
        f"Of {numbered(told['tickets'], 'ticket')} {told['escalated']:,} {verb} escalated so far,"
        f" {rate(share['estimate'])} ({interval(share, rate)})."
    )
    span, within = _within(told["escalated_within"])
    by = f"{rate(within['estimate'])} escalate within {spelled(span)} of creation, and " if within else ""
    compared = f"{by}half of the escalations came within {in_words(half)}."
    return Verdict(measured, compared[0].upper() + compared[1:], False)


def in_words(time: float) -> str:
    """Return hours as they stand in a sentence: ``1 day``, ``5.1 days``."""
    number, unit = hours(time).split()
    noun = {"min": "minute", "h": "hour", "d": "day"}[unit]
    return f"{number} {noun}{'' if number == '1' else 's'}"


def _within(told: Mapping[str, Any]) -> tuple[str, Mapping[str, float | None] | None]:
    """Return the usual time with its share, or the longest that is known; nothing of a log of hours."""
    known = [span for span, figure in told.items() if figure["estimate"] is not None]
    if not known:
        return "", None
    span = USUAL if USUAL in known else known[-1]
    return span, told[span]


def _tiles(told: Mapping[str, Any]) -> list[Tile]:
    lower, half, upper = told["hours_to_escalation"]
    solved, handed = told["resolution_of_escalated"], told["handed_on"]
    span, within = _within(told["escalated_within"])
    share = told["rate"] if within is None else within
    first = "have escalated so far" if within is None else f"escalate within {spelled(span)} of creation"
    return [
        Tile(first, *with_interval(share, rate)),
        Tile("to the escalation, median", ahead(half), f"quartiles {ahead(lower)} and {ahead(upper)}"),
        Tile(
            "from there to the solution, median",
            ahead(solved["median"]["estimate"]),
            f"{solved['known']:,} of {solved['cases']:,} are over",
        ),
        Tile("of tickets are handed on", *with_interval(handed, rate)),
    ]


def _drawings(told: Mapping[str, Any]) -> dict[str, Markup]:
    weeks = told["cohorts"]
    return {
        "within": _incidence(told["escalated_within"]),
        "published": among_ranges(told["rate"], told["industry"]),
        "rates": _by_week(weeks),
        **{
            name: over_time(weeks, name, title, when="week", unit="week")
            for name, title in (
                ("tickets", "tickets created"),
                ("ended", "tickets solved, closed or merged"),
                ("backlog", "tickets open at the end"),
            )
        },
    }


def _incidence(told: Mapping[str, Mapping[str, float | None]]) -> Markup:
    if not any(figure["estimate"] is not None for figure in told.values()):
        return Markup("")
    said = "; ".join(f"{spelled(span)} {rate(figure['estimate'])}" for span, figure in told.items())
    return dots(
        "within",
        "Share that escalates by time since creation",
        f"Within {said}.",
        list(told.values()),
        [(float(place), spelled(span)) for place, span in enumerate(told)],
        ("since creation", "share that has escalated"),
    )


def _by_week(weeks: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw the share that escalated in time by week; nothing where no week was followed for so long.

    What rests on fewer than `MIN_TICKETS` leaves a gap: such shares are chance, and would flatten all others.
    """
    together = _together(weeks)
    parts = [_pooled(weeks[first : first + together]) for first in range(0, len(weeks), together)]
    known = [each for each in parts if each["in_time"]["estimate"] is not None]
    if not known:
        return Markup("")
    mean = sum(each["hits"] for each in parts) / sum(each["tickets"] for each in parts)
    shares = [each["in_time"]["estimate"] for each in known]
    return dots(
        "weeks-rates",
        f"Share that escalated within 7 days, {_by(together)} of creation",
        f"{rate(min(shares))} to {rate(max(shares))}, {rate(mean)} of all tickets of these weeks.",
        [each["in_time"] for each in parts],
        days_marked(parts, "week"),
        ("week", "escalated within 7 days"),
        (mean, f"mean {rate(mean)}"),
    )


def _together(weeks: Sequence[Mapping[str, Any]]) -> int:
    """Return how many weeks make one dot: more than one where weeks are many, or their tickets few."""
    many = 1 if len(weeks) <= MOST_WEEKS else -(-len(weeks) // MOST_PARTS)
    few = -(-2 * MIN_TICKETS * len(weeks) // sum(each["tickets"] for each in weeks))
    return min(max(many, few), len(weeks))


def _by(together: int) -> str:
    return "by week" if together == 1 else f"by {together} weeks"


def _pooled(weeks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the first week, and tickets, hits and share of those of these weeks that were followed for 7 days."""
    known = [each for each in weeks if each["in_time"]["estimate"] is not None]
    tickets = sum(each["tickets"] for each in known)
    hits = sum(round(each["in_time"]["estimate"] * each["tickets"]) for each in known)
    found = (
        clopper_pearson(hits, tickets)._asdict()
        if tickets >= MIN_TICKETS
        else dict.fromkeys(("estimate", "low", "high"))
    )
    return {"week": weeks[0]["week"], "tickets": tickets, "hits": hits, "in_time": found}
