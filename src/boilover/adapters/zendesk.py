"""Zendesk Support: exports of its API in pages, incremental exports, the full export as NDJSON, and CSV views.

::

    {"tickets": [{"id", "created_at", …}, …], "users": [{"id", "role"}, …], "audits": […], "next_page", …}

Records are told apart by their shape: tickets and users (`boilover.adapters.zendesk_tickets`), audits
(`boilover.adapters.zendesk_audits`), ticket events (`boilover.adapters.zendesk_stream`), metric events
(`boilover.adapters.zendesk_sla`), and views (`boilover.adapters.zendesk_view`). Counters of the end (``metric_set``,
``satisfaction_rating``) are never read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from boilover.adapters.export import Export
from boilover.adapters.members import Member
from boilover.adapters.streams import is_json, json_records, weighed
from boilover.adapters.words import ident
from boilover.adapters.zendesk_audits import read_audit
from boilover.adapters.zendesk_desk import Desk, Options
from boilover.adapters.zendesk_sla import read_metric_event
from boilover.adapters.zendesk_stream import read_ticket_event
from boilover.adapters.zendesk_tickets import read_ticket, read_user
from boilover.adapters.zendesk_view import is_view, read_view
from boilover.log import EventLog

SIGNS = {
    rb'"(?:audits|ticket_audits)"\s*:\s*\[': 0.6,
    rb'"events"\s*:\s*\[\s*\{[^{}]{0,400}"type"\s*:\s*"(?:Create|Change|Comment|Notification)"': 0.5,
    rb'"child_events"\s*:\s*\[': 0.6,
    rb'"ticket_events"\s*:\s*\[': 0.4,
    rb'"ticket_metric_events"\s*:\s*\[': 0.9,
    rb'"type"\s*:\s*"(?:apply_sla|apply_group_sla)"': 0.6,
    rb'"submitter_id"\s*:': 0.5,
    rb'"requester_id"\s*:': 0.2,
    rb'"metric_set"\s*:|"satisfaction_rating"\s*:|"brand_id"\s*:|"ticket_form_id"\s*:': 0.2,
    rb'"role"\s*:\s*"end-user"': 0.6,
    rb"\.zendesk\.com/": 0.5,
    rb'"(?:tickets|users|organizations|groups|ticket_fields|satisfaction_ratings)"\s*:\s*\[': 0.1,
}
"""What a Zendesk export holds near its start, and how much each says."""
VIEW = 0.8
LISTS = (
    "tickets",
    "audits",
    "ticket_audits",
    "ticket_events",
    "ticket_metric_events",
    "metric_events",
    "users",
)
INSIDE = ("ticket", "audit", "user")
"""Keys of answers that hold one record."""
HISTORY = re.compile(rb'"(?:audits|ticket_audits|child_events)"\s*:\s*\[|"events"\s*:\s*\[\s*\{')
METRICS = re.compile(rb'"(?:ticket_metric_events|metric_events)"\s*:\s*\[|"type"\s*:\s*"apply_sla"')


class ZendeskAdapter:
    """Reads exports of Zendesk Support."""

    name = "zendesk"

    def sniff(self, head: bytes) -> float:
        """Return how much of `SIGNS` is there; `VIEW` for the header of a view."""
        if not is_json(head):
            return VIEW if is_view(head) else 0.0
        return weighed(head, SIGNS)

    def read(self, export: Export) -> Iterator[EventLog]:
        """Read all members; raise `InputError` for histories that are cut, unless they may be."""
        options = export.options(Options)
        with export.facts(timezone=options.timezone) as facts:
            desk = Desk(export, facts, options)
            for member in sorted(export.members, key=_place):
                if is_json(member.head):
                    _read_json(desk, member)
                else:
                    read_view(desk, member)
            desk.close()
            yield from facts.logs()


def _place(member: Member) -> int:
    """Return when a file is read: histories first, metric events last.

    Of an attribute that is told twice the first counts, and only the history tells it as it was at creation. Metric
    events count only for tickets that are known by then.
    """
    if HISTORY.search(member.head):
        return 0
    return 2 if METRICS.search(member.head) else 1


def _read_json(desk: Desk, member: Member) -> None:
    for key, record in json_records(member, LISTS):
        if not isinstance(record, dict):
            desk.export.tally.drop("no record", 1, key or type(record).__name__)
            continue
        read = _reader(record)
        if read is None:
            record = next((record[name] for name in INSIDE if isinstance(record.get(name), dict)), record)
            read = _reader(record)
        if read is None:
            what = key or ", ".join(sorted(record)[:4])
            desk.export.tally.drop("no ticket, audit, event or user of Zendesk", 1, what)
        else:
            read(desk, record)


def _reader(record: dict[str, Any]) -> Callable[[Desk, dict[str, Any]], None] | None:
    """Return who reads a record, told by its shape; None for what is none of Zendesk's."""
    if ident(record.get("ticket_id")) is not None:
        if isinstance(record.get("events"), list):
            return read_audit
        if isinstance(record.get("child_events"), list):
            return read_ticket_event
        return read_metric_event if "metric" in record else None
    if ident(record.get("id")) is None:
        return None
    if "role" in record and "status" not in record:
        return read_user
    return read_ticket if "status" in record or "requester_id" in record else None
