"""What the ledger knows before a night; and a night taken back, so that it can be asked or recorded again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection, Row, Select, case, delete, func, select, update

from boilover.errors import InputError, UsageError
from boilover.flagger.ledger.life import Happening, Life, replay
from boilover.flagger.ledger.rows import chunks, read, rewrite
from boilover.flagger.ledger.schema import COUNTS, IS_OPEN, WAS_RAISED, flags, history, lots, nights, streaks
from boilover.flagger.night import OPEN_STATES, Memory, Objects
from boilover.mistakes import listed
from boilover.times import is_ahead, iso, now

LIFE_COLUMNS = tuple(flags.c[each.name] for each in fields(Life))


def latest_night(connection: Connection, desk: str) -> Row[Any] | None:
    """Return a desk's last recorded night."""
    asked = select(nights).where(nights.c.desk == desk, COUNTS)
    return connection.execute(asked.order_by(nights.c.as_of.desc()).limit(1)).first()


def check_desk(connection: Connection, desk: str) -> None:
    """Raise `UsageError` for a desk of which no night is recorded, in a ledger that has nights of others."""
    known = sorted(connection.execute(select(nights.c.desk).distinct()).scalars())
    if known and desk not in known:
        raise UsageError(f"the ledger has no night of desk {desk!r}. It has {listed(desk, known, repr)}")


def check_passed(connection: Connection, desk: str, at: int) -> None:
    """Raise `InputError` for a moment that people tell of and that lies after now and the desk's last night."""
    latest = latest_night(connection, desk)
    if is_ahead(at, None if latest is None else latest.as_of):
        problem = f"lies in the future: it is {iso(now())} now"
        raise InputError(problem, column="when", value=iso(at), mend="Look at the year")


def memory(connection: Connection, desk: str, ticket_ids: Objects) -> Memory:
    """Return what is known of tickets after the desk's last night, from the latest flag of each."""
    frame = latest_flags(connection, desk, ticket_ids)
    places = pd.Index(frame["ticket_id"], dtype=object).get_indexer(pd.Index(ticket_ids, dtype=object))
    found = places >= 0
    is_open = np.isin(frame["state"], [int(state) for state in OPEN_STATES])
    frame["nights_below"] = np.where(is_open, frame["nights_below"], 0)

    def aligned(name: str, dtype: type) -> Any:
        values: npt.NDArray[Any] = np.zeros(len(ticket_ids), dtype=dtype)
        values[found] = frame[name].to_numpy()[places[found]]
        return values

    above = _streaks(connection, desk)
    return Memory(
        state=aligned("state", np.int8),
        tier=aligned("tier", np.int8),
        raised_at=aligned("raised_at", np.int64),
        cleared_at=aligned("cleared_at", np.int64),
        nights_above=np.fromiter((above.get(each, 0) for each in ticket_ids), np.int32, len(ticket_ids)),
        nights_below=aligned("nights_below", np.int32),
        snoozed_until=aligned("snoozed_until", np.int64),
    )


def latest_flags(connection: Connection, desk: str, ticket_ids: Objects) -> pd.DataFrame:
    """Return the latest flag of each ticket that has one: ``id, ticket_id, raised_at, nights_below`` and its life.

    Few tickets are looked up; for many the desk is read as a whole, which is then faster.
    """
    asked = select(flags.c.id, flags.c.ticket_id, flags.c.raised_at, flags.c.nights_below, *LIFE_COLUMNS)
    asked = asked.where(flags.c.desk == desk, WAS_RAISED)
    size = connection.execute(
        select(func.count()).select_from(flags).where(flags.c.desk == desk)
    ).scalar_one()
    if 10 * len(ticket_ids) > size:
        frame = read(connection, asked)
    else:
        parts = [
            read(connection, asked.where(flags.c.ticket_id.in_(some))) for some in chunks(list(ticket_ids))
        ]
        frame = pd.concat(parts, ignore_index=True) if parts else read(connection, asked.limit(0))
    return frame.sort_values("raised_at", kind="stable").drop_duplicates("ticket_id", keep="last")


