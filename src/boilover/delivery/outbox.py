"""The outbox: what is to be sent, kept until the receiver has it. Each function is one transaction.

A letter is put in once, by its key, whatever becomes of it. It is marked as sent together with its receipt, after the
receiver has said that it has it: a job that is killed in between sends the same letter again, with the same key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from boilover.flagger.beside import FAILED, KEPT, SENT, outbox, ready, told
from boilover.flagger.ledger.connection import transaction
from boilover.flagger.ledger.rows import chunks, next_id
from boilover.flagger.ledger.schema import history, nights
from boilover.flagger.ledger.texts import clean

TOO_OLD = "was not delivered in time"


@dataclass(frozen=True)
class Letter:
    """What one channel is to be sent of one happening."""

    channel: str
    key: str
    flag_id: int
    happening: str
    as_of: int
    body: str


def put(engine: Engine, desk: str, letters: Sequence[Letter], *, up_to: int | None, now: int) -> int:
    """Put in what is not there yet, in the order given; note up to which night was told. Return how many were new."""
    with transaction(engine, writes=True) as connection:
        ready(connection)
        known = _known(connection, desk, letters)
        new = {(each.channel, each.key): each for each in letters if (each.channel, each.key) not in known}
        first = next_id(connection, outbox.c.id)
        rows = [
            {
                "id": first + place,
                "desk": desk,
                **{
                    name: getattr(each, name)
                    for name in ("channel", "key", "flag_id", "happening", "as_of", "body")
                },
                "state": KEPT,
                "kept_at": now,
                "sent_at": 0,
                "tries": 0,
                "receipt": "",
                "problem": "",
            }
            for place, each in enumerate(new.values())
        ]
        if rows:
            connection.execute(insert(outbox), rows)
        if up_to is not None:
            _tell(connection, desk, up_to)
        return len(rows)


def kept(
    engine: Engine, desk: str, channel: str, *, after: int = 0, limit: int | None = None
) -> list[Row[Any]]:
    """Return what a channel has still to be sent, in order; ``after`` is a letter's id."""
    asked = select(outbox).where(*_of(desk, channel), outbox.c.state == KEPT, outbox.c.id > after)
    with transaction(engine) as connection:
        return list(connection.execute(asked.order_by(outbox.c.id).limit(limit)))


def of_night(engine: Engine, desk: str, channel: str, as_of: int) -> list[Row[Any]]:
    """Return all that a channel is told of a night, sent before or not, in order."""
    asked = select(outbox).where(*_of(desk, channel), outbox.c.as_of == as_of, outbox.c.state != FAILED)
    with transaction(engine) as connection:
        return list(connection.execute(asked.order_by(outbox.c.id)))


def mark_sent(engine: Engine, ids: Sequence[int], receipt: str, *, now: int, forget: bool = False) -> None:
    """Mark letters as sent, with the receipt; ``forget`` drops their bodies, which may hold customers' words."""
    values: dict[str, Any] = {"state": SENT, "sent_at": now, "receipt": clean(receipt)}
    if forget:
        values["body"] = ""
    _change(engine, ids, values)


def mark_tried(engine: Engine, ids: Sequence[int], problem: str) -> None:
    """Count a run that could not send letters, and keep them."""
    _change(engine, ids, {"tries": outbox.c.tries + 1, "problem": clean(problem)})


def channels_of(engine: Engine, desk: str) -> list[str]:
    """Return the names of the channels for which something is kept."""
    asked = select(outbox.c.channel).where(outbox.c.desk == desk, outbox.c.state == KEPT).distinct()
    with transaction(engine) as connection:
        return sorted(connection.execute(asked).scalars())


def give_up(engine: Engine, desk: str, channel: str, *, kept_before: int) -> int:
    """Fail what was put in before a moment and could not be sent; drop what only a replaced night told.

    Return how many these are. The bodies of the first go; of the others all goes, for another record of that night may
    tell the same again.
    """
    holds = (
        select(history.c.id)
        .join(nights, nights.c.id == history.c.night_id)
        .where(history.c.flag_id == outbox.c.flag_id, history.c.kind == outbox.c.happening)
        .where(history.c.at == outbox.c.as_of, nights.c.replaced.is_(False))
        .exists()
    )
    where = (*_of(desk, channel), outbox.c.state == KEPT)
    with transaction(engine, writes=True) as connection:
        withdrawn = connection.execute(delete(outbox).where(*where, ~holds))
        late = update(outbox).where(*where, outbox.c.kept_at < kept_before)
        failed = connection.execute(late.values(state=FAILED, body="", problem=TOO_OLD))
        return withdrawn.rowcount + failed.rowcount


def counts(engine: Engine, desk: str) -> dict[str, int]:
    """Return how many letters of a desk are in each state."""
    asked = select(outbox.c.state, func.count()).where(outbox.c.desk == desk).group_by(outbox.c.state)
    with transaction(engine) as connection:
        found = {state: int(count) for state, count in connection.execute(asked)}
    return {state: found.get(state, 0) for state in (KEPT, SENT, FAILED)}


def _of(desk: str, channel: str) -> tuple[Any, ...]:
    return outbox.c.desk == desk, outbox.c.channel == channel


def _known(connection: Connection, desk: str, letters: Sequence[Letter]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for some in chunks(sorted({each.key for each in letters})):
        asked = select(outbox.c.channel, outbox.c.key).where(outbox.c.desk == desk, outbox.c.key.in_(some))
        found |= {(row.channel, row.key) for row in connection.execute(asked)}
    return found


def _tell(connection: Connection, desk: str, up_to: int) -> None:
    before = connection.execute(select(told.c.as_of).where(told.c.desk == desk)).scalar()
    if before is None:
        connection.execute(insert(told), {"desk": desk, "as_of": up_to})
    elif before < up_to:
        connection.execute(update(told).where(told.c.desk == desk).values(as_of=up_to))


def _change(engine: Engine, ids: Sequence[int], values: dict[str, Any]) -> None:
    with transaction(engine, writes=True) as connection:
        for some in chunks(ids):
            connection.execute(
                update(outbox).where(outbox.c.id.in_(some), outbox.c.state == KEPT).values(values)
            )
