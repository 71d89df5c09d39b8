"""The ledger as frames: for reading, for people to answer on, and for training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Select, func, select

from boilover.errors import InputError, UsageError
from boilover.flagger.ledger.feedback import SHEET
from boilover.flagger.ledger.life import ANSWERS, OUTCOMES, Happening
from boilover.flagger.ledger.memory import check_desk
from boilover.flagger.ledger.outcomes import moments
from boilover.flagger.ledger.rows import read
from boilover.flagger.ledger.schema import COUNTS, IS_OPEN, WAS_RAISED, flags, history, lots, nights
from boilover.flagger.night import OPEN_STATES, By, State, Tier

TABLES = ("flags", "sheet", "history", "nights", "holdouts", "lots")
WORDS = {"state": State, "tier": Tier, "by": By}
TIMES = (
    "as_of", "raised_at", "snoozed_until", "cleared_at", "outcome_at", "last_seen", "at", "until", "seen_before",
)  # fmt: skip
SHOWN = (
    "desk", "ticket_id", "raised_at", "state", "tier", "by", "risk", "threshold", "why", "nights", "last_seen",
    "snoozed_until", "cleared_at", "outcome", "outcome_at",
)  # fmt: skip


def export(connection: Connection, table: str = "flags", *, desk: str | None = None) -> pd.DataFrame:
    """Return one of `TABLES`: times as UTC timestamps, codes as words, in order of desk, time and ticket.

    ``flags`` has the model and the policy that raised each; ``sheet`` is the open flags with empty columns to answer
    in, as `import_feedback` takes them back; ``history`` leaves out what nights told that were replaced; ``lots`` has
    the tickets that a lot was drawn for, ``holdouts`` those of them that it held out.
    """
    if table not in TABLES:
        raise UsageError(f"'{table}' is no table of the ledger. Tables are {', '.join(TABLES)}")
    asked, order = _asked(table)
    source = {"nights": nights, "holdouts": lots, "lots": lots}.get(table, flags)
    if desk is not None:
        check_desk(connection, desk)
        asked = asked.where(source.c.desk == desk)
    frame = read(connection, asked).sort_values(order, kind="stable", ignore_index=True)
    shown = _readable(frame)
    if table == "sheet":
        shown = shown.assign(**dict.fromkeys(SHEET, ""))
    return shown


def ended(connection: Connection, desk: str, as_of: int) -> pd.DataFrame:
    """Return the flags that were open on the night before and that an outcome or time ended since; as `export` does."""
    earlier = select(func.max(nights.c.as_of)).where(nights.c.desk == desk, COUNTS, nights.c.as_of < as_of)
    expired = (flags.c.outcome == str(Happening.EXPIRED)) & (flags.c.outcome_at == as_of)
    since = (
        (flags.c.outcome != str(Happening.EXPIRED))
        & (flags.c.outcome_at <= as_of)
        & (flags.c.last_seen == earlier.scalar_subquery())
    )
    asked, order = _asked("flags")
    asked = asked.where(flags.c.desk == desk, flags.c.outcome != "", flags.c.cleared_at == flags.c.outcome_at)
    return _readable(read(connection, asked.where(expired | since)).sort_values(order, ignore_index=True))


def unsettled(connection: Connection, desk: str) -> list[str]:
    """Return the tickets with a flag, or a lot, whose outcome may still change: all but those that escalated."""
    found: set[str] = set()
    for table in (flags, lots):
        asked = select(table.c.ticket_id).where(
            table.c.desk == desk, table.c.outcome != str(Happening.ESCALATED_ANYWAY)
        )
        found |= set(connection.execute(asked.distinct()).scalars())
    return sorted(found)


def _asked(table: str) -> tuple[Select[Any], list[str]]:
    made_with = (nights.c.model, nights.c.policy)
    columns = [flags.c.id.label("flag_id"), *(flags.c[name] for name in SHOWN)]
    if table in ("flags", "sheet"):
        asked = select(*columns, *made_with).join_from(flags, nights, nights.c.id == flags.c.night_id)
        if table == "sheet":
            few = ("desk", "ticket_id", "raised_at", "state", "tier", "by", "risk", "why")
            asked = select(columns[0], *(flags.c[name] for name in few))
            return asked.where(IS_OPEN), ["desk", "flag_id"]
        return asked.where(WAS_RAISED), ["desk", "raised_at", "ticket_id"]
    if table == "history":
        told = [history.c[name] for name in ("id", "flag_id", "at", "kind", "tier", "until", "who", "reason")]
        asked = select(flags.c.desk, flags.c.ticket_id, *told).join_from(history, flags)
        asked = asked.outerjoin(nights, nights.c.id == history.c.night_id)
        return asked.where(history.c.night_id.is_(None) | COUNTS), ["id"]
    if table == "nights":
        return select(nights), ["desk", "as_of", "id"]
    hidden = ("night_id",) if table == "lots" else ("night_id", "is_held_out")
    shown: list[Any] = [column for column in lots.c if column.name not in hidden]
    asked = select(*shown) if table == "lots" else select(*shown).where(lots.c.is_held_out)
    return asked, ["desk", "ticket_id"]


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    changed: dict[str, Any] = {}
    for name, codes in WORDS.items():
        if name in frame.columns:
            words = {int(code): code.name.lower() if code else "" for code in codes}
            changed[name] = frame[name].map(words).astype("str")
    for name in TIMES:
        if name in frame.columns:
            times = pd.Series(frame[name].to_numpy().astype("datetime64[us]")).dt.tz_localize("UTC")
            changed[name] = times.mask(frame[name] == 0)
    for name in frame.columns:
        if frame[name].dtype == object:
            changed[name] = frame[name].astype("str")
    return frame.assign(**changed)


def feedback(connection: Connection, *, desk: str | None = None) -> pd.DataFrame:
    """Return counts of flags, answers and outcomes: a row per asker (model, trigger, both), all, and held out.

    A flag counts once under each kind of answer that it got. ``unanswered`` got none. What flags change
    `boilover.flagger.ledger.effect` tells: those flagged are riskier than those held out.
    """
    frame = export(connection, "flags", desk=desk)
    told = export(connection, "history", desk=desk)
    told = told[told["kind"].isin([str(each) for each in ANSWERS])]
    for each in ANSWERS:
        frame[str(each)] = frame["flag_id"].isin(told.loc[told["kind"] == str(each), "flag_id"])
    frame["unanswered"] = ~frame["flag_id"].isin(told["flag_id"])
    frame["open"] = frame["state"].isin([state.name.lower() for state in OPEN_STATES])
    names = ["open", "unanswered", *map(str, ANSWERS)]
    rows = []
    for asker in ("model", "trigger", "both", "all"):
        part = frame if asker == "all" else frame[frame["by"] == asker]
        counts = {name: int(part[name].sum()) for name in names}
        rows.append({"by": asker, "flags": len(part), **counts, **_came_to(part)})
    held = export(connection, "holdouts", desk=desk)
    rows.append({"by": "held out", "flags": len(held), **dict.fromkeys(names, 0), **_came_to(held)})
    return pd.DataFrame(rows)


def _came_to(frame: pd.DataFrame) -> dict[str, int]:
    return {str(each): int((frame["outcome"] == str(each)).sum()) for each in OUTCOMES}


def contaminated(connection: Connection, desk: str, points: pd.DataFrame, *, horizon: int) -> pd.DataFrame:
    """Mark the points whose label somebody may have changed by acting on a flag; one row per point, in their order.

    ``points`` has ``ticket_id`` and ``as_of``; ``horizon`` is that of the label, in microseconds. Columns: ``flagged``
    (a flag was raised before the horizon ended), ``contaminated`` (it was also answered before that, and before the
    ticket escalated) and ``holdout`` (a lot kept the ticket unflagged, so its label is clean).
    """
    for column in ("ticket_id", "as_of"):
        if column not in points.columns:
            raise InputError("required column is missing", column=column)
    check_desk(connection, desk)
    ends = moments(points, "as_of") + horizon
    names = points["ticket_id"].astype(object)
    raised = select(flags.c.ticket_id, flags.c.raised_at.label("at")).where(flags.c.desk == desk, WAS_RAISED)
    escalated = flags.c.outcome == str(Happening.ESCALATED_ANYWAY)
    acted = (
        select(flags.c.ticket_id, history.c.at)
        .join_from(history, flags)
        .where(flags.c.desk == desk, WAS_RAISED)
        .where(history.c.kind.in_([str(each) for each in ANSWERS]))
        .where(~escalated | (history.c.at < flags.c.outcome_at))
    )
    kept = select(lots.c.ticket_id).where(lots.c.desk == desk, lots.c.is_held_out)
    held = set(connection.execute(kept).scalars())
    return pd.DataFrame(
        {
            "flagged": _first(read(connection, raised), names) < ends,
            "contaminated": _first(read(connection, acted), names) < ends,
            "holdout": names.isin(held).to_numpy(),
        }
    )


def _first(frame: pd.DataFrame, names: pd.Series) -> np.ndarray:
    """Return the first time of each name, the far future where it has none."""
    far = np.iinfo(np.int64).max
    first = dict(frame.groupby("ticket_id")["at"].min().items())
    return np.fromiter((first.get(name, far) for name in names), np.int64, len(names))