def open_flags(connection: Connection, desk: str) -> list[Row[Any]]:
    """Return every open flag of a desk, at most one per ticket."""
    asked = select(flags.c.id, flags.c.ticket_id, *LIFE_COLUMNS)
    return list(connection.execute(asked.where(flags.c.desk == desk, IS_OPEN)))


def _streaks(connection: Connection, desk: str) -> dict[str, int]:
    latest = latest_night(connection, desk)
    if latest is None:
        return {}
    asked = select(streaks.c.ticket_id, streaks.c.nights_above).where(streaks.c.night_id == latest.id)
    return {row.ticket_id: row.nights_above for row in connection.execute(asked)}


def undo(connection: Connection, night: Row[Any]) -> None:
    """Take the desk's last night back: flags stand as before it, answers since then kept; it is marked replaced.

    Raises `InputError` where the night after it was taken back: that one had taken the place of what was known before.
    """
    last = connection.execute(select(func.max(nights.c.id)).where(nights.c.desk == night.desk)).scalar_one()
    if last > night.id:
        raise InputError(
            "the night after it was taken back, so that what was known before it is not kept",
            column="as_of",
            value=iso(night.as_of),
            mend="Record a later night first",
        )
    told = select(history.c.flag_id).where(history.c.night_id == night.id)
    changed = list(connection.execute(told.distinct()).scalars())
    cleared = told.where(history.c.kind == Happening.CLEARED)
    connection.execute(
        update(flags)
        .where(flags.c.desk == night.desk, flags.c.last_seen == night.as_of)
        .values(
            nights=flags.c.nights - case((flags.c.id.in_(cleared), 0), else_=1),
            last_seen=flags.c.seen_before,
            nights_below=flags.c.below_before,
        )
    )
    connection.execute(update(nights).where(nights.c.id == night.id).values(replaced=True))
    save_lives(connection, lives_of(connection, changed))
    connection.execute(delete(streaks).where(streaks.c.night_id == night.id))
    connection.execute(delete(lots).where(lots.c.night_id == night.id))


def answered_since(connection: Connection, night: Row[Any]) -> list[int]:
    """Return the flags that a night changed and that people or outcomes have told of since."""
    later = history.alias()
    asked = (
        select(history.c.flag_id)
        .join(later, later.c.flag_id == history.c.flag_id)
        .where(history.c.night_id == night.id, later.c.night_id.is_(None), later.c.id > history.c.id)
    )
    return sorted(connection.execute(asked.distinct()).scalars())


def lives_of(connection: Connection, ids: Sequence[int] | None = None) -> dict[int, Life]:
    """Return what the history comes to for flags, or for all; nights that were replaced do not count."""
    if ids is None:
        return _replayed(connection, select(history.c.flag_id))
    lives = dict.fromkeys(ids, Life())
    for some in chunks(ids):
        lives |= _replayed(connection, select(history.c.flag_id).where(history.c.flag_id.in_(some)))
    return lives


def _replayed(connection: Connection, asked: Select[Any]) -> dict[int, Life]:
    rows = connection.execute(
        asked.add_columns(history.c.kind, history.c.at, history.c.tier, history.c.until)
        .outerjoin_from(history, nights, nights.c.id == history.c.night_id)
        .where(history.c.night_id.is_(None) | COUNTS)
        .order_by(history.c.flag_id, history.c.id)
    )
    return {flag: replay(told) for flag, told in groupby(rows, key=lambda row: row.flag_id)}


def save_lives(connection: Connection, lives: Mapping[int, Life]) -> None:
    """Write where flags stand."""
    rewrite(connection, flags, {flag: asdict(life) for flag, life in lives.items()})


def life_of(row: Any) -> Life:
    """Return where a flag stands of its row, which has `LIFE_COLUMNS`."""
    return Life(**{column.name: getattr(row, column.name) for column in LIFE_COLUMNS})
