"""Rows as files, one per night, and as a table of a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
from sqlalchemy import (
    Column,
    DateTime,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    insert,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from boilover.delivery.channels import SUFFIXES, FileChannel, SqlChannel
from boilover.flagger.ledger.rows import chunks
from boilover.outputs import write_frame
from boilover.times import stamp

TIMES = ("at", "raised_at", "respond_by")
FIGURES = ("risk", "threshold")
WHOLE = ("flag_id",)
TEXTS = ("desk", "ticket_id", "happening", "tier", "by", "why", "kind", "team", "contact", "model", "policy")
KEY_LENGTH = 64
POSTGRESQL = "postgresql+psycopg"
"""The driver that a ledger uses too."""


def path_of(channel: FileChannel, desk: str, as_of: int) -> Path:
    """Return the file of a night; the name of a desk can leave no folder."""
    safe = quote(desk, safe=" ").replace(".", "%2E")
    path = Path(channel.path.replace("{night}", stamp(as_of)).replace("{desk}", safe))
    return (
        path if path.suffix == SUFFIXES[channel.kind] else path.with_name(path.name + SUFFIXES[channel.kind])
    )


def write_file(channel: FileChannel, path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the rows of a night; the same rows give the same bytes."""
    frame = pd.DataFrame(list(rows))
    typed: dict[str, Any] = {
        name: pd.to_datetime(frame[name], utc=True, format="ISO8601").dt.as_unit("us") for name in TIMES
    }
    typed |= {name: frame[name].astype("float64") for name in FIGURES}
    typed |= {name: frame[name].astype("int64") for name in WHOLE}
    texts = {name: frame[name].astype("str") for name in frame.columns if name not in typed}
    write_frame(frame.assign(**typed, **texts), path, channel.kind)


def write_rows(channel: SqlChannel, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that are not there yet, in one transaction; return how many."""
    url = make_url(channel.url.get_secret_value())
    if url.drivername == "postgresql":
        url = url.set(drivername=POSTGRESQL)
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    table = _table(channel)
    with engine.begin() as connection:
        table.create(connection, checkfirst=True)
        keys = [row["key"] for row in rows]
        known: set[str] = set()
        for some in chunks(keys):
            known |= set(connection.execute(select(table.c.key).where(table.c.key.in_(some))).scalars())
        new = [_typed(row) for row in rows if row["key"] not in known]
        if new:
            connection.execute(insert(table), new)
    return len(new)


def _table(channel: SqlChannel) -> Table:
    packet = (Column("packet", Text, nullable=False),) if channel.packets else ()
    return Table(
        channel.table,
        MetaData(),
        Column("key", String(KEY_LENGTH), primary_key=True),
        *(Column(name, Integer, nullable=False) for name in WHOLE),
        *(Column(name, Text, nullable=False) for name in TEXTS),
        *(Column(name, Float) for name in FIGURES),
        *(Column(name, DateTime(timezone=True)) for name in TIMES),
        *packet,
    )


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: datetime.fromisoformat(row[name]) if row[name] else None for name in TIMES}
    return {**row, **times}
