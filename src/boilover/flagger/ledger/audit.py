"""Does the ledger add up: is every flag what its history comes to, and every count what was told."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from boilover.flagger.ledger.life import Happening
from boilover.flagger.ledger.memory import LIFE_COLUMNS, life_of, lives_of
from boilover.flagger.ledger.schema import COUNTS, flags, history, nights

TOLD = 20
"""Problems of one kind that are told one by one."""
COUNTED = {"new": Happening.RAISED, "risen": Happening.TIER, "cleared": Happening.CLEARED}


def check(connection: Connection) -> tuple[str, ...]:
    """Return what does not add up, one sentence each; nothing where all does."""
    return (*_damage(connection), *_states(connection), *_counts(connection), *_seen(connection))


def _damage(connection: Connection) -> Iterator[str]:
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check({TOLD})"):
        if said != "ok":
            yield f"the file is damaged: {said}"
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(TOLD):
        yield f"row {row} of {table} names a row of {parent} that does not exist"


def _states(connection: Connection) -> Iterator[str]:
    lives = lives_of(connection)
    wrong = 0
    for row in connection.execute(select(flags.c.id, *LIFE_COLUMNS).order_by(flags.c.id)):
        stored, replayed = life_of(row), lives.get(row.id, None)
        if stored == replayed or (replayed is None and stored.state == 0):
            continue
        wrong += 1
        if wrong <= TOLD:
            yield f"flag {row.id} stands as {stored}, its history comes to {replayed}"
    if wrong > TOLD:
        yield f"{wrong - TOLD} more flags differ from their history"


def _counts(connection: Connection) -> Iterator[str]:
    asked = select(history.c.night_id, history.c.kind, func.count()).where(history.c.night_id.is_not(None))
    rows = connection.execute(asked.group_by(history.c.night_id, history.c.kind))
    told = {(night, kind): count for night, kind, count in rows}
    for night in connection.execute(select(nights).order_by(nights.c.id)):
        for name, kind in COUNTED.items():
            found = told.get((night.id, str(kind)), 0)
            if found != getattr(night, name):
                yield f"night {night.id} counts {getattr(night, name)} {name}, its history {found}"


def _seen(connection: Connection) -> Iterator[str]:
    """Every flag-night of the nights is one of the flags, and every time of a flag is a night's."""
    nightly = nights.c.new + nights.c.still + nights.c.risen + nights.c.held
    by_night = select(nights.c.desk, func.sum(nightly)).where(COUNTS)
    by_flag = select(flags.c.desk, func.sum(flags.c.nights))
    counted = {desk: int(total) for desk, total in connection.execute(by_night.group_by(nights.c.desk))}
    held = {desk: int(total) for desk, total in connection.execute(by_flag.group_by(flags.c.desk))}
    for desk in sorted(counted.keys() | held.keys()):
        if counted.get(desk, 0) != held.get(desk, 0):
            yield (
                f"the nights of desk {desk!r} count {counted.get(desk, 0)} flag-nights, its flags {held.get(desk, 0)}"
            )
    known = select(nights.c.id).where(
        nights.c.desk == flags.c.desk, nights.c.as_of == flags.c.last_seen, COUNTS
    )
    lost = select(flags.c.id).where(flags.c.state != 0, ~known.exists()).order_by(flags.c.id)
    for flag in connection.execute(lost.limit(TOLD)).scalars():
        yield f"flag {flag} was last seen on a night that is not recorded"
