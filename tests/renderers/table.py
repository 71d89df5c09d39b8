"""Write neutral tickets as a table of events with the columns of the event log."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from renderers.neutral import MESSAGES, STATES, NeutralTicket, Step

LOSES: frozenset[str] = frozenset()
COLUMNS = (
    "event_id",
    "ticket_id",
    "occurred_at",
    "event_type",
    "value",
    "actor_id",
    "actor_role",
    "is_public",
    "text",
)


def render(tickets: Sequence[NeutralTicket], folder: Path) -> None:
    """Write one file of comma-separated values; called ``events.csv``, it would be a log and no export."""
    with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, COLUMNS, restval="")
        rows.writeheader()
        for ticket in tickets:
            for number, row in enumerate(_rows(ticket)):
                rows.writerow(
                    row | {"event_id": f"{ticket.ticket_id}-{number}", "ticket_id": ticket.ticket_id}
                )


def _rows(ticket: NeutralTicket) -> Iterator[dict[str, str]]:
    for name in STATES:
        if (value := getattr(ticket, name)) is not None:
            at = ticket.created.isoformat()
            yield {"occurred_at": at, "event_type": f"{name}_changed", "value": value, "actor_role": "system"}
    yield from map(_row, ticket.steps)


def _row(step: Step) -> dict[str, str]:
    row = {"occurred_at": step.at.isoformat(), "actor_id": step.actor or "", "actor_role": "agent"}
    if step.kind not in MESSAGES:
        return row | {"event_type": f"{step.kind}_changed", "value": step.value or ""}
    role, public = MESSAGES[step.kind]
    text = step.value or ""
    return row | {"event_type": "message", "actor_role": role, "is_public": str(public).lower(), "text": text}
