"""A Zendesk view or report as CSV: one row per ticket as it is now, without comments or history.

::

    Id,Subject,Requester,Status,Priority,Group,Assignee,Tags,Created at,Updated at,…
"""

from __future__ import annotations

from typing import Any

from boilover.adapters.cells import csv_rows, header_of
from boilover.adapters.members import Member
from boilover.adapters.times import local_iso
from boilover.adapters.words import ident
from boilover.adapters.zendesk_desk import Desk

COLUMNS = {
    "id": "id",
    "ticket id": "id",
    "created at": "created",
    "created": "created",
    "requested": "created",
    "updated at": "updated",
    "updated": "updated",
    "status": "status",
    "ticket status": "status",
    "priority": "priority",
    "group": "group",
    "assignee": "assignee",
    "tags": "tags",
    "type": "type",
    "ticket type": "type",
    "via": "channel",
    "channel": "channel",
    "subject": "subject",
    "requester id": "customer_id",
    "requester": "requester",
    "organization": "account_id",
}
"""Column, in small letters, to what it holds. Counters and times of the end are never read."""
STATE = ("status", "priority", "group", "assignee", "tags", "type")
ATTRIBUTES = ("account_id", "channel", "subject")


def is_view(head: bytes) -> bool:
    """Return whether the content starts with the header of a view of tickets."""
    columns = {name.strip().lower() for name in header_of(head)}
    return bool({"id", "ticket id"} & columns) and {"subject", "requester", "status"} <= columns


def read_view(desk: Desk, member: Member) -> None:
    """Tell the tickets of a view, with their state as it was seen at their last update."""
    tally = desk.export.tally
    columns = COLUMNS | {name.lower(): what for name, what in desk.options.columns.items()}
    for row in csv_rows(member):
        tally.rows += 1
        told: dict[str, str] = {}
        for name, cell in row.items():
            what = columns.get(name.strip().lower())
            if what is not None and cell.strip() and cell.strip() != "-":
                told.setdefault(what, cell.strip())
        ticket_id = ident(told.get("id", "").lstrip("#"))
        if ticket_id is None:
            tally.drop("no ticket id", 1, told.get("subject", ""))
            continue
        desk.listed.add(ticket_id)
        attributes: dict[str, Any] = {name: told.get(name) for name in ATTRIBUTES}
        attributes["customer_id"] = told.get("customer_id") or told.get("requester")
        desk.facts.ticket(ticket_id, created=_time(desk, told.get("created")), **attributes)
        seen = _time(desk, told.get("updated"))
        if seen is None:
            tally.note("tickets without the time of their last update: their state is not read", 1)
            continue
        for target in STATE:
            if target in told:
                desk.facts.today(ticket_id, target, *desk.value(target, told[target]), at=seen)


def _time(desk: Desk, cell: str | None) -> str | None:
    """Return a time as ISO; one that cannot be read goes on as it is, to be counted."""
    if cell is None or desk.options.csv_time_format is None:
        return cell
    return local_iso(cell, desk.options.csv_time_format) or cell
