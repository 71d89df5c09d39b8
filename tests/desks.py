"""A small desk on which a model is trained in a second: grumpy customers open tickets of high priority."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd


def small_desk(n_tickets: int = 600, seed: int = 0) -> pd.DataFrame:
    """Return events with the fewest columns a log can have; ticket ids are whole numbers."""
    rng = np.random.default_rng(seed)
    ids = np.arange(n_tickets)
    start = pd.Timestamp("2026-01-01", tz="UTC")
    born = start + pd.to_timedelta(np.sort(rng.uniform(0, 120 * 86_400, n_tickets)).round(), unit="s")
    grumpy = rng.random(n_tickets) < 0.4
    escalates = np.flatnonzero(rng.random(n_tickets) < np.where(grumpy, 0.35, 0.05))
    until = born + pd.to_timedelta(rng.uniform(86_400, 17 * 86_400, n_tickets).round(), unit="s")
    boil = born[escalates] + pd.to_timedelta(rng.uniform(7200, 6 * 86_400, len(escalates)).round(), unit="s")
    parts = [
        {"ticket_id": ids, "occurred_at": born, "event_type": "created", "value": None},
        {
            "ticket_id": ids,
            "occurred_at": born,
            "event_type": "priority_changed",
            "value": np.where(grumpy, "high", "low"),
        },
        {"ticket_id": ids[escalates], "occurred_at": boil, "event_type": "escalated", "value": None},
        {"ticket_id": ids, "occurred_at": until, "event_type": "status_changed", "value": "closed"},
    ]
    events = pd.concat([pd.DataFrame(part) for part in parts])
    return events.sort_values(["occurred_at"], kind="stable", ignore_index=True)


def small_tickets(n_tickets: int = 600, seed: int = 1) -> pd.DataFrame:
    """Return the tickets of `small_desk` with a category and a number."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "ticket_id": np.arange(n_tickets),
            "channel": rng.choice(["mail", "web"], n_tickets),
            "seats": rng.integers(1, 9, n_tickets),
        }
    )


def write(
    folder: Path, events: pd.DataFrame, tickets: pd.DataFrame | None = None, form: str = "parquet"
) -> Path:
    """Write a log folder as Parquet or CSV and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in (("events", events), ("tickets", tickets)):
        if frame is not None and form == "parquet":
            frame.to_parquet(folder / f"{name}.parquet")
        elif frame is not None:
            frame.to_csv(folder / f"{name}.csv", index=False)
    return folder
