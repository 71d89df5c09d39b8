"""The ledger as one object: each method is one transaction, done or not done at all.

Two runs may use one ledger: writers take turns, and who waits too long gets a `LockedError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from boilover.flagger.ledger import audit, effect, export, feedback, memory, nights, outcomes
from boilover.flagger.ledger.connection import WAIT_SECONDS, connect, transaction
from boilover.flagger.ledger.effect import Effect
from boilover.flagger.ledger.feedback import Answer
from boilover.flagger.ledger.life import Happening
from boilover.flagger.ledger.nights import Facts, Recorded
from boilover.flagger.ledger.outcomes import Outcomes
from boilover.flagger.ledger.texts import checked_id
from boilover.flagger.night import Decision, Memory, Night, Objects


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

    def record(
        self,
        desk: str,
        night: Night,
        decision: Decision,
        facts: Facts,
        *,
        why: Objects | None = None,
        replace: bool = False,
    ) -> Recorded:
        """Record a night as a whole.

        The same night again (input, model and policy) changes nothing, and ``again`` says so. Another input for a
        recorded night is refused; ``replace`` lets it take the place of the latest one, as long as nobody has
        answered a flag that that one changed. ``why`` is a sentence per ticket, kept with flags that are raised or
        rise. Raises `InputError` for a night out of order or bad ids, `LockedError` where the flags changed between
        memory and record, so that the decision does not fit them.
        """
        checked_id(desk, column="desk")
        with transaction(self.engine, writes=True) as connection:
            return nights.record(connection, desk, night, decision, facts, why=why, replace=replace)

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

    def _answer(self, given: Answer) -> bool:
        with transaction(self.engine, writes=True) as connection:
            return feedback.answer(connection, given)

    def import_feedback(self, frame: pd.DataFrame, *, source: object = None) -> int:
        """Record a sheet of answers, all or none; return how many were new."""
        with transaction(self.engine, writes=True) as connection:
            return feedback.import_feedback(connection, frame, source=source)

    def outcomes(self, desk: str, escalations: pd.DataFrame, *, source: object = None) -> Outcomes:
        """Mark what escalated or was resolved, and tell which share of escalations had been flagged before."""
        with transaction(self.engine, writes=True) as connection:
            return outcomes.outcomes(connection, desk, escalations, source=source)

    def expire(self, desk: str, *, unseen_since: int, when: int) -> int:
        """End the open flags of tickets that no night has asked about since a moment; return how many."""
        with transaction(self.engine, writes=True) as connection:
            return outcomes.expire(connection, desk, unseen_since, when)

    def export(self, table: str = "flags", *, desk: str | None = None) -> pd.DataFrame:
        """Return ``flags``, ``sheet`` (open flags to answer on), ``history``, ``nights``, ``holdouts`` or ``lots``."""
        with transaction(self.engine) as connection:
            return export.export(connection, table, desk=desk)

    def ended(self, desk: str, as_of: int) -> pd.DataFrame:
        """Return the flags that were open on the night before a moment and that an outcome or time ended since."""
        with transaction(self.engine) as connection:
            return export.ended(connection, desk, as_of)

    def unsettled(self, desk: str) -> list[str]:
        """Return the tickets of flags and lots whose outcome may still change."""
        with transaction(self.engine) as connection:
            return export.unsettled(connection, desk)

    def feedback(self, *, desk: str | None = None) -> pd.DataFrame:
        """Return how many flags were answered, and what they came to, by who asked for them."""
        with transaction(self.engine) as connection:
            return export.feedback(connection, desk=desk)

    def effect(self, desk: str, *, within: str = "7d") -> Effect:
        """Compare tickets that a lot held out with those that it did not; refuse where nobody was held out."""
        with transaction(self.engine) as connection:
            return effect.effect(connection, desk, within)

    def contaminated(self, desk: str, points: pd.DataFrame, *, horizon: int) -> pd.DataFrame:
        """Mark the points whose labels an answered flag may have changed: ``flagged, contaminated, holdout``."""
        with transaction(self.engine) as connection:
            return export.contaminated(connection, desk, points, horizon)

    def check(self) -> tuple[str, ...]:
        """Return what does not add up: states against history, counts, damage; nothing where all is well."""
        with transaction(self.engine) as connection:
            return audit.check(connection)

    def latest(self, desk: str) -> dict[str, Any] | None:
        """Return the desk's last recorded night as plain values."""
        with transaction(self.engine) as connection:
            row = memory.latest_night(connection, desk)
        return None if row is None else dict(row._mapping)
