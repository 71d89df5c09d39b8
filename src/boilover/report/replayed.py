"""A replay of past nights as sentences, rows and drawings of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup

from boilover.backtest import Replay
from boilover.backtest.rules import AGE
from boilover.backtest.table import NAMES
from boilover.backtest.verdict import POLICY
from boilover.evaluation.evaluate import plain_values
from boilover.evaluation.interval import FEWEST
from boilover.evaluation.operating import operating
from boilover.history import HOUR
from boilover.report.dials import Dial, dial_of
from boilover.report.drawing.lives import life
from boilover.report.grid import Column, Grid, time
from boilover.report.verdict import Verdict, compared
from boilover.times import parse_duration
from boilover.words import count, hours, number, numbered, percent, plain, spelled, with_interval

DRAWN = 2
"""Tickets of each kind whose course is drawn."""
OUTCOMES = ("caught", "missed", "flagged, did not escalate", "flagged, still open")


class Method(NamedTuple):
    """One row of the tables: each figure with its interval in words."""

    name: str
    is_policy: bool
    caught: str
    cells: Sequence[tuple[str, str]]


def verdict(result: Mapping[str, Any]) -> Verdict:
    """Return two sentences: what the policy would have caught, and whom it beats."""
    own, counts, escalations = result["figures"][POLICY], result["counts"][POLICY], result["escalations"]
    over, flags = numbered(result["nights"], "night"), count(own["flags_a_night"]["estimate"])
    if not escalations:
        measured = f"Over {over} no ticket escalated; the policy would have raised {flags} new flags a night."
        return Verdict(measured, "There was nothing to catch.", False)
    measured = (
        f"Over {over} the policy would have caught {counts['caught']:,} of {numbered(escalations, 'escalation')}"
        f" ({percent(own['recall']['estimate'])}; {percent(own['recall_24h_ahead']['estimate'])} at least a day ahead)"
        f" with {flags} new flags a night."
    )
    if escalations < FEWEST:
        return Verdict(measured, "So few escalations cannot tell whether it beats any rule.", False)
    gaps = {
        name: gap["recall" if name == AGE else "net_benefit"] for name, gap in result["differences"].items()
    }
    beats_age = gaps[AGE]["low"] is None or gaps[AGE]["low"] > 0
    return Verdict(measured, compared(gaps, lambda name: f"‘{NAMES[name]}’"), not beats_age)


def methods(result: Mapping[str, Any]) -> list[Method]:
    """Return the policy and the rules of desks, the policy first."""
    shown = ("recall", "recall_24h_ahead", "first_flag_precision", "flags_a_night", "flags_per_caught")
    return [
        Method(
            NAMES[name],
            name == POLICY,
            f"{result['counts'][name]['caught']:,}",
            [
                *(
                    with_interval(figures[each], count if each.startswith("flags") else percent)
                    for each in shown
                ),
                with_interval(figures["lead_median"], lambda value: hours(value) if value else "0"),
                with_interval(figures["net_benefit"], _worth),
                with_interval(figures["cost_a_night"], count),
            ],
        )
        for name, figures in result["figures"].items()
    ]


def _worth(value: float) -> str:
    return f"{value:+z.2f}".replace("-", "\N{MINUS SIGN}")


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
        None if pd.isna(escalated) else (escalated - begin) / pd.Timedelta(HOUR, unit="us"),
        top=top,
        since="its first night",
    )


def trainings(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return one row per training."""
    return [
        (
            row["at"][:10],
            f"{row['nights']:,}",
            f"{row['features']:,}",
            percent(row["base_rate"]),
            number(row["held_out_average_precision"]),
            percent(row["threshold"]),
        )
        for row in result["trainings"]
    ]


def facts(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and value of what was replayed."""
    costs, trained = result["costs"], len(result["trainings"])
    return [
        ("Nights", f"{result['nights']:,}, {result['since'][:10]} to {result['until'][:10]}, at 06:00 UTC"),
        ("Horizon", spelled(result["horizon"])),
        ("Trained anew", f"every {spelled(result['retrain'])}: {numbered(trained, 'training')}"),
        ("Tickets", f"{result['tickets']:,} at risk on a night or escalated"),
        (
            "Escalations",
            f"{result['escalations']:,}; {result['unseen']:,} before a first night: no nightly job can catch those",
        ),
        ("Costs", f"a miss {costs['miss']:g}, a flag that catches nothing {costs['false_alarm']:g}"),
    ]


def _hours(times: pd.Series, begin: pd.Timestamp) -> list[float]:
    return ((times - begin) / pd.Timedelta(hours=1)).tolist()
