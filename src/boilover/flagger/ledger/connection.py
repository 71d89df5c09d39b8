"""Connections to the database of a ledger: SQLite or PostgreSQL, one transaction at a time.

A writer holds the whole ledger: on SQLite by BEGIN IMMEDIATE, on PostgreSQL by the row of ``ledger_meta``. So what it
reads stays true until it has written. Writes are short; who waits longer than ``wait`` gets a `LockedError`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from boilover.errors import INSTALL, InputError, UsageError
from boilover.flagger.ledger.faults import damaged, explained, name_of
from boilover.flagger.ledger.reading import is_shut, only_read
from boilover.flagger.ledger.schema import VERSION, meta, metadata

WAIT_SECONDS = 30.0
CREATING = 0x626F696C
"""Key of the PostgreSQL advisory lock under which tables are made; any fixed number does."""
PREFIX = "ledger_"


def connect(where: str | Path, *, create: bool = True, wait: float = WAIT_SECONDS) -> Engine:
    """Return the engine of a ledger, made where it does not exist and ``create`` allows.

    ``where`` is a path of a SQLite file or a URL of SQLAlchemy. Raises `UsageError` for what cannot be reached,
    `InputError` for a database that is damaged, no ledger, or of another version.
    """
    url = _url(where)
    engine = _sqlite(url, wait, create) if url.get_backend_name() == "sqlite" else _postgresql(url, wait)
    with transaction(engine) as connection:
        known = _known(connection, engine)
    if not known:
        if not create:
            raise UsageError(f"there is no ledger at {name_of(engine)}")
        with transaction(engine, writes=True, locked=False) as connection:
            _create(connection, engine)
    return engine


@contextmanager
def transaction(
    engine: Engine, *, writes: bool = False, keep: bool = True, locked: bool = True
) -> Iterator[Connection]:
    """Yield a connection in one transaction: a writer alone, or readers of one moment; ``keep`` False rolls back.

    ``locked`` False is for who makes the table that is locked.
    """
    postgres = engine.dialect.name == "postgresql"
    options: dict[str, Any] = {"writes": writes}
    if postgres and not writes:
        options["isolation_level"] = "REPEATABLE READ"
    try:
        with engine.connect().execution_options(**options) as connection, connection.begin() as begun:
            if postgres and writes and locked:
                connection.execute(select(meta.c.value).where(meta.c.key == "version").with_for_update())
            yield connection
            if not keep:
                begun.rollback()
    except DBAPIError as error:
        raise explained(error, engine) from error
    except UnicodeDecodeError as error:
        # SQLite cites a damaged schema, and its driver cannot read that.
        if not error.object.startswith(b"malformed"):
            raise
        raise damaged(engine, "malformed database schema") from error


def _url(where: str | Path) -> URL:
    if isinstance(where, Path) or "://" not in where:
        if not str(where).strip():
            raise UsageError("a ledger needs a path or a database URL")
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        raise UsageError(
            "the ledger's URL cannot be read. Write sqlite:///path or postgresql://host/name"
        ) from None
    if backend == "sqlite" and url.database:
        return URL.create("sqlite", database=url.database)
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    raise UsageError(f"a ledger is kept in a file of SQLite or in PostgreSQL, not in '{backend}'")


def _sqlite(url: URL, wait: float, create: bool) -> Engine:
    path = Path(str(url.database))
    if path.is_dir():
        raise UsageError(f"{path} is a folder. A ledger is one file")
    if not create and not path.exists():
        raise UsageError(f"there is no ledger at {path}")
    try:
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {path}: {error.strerror}") from error
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": wait})
    if reads_only := is_shut(path):
        only_read(engine, path, wait)

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, record: Any) -> None:
        # The driver would begin transactions by itself, and too late.
        raw.isolation_level = None
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA synchronous = FULL")
        if not reads_only and raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            raw.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL, wait: float) -> Engine:
    try:
        engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"a ledger in PostgreSQL needs the package psycopg. {INSTALL.format('postgres')}"
        ) from error

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, record: Any) -> None:
        raw.execute(f"SET lock_timeout = {max(1, round(wait * 1000))}")
        raw.commit()

    return engine


def _known(connection: Connection, engine: Engine) -> bool:
    """Return whether the database holds a ledger of this version; False where it holds none at all."""
    there = {name for name in inspect(connection).get_table_names() if name.startswith(PREFIX)}
    wanted = set(metadata.tables)
    if not there & wanted:
        return False
    if meta.name not in there:
        raise damaged(engine, f"there is no table {meta.name}")
    version = connection.execute(select(meta.c.value).where(meta.c.key == "version")).scalar()
    if version is None:
        raise damaged(engine, "its version is missing")
    if version != str(VERSION):
        raise InputError(
            f"is a ledger of version {version[:20]}; this Boilover reads version {VERSION}",
            file=name_of(engine),
            mend="Use the Boilover that wrote it, or export there and start a new ledger here",
        )
    if wanted - there:
        raise damaged(engine, f"there is no table {min(wanted - there)}")
    return True


def _create(connection: Connection, engine: Engine) -> None:
    if engine.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CREATING})
    if not _known(connection, engine):
        metadata.create_all(connection, checkfirst=False)
        connection.execute(insert(meta), {"key": "version", "value": str(VERSION)})
