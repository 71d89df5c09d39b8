"""A small desk on which a replay is made, and what a person would do by hand on logs cut at its nights."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from boilover import Annotations, EventLog, History
from boilover.log import write_log
from boilover.synthetic import synthetic_desk

POLICY = """
[threshold]
kind = "capacity"
per_night = 3
of_open = 0.14
[tiers]
warn = 0.4
[hysteresis]
nights = 2
clear = 1.0
cooldown = "3d"
[triggers.reopened]
times = 1
within = "3d"
tier = "warn"
"""
NIGHTS = 8


@cache
def desk(n_tickets: int = 520, days: int = 70, seed: int = 3) -> EventLog:
    """Return a desk some of whose tickets are told to be created after other things are told of them.

    In its last weeks it begins to tell of a field, which a model of an earlier night cannot know.
    """
    events, tickets = synthetic_desk(n_tickets=n_tickets, days=days, seed=seed).to_pandas()
    events = events.drop(columns="text")
    created = events["event_type"].eq("created")
    fresh = events[created & (events["occurred_at"] > events["occurred_at"].max() - pd.Timedelta("18D"))]
    fresh = fresh.assign(event_type="field_changed", field="region", value=fresh["ticket_id"].str[-1])
    late = created & (events["ticket_id"].str[-1] == "7")
    events["observed_at"] = events["occurred_at"].where(~late, events["occurred_at"] + pd.Timedelta("40h"))
    fresh["observed_at"] = fresh["occurred_at"]
    return EventLog.from_pandas(pd.concat([events, fresh], ignore_index=True), tickets)


def cut_by_hand(log: EventLog, folder: Path, night: pd.Timestamp) -> Path:
    """Write the log as it was on a night: the rows that were observed by then, and the tickets that they tell of."""
    events, tickets = log.to_pandas()
    past = events[events["observed_at"] <= night]
    known = tickets[tickets["ticket_id"].isin(past["ticket_id"])]
    write_log(EventLog.from_pandas(past, known), folder)
    return folder


def ends_by_hand(log: EventLog, night: pd.Timestamp, tickets: set[str]) -> pd.DataFrame:
    """Return when ``tickets`` escalated, or since when they are solved, as far as that was known, event by event."""
    events, _ = log.to_pandas()
    kinds = events["event_type"].isin(["escalated", "merged", "status_changed"])
    events = events[kinds & (events["observed_at"] <= night) & events["ticket_id"].isin(tickets)]
    events = events.sort_values("observed_at", kind="stable")
    escalated, resolved, merged = {}, {}, set()
    columns = (events[name] for name in ("ticket_id", "event_type", "value", "observed_at"))
    for ticket, kind, value, seen in zip(*columns, strict=True):
        if kind == "escalated":
            escalated.setdefault(ticket, seen)
        elif kind == "merged":
            merged.add(ticket)
            resolved.setdefault(ticket, seen)
        elif value in ("solved", "closed"):
            resolved.setdefault(ticket, seen)
        elif ticket not in merged:
            resolved.pop(ticket, None)
    ids = [*escalated, *(ticket for ticket in resolved if ticket not in escalated)]
    times = {
        name: pd.to_datetime([told.get(ticket) for ticket in ids], utc=True).as_unit("us")
        for name, told in (("escalated_at", escalated), ("resolved_at", resolved))
    }
    return pd.DataFrame({"ticket_id": pd.Series(ids, dtype="str"), **times})


def notes_of(log: EventLog) -> Annotations:
    """Return the annotations of a log."""
    return Annotations(History.from_log(log))


def sixes(first: str, count: int) -> np.ndarray:
    """Return so many nights at 06:00 UTC, microseconds."""
    start = pd.Timestamp(first).value // 1000 + 6 * 3_600_000_000
    return start + 86_400_000_000 * np.arange(count)
