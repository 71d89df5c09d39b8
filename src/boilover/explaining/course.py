"""What happened to one ticket, in words. Texts are hostile and private: they are shortened and made printable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from boilover.errors import one_line
from boilover.log import EventLog
from boilover.observation import observed
from boilover.times import iso

MAX_TEXT, MAX_WORD, MAX_TOGETHER = 60, 40, 4
WHO = {"customer": "customer", "agent": "agent", "bot": "automatic message", "system": "system"}
STATES = {
    "status_changed": "status",
    "assignee_changed": "assignee",
    "group_changed": "group",
    "priority_changed": "priority",
}
READ = (
    "event_type",
    "value",
    "raw_value",
    "field",
    "number",
    "actor_role",
    "is_public",
    "text",
    "occurred_at",
)


class Happening(NamedTuple):
    """Events of one moment: ``at`` (UTC microseconds), their types, and what happened in words."""

    at: int
    types: tuple[str, ...]
    what: str


def happenings(log: EventLog, ticket_id: str, until: int) -> list[Happening]:
    """Return what was observed of a ticket up to ``until``, one entry per moment, in order of time."""
    mine = log.events.filter(pc.equal(log.events["ticket_id"].cast(pa.string()), ticket_id))
    times = observed(mine)
    order = np.argsort(times, kind="stable")
    order = order[times[order] <= until]
    known = mine.select([name for name in READ if name in mine.column_names]).take(order)
    events = known.set_column(
        known.column_names.index("occurred_at"), "occurred_at", known["occurred_at"].cast(pa.int64())
    ).to_pylist()
    moments, firsts = np.unique(times[order], return_index=True)
    groups = np.split(np.arange(len(order)), firsts[1:])
    return [
        Happening(
            int(moment),
            tuple(str(events[row]["event_type"]) for row in rows),
            _joined([_words(events[row]) for row in rows]),
        )
        for moment, rows in zip(moments, groups, strict=True)
        if len(rows)
    ]


def _joined(told: list[str]) -> str:
    """Return different words in the order in which they were told, the first few of them."""
    distinct = list(dict.fromkeys(told))
    more = f"; and {len(distinct) - MAX_TOGETHER} more" if len(distinct) > MAX_TOGETHER else ""
    return "; ".join(distinct[:MAX_TOGETHER]) + more


def _words(event: Mapping[str, Any]) -> str:
    kind, value = str(event["event_type"]), event.get("value")
    if kind in STATES:
        return f"{STATES[kind]}: {_word(value)}"
    if kind == "message":
        return _message(event)
    if kind == "field_changed":
        return f"{_word(event.get('field')).replace('_', ' ')}: {_word(value)}"
    if kind == "sla_due":
        return _promise(event)
    if kind == "csat":
        number = event.get("number")
        return "satisfaction given" if number is None else f"satisfaction {number:.0%}"
    if kind in ("created", "merged"):
        return kind
    return f"{_word(kind).replace('_', ' ')}{f': {_word(value)}' if value else ''}"


def _message(event: Mapping[str, Any]) -> str:
    who = WHO.get(str(event.get("actor_role")), "message")
    if event.get("is_public") is False:
        who = "internal note"
    text = one_line(event.get("text") or "", MAX_TEXT)
    return f"{who}: ‘{text}’" if text else who


def _promise(event: Mapping[str, Any]) -> str:
    name = _word(event.get("value")).replace("_", " ")
    hours = event.get("number")
    if hours is not None:
        return f"service level, {name}: {hours:g} h"
    return f"service level, {name}: due {iso(int(event['occurred_at']))}"


def _word(value: object) -> str:
    return one_line(value, MAX_WORD) if value else "(none)"
