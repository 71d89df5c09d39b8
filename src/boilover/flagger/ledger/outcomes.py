"""What became of flagged tickets, and of those that a lot kept unflagged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Row, func, select, update

from boilover.errors import InputError
from boilover.flagger.ledger.life import Happening, step, takes_outcome
from boilover.flagger.ledger.memory import check_desk, latest_night, life_of, save_lives
from boilover.flagger.ledger.rows import rows_of
from boilover.flagger.ledger.schema import COUNTS, IS_OPEN, WAS_RAISED, flags, lots, nights
from boilover.flagger.ledger.texts import checked_id
from boilover.flagger.ledger.writing import happening, tell
from boilover.times import is_ahead, iso, now, read_iso

KINDS = {"escalated_at": Happening.ESCALATED_ANYWAY, "resolved_at": Happening.RESOLVED}
ROWS = f"Outcomes are rows of ticket_id, {', '.join(KINDS)}"


@dataclass(frozen=True)
class Outcomes:
    """What the outcomes told, and how many of them were new to the ledger."""

    escalations: int
    """Tickets that escalated after the desk's first night: before it, none could have been flagged."""
    flagged_before: int
    """Those of them with a flag that was raised before they escalated."""
    escalated_anyway: int
    resolved: int
    held_out: int
    """Held-out tickets that got an outcome now."""

    @property
    def share(self) -> float | None:
        """Return the share of escalations that had been flagged before; None where nothing escalated."""
        return self.flagged_before / self.escalations if self.escalations else None


def outcomes(
    connection: Connection,
    desk: str,
    frame: pd.DataFrame,
    *,
    source: object = None,
    until: int | None = None,
) -> Outcomes:
    """Mark flags as ``escalated_anyway`` or ``resolved``, each the latest that was raised before it.

    ``frame`` has ``ticket_id`` and ``escalated_at``, ``resolved_at`` or both (times, or int64 UTC microseconds;
    empty where it did not happen). Of several escalations of a ticket the first counts. Telling the same again
    changes nothing. Raises `InputError` for what lies after now, after the desk's last night and after ``until``, the
    end of what they were read from; `UsageError` for outcomes of a desk that the ledger does not know.
    """
    latest = latest_night(connection, desk)
    told = _told(frame, source, max(until or 0, 0 if latest is None else latest.as_of))
    if told:
        check_desk(connection, desk)
    first = select(func.min(nights.c.as_of)).where(nights.c.desk == desk, COUNTS)
    begin = connection.execute(first).scalar() or 0
    names = sorted({name for name, _, _ in told})
    known = _flags_of(connection, desk, names)
    lives: dict[int, Any] = {}
    happened, before = [], 0
    marked = dict.fromkeys(KINDS.values(), 0)
    for name, kind, at in told:
        earlier = [flag for flag in known.get(name, []) if flag.raised_at < at]
        if not earlier:
            continue
        before += kind is Happening.ESCALATED_ANYWAY
        flag = earlier[-1]
        life = lives.get(flag.id, life_of(flag))
        if takes_outcome(life, kind):
            lives[flag.id] = step(life, kind, at)
            happened.append(happening(flag.id, kind, at))
            marked[kind] += 1
    save_lives(connection, lives)
    tell(connection, happened)
    return Outcomes(
        escalations=sum(kind is Happening.ESCALATED_ANYWAY and at > begin for _, kind, at in told),
        flagged_before=before,
        escalated_anyway=marked[Happening.ESCALATED_ANYWAY],
        resolved=marked[Happening.RESOLVED],
        held_out=_drawn(connection, desk, told),
    )


def expire(connection: Connection, desk: str, *, unseen_since: int, when: int) -> int:
    """End the open flags of tickets that no night has asked about since a moment; return how many.

    Those of the last night stay, however long ago it was: nobody has asked about their tickets since. Raises
    `UsageError` for a desk that the ledger does not know.
    """
    check_desk(connection, desk)
    latest = latest_night(connection, desk)
    since = unseen_since if latest is None else min(unseen_since, latest.as_of)
    asked = select(flags).where(flags.c.desk == desk, IS_OPEN, flags.c.last_seen < since)
    rows = connection.execute(asked.order_by(flags.c.id)).fetchall()
    late = [row for row in rows if takes_outcome(life_of(row), Happening.EXPIRED)]
    save_lives(connection, {row.id: step(life_of(row), Happening.EXPIRED, when) for row in late})
    tell(connection, [happening(row.id, Happening.EXPIRED, when) for row in late])
    return len(late)


