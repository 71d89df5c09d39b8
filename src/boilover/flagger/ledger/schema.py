"""The tables of the ledger: the contract between a night's record and everybody who reads it.

Times are UTC microseconds; 0 is none. ``state``, ``tier`` and ``by`` are the codes of `boilover.flagger.night`.
Ids are given by the ledger, in order of ticket id within a night, so that the same nights give the same ids.

- ``ledger_history`` is append-only, guarded by the database itself. One row is one change of one flag.
- ``ledger_flags`` is what the history comes to, and how often a flag was seen: a night on which a flag stays as it
  is adds no row, it counts ``nights`` up and moves ``last_seen``.
- ``ledger_nights`` has one row per recorded night. A night that another record of the same moment replaced, or that was
  taken back, stays as ``replaced``, and what the history tells of it no longer counts.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from boilover.flagger.ledger.life import OUTCOMES, Happening
from boilover.flagger.night import OPEN_STATES, State

VERSION = 1
metadata = MetaData()

meta = Table(
    "ledger_meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""One row, ``version``. Writers on PostgreSQL take turns on its lock."""

nights = Table(
    "ledger_nights",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("desk", Text, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("model", Text, nullable=False),
    Column("policy", Text, nullable=False, comment="the policy's hash"),
    Column("input_hash", Text, nullable=False, comment="of tickets, risks, weights, segments and triggers"),
    Column("threshold", Float, comment="empty where none was chosen"),
    Column("tickets", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("still", Integer, nullable=False),
    Column("risen", Integer, nullable=False, comment="flags that rose to a higher tier"),
    Column("cleared", Integer, nullable=False),
    Column("suppressed", Integer, nullable=False),
    Column("held", Integer, nullable=False, comment="of the suppressed, those with an open flag"),
    Column("replaced", Boolean, nullable=False),
)
COUNTS = nights.c.replaced.is_(False)
"""Of a night: no other took its place."""
Index(
    "ledger_nights_once",
    nights.c.desk,
    nights.c.as_of,
    unique=True,
    sqlite_where=COUNTS,
    postgresql_where=COUNTS,
)

flags = Table(
    "ledger_flags",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("desk", Text, nullable=False),
    Column("ticket_id", Text, nullable=False),
    Column("night_id", ForeignKey(nights.c.id), nullable=False, comment="that raised it"),
    Column("raised_at", BigInteger, nullable=False),
    Column("by", SmallInteger, nullable=False),
    Column("risk", Float, comment="when it was raised, as the threshold and why"),
    Column("threshold", Float),
    Column("why", Text, nullable=False),
    Column("state", SmallInteger, nullable=False, comment="0: the night that raised it counts no more"),
    Column("tier", SmallInteger, nullable=False, comment="the highest so far"),
    Column("snoozed_until", BigInteger, nullable=False),
    Column("cleared_at", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False, comment="empty, or one of life.OUTCOMES"),
    Column("outcome_at", BigInteger, nullable=False),
    Column("nights", Integer, nullable=False, comment="on which it was open, the first included"),
    Column("last_seen", BigInteger, nullable=False, comment="the last night on which its ticket was at risk"),
    Column("nights_below", Integer, nullable=False),
    Column("seen_before", BigInteger, nullable=False, comment="last_seen before that night"),
    Column("below_before", Integer, nullable=False, comment="nights_below before that night"),
    UniqueConstraint("desk", "ticket_id", "raised_at"),
    CheckConstraint("state BETWEEN 0 AND 5"),
    CheckConstraint("outcome IN ('', {})".format(", ".join(f"'{each}'" for each in OUTCOMES))),
)
WAS_RAISED = flags.c.state != int(State.NONE)
"""But by a night that was replaced."""
IS_OPEN = flags.c.state.in_([int(state) for state in OPEN_STATES])
Index(
    "ledger_flags_one_open",
    flags.c.desk,
    flags.c.ticket_id,
    unique=True,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)

history = Table(
    "ledger_history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("flag_id", ForeignKey(flags.c.id), nullable=False, index=True),
    Column("night_id", ForeignKey(nights.c.id), index=True, comment="empty: told by people or by outcomes"),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("tier", SmallInteger, nullable=False, comment="after it, where the night set it"),
    Column("until", BigInteger, nullable=False, comment="of a snooze"),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("kind IN ({})".format(", ".join(f"'{each}'" for each in Happening))),
)

streaks = Table(
    "ledger_streaks",
    metadata,
    Column("night_id", ForeignKey(nights.c.id), primary_key=True),
    Column("ticket_id", Text, primary_key=True),
    Column("nights_above", Integer, nullable=False),
)
"""Nights in a row above the level of raising, of the tickets that have any; of the last two nights of a desk."""

lots = Table(
    "ledger_lots",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("ticket_id", Text, primary_key=True),
    Column(
        "night_id", ForeignKey(nights.c.id), nullable=False, comment="the first that would have flagged it"
    ),
    Column("is_held_out", Boolean, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("tier", SmallInteger, nullable=False),
    Column("risk", Float),
    Column("outcome", Text, nullable=False),
    Column("outcome_at", BigInteger, nullable=False),
)
"""Tickets that were to be flagged on a night that drew lots: those that were not, by lot, and all others, also those
that only the capacity or quiet hours held back. They differ by the lot alone, so that the effect of flags shows."""


def _after_creation(statement: str, dialect: str) -> None:
    ddl: Any = DDL(statement)  # type: ignore[no-untyped-call]
    event.listen(history, "after_create", ddl.execute_if(dialect=dialect))


for _change in ("UPDATE", "DELETE"):
    _name = f"ledger_history_no_{_change.lower()}"
    _after_creation(
        f"CREATE TRIGGER {_name} BEFORE {_change} ON ledger_history"
        " BEGIN SELECT RAISE(ABORT, 'the history of a ledger is append-only'); END",
        "sqlite",
    )
    _after_creation(
        f"CREATE FUNCTION {_name}() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the history of a ledger is append-only'; END $$",
        "postgresql",
    )
    _after_creation(
        f"CREATE TRIGGER {_name} BEFORE {_change} ON ledger_history"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {_name}()",
        "postgresql",
    )
