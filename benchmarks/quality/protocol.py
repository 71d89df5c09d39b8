"""The protocol: which points are asked, what happened, and where training ends.

Written in plain pandas and without a line of Boilover's own points and labels, so that each checks the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

AGES = (0, 1 / 24, 8 / 24, 1, 2, 4, 7, 14, 30, 60, 90, 180)
TRACKER_AGES = (0, 1, 2, 4, 7, 14, 30, 60, 90, 180, 365)
"""Days after creation."""
TRAINING_SHARE = 0.7
OVER = ("solved", "closed")


@dataclass(frozen=True)
class Case:
    """A log with its questions.

    ``points`` has columns ticket_id, as_of, age (days), label (1 or 0; empty where the log ends too early);
    ``test`` marks the rows after ``cut`` whose horizon the log covers, ``past`` those whose horizon ends by ``cut``.
    """

    events: pd.DataFrame
    tickets: pd.DataFrame
    points: pd.DataFrame
    cut: pd.Timestamp
    test: pd.Series
    past: pd.Series
    horizon: pd.Timedelta


def read_case(folder: Path, horizon: str, ages: tuple[float, ...]) -> Case:
    """Read a canonical folder and ask its questions."""
    events = pd.read_parquet(folder / "events.parquet")
    return make_case(events, pd.read_parquet(folder / "tickets.parquet"), pd.Timedelta(horizon.upper()), ages)


def make_case(
    events: pd.DataFrame, tickets: pd.DataFrame, horizon: pd.Timedelta, ages: tuple[float, ...]
) -> Case:
    """Ask every ticket at fixed ages, label, and cut the log at the 70 % quantile of all moments."""
    seen = events["occurred_at"]
    if "observed_at" in events:
        seen = events["observed_at"].fillna(seen)
    events = events.assign(seen=seen).sort_values(["seen"], kind="stable", ignore_index=True)
    end = events["seen"].max()
    points = _points(events, ages)
    points = points[points["as_of"] <= end].reset_index(drop=True)
    until = points["as_of"] + horizon
    happened = (points["first"] > points["as_of"]) & (points["first"] <= until)
    points["label"] = happened.astype(float).where(until <= end)
    cut = points["as_of"].quantile(TRAINING_SHARE).floor("s")
    test = (points["as_of"] > cut) & points["label"].notna()
    return Case(events, tickets, points, cut, test, until <= cut, horizon)


def training_log(case: Case) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return events and tickets as they were at the cut: what came later is physically absent."""
    events = case.events[case.events["seen"] <= case.cut].drop(columns="seen")
    tickets = case.tickets[case.tickets["ticket_id"].isin(events["ticket_id"])]
    return events, tickets


def cut_at(case: Case, as_of: pd.Timestamp) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return events and tickets as they were at ``as_of``, equality included."""
    events = case.events[case.events["seen"] <= as_of].drop(columns="seen")
    return events, case.tickets[case.tickets["ticket_id"].isin(events["ticket_id"])]


def _points(events: pd.DataFrame, ages: tuple[float, ...]) -> pd.DataFrame:
    """Return a point per ticket and age at which it has neither ended nor escalated."""
    born = events.groupby("ticket_id")["seen"].first()
    born = _first(events, "created").reindex(born.index).fillna(born)
    steps = pd.DataFrame({"age": [float(age) for age in ages]})
    points = born.rename("born").reset_index().merge(steps, how="cross")
    points["as_of"] = points["born"] + pd.to_timedelta((points["age"] * 86_400).round(), unit="s")
    points["first"] = _first(events, "escalated").reindex(points["ticket_id"]).array
    points = points[~(points["first"] <= points["as_of"])].sort_values(
        "as_of", kind="stable", ignore_index=True
    )
    status = events.loc[events["event_type"] == "status_changed", ["ticket_id", "seen", "value"]]
    last = pd.merge_asof(points, status, left_on="as_of", right_on="seen", by="ticket_id")["value"]
    merged = _first(events, "merged").reindex(points["ticket_id"]).array <= points["as_of"]
    return points[~(last.isin(OVER) | merged)].drop(columns="born").reset_index(drop=True)


def _first(events: pd.DataFrame, event_type: str) -> pd.Series:
    """Return when each ticket first saw an event of a type."""
    return events[events["event_type"] == event_type].groupby("ticket_id")["seen"].min()
