"""Times that lie after the row that carries them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from boilover.audit.case import Case
from boilover.audit.ends import Moment
from boilover.audit.finding import Finding
from boilover.audit.relate import rank_correlation

CLOSE = 0.9
"""A rank correlation from which on a value is as good as the end itself."""
SURE = 0.7
"""A share of hits beyond chance from which on a value is as good as the end itself."""
MINUTE = 60_000_000


def moment(case: Case, end: Moment) -> Finding | None:
    """A time that is when the ticket ended, or ranks as that does, and lies after the row that carries it."""
    if case.moments is None:
        return None
    times = np.append(case.moments, np.nan)[case.column.first]
    asked = case.later(end.known) & ~np.isnan(times)
    if not case.enough(asked):
        return None
    told, known, since = times[asked], end.known[asked], case.column.since[asked]
    ahead = float((told > since + MINUTE).mean())
    same = float((np.abs(told - known) <= MINUTE).mean())
    order = rank_correlation(told - since, (known - since).astype(np.float64))
    if ahead < SURE or (same < SURE and order < CLOSE):
        return None
    ticket = int(np.flatnonzero(asked)[np.argmin(np.abs(told - known))])
    said = (
        f"In {ahead:.0%} of {asked.sum():,} tickets it lies after the row that carries it, in {same:.0%} it is"
        f" {end.name} to the minute (rank correlation {order:.2f})"
    )
    fact = f"{end.name}: {_time(end.known[ticket])}"
    return case.finding(
        "future time", said, ticket, fact, ahead=ahead, same=same, order=order, strength=same + order
    )


def planned(case: Case) -> Finding | None:
    """A time after its row that has no bearing on the end."""
    if case.moments is None:
        return None
    times = np.append(case.moments, np.nan)[case.column.first]
    told = ~np.isnan(times) & (case.column.first >= 0)
    ahead = told & (np.nan_to_num(times) > case.column.since + MINUTE)
    if not told.any() or ahead.sum() < SURE * told.sum():
        return None
    ticket = int(np.argmax(ahead))
    share = ahead.sum() / told.sum()
    said = f"In {share:.0%} of {told.sum():,} tickets it lies after the row that carries it"
    return case.finding("planned", said, ticket, f"told at {_time(case.column.since[ticket])}", ahead=share)


def _time(moment: int) -> str:
    return f"{pd.Timestamp(int(moment), unit='us', tz='UTC'):%Y-%m-%d %H:%M} UTC"
