"""Deep feature synthesis, run by an environment of its own: featuretools needs an older pandas than Boilover.

    python deep_synthesis_worker.py FOLDER SECONDS [--cutoffs]

FOLDER holds points, tickets and events as Parquet, and common.json, the values that are counted; writes
features.parquet with a row per point and prints the seconds of processor time; beyond SECONDS the run is ended.
featuretools answers every cutoff time by a pass of its own, hours for tens of thousands of them. So each question gets
a copy of the events that it may see, with times counted from its own moment: then one cutoff serves all, and the
features are the same. ``--cutoffs`` computes them with cutoff times, for a sample that checks this.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from pathlib import Path

import featuretools as ft
import numpy as np
import pandas as pd

MOMENT = pd.Timestamp("2100-01-01")
"""Where all moments are put, so that one cutoff serves them all."""
AGGREGATIONS = [
    "count",
    "num_unique",
    "mode",
    "last",
    "max",
    "mean",
    "min",
    "sum",
    "time_since_last",
    "time_since_first",
]
CATEGORIES = ("kind", "value", "actor_id")


def main() -> None:
    folder = Path(sys.argv[1])
    seconds = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    points, events, tickets = (
        pd.read_parquet(folder / f"{name}.parquet") for name in ("points", "events", "tickets")
    )
    common = json.loads((folder / "common.json").read_text("utf-8"))
    synthesise = by_cutoff if "--cutoffs" in sys.argv else by_copies
    matrix = synthesise(points, events, tickets, common).reindex(points["point"])
    for name in matrix.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in matrix.dtypes]]:
        matrix[name] = matrix[name].astype(object).where(matrix[name].notna(), None).astype("string")
    matrix.reset_index(drop=True).to_parquet(folder / "features.parquet")
    print(f"{time.process_time():.1f}")


def by_copies(
    points: pd.DataFrame, events: pd.DataFrame, tickets: pd.DataFrame, common: dict[str, list[str]]
) -> pd.DataFrame:
    """Return the features of all points, each with its own copy of what it may see."""
    seen = points[["point", "ticket_id", "as_of"]].merge(events, on="ticket_id")
    seen = seen[seen["seen"] <= seen["as_of"]]
    seen["seen"] = MOMENT + (seen["seen"] - seen["as_of"])
    born = points.merge(tickets, on="ticket_id", how="left").drop(columns=["ticket_id", "as_of"])
    seen = seen.drop(columns=["as_of", "ticket_id"]).reset_index(drop=True)
    return synthesis("point", born, seen, common, MOMENT)


def by_cutoff(
    points: pd.DataFrame, events: pd.DataFrame, tickets: pd.DataFrame, common: dict[str, list[str]]
) -> pd.DataFrame:
    """Return the features of points, with one cutoff time each."""
    # Numbers, for featuretools takes ids that look like numbers for numbers, and gives them back as such.
    codes = pd.Series({name: code for code, name in enumerate(points["ticket_id"].unique())})
    asked, known, born = (
        table[table["ticket_id"].isin(codes.index)].assign(
            ticket_id=lambda rows: rows["ticket_id"].map(codes)
        )
        for table in (points.rename(columns={"as_of": "time"}), events, tickets)
    )
    known = known.reset_index(drop=True)
    matrix = synthesis("ticket_id", born, known, common, asked[["ticket_id", "time"]])
    keys = pd.MultiIndex.from_frame(asked[["ticket_id", "time"]])
    return matrix.reindex(keys).set_axis(asked["point"])


def synthesis(
    key: str, born: pd.DataFrame, events: pd.DataFrame, common: dict[str, list[str]], cutoff: object
) -> pd.DataFrame:
    """Return what deep feature synthesis makes of tickets and their events."""
    warnings.simplefilter("ignore")
    desk = ft.EntitySet("desk")
    texts = {name: "Categorical" for name in born if born[name].dtype == object and name != key}
    desk.add_dataframe(dataframe_name="tickets", dataframe=born, index=key, logical_types=texts)
    told = {name: "Categorical" for name in CATEGORIES if name in events}
    desk.add_dataframe(
        dataframe_name="events",
        dataframe=events.assign(event=np.arange(len(events))),
        index="event",
        time_index="seen",
        logical_types=told,
    )
    desk.add_relationship("tickets", key, "events", key)
    desk.add_interesting_values(dataframe_name="events", values=common)
    matrix, _ = ft.dfs(
        entityset=desk,
        target_dataframe_name="tickets",
        agg_primitives=AGGREGATIONS,
        trans_primitives=[],
        where_primitives=["count"],
        max_depth=1,
        drop_contains=["events.event)"],
        cutoff_time=cutoff,
        cutoff_time_in_index=not isinstance(cutoff, pd.Timestamp),
        n_jobs=1,
    )
    return matrix


if __name__ == "__main__":
    main()
