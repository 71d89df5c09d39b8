"""What the errors of a database mean for who asked: as errors of ours, which name the ledger and no ticket."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from boilover.errors import BoiloverError, InputError, LockedError, UsageError

DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
UNREADABLE = ("Could not decode", "no such column", "no such table")
"""How SQLite begins to say that what it holds is not what was written."""
BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
REFUSED = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")
BUSY_STATES = ("55P03", "40P01", "40001")


def name_of(engine: Engine) -> str:
    """Return the ledger's name for messages, without a password."""
    if engine.dialect.name == "sqlite":
        return str(engine.url.database)
    return engine.url.render_as_string(hide_password=True)


def explained(error: DBAPIError, engine: Engine) -> BaseException:
    """Return the error of ours that says what the database's means; what only a fault in the code raises stays."""
    name = name_of(engine)
    reason = str(error.orig).splitlines()[0] if str(error.orig) else type(error.orig).__name__
    code = str(getattr(error.orig, "sqlite_errorname", ""))
    state = getattr(error.orig, "sqlstate", None)
    if code.startswith(BUSY) or state in BUSY_STATES:
        return LockedError(f"another run is writing to the ledger {name}. Try again when it is done")
    if code.startswith(DAMAGED) or reason.startswith(UNREADABLE):
        # What follows may be a text that it holds.
        return damaged(engine, reason.partition(" with text")[0])
    if code.startswith(REFUSED):
        mend = "Who writes to it, or reads it while a run does, must be let write to it and its folder: ask for that"
        return UsageError(f"cannot use the ledger {name}: {reason}. {mend}")
    if code == "SQLITE_FULL" or state == "53100":
        return UsageError(
            f"cannot write to the ledger {name}: {reason}. Make room there, or name another place"
        )
    if code.startswith("SQLITE_IOERR") or str(state).startswith(("53", "57", "58")):
        return BoiloverError(f"the ledger {name} cannot be written: {reason}")
    lost = engine.dialect.name == "postgresql" and (error.connection_invalidated or state is None)
    if lost or str(state).startswith(("08", "28", "3D", "42501")):
        return UsageError(f"cannot reach the ledger {name}: {reason}")
    return error


def damaged(engine: Engine, reason: str) -> InputError:
    """Return the error for a database whose content is not what a ledger wrote."""
    return InputError(
        f"is damaged or no ledger: {reason}",
        file=name_of(engine),
        mend="Restore it from a backup, or name another file",
    )