def _told(frame: pd.DataFrame, source: object, known: int) -> list[tuple[str, Happening, int]]:
    """Return the first outcome of each kind of each ticket, escalations before resolutions, in order of time."""
    if "ticket_id" not in frame.columns:
        raise InputError("required column is missing", file=source, column="ticket_id", mend=ROWS)
    if not set(KINDS) & set(frame.columns):
        raise InputError("required column is missing", file=source, column=" or ".join(KINDS), mend=ROWS)
    first: dict[tuple[str, Happening], int] = {}
    for column, kind in KINDS.items():
        if column in frame.columns:
            times = moments(frame, column, source)
            if len(times) and is_ahead(int(times.max()), known):
                last = int(np.argmax(times))
                raise InputError(
                    f"lies in the future: it is {iso(now())} now",
                    file=source,
                    column=column,
                    row=last + 1,
                    value=str(frame[column].iloc[last]),
                    mend="Look at the year",
                )
            for row in np.flatnonzero(times):
                name = checked_id(frame["ticket_id"].iloc[row], row=int(row) + 1)
                at = int(times[row])
                first[name, kind] = min(at, first.get((name, kind), at))
    escalated_first = list(KINDS.values())
    told = [(name, kind, at) for (name, kind), at in first.items()]
    return sorted(told, key=lambda each: (escalated_first.index(each[1]), each[2], each[0]))


def moments(frame: pd.DataFrame, column: str, source: object = None) -> np.ndarray:
    """Return a column of times as int64 UTC microseconds, 0 where it is empty."""
    values = frame[column]
    if pd.api.types.is_integer_dtype(values.dtype):
        return values.fillna(0).to_numpy(dtype=np.int64)
    empty = values.isna() | (values.astype("str").str.strip() == "")
    times = read_iso(values.mask(empty))
    wrong = times.isna() & ~empty
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            "cannot be read as time",
            file=source,
            column=column,
            row=row + 1,
            value=str(values.iloc[row]),
            mend="Write ISO 8601 such as 2026-03-03T06:00:00Z",
        )
    micro = times.dt.as_unit("us").astype("int64").to_numpy(dtype=np.int64)
    return np.where(empty.to_numpy(dtype=np.bool_), 0, micro)


def _flags_of(connection: Connection, desk: str, names: list[str]) -> dict[str, list[Row[Any]]]:
    """Return the flags of tickets, in order of their raising."""
    found: dict[str, list[Row[Any]]] = {}
    asked = select(flags).where(flags.c.desk == desk, WAS_RAISED).order_by(flags.c.raised_at)
    for row in rows_of(connection, asked, flags.c.ticket_id, names):
        found.setdefault(row.ticket_id, []).append(row)
    return found


def _drawn(connection: Connection, desk: str, told: list[tuple[str, Happening, int]]) -> int:
    """Give tickets that lots were drawn for their first outcome after that; an escalation goes before.

    Return how many of those held out got one.
    """
    marked = 0
    names = sorted({name for name, _, _ in told})
    asked = select(lots).where(lots.c.desk == desk)
    drawn = {row.ticket_id: row for row in rows_of(connection, asked, lots.c.ticket_id, names)}
    for name, kind, at in told:
        row = drawn.get(name)
        if row is None or row.as_of >= at:
            continue
        is_first = lots.c.outcome.in_(
            ("", Happening.RESOLVED) if kind is Happening.ESCALATED_ANYWAY else ("",)
        )
        done = connection.execute(
            update(lots)
            .where(lots.c.desk == desk, lots.c.ticket_id == name, is_first)
            .values(outcome=str(kind), outcome_at=at)
        )
        marked += done.rowcount if row.is_held_out else 0
    return marked
