"""Service-level targets of incidents: ``task_sla`` of ServiceNow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from boilover.adapters.servicenow_desk import Desk, cell, shown
from boilover.adapters.times import moment
from boilover.adapters.words import is_true

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WORDED = re.compile(r"(?<!\d)(\d++(?:\.\d++)?)\s*+(day|hour|minute|second)", re.IGNORECASE)
SECONDS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}


def tell_sla(desk: Desk, row: Mapping[str, Any]) -> None:
    """Tell when a target falls due, and that it was missed; times that it paused are taken off again."""
    ticket = desk.ticket_of(cell(row, "task"))
    start, due = cell(row, "start_time"), cell(row, "planned_end_time")
    if ticket is None or start is None or due is None:
        desk.export.tally.drop("SLA without task, start or end", 1, cell(row, "sys_id"), lost=False)
        return
    name = shown(row, "sla") or cell(row, "sla") or ""
    target = "first_reply" if re.search(r"respon|reply", name, re.IGNORECASE) else "resolution"
    key, seen = cell(row, "sys_id"), cell(row, "sys_created_on") or start
    hours = _promised_hours(desk, row, start, due)
    of: dict[str, Any] = {"value": target, "raw": name or None}
    at = due if hours is None else start
    desk.facts.event(ticket, at, "sla_due", number=hours, seen=seen, event_id=key, **of)
    if is_true(cell(row, "has_breached")):
        breach = f"{key}/breach" if key else None
        desk.facts.event(ticket, due, "field_changed", field="sla_breached", event_id=breach, **of)


def _promised_hours(desk: Desk, row: Mapping[str, Any], start: str, due: str) -> float | None:
    """Return the hours that were promised at the start, where pauses have moved the end since."""
    paused = duration(cell(row, "pause_duration"))
    began, ends = (moment(word, desk.options.time_format) for word in (start, due))
    if not paused or began is None or ends is None:
        return None
    return max((ends - began - min(paused, ends - began)) / timedelta(hours=1), 0.0)


def duration(word: str | None) -> timedelta | None:
    """Return a duration, written as a date of 1970, as seconds or as words; None for what is none of them."""
    if word is None:
        return None
    is_number = word.replace(".", "", 1).isdecimal()
    if not is_number and (date := moment(word)) is not None:
        return date - EPOCH
    parts = [(word, "second")] if is_number else WORDED.findall(word)
    try:
        told = sum(float(n) * SECONDS[unit.lower()] for n, unit in parts)
        return timedelta(seconds=told) if parts else None
    except OverflowError:
        return None
