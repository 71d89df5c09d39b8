"""Features at many moments: every night of a year in one pass, beside pandas in a loop over the nights."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.speed import features, pandas_features
from benchmarks.speed.generate import generate
from benchmarks.speed.stage import Engine, Figures, Goal, Job, Stage, clocked

from boilover.annotations import Annotations
from boilover.features import compute
from boilover.history import History
from boilover.log import read_log
from boilover.points import DAY, Points, nightly

YEAR = ("--life", "10", "--span", "365")
"""A desk whose tickets live for ten days in the mean: each is asked about on ten nights or so."""
LOOKED_AT = 3
"""Nights that pandas is timed on; their mean stands for all."""


def asked(folder: Path) -> tuple[Annotations, Points]:
    """Return every ticket at risk on every night of the log."""
    notes = Annotations(History.from_log(read_log(folder, leave_out=("text",))))
    return notes, nightly(notes.history, int(notes.history.time.min()) + DAY, notes.history.end)


def _boilover(job: Job) -> Figures:
    chosen = features.common_features()
    compute(chosen, *features.asked_once(generate(features.SMALL)))
    notes, points = asked(job.log(job.events, *YEAR))
    figures, frame = clocked(lambda: compute(chosen, notes, points))
    ids = notes.history.ticket_ids.to_pandas().to_numpy()
    nights = np.unique(points.as_of)
    for place, night in enumerate(nights[np.linspace(0, len(nights) - 1, LOOKED_AT + 2).astype(int)[1:-1]]):
        rows = np.flatnonzero(points.as_of == night)
        told = frame.iloc[rows].assign(ticket_id=ids[points.ticket[rows]], as_of=night, nights=len(nights))
        told.to_parquet(job.out / f"night-{place}.parquet")
    return figures | {"rows": len(points), "nights": len(nights), "features": len(chosen)}


def _pandas(job: Job) -> Figures:
    """Ask the same of pandas on a few nights, reading left out: of tickets at risk, each with what it saw."""
    events, tickets = pandas_features.read(job.log(job.events, *YEAR), coded=False)
    tickets["born"] = events[events["event_type"] == "created"].set_index("ticket")["occurred_at"]

    def of_night(as_of: pd.Timestamp, at_risk: pd.Index) -> pd.DataFrame:
        past = events[events["occurred_at"] <= as_of]
        return pandas_features.features(past, tickets[tickets["born"] <= as_of], as_of, at_risk)

    runs = []
    for place in range(LOOKED_AT):
        told = pd.read_parquet(job.out / f"night-{place}.parquet", columns=["ticket_id", "as_of", "nights"])
        as_of, at_risk = pd.Timestamp(told["as_of"].iloc[0], unit="us", tz="UTC"), pd.Index(told["ticket_id"])
        figures, frame = clocked(functools.partial(of_night, as_of, at_risk))
        frame.reset_index(drop=True).to_parquet(job.out / f"night-{place}-pandas.parquet")
        runs.append(figures)
    nights = int(told["nights"].iloc[0])
    whole = {
        name: nights * float(np.mean([each[name] for each in runs])) for name in ("seconds", "processor")
    }
    each_night = [run["seconds"] for run in runs]
    return whole | {
        "peak": runs[-1]["peak"],
        "nights": nights,
        "each": each_night,
        "features": len(frame.columns),
    }


def check(job: Job, told: Mapping[str, Figures]) -> list[str] | None:
    if not {"boilover", "pandas"} <= told.keys():
        return None
    unequal = []
    for place in range(LOOKED_AT):
        ours, theirs = (
            pd.read_parquet(job.out / f"night-{place}{engine}.parquet") for engine in ("", "-pandas")
        )
        unequal += [f"night {place}: {found}" for found in features.differences(ours, theirs)]
    return unequal


def tell(job: Job, told: Mapping[str, Figures]) -> list[str]:
    if "boilover" not in told:
        return []
    ours = told["boilover"]
    asked = (
        f"{ours['rows']:,} points: every ticket at risk on each of {ours['nights']} nights, reading left out."
    )
    if "pandas" not in told:
        return [asked]
    each = ", ".join(f"{seconds:.1f}" for seconds in told["pandas"]["each"])
    sampled = f"{LOOKED_AT} nights, at a quarter, a half and three quarters of the span"
    scaled = f"its seconds are their mean times {ours['nights']} nights, not a run of all of them"
    return [f"{asked} pandas was timed on {sampled}, which took it {each} s; {scaled}."]


STAGE = Stage(
    "Features at many moments",
    {
        "boilover": Engine("Boilover, one pass", _boilover),
        "pandas": Engine("pandas, night by night", _pandas),
    },
    "boilover",
    prepare=lambda job: job.log(job.events, *YEAR),
    check=check,
    tell=tell,
    goals=(Goal("100 times as fast as pandas in a loop over moments", "pandas", "boilover", 100),),
)
