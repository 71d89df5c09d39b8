"""Tables beside the ledger's, in its database: where each flag went, and what is still to be told of it.

They are made when they are first needed, so that a ledger without handoff and delivery stays as it was. Times are UTC
microseconds; 0 is none. Unlike the ledger's history these rows change: a destination when its flag rises, a letter of
the outbox when it is sent.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
)

from boilover.errors import InputError
from boilover.flagger.ledger.schema import flags, meta

VERSION = 1
KEY = "beside"
"""Key of the version in ``ledger_meta``."""
KEPT, SENT, FAILED = "kept", "sent", "failed"
metadata = MetaData()

destinations = Table(
    "ledger_destinations",
    metadata,
    Column("flag_id", ForeignKey(flags.c.id), primary_key=True, autoincrement=False),
    Column("tier", SmallInteger, nullable=False, comment="of the flag when it was sent there"),
    Column("kind", Text, nullable=False, comment="likely kind of escalation; empty where unclear"),
    Column("team", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("response", Text, nullable=False, comment="within which span; empty where none is set"),
    Column("row", Text, nullable=False, comment="of the matrix, as it is named in messages"),
    Column("overflow", Text, nullable=False, comment="the team that was full, empty where none was"),
)
Index("ledger_destinations_team", destinations.c.team)

outbox = Table(
    "ledger_outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("desk", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("key", Text, nullable=False, comment="of the happening: the receiver's idempotency key"),
    Column("flag_id", ForeignKey(flags.c.id), nullable=False),
    Column("happening", Text, nullable=False),
    Column("as_of", BigInteger, nullable=False, comment="the night that told of it"),
    Column(
        "body", Text, nullable=False, comment="what is sent, the same at every try; empty once it was posted"
    ),
    Column("state", Text, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, comment="runs that tried and failed"),
    Column("receipt", Text, nullable=False, comment="what the receiver said, or where it went"),
    Column("problem", Text, nullable=False, comment="of the last try that failed"),
    UniqueConstraint("desk", "channel", "key"),
    CheckConstraint(f"state IN ('{KEPT}', '{SENT}', '{FAILED}')"),
)
Index("ledger_outbox_kept", outbox.c.desk, outbox.c.channel, outbox.c.state, outbox.c.id)

told = Table(
    "ledger_told",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("as_of", BigInteger, nullable=False),
)
"""Up to which night each desk's happenings were put into the outbox."""


def ready(connection: Connection) -> None:
    """Make the tables where they are not there yet; only for who holds the ledger. Raises `InputError`."""
    version = connection.execute(select(meta.c.value).where(meta.c.key == KEY)).scalar()
    if version is None:
        metadata.create_all(connection)
        connection.execute(insert(meta), {"key": KEY, "value": str(VERSION)})
    elif version != str(VERSION):
        raise InputError(
            f"the ledger's outbox is of version {version[:20]}; this Boilover reads version {VERSION}",
            mend="Use the Boilover that wrote it",
        )
