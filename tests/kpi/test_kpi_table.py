"""Figures of a desk as text: what the desk wrote cannot rewrite the terminal that shows it."""

from __future__ import annotations

import pandas as pd

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
