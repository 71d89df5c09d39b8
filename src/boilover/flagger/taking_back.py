"""The last night of a desk taken back: the ledger goes on as if it had never been, and keeps that it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from boilover.errors import InputError
from boilover.flagger.beside import SENT, outbox, told
from boilover.flagger.ledger import Ledger
from boilover.flagger.ledger.connection import transaction
from boilover.flagger.ledger.life import ANSWERS, OUTCOMES, Happening, Life, replay
from boilover.flagger.ledger.memory import check_desk, latest_night, lives_of, save_lives, undo
from boilover.flagger.ledger.rows import rows_of
from boilover.flagger.ledger.schema import COUNTS, flags, history, nights
from boilover.flagger.ledger.writing import happening, tell
from boilover.flagger.night import State
from boilover.times import iso


@dataclass(frozen=True)
class TakenBack:
    """What a night had done: flags raised, risen and cleared, flags that ran out with it, and messages sent of it.

    ``latest`` is the last night now, UTC microseconds, None where there is none.
    """

    new: int
    risen: int
    cleared: int
    expired: int
    sent: int
    latest: int | None


def take_back(ledger: Ledger, desk: str, as_of: int) -> TakenBack:
    """Take the last night of a desk back, in one transaction.

    Flags, streaks and lots stand as before it; answers and outcomes that were told since stay. Its rows stay as those
    of a night that counts no more. Messages that were sent, and where flags were sent that rose, cannot be taken back.

    Raises
    ------
    InputError : it is not the last night, somebody answered a flag that it raised, or the night after it was taken
        back, too, so that what was known before this one is not kept.
    UsageError : the ledger knows no such desk.
    """
    with transaction(ledger.engine, writes=True) as connection:
        night = _last(connection, desk, as_of)
        undo(connection, night)
        expired = _revive(connection, night)
        before = latest_night(connection, desk)
        latest = None if before is None else int(before.as_of)
        sent = _untell(connection, night, latest)
    return TakenBack(night.new, night.risen, night.cleared, expired, sent, latest)


def _last(connection: Connection, desk: str, as_of: int) -> Row[Any]:
    check_desk(connection, desk)
    night = latest_night(connection, desk)
    if night is None or night.as_of != as_of:
        last = "It has none" if night is None else f"That is {iso(night.as_of)}"
        raise InputError(
            f"is not the last night of desk {desk!r}, which alone is taken back",
            column="as_of",
            value=iso(as_of),
            mend=last,
        )
    asked = (
        select(history.c.flag_id)
        .join(flags, flags.c.id == history.c.flag_id)
        .where(flags.c.night_id == night.id, history.c.kind.in_([str(each) for each in ANSWERS]))
    )
    answered = sorted(connection.execute(asked.distinct()).scalars())
    if answered:
        raise InputError(
            f"raised {len(answered)} flag(s) that were answered since, first {answered[0]}",
            column="as_of",
            value=iso(as_of),
            mend="Keep it, and let the next night tell: the answers would count no more",
        )
    return night


def _revive(connection: Connection, night: Row[Any]) -> int:
    """Let flags stand again that ran out as of a night, by new rows of their history; return how many."""
    ran_out = (
        select(history.c.flag_id)
        .join(flags, flags.c.id == history.c.flag_id)
        .where(flags.c.desk == night.desk, history.c.kind == Happening.EXPIRED, history.c.at == night.as_of)
    )
    ids = sorted(connection.execute(ran_out.distinct()).scalars())
    asked = (
        select(history)
        .outerjoin(nights, nights.c.id == history.c.night_id)
        .where(history.c.night_id.is_(None) | COUNTS)
        .order_by(history.c.flag_id, history.c.id)
    )
    rows = groupby(rows_of(connection, asked, history.c.flag_id, ids), key=lambda row: row.flag_id)
    is_of_it = (str(Happening.EXPIRED), night.as_of)
    kept = {flag: [row for row in told_of if (row.kind, row.at) != is_of_it] for flag, told_of in rows}
    lives = {flag: replay(told_of) for flag, told_of in kept.items()}
    stand = lives_of(connection, list(lives))
    lives = {flag: life for flag, life in lives.items() if life != stand[flag]}
    reason = f"the night of {iso(night.as_of)} was taken back"
    for flag, life in lives.items():
        again = happening(flag, Happening.RAISED, night.as_of, tier=life.tier, reason=reason)
        tell(connection, [again, *_told_again(life, kept[flag])])
    save_lives(connection, lives)
    assert lives_of(connection, list(lives)) == lives
    return len(lives)


def _told_again(life: Life, rows: Iterable[Row[Any]]) -> list[dict[str, Any]]:
    """Return what people and outcomes told of a flag that is raised anew, as far as it counts for where it stands."""
    told_of = [{**row._mapping} for row in rows if row.night_id is None]
    answers = [row for row in told_of if row["kind"] in ANSWERS]
    is_answered = life.state in (State.ACKNOWLEDGED, State.SNOOZED, State.DISAGREED)
    again = [*(answers[-1:] if is_answered else ()), *(row for row in told_of if row["kind"] in OUTCOMES)]
    return [{name: value for name, value in row.items() if name != "id"} for row in again]


def _untell(connection: Connection, night: Row[Any], latest: int | None) -> int:
    """Let the outbox go on from the last night that counts; return how many messages of the other were sent."""
    if not connection.dialect.has_table(connection, told.name):
        return 0
    mine = told.c.desk == night.desk
    if latest is None:
        connection.execute(delete(told).where(mine))
    else:
        connection.execute(update(told).where(mine, told.c.as_of > latest).values(as_of=latest))
    asked = select(func.count()).where(
        outbox.c.desk == night.desk, outbox.c.as_of == night.as_of, outbox.c.state == SENT
    )
    return int(connection.execute(asked).scalar_one())
