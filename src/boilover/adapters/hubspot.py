"""HubSpot tickets with the history of their properties, and what was said on them.

::

    ticket    {id, createdAt, updatedAt, archived, properties{hs_pipeline_stage, …},
               propertiesWithHistory{property: [{value, timestamp, sourceType, updatedByUserId}]},   newest first
               associations{contacts{results[{id}]}, companies{results[{id}]}}}
    email     {id, properties{hs_timestamp, hs_email_direction, hs_email_text | hs_email_html}, associations{tickets}}
    note      {id, properties{hs_timestamp, hs_note_body}, associations{tickets}}
    pipeline  {id, label, stages[{id, label, metadata{isClosed}}]}, or a table stage_id,label,is_closed
    owner     {id, userId, email}
    thread    {id, threadAssociations{associatedTicketId}}, message {id, conversationsThreadId, type, direction, …}

Records come as they are, in pages ``{results[]}``, or as NDJSON, each kind in files of its own or all in one. Stages,
owners and threads are read first: the ids of stages are each portal's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from boilover.adapters.cells import csv_rows
from boilover.adapters.export import Export
from boilover.adapters.hubspot_desk import Desk, Options, learn, learn_stage
from boilover.adapters.hubspot_said import tell_engagement, tell_message
from boilover.adapters.hubspot_ticket import tell_ticket
from boilover.adapters.members import Member
from boilover.adapters.nested import dict_at
from boilover.adapters.streams import is_json, json_records
from boilover.log import EventLog

LISTS = ("results", "tickets", "pipelines", "owners", "threads", "messages", "emails", "notes")
STAGE_TABLE = (b"stage_id", b"label")
MARKS = (b'"propertiesWithHistory"', b'"hs_pipeline_stage"', b'"hs_ticket_priority"')
LESSER = (b'"hs_email_direction"', b'"hs_note_body"', b'"conversationsThreadId"', b'"associatedTicketId"')
TELLING = (b'"stages"', b'"userId"', b'"threadAssociations"')
"""What the head of a file holds that must be read before the tickets."""


class HubSpotAdapter:
    """Reads tickets, emails, notes, conversations, pipelines and owners."""

    name = "hubspot"

    def sniff(self, head: bytes) -> float:
        """Return 0.95 for JSON of tickets, 0.8 for what goes with them, less for stages and owners."""
        if not is_json(head):
            return 0.6 if _is_stage_table(head) else 0.0
        if any(mark in head for mark in MARKS):
            return 0.95
        if any(mark in head for mark in LESSER):
            return 0.8
        if b'"stages"' in head and b'"isClosed"' in head:
            return 0.7
        return 0.3 if b'"userId"' in head and b'"email"' in head else 0.0

    def read(self, export: Export) -> Iterator[EventLog]:
        """Read what stages, owners and threads are, then everything that happened."""
        options = export.options(Options)
        with export.facts() as facts:
            desk = Desk(facts, export, options)
            for member in export.members:
                _learn(member, desk)
            for member in export.members:
                if not _is_stage_table(member.head):
                    for _, record in json_records(member, LISTS):
                        _tell(dict_at(record), desk)
            yield from facts.logs()


def _is_stage_table(head: bytes) -> bool:
    first = head.lstrip().partition(b"\n")[0].lower()
    return all(name in first for name in STAGE_TABLE) and not first.startswith((b"{", b"["))


def _learn(member: Member, desk: Desk) -> None:
    if _is_stage_table(member.head):
        for row in csv_rows(member):
            learn_stage({name.lower(): value for name, value in row.items()}, desk)
    elif any(mark in member.head for mark in TELLING):
        for _, record in json_records(member, LISTS):
            learn(dict_at(record), desk)


def _tell(record: Mapping[str, Any], desk: Desk) -> None:
    properties = dict_at(record, "properties")
    if "hs_email_direction" in properties or "hs_note_body" in properties:
        tell_engagement(record, desk)
    elif "conversationsThreadId" in record:
        tell_message(record, desk)
    elif "propertiesWithHistory" in record or "hs_pipeline_stage" in properties:
        tell_ticket(record, desk)
    elif "stages" not in record and "userId" not in record and "threadAssociations" not in record:
        desk.export.tally.drop("record of another kind", 1, sorted(record)[:8])
