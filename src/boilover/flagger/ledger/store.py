"""The ledger as one object: each method is one transaction, done or not done at all.

Two runs may use one ledger: writers take turns, and who waits too long gets a `LockedError`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

from boilover.flagger.ledger import audit, memory, nights
from boilover.flagger.ledger import effect as arms
from boilover.flagger.ledger import export as exports
from boilover.flagger.ledger import feedback as answers
from boilover.flagger.ledger import outcomes as ends
from boilover.flagger.ledger.connection import WAIT_SECONDS, connect, transaction
from boilover.flagger.ledger.feedback import Answer
from boilover.flagger.ledger.life import Happening
from boilover.flagger.ledger.texts import checked_id
from boilover.flagger.night import Memory, Objects

P = ParamSpec("P")
R = TypeVar("R")


def _method(
    asked: Callable[Concatenate[Connection, P], R], *, writes: bool = False
) -> Callable[Concatenate[Ledger, P], R]:
    """Return what takes a connection as a method of the ledger that is one transaction."""

    @wraps(asked)
    def method(ledger: Ledger, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with transaction(ledger.engine, writes=writes) as connection:
            return asked(connection, *args, **kwargs)

    return method


@dataclass(frozen=True)
class Ledger:
    """Every flag with its life. ``desk`` names whose tickets they are; times are UTC microseconds."""

    engine: Engine

    @classmethod
    def open(cls, url_or_path: str | Path, *, create: bool = True, wait: float = WAIT_SECONDS) -> Ledger:
        """Open a SQLite file or a database by its URL (``postgresql://…``), made where it does not exist.

        ``wait`` is how many seconds to wait for another writer. Raises `UsageError` for what cannot be reached or,
        without ``create``, does not exist; `InputError` for what is damaged, no ledger, or of another version.
        """
        return cls(connect(url_or_path, create=create, wait=wait))

    def memory(self, desk: str, ticket_ids: Objects, *, before: int | None = None) -> Memory:
        """Return what the ledger knows of n tickets, aligned to them.

        Give the night's moment as ``before``: where that night is recorded already, its memory is what was known
        before it, so that deciding it again decides the same. Raises `InputError` where a later night is recorded.
        """
        checked_id(desk, column="desk")
        with transaction(self.engine) as connection:
            latest = memory.latest_night(connection, desk)
            if before is None or latest is None or latest.as_of < before:
                return memory.memory(connection, desk, ticket_ids)
        nights.check_order(latest, before)
        with transaction(self.engine, writes=True, keep=False) as connection:
            latest = memory.latest_night(connection, desk)
            if latest is not None and latest.as_of == before:
                memory.undo(connection, latest)
            return memory.memory(connection, desk, ticket_ids)

    record = _method(nights.record, writes=True)

    def acknowledge(
        self, flag: int | str, *, who: str, when: int, reason: str = "", desk: str | None = None
    ) -> bool:
        """Say that somebody looks after a flag (its id, or as text its ticket's); return whether that was new."""
        return self._answer(Answer(flag, Happening.ACKNOWLEDGED, who, when, reason, desk=desk))

    def snooze(
        self, flag: int | str, *, who: str, when: int, until: int, reason: str = "", desk: str | None = None
    ) -> bool:
        """Put a flag off until a moment; return whether that was new."""
        return self._answer(Answer(flag, Happening.SNOOZED, who, when, reason, until, desk))

    def disagree(self, flag: int | str, *, who: str, when: int, reason: str, desk: str | None = None) -> bool:
        """Say that a flag is wrong, and why; return whether that was new."""
        return self._answer(Answer(flag, Happening.DISAGREED, who, when, reason, desk=desk))

    _answer = _method(answers.answer, writes=True)
    import_feedback = _method(answers.import_feedback, writes=True)
    outcomes = _method(ends.outcomes, writes=True)
    expire = _method(ends.expire, writes=True)
    export = _method(exports.export)
    ended = _method(exports.ended)
    unsettled = _method(exports.unsettled)
    feedback = _method(exports.feedback)
    contaminated = _method(exports.contaminated)
    effect = _method(arms.effect)
    check = _method(audit.check)

    def latest(self, desk: str) -> dict[str, Any] | None:
        """Return the desk's last recorded night as plain values."""
        with transaction(self.engine) as connection:
            row = memory.latest_night(connection, desk)
        return None if row is None else dict(row._mapping)
