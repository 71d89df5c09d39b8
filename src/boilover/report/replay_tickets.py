"""The tickets of a replay on its page: what a line through their risks gives, all of them as a table, some drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from markupsafe import Markup

from boilover.backtest import Replay
from boilover.evaluation.evaluate import plain_values
from boilover.evaluation.operating import operating
from boilover.report.dials import Dial, dial_of
from boilover.report.drawing.lives import life
from boilover.report.grid import Column, Grid, time
from boilover.times import parse_duration
from boilover.words import plain

DRAWN = 2
"""Tickets of each kind whose course is drawn."""
OUTCOMES = ("caught", "missed", "flagged, did not escalate", "flagged, still open")


def threshold_dial(replay: Replay) -> Dial:
    """Return what one line through the risks of all nights would have given, the slider at the policy's mean."""
    nights, result = replay.nights, replay.result
    escalated = replay.tickets.set_index("ticket_id")["escalated_at"].reindex(nights["ticket_id"]).array
    as_of = nights["as_of"].array
    ahead = np.asarray(escalated > as_of)
    until = pd.Timedelta(parse_duration(result.horizon), unit="us")
    last = nights["as_of"].max()
    label = np.where(ahead & np.asarray(escalated <= as_of + until), 1.0, 0.0)
    # What comes after the last night is told by no ticket of the replay; what escalated before is no fair part of it.
    label[np.asarray(as_of + until > last)] = np.nan
    found = operating(
        label,
        nights["risk"].to_numpy(),
        nights["as_of"].dt.as_unit("us").astype("int64"),
        nights["ticket_id"].to_numpy(dtype=object),
        before=ahead,
        unseen=result.unseen,
    )
    mean = float(np.mean([night.threshold for night in result.by_night]))
    return dial_of(plain_values(found), mean)


def tickets(replay: Replay) -> Grid:
    """Return every ticket that escalated or was flagged, the latest escalation first."""
    rows = replay.tickets
    rows = rows[rows["escalated_at"].notna() | (rows["flags"] > 0)]
    rows = rows.sort_values(["escalated_at", "ticket_id"], ascending=[False, True])
    outcome = np.select([rows["caught"], rows["escalated_at"].notna(), _stands(replay, rows)], [0, 1, 3], 2)
    highest = replay.nights.groupby("ticket_id")["risk"].max().reindex(rows["ticket_id"])
    cells = [
        [plain(each) for each in rows["ticket_id"]],
        outcome.tolist(),
        [None if np.isnan(each) else each for each in highest],
        [None if np.isnan(each) else round(each, 2) for each in rows["lead_hours"]],
        [time(each) for each in rows["escalated_at"]],
        [time(each) for each in rows["first_flagged_at"]],
        rows["nights_flagged"].tolist(),
    ]
    columns = [
        Column("Ticket", "id"),
        Column("Outcome", "choice"),
        Column("Highest risk", "risk"),
        Column("Ahead", "hours"),
        Column("Escalated", "time"),
        Column("First flagged", "time"),
        Column("Nights flagged", "count"),
    ]
    caption = "Every ticket that escalated or was flagged in these nights, the latest escalation first; times are UTC"
    return Grid(caption, columns, [list(row) for row in zip(*cells, strict=True)], OUTCOMES)


def lives(replay: Replay, seed: int = 0) -> list[tuple[Markup, str]]:
    """Draw the risk of tickets over their nights, drawn at random, and tell which are caught, missed, or neither."""
    rows = replay.tickets
    seen = rows[rows["nights"] > 2]
    boiled = seen["escalated_at"].notna()
    kinds = {
        "Caught": seen["caught"],
        "Missed": boiled & ~seen["caught"],
        "Flagged, did not escalate": ~boiled & (seen["flags"] > 0) & ~_stands(replay, seen),
    }
    rng = np.random.default_rng(seed)
    chosen = {
        ticket: kind
        for kind, which in kinds.items()
        for ticket in rng.permutation(seen.loc[which, "ticket_id"].to_numpy(dtype=object))[:DRAWN]
    }
    found = {ticket: replay.nights[replay.nights["ticket_id"] == ticket] for ticket in chosen}
    top = min(1.0, 1.15 * max((float(nights["risk"].max()) for nights in found.values()), default=0.1))
    ends = rows.set_index("ticket_id")["escalated_at"]
    return [
        (_life(place, str(ticket), found[ticket], replay.flags, ends[ticket], top), kind)
        for place, (ticket, kind) in enumerate(chosen.items())
    ]


def _stands(replay: Replay, rows: pd.DataFrame) -> pd.Series:
    """Return which tickets have a flag that stands after the last night: of them nobody knows yet."""
    return rows["ticket_id"].isin(replay.flags.loc[replay.flags["end"] == "stands", "ticket_id"])


def _life(
    place: int, ticket: str, nights: pd.DataFrame, flags: pd.DataFrame, escalated: pd.Timestamp, top: float
) -> Markup:
    begin = nights["as_of"].iloc[0]
    own = flags[flags["ticket_id"] == ticket]
    ended = own.loc[own["end"] == "cleared", "ended_at"]
    events = {"flag raised": _hours(own["raised_at"], begin), "flag cleared": _hours(ended, begin)}
    return life(
        f"life-{place}",
        ticket,
        _hours(nights["as_of"], begin),
        nights["risk"].tolist(),
        events,
        None if pd.isna(escalated) else (escalated - begin) / pd.Timedelta(hours=1),
        top=top,
        since="its first night",
    )


def _hours(times: pd.Series, begin: pd.Timestamp) -> list[float]:
    return ((times - begin) / pd.Timedelta(hours=1)).tolist()
