"""The synthetic desk as a tool of its own would export it: a table in local time and its own words, and its recipe."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from boilover.conform import plain
from boilover.log import EventLog

WHAT = {
    "created": "Opened",
    "status_changed": "Status",
    "assignee_changed": "Owner",
    "group_changed": "Queue",
    "priority_changed": "Priority",
    "csat": "Rating",
    "sla_due": "Target",
    "escalated": "Escalation",
    "merged": "Merged",
}
"""Messages are replies or notes."""


def write_export(log: EventLog, folder: Path, name: str) -> None:
    """Write ``name.csv``, the events of a synthetic desk with their tickets' attributes, and ``name.toml``, the recipe.

    What comes back from it is the log, but for the ids of events: a ticket's creation has none, others end in ``/0``.
    Statuses have the table's words as raw values. An hour that autumn repeats is read as its first pass.
    """
    text = (resources.files(__package__) / "export.toml").read_text("utf-8")
    options = pa_csv.WriteOptions(delimiter=";")
    pa_csv.write_csv(_table(log, tomllib.loads(text)["mapping"]), folder / f"{name}.csv", options)
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def _table(log: EventLog, mapping: Mapping[str, Any]) -> pa.Table:
    events, tickets = plain(log.events).sort_by("event_id"), plain(log.tickets)
    ticket = tickets.take(pc.index_in(events["ticket_id"], tickets["ticket_id"]))
    local = events["occurred_at"].cast(pa.timestamp("s", mapping["timezone"]))
    replied = pc.if_else(events["is_public"], "Reply", "Note")
    statuses = {status: word for word, status in mapping["statuses"].items()}
    return pa.table(
        {
            "No": events["event_id"],
            "Case": events["ticket_id"],
            "When": pc.strftime(local, mapping["time_format"]),
            "What": pc.coalesce(_in_words(events["event_type"], WHAT), replied),
            "To": pc.coalesce(_in_words(events["value"], statuses), events["value"]),
            "Number": events["number"],
            "Who": events["actor_id"],
            "Text": events["text"],
            **{column: ticket[name] for name, column in mapping["attributes"].items()},
        }
    )


def _in_words(column: pa.ChunkedArray, words: Mapping[str, str]) -> pa.ChunkedArray:
    """Return the word for each value, missing where there is none."""
    return pa.array(words.values()).take(pc.index_in(column, pa.array(words.keys())))
