"""The event log: the two tables that every source becomes and that everything else reads.

``events`` is append-only, one row per thing that happened. ``tickets`` holds one row per ticket with what was fixed
when the ticket was created. Anything that can change later is an event: a table of tickets as they are today is the
classic leak from the future.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from boilover.errors import shorten

SCHEMA_VERSION = 1
TIMESTAMP = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Column:
    """One column of the contract."""

    name: str
    type: pa.DataType
    required: bool
    """A required column is present and holds no null; any other may be absent or hold nulls."""
    meaning: str


LONGEST_ID = 1000
"""Characters of a ticket's id, at most: a ledger in a database holds no longer one."""

EVENTS = (
    Column("ticket_id", pa.string(), True, "the ticket that it happened to"),
    Column("occurred_at", TIMESTAMP, True, "when it happened"),
    Column("event_type", pa.string(), True, "one of EVENT_TYPES; unknown types are kept and counted"),
    Column("value", pa.string(), False, "the new value; for status_changed one of STATUSES"),
    Column("raw_value", pa.string(), False, "the source's own word, where value was normalised"),
    Column("field", pa.string(), False, "which attribute, for field_changed"),
    Column("number", pa.float64(), False, "a measure: CSAT 0-1, SLA target in hours"),
    Column("actor_id", pa.string(), False, "who did it"),
    Column("actor_role", pa.string(), False, "one of ROLES"),
    Column("is_public", pa.bool_(), False, "messages: public reply (true) or internal note (false)"),
    Column("text", pa.string(), False, "messages: the body"),
    Column("observed_at", TIMESTAMP, False, "when the source learned of it; empty means occurred_at"),
    Column("event_id", pa.string(), False, "the source's own id; re-imports are de-duplicated on it"),
)
"""Order within a ticket is (observed_at, position in the table)."""

MEASURES = (
    Column("sentiment", pa.float32(), False, "compound sentiment, -1 to 1; empty in a language not known"),
    Column("words", pa.float32(), False, "words that the author wrote: no quotes, signatures or code"),
    Column("exclamations", pa.float32(), False, "exclamation marks in those words"),
    Column("questions", pa.float32(), False, "question marks in those words"),
    Column("shouting", pa.float32(), False, "share of those words in capitals, 0 to 1"),
    Column("urgency", pa.float32(), False, "cues of urgency in those words, a count"),
)
"""Measures of a message's text: computed once, when the message is read, and kept as columns of ``events``."""

TICKETS = (Column("ticket_id", pa.string(), True, "one row per ticket"),)
"""Every further column is an attribute fixed at creation: customer_id, account_id, channel, category, product,
language, subject, … Text columns become categorical features, numeric and boolean ones numeric features;
``subject`` is read as text."""

TEXTS = ("subject", "description")
"""Attributes that are read as text, where there are such."""

EVENT_TYPES = {
    "created": "the ticket comes into being; exactly one per ticket",
    "message": "a public reply or an internal note",
    "status_changed": "value is one of STATUSES",
    "assignee_changed": "value is the new assignee, empty when unassigned",
    "group_changed": "value is the new group (queue, team), empty when none",
    "priority_changed": "value is the new priority, also for the priority at creation",
    "sla_due": "value names the target (first_reply, resolution, …). With number: due that many hours after"
    " occurred_at. Without: occurred_at is itself the due time, known from observed_at on",
    "csat": "number is the customer's satisfaction, 0 to 1",
    "escalated": "value is functional, hierarchical or priority where the source tells",
    "merged": "the ticket was merged into another and ends here",
    "field_changed": "field names the attribute, value is its new value",
}

STATUSES = {
    "new": "not yet looked at",
    "open": "in work",
    "pending": "waits for the customer",
    "on_hold": "waits for a third party",
    "solved": "the desk holds it solved",
    "closed": "ended",
}

AtRiskUntil = Literal["solved", "closed", "escalated"]
"""How long tickets are asked about, unless they escalate or are merged or deleted first."""

DELETED = "deleted"
"""The raw word of a closed status that stands for a deletion: a ticket that leaves it was restored, not reopened."""

ROLES = ("customer", "agent", "bot", "system")


@dataclass(frozen=True)
class Violation:
    """One breach of the contract: where it is, what is there, and how to mend it.

    A *warning* is mended on reading, in the way that ``mend`` tells, and counted; an *error* is not.
    """

    table: str
    problem: str
    mend: str
    column: str | None = None
    row: int | None = None
    value: str | None = None
    count: int = 1
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """Return the violation as one line."""
        column = f" column {shorten(self.column)}" if self.column else ""
        row = f" row {self.row}" if self.row is not None else ""
        value = f" value {self.value}" if self.value is not None else ""
        count = f" ({self.count} rows)" if self.count > 1 else ""
        return f"{self.severity}: {self.table}{column}{row}{value}: {self.problem}{count}. {self.mend}"
