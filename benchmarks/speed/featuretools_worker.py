"""Run by the Python of featuretools: deep feature synthesis at one moment; prints seconds, writes what can be compared.

python featuretools_worker.py LOG OUT
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

import featuretools
import pandas as pd

END = pd.Timestamp("2026-03-01T06:00")
AGGREGATES = (
    "count",
    "mean",
    "max",
    "min",
    "sum",
    "last",
    "num_unique",
    "time_since_last",
    "time_since_first",
    "mode",
)
SAME = {
    "count_any_event": "COUNT(events)",
    "hours_since_any_event": "TIME_SINCE_LAST(events.occurred_at, unit=hours)",
    "distinct_actor_of_any_event": "NUM_UNIQUE(events.actor_id)",
    "mean_sentiment": "MEAN(events.sentiment)",
    "sum_words": "SUM(events.said)",
}
"""Boilover's features that featuretools makes, too; not one of them asks about a kind of event."""


def main() -> None:
    warnings.simplefilter("ignore")
    folder, out = map(Path, sys.argv[1:])
    events = pd.read_parquet(folder / "events.parquet")
    tickets = pd.read_parquet(folder / "tickets.parquet")
    events["occurred_at"] = events["occurred_at"].dt.tz_localize(None).astype("datetime64[ns]")
    events["said"] = events["words"].where(events["actor_role"] == "customer")
    events["place"] = range(len(events))
    begun, spent = time.perf_counter(), time.process_time()
    desk = featuretools.EntitySet("desk")
    desk.add_dataframe(dataframe_name="events", dataframe=events, index="place", time_index="occurred_at")
    desk.add_dataframe(dataframe_name="tickets", dataframe=tickets, index="ticket_id")
    desk.add_relationship("tickets", "ticket_id", "events", "ticket_id")
    desk.add_interesting_values(
        dataframe_name="events", values={"event_type": ["message", "status_changed", "priority_changed"]}
    )
    primitives = [
        featuretools.primitives.TimeSinceLast(unit="hours") if name == "time_since_last" else name
        for name in AGGREGATES
    ]
    frame, found = featuretools.dfs(
        entityset=desk,
        target_dataframe_name="tickets",
        agg_primitives=primitives,
        where_primitives=["count", "time_since_last", "mean"],
        trans_primitives=["hour", "weekday"],
        cutoff_time=END,
        max_depth=2,
    )
    seconds, processor = time.perf_counter() - begun, time.process_time() - spent
    told = {name: frame[theirs] for name, theirs in SAME.items() if theirs in frame.columns}
    frame = pd.DataFrame(told).reindex(tickets["ticket_id"]).astype("float32").reset_index(drop=True)
    frame.to_parquet(out)
    peak = next(
        line for line in Path("/proc/self/status").read_text("utf-8").splitlines() if line.startswith("VmHWM")
    )
    figures = {"seconds": seconds, "processor": processor, "peak": int(peak.split()[1]) / 2**20}
    print(json.dumps(figures | {"features": len(found), "rows": len(frame), "compared": len(told)}))


if __name__ == "__main__":
    main()
