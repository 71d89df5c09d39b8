"""What was said in an issue, to whom, and how the service was: comments, service levels, the customer's rating.

A comment is ``{"id", "author", "body", "created", "updated", "visibility"?, "jsdPublic"?}``.

A service level is ``{"name", "completedCycles": [cycle, ...], "ongoingCycle": cycle}`` in a custom field; a cycle is
``{"startTime", "stopTime", "breachTime", "breached", "goalDuration"}`` with times ``{"iso8601", "epochMillis"}`` and
durations ``{"millis"}``. When a cycle was due in the end depends on the pauses that came later, so it is not told: at
its start only the goal is known. That it was breached is known from then on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from boilover.adapters.jira_changes import Desk
from boilover.adapters.jira_pages import as_iso
from boilover.adapters.jira_text import plain_text
from boilover.adapters.jira_words import fold, person
from boilover.adapters.nested import dict_at, dicts_at
from boilover.adapters.words import ident

MILLIS_PER_HOUR = 3_600_000
BEST_RATING = 5


def tell_comments(
    desk: Desk, ticket: str, comments: Sequence[Mapping[str, Any]], reporter: str | None
) -> None:
    """Tell the comments of an issue; those that only some may see are internal."""
    for told in comments:
        text = plain_text(told.get("body"))
        if text is None:
            desk.export.tally.note("comments without words, left out")
            continue
        public = told.get("jsdPublic", True) is not False and not told.get("visibility")
        if told.get("updated") and told.get("updated") != told.get("created"):
            desk.export.tally.note("messages edited after they were written, read as they stand today")
        author = told.get("author")
        role = desk.people.role(author, reporter if public else None)
        event_id = f"comment-{ident(told['id'])}" if "id" in told else None
        desk.facts.message(
            ticket, told.get("created"), text, public=public, by=person(author), role=role, event_id=event_id
        )


def tell_service_levels(desk: Desk, ticket: str, issue: Mapping[str, Any]) -> None:
    """Tell every start of a service level, and every breach."""
    for field_id, level in issue["fields"].items():
        if isinstance(level, dict) and ("completedCycles" in level or "ongoingCycle" in level):
            name = str(level.get("name") or field_id)
            for cycle in _cycles(level):
                _tell_cycle(desk, ticket, name, cycle)


def _cycles(level: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from dicts_at(level, "completedCycles")
    if isinstance(level.get("ongoingCycle"), dict):
        yield level["ongoingCycle"]


def _tell_cycle(desk: Desk, ticket: str, name: str, cycle: Mapping[str, Any]) -> None:
    target = _target(name)
    start, hours = _moment(cycle.get("startTime")), _hours(cycle.get("goalDuration"))
    if start is None or hours is None:
        desk.export.tally.rows += 1
        desk.export.tally.drop("cycles of a service level without start or goal", 1, target)
        return
    known: dict[str, Any] = {"value": target, "raw": name, "role": "system"}
    facts, event_id = desk.facts, f"{ticket}.{target}.{start}"
    facts.event(ticket, start, "sla_due", number=hours, event_id=event_id, **known)
    breach = _moment(cycle.get("breachTime")) or _moment(cycle.get("stopTime"))
    if cycle.get("breached") is True and breach is not None:
        told: dict[str, Any] = {"field": "sla_breached", "event_id": f"{event_id}.breached"}
        facts.event(ticket, breach, "field_changed", **told, **known)


def _target(name: str) -> str:
    folded = fold(name)
    if "response" in folded or "reply" in folded:
        return "first_reply" if "first" in folded else folded
    return "resolution" if "resol" in folded else folded


def _moment(told: object) -> str | None:
    """Return a time as ISO."""
    value = dict_at(told).get("epochMillis", dict_at(told).get("iso8601", told))
    told = as_iso(value)
    return told if isinstance(told, str) else None


def _hours(told: object) -> float | None:
    millis = dict_at(told).get("millis", told)
    is_number = isinstance(millis, (int, float)) and not isinstance(millis, bool)
    return float(millis) / MILLIS_PER_HOUR if is_number else None


def tell_rating(desk: Desk, ticket: str, issue: Mapping[str, Any]) -> None:
    """Tell the customer's rating, where the options name the fields that hold it and its time."""
    options, fields = desk.options, issue["fields"]
    if options.csat is None or options.csat_time is None:
        return
    rating = dict_at(fields, options.csat).get("rating", fields.get(options.csat))
    at = _moment(fields.get(options.csat_time))
    if isinstance(rating, (int, float)) and at is not None:
        desk.facts.event(
            ticket,
            at,
            "csat",
            number=(rating - 1) / (BEST_RATING - 1),
            role="customer",
            event_id=f"{ticket}.csat.{at}",
        )
