"""The figures of a desk line by line, for tables of text and for pages, from their dictionary form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from boilover.words import Told

REPEATS = {
    "contacts": "another ticket of the customer within 7 d",
    "escalations": "another escalation of the customer within 90 d",
}


class Line(NamedTuple):
    """One figure: a share, or the median of a time in hours, and what is said beside it."""

    name: str
    figure: Told
    beside: str = ""
    middle: tuple[float | None, float | None] | None = None
    """Of a time: the hours between which the middle half lies."""


def of_escalations(kpis: Mapping[str, Any]) -> Iterator[Line]:
    """Yield how often tickets escalate, when, and what follows."""
    yield Line("escalated so far", kpis["rate"])
    for span, figure in kpis["escalated_within"].items():
        yield Line(f"escalated within {span[:-1]} {span[-1]} of creation", figure)
    lower, median, upper = kpis["hours_to_escalation"]
    happened = {"estimate": median, "low": None, "high": None}
    yield Line("from creation to escalation", happened, middle=(lower, upper))
    yield _time("from escalation to solution", kpis["resolution_of_escalated"])
    if kpis["repeats"] is not None:
        yield Line(REPEATS["escalations"], kpis["repeats"]["escalations"])
    if kpis["flagged_before"] is not None:
        yield Line("escalations since the first flag that one preceded", kpis["flagged_before"])


def of_work(kpis: Mapping[str, Any]) -> Iterator[Line]:
    """Yield what becomes of tickets, those that escalated beside the others."""
    if kpis["first_response"] is not None:
        yield _time("from creation to the first reply", kpis["first_response"])
    yield _time("from creation to solution, not escalated", kpis["resolution_of_others"])
    yield Line("reopened", kpis["reopened"], f"{kpis['reopens_per_ticket']:.2f} a ticket")
    yield Line("handed on", kpis["handed_on"], f"{kpis['handoffs_per_ticket']:.2f} a ticket")
    if kpis["first_contact_resolution"] is not None:
        yield Line("resolved at first contact", kpis["first_contact_resolution"])
    for name, each in kpis["satisfaction"].items():
        if each["tickets"]:
            yield Line(f"satisfaction, {name}", each["mean"], f"of {each['tickets']:,}")
    for name, figure in (kpis["service_levels_kept"] or {}).items():
        yield Line(f"service levels kept, {name}", figure)
    if kpis["repeats"] is not None:
        yield Line(REPEATS["contacts"], kpis["repeats"]["contacts"])


def _time(name: str, told: Mapping[str, Any]) -> Line:
    middle = (told["lower"]["estimate"], told["upper"]["estimate"])
    return Line(name, told["median"], f"{told['known']:,} of {told['cases']:,} are over", middle)
