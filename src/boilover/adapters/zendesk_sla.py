"""What Zendesk's metric events tell of service-level targets.

::

    {"ticket_metric_events": [{"id", "ticket_id", "metric", "instance_id", "type", "time", "deleted",
                               "sla": {"target": <minutes>, "business_hours", "policy"}}, …]}

A target in business hours has no due time that can be told without the desk's schedule: only its breach is read.
"""

from __future__ import annotations

from typing import Any

from boilover.adapters.words import ident
from boilover.adapters.zendesk_desk import Desk

TARGETS = {
    "reply_time": "first_reply",
    "next_reply_time": "next_reply",
    "periodic_update_time": "next_reply",
    "pausable_update_time": "next_reply",
    "requester_wait_time": "resolution",
    "agent_work_time": "resolution",
    "resolution_time": "resolution",
    "total_resolution_time": "resolution",
}
"""Metric to target; an update of the customer is a reply. Others keep their name and have no due time."""
APPLIED = frozenset({"apply_sla", "apply_group_sla"})
WITHOUT_CONTENT = frozenset({"activate", "pause", "fulfill", "update_status", "measure"})
MINUTES = 60.0


def read_metric_event(desk: Desk, record: dict[str, Any]) -> None:
    """Tell of a target that was set, or of one that was missed."""
    kind, metric = record.get("type"), str(record.get("metric"))
    tally = desk.export.tally
    ticket_id = str(ident(record["ticket_id"]))
    if not desk.knows(ticket_id):
        tally.note("metric events of tickets that the export does not hold, left out", 1)
        return
    target = TARGETS.get(metric, metric)
    if metric == "reply_time" and ident(record.get("instance_id")) not in (None, "0", "1"):
        target = "next_reply"
    event_id = ident(record.get("id"))
    if kind in APPLIED:
        hours = _hours(record.get("sla"))
        if hours is None:
            tally.note("service-level targets in business hours, or without a time: no due time", 1)
        elif metric in TARGETS:
            told: dict[str, Any] = {"value": target, "raw": metric, "number": hours, "event_id": event_id}
            desk.facts.event(ticket_id, record.get("time"), "sla_due", **told)
    elif kind == "breach":
        if record.get("deleted"):
            tally.note("breaches that were taken back, left out", 1)
            return
        desk.facts.event(
            ticket_id,
            record.get("time"),
            "field_changed",
            field="sla_breached",
            value=target,
            raw=metric,
            role="system",
            event_id=event_id,
        )
    elif kind not in WITHOUT_CONTENT:
        tally.meet_one("metric event type", str(kind))


def _hours(sla: Any) -> float | None:
    if not isinstance(sla, dict) or sla.get("business_hours"):
        return None
    try:
        return float(sla["target"]) / MINUTES
    except (KeyError, TypeError, ValueError):
        return None
