"""A replay as frames: its tickets, the policy's flags, and every night's decisions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from boilover.backtest.book import End, Flags
from boilover.backtest.measures import Outcomes, Tickets
from boilover.backtest.replay import Decided
from boilover.flagger import WHY_NOT, By, Tier, Verdict
from boilover.history import Floats, Ints
from boilover.points import Points


def tickets_frame(ids: pa.Array, tickets: Tickets, came_to: Outcomes, flags: Flags) -> pd.DataFrame:
    """Return one row per ticket: when it escalated, was first flagged, and what the policy's flags came to."""
    first = np.zeros(len(ids), dtype=np.int64)
    first[flags.ticket[::-1]] = flags.raised_at[::-1]
    return pd.DataFrame(
        {
            "ticket_id": _named(ids, tickets.ticket),
            "nights": tickets.nights.astype(np.int64),
            "escalated_at": _times(tickets.escalated),
            "first_flagged_at": _times(first[tickets.ticket]),
            "caught": came_to.caught > 0,
            "lead_hours": np.where(came_to.caught > 0, came_to.lead, np.nan),
            "flags": came_to.flags.astype(np.int64),
            "nights_flagged": came_to.stood.astype(np.int64),
        }
    )


def flags_frame(ids: pa.Array, flags: Flags) -> pd.DataFrame:
    """Return one row per flag in the order in which they were raised; ``ended_at`` is empty while it stands."""
    return pd.DataFrame(
        {
            "ticket_id": _named(ids, flags.ticket),
            "raised_at": _times(flags.raised_at),
            "ended_at": _times(flags.ended_at),
            "end": _words(End, flags.end),
            "tier": _words(Tier, flags.tier),
        }
    )


def nights_frame(ids: pa.Array, points: Points, risk: Floats, decided: Decided) -> pd.DataFrame:
    """Return one row per ticket at risk and night, in order of night and ticket id."""
    return pd.DataFrame(
        {
            "ticket_id": _named(ids, points.ticket),
            "as_of": _times(points.as_of),
            "risk": risk,
            "verdict": _words(Verdict, decided.verdict),
            "tier": _words(Tier, decided.tier),
            "by": _words(By, decided.by),
            "why_not": _coded(decided.why_not, WHY_NOT),
        }
    )


def _named(ids: pa.Array, tickets: npt.NDArray[np.integer]) -> pd.Series:
    return ids.take(pa.array(tickets)).to_pandas().astype("str")


def _times(moments: Ints) -> pd.DatetimeIndex:
    """Return moments in microseconds as times, 0 as none."""
    times = moments.astype("datetime64[us]")
    times[moments == 0] = np.datetime64("NaT")
    return pd.DatetimeIndex(times).tz_localize("UTC")


def _words(
    kind: type[End] | type[Tier] | type[Verdict] | type[By], codes: npt.NDArray[np.int8]
) -> pd.Categorical:
    return _coded(codes, tuple(each.name.lower() for each in kind))


def _coded(codes: npt.NDArray[np.int8], words: tuple[str, ...]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=pd.Index(words, dtype="str"))
