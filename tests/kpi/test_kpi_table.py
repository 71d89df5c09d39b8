"""Figures of a desk as text: what the desk wrote cannot rewrite the terminal that shows it."""

from __future__ import annotations

import pandas as pd
import pytest

from boilover.kpi import kpis
from boilover.kpi.table import render
from boilover.log import EventLog

HOSTILE = "\x1b[31mevil\x07\u202e" + "x" * 300
N = 200


def test_words_of_the_desk_are_printable_wherever_they_stand() -> None:
    start, rows = pd.Timestamp("2026-01-05", tz="UTC"), []
    for place in range(N):
        ticket, born = f"T{place}", start + pd.Timedelta(hours=6 * place)
        told = HOSTILE if place % 2 else "calm"
        rows += [(ticket, born, kind, told) for kind in ("created", "group_changed", "priority_changed")]
        if place % 4 < 2:
            rows.append((ticket, born + pd.Timedelta(hours=30), "escalated", told))
    events = pd.DataFrame(rows, columns=["ticket_id", "occurred_at", "event_type", "value"])
    words = [HOSTILE if place % 3 else "a" for place in range(N)]
    tickets = pd.DataFrame({"ticket_id": [f"T{place}" for place in range(N)], "plan": words, HOSTILE: words})
    figures = kpis(EventLog.from_pandas(events, tickets)).to_dict()
    assert HOSTILE in figures["kinds"]
    assert {HOSTILE, "plan", "queue", "priority"} <= set(figures["groups"])
    text = render(figures)
    assert text.count("evil") >= 6
    assert not set(text) & {"\x1b", "\x07", "\u202e"}
    assert "x" * 61 not in text


def test_a_log_that_tells_no_kinds_has_no_table_of_them() -> None:
    start = pd.Timestamp("2026-01-05", tz="UTC")
    rows = [("1", start, "created"), ("1", start + pd.Timedelta(hours=2), "escalated")]
    events = pd.DataFrame(rows, columns=["ticket_id", "occurred_at", "event_type"])
    text = render(kpis(EventLog.from_pandas(events)).to_dict())
    assert text.startswith("1 ticket created from 2026-01-05T00:00:00Z")
    assert "Kinds of escalation" not in text
    assert "not told" not in text


@pytest.mark.parametrize(("amount", "said"), [(1, "| 1 other "), (2, "| 2 others ")])
def test_groups_that_are_too_small_to_tell_are_counted(amount: int, said: str) -> None:
    start, rows = pd.Timestamp("2026-01-05", tz="UTC"), []
    for place in range(N):
        born = start + pd.Timedelta(hours=place)
        rows.append((f"T{place}", born, "created"))
        if place % 4 == 0:
            rows.append((f"T{place}", born + pd.Timedelta(hours=2), "escalated"))
    events = pd.DataFrame(rows, columns=["ticket_id", "occurred_at", "event_type"])
    words = [f"rare {place}" if place < amount else ("a", "b")[place % 2] for place in range(N)]
    tickets = pd.DataFrame({"ticket_id": [f"T{place}" for place in range(N)], "plan": words})
    assert said in render(kpis(EventLog.from_pandas(events, tickets), by=["plan"]).to_dict())
