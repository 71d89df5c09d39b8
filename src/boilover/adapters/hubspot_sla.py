"""Due times of HubSpot tickets, and those that were missed: properties with a history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from boilover.adapters.hubspot_desk import Desk, Entry
from boilover.adapters.nested import text_at
from boilover.adapters.times import epoch_iso

DUE = {"hs_time_to_first_response_sla_at": "first_reply", "hs_time_to_close_sla_at": "resolution"}
SLA_STATUS = {
    "hs_time_to_first_response_sla_status": "first_reply",
    "hs_time_to_close_sla_status": "resolution",
}
MISSED = ("overdue", "late", "breach", "missed")


def tell_sla(ticket_id: str, histories: Mapping[str, Sequence[Entry]], desk: Desk) -> None:
    """Tell due times as they became known, and misses."""
    for name, target in DUE.items():
        for entry in histories.get(name, []):
            if due := _due(text_at(entry, "value")):
                seen = text_at(entry, "timestamp")
                desk.facts.event(ticket_id, due, "sla_due", value=target, raw=name, seen=seen)
    for name, target in SLA_STATUS.items():
        for entry in histories.get(name, []):
            if any(word in text_at(entry, "value").casefold() for word in MISSED):
                desk.facts.change(ticket_id, text_at(entry, "timestamp"), "sla_breached", target, raw=name)


def _due(value: str) -> str | None:
    """Return a time as ISO; HubSpot also writes milliseconds since 1970."""
    if not value.isdigit():
        return value or None
    return epoch_iso(value, 1000) or value
