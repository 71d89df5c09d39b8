"""Tonight's tickets as rows of the page."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from boilover.report.words import percent

SHOWN = 200
KEY = ["ticket_id", "as_of"]


class Row(NamedTuple):
    """One ticket; ``bar`` is its risk in hundredths, ``further`` the risks of the other horizons."""

    rank: int
    ticket_id: str
    as_of: str
    risk: str
    bar: str
    further: list[str]
    reasons: list[str]
    is_flagged: bool


class Tonight(NamedTuple):
    """The riskiest tickets, and how many there are; ``flagged`` is None where no threshold was applied."""

    rows: list[Row]
    scored: int
    unscored: int
    flagged: int | None
    as_of: str
    further_horizons: list[str]


def ranked(scores: pd.DataFrame, flags: pd.DataFrame | None, shown: int = SHOWN) -> Tonight:
    """Return the first rows of ``scores`` by rank, those that ``flags`` holds marked."""
    known = scores[scores["risk"].notna()].sort_values("rank", kind="stable")
    flagged = set() if flags is None else set(flags[KEY].itertuples(index=False, name=None))
    further = [name for name in scores.columns if name.startswith("risk_")]
    reasons = [name for name in scores.columns if name.startswith("reason_")]
    top = known.head(shown)
    rows = [_row(values, further, reasons, flagged) for values in top.to_dict("records")]
    return Tonight(
        rows,
        scored=len(known),
        unscored=len(scores) - len(known),
        flagged=None if flags is None else len(flags),
        as_of=_times(scores["as_of"]),
        further_horizons=[name.removeprefix("risk_") for name in further],
    )


def _row(
    values: dict[Any, Any], further: list[str], reasons: list[str], flagged: set[tuple[Any, ...]]
) -> Row:
    return Row(
        rank=int(values["rank"]),
        ticket_id=str(values["ticket_id"]),
        as_of=_time(values["as_of"]),
        risk=percent(float(values["risk"])),
        bar=f"{100 * float(values['risk']):.1f}",
        further=[percent(float(values[name])) for name in further],
        reasons=[values[name] for name in reasons if isinstance(values[name], str) and values[name]],
        is_flagged=tuple(values[name] for name in KEY) in flagged,
    )


def _times(moments: pd.Series) -> str:
    """Return the one moment, or the first and the last, of what was asked."""
    if not len(moments):
        return "no moment"
    first, last = _time(moments.min()), _time(moments.max())
    return first if first == last else f"{first} to {last}"


def _time(moment: Any) -> str:
    return f"{pd.Timestamp(moment):%Y-%m-%d %H:%M}"
