"""What each team bears, by the ledger; and where each flag was sent, so that it stays there."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, select

from boilover.flagger.beside import destinations, ready
from boilover.flagger.ledger import Ledger
from boilover.flagger.ledger.connection import transaction
from boilover.flagger.ledger.rows import chunks, put, rows_of
from boilover.flagger.ledger.schema import IS_OPEN, flags
from boilover.flagger.matrix import Asked, Destination, Matrix, route

PLACE = ("team", "contact", "response", "row", "overflow")


def assign(ledger: Ledger, matrix: Matrix, asked: Sequence[Asked]) -> dict[int, Destination]:
    """Return where flags go, by flag, and keep it; one transaction.

    A flag that was sent somewhere stays there, with what was kept of it, until it rises to a higher tier: a re-run of
    a night changes nothing. Teams bear the open flags of all desks of the ledger.
    """
    with transaction(ledger.engine, writes=True) as connection:
        ready(connection)
        known = _known(connection, asked)
        new = [each for each in asked if each.flag_id not in known]
        placed = route(matrix, new, _load(connection, new))
        _keep(connection, new, placed)
    return known | placed


def destinations_of(ledger: Ledger, flag_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return where flags were sent, by flag, as ``kind`` and the texts of `Destination`; those without one left out."""
    with transaction(ledger.engine) as connection:
        if not connection.dialect.has_table(connection, destinations.name):
            return {}
        rows = rows_of(connection, select(destinations), destinations.c.flag_id, flag_ids)
        return {row.flag_id: {name: getattr(row, name) for name in ("kind", *PLACE)} for row in rows}


def _known(connection: Connection, asked: Sequence[Asked]) -> dict[int, Destination]:
    """Return where flags were sent at the tier that they still have."""
    tiers = {each.flag_id: each.tier for each in asked}
    return {
        row.flag_id: Destination(**{name: getattr(row, name) for name in PLACE})
        for row in rows_of(connection, select(destinations), destinations.c.flag_id, list(tiers))
        if row.tier >= tiers[row.flag_id]
    }


def _load(connection: Connection, new: Sequence[Asked]) -> dict[str, int]:
    """Return how many open flags each team bears, those left out that look for a place anew."""
    borne = (
        select(destinations.c.team, func.count().label("borne"))
        .join(flags, flags.c.id == destinations.c.flag_id)
        .where(IS_OPEN)
        .group_by(destinations.c.team)
    )
    load = {team: int(count) for team, count in connection.execute(borne)}
    for row in rows_of(connection, borne, destinations.c.flag_id, [each.flag_id for each in new]):
        load[row.team] -= int(row.borne)
    return load


def _keep(connection: Connection, new: Sequence[Asked], placed: dict[int, Destination]) -> None:
    for some in chunks([each.flag_id for each in new]):
        connection.execute(delete(destinations).where(destinations.c.flag_id.in_(some)))
    rows = [
        {
            "flag_id": each.flag_id,
            "tier": each.tier,
            "kind": each.kind or "",
            **{name: getattr(placed[each.flag_id], name) for name in PLACE},
        }
        for each in new
    ]
    put(connection, destinations, rows)
