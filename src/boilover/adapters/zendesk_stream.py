"""The ticket events of Zendesk's incremental export, read as audits.

::

    {"ticket_events": [{"id", "ticket_id", "timestamp": <epoch>, "updater_id", "via",
                        "child_events": [{"id", "event_type", "<field>": "<new value>", "previous_value"},
                                         {"id", "event_type": "Comment", "public", "body"}, …]}, …]}

Comments have their text only where the export was asked for ``comment_events``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from boilover.adapters.nested import dicts_at
from boilover.adapters.times import epoch_iso
from boilover.adapters.words import ident
from boilover.adapters.zendesk_audits import Audit
from boilover.adapters.zendesk_desk import Desk

NO_FIELD = frozenset(
    {
        "id", "via", "via_reference_id", "type", "event_type", "previous_value", "created_at", "audit_id",
        "added_tags", "removed_tags", "attachments", "comment_present", "comment_public",
    }
)  # fmt: skip
CREATION = frozenset({"requester_id", "status"})
"""What, among events without a type, only the creation of a ticket sets at once."""


def read_ticket_event(desk: Desk, record: dict[str, Any]) -> None:
    """Tell what one record of the incremental export of ticket events holds."""
    stamp = record.get("timestamp")
    # What is no epoch goes on as it is, to be counted.
    at = record.get("created_at") if stamp is None else epoch_iso(stamp) or stamp
    children = dicts_at(record, "child_events")
    told = {key for child in children for key in child}
    untyped = "Create" if told >= CREATION and not told & {"event_type", "type"} else "Change"
    events = [event for child in children for event in _as_audited(child, untyped)]
    Audit(desk, record, at, ident(record.get("updater_id"))).tell(events)


def _as_audited(child: dict[str, Any], untyped: str) -> Iterator[dict[str, Any]]:
    """Yield a child event in the form of an audit's events: one per field that it sets."""
    kind = (
        child.get("event_type") or child.get("type") or ("Comment" if "comment_present" in child else untyped)
    )
    if "field_name" in child or kind not in ("Create", "Change"):
        yield {**child, "type": kind}
        return
    fields = {name: value for name, value in child.items() if name not in NO_FIELD}
    custom = fields.pop("custom_ticket_fields", None)
    if isinstance(custom, dict):
        fields.update(custom)
    alone, event_id = len(fields) == 1, ident(child.get("id"))
    # One previous value belongs to one field.
    old = {"previous_value": child["previous_value"]} if alone and "previous_value" in child else {}
    for name, value in fields.items():
        unique = event_id if alone or event_id is None else f"{event_id}/{name}"
        yield {"id": unique, "type": kind, "field_name": name, "value": value, "via": child.get("via"), **old}
