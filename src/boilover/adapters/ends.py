"""How a ticket's history fits the status that it has today: where the two disagree, the history is cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from boilover.adapters.base import Tally
from boilover.adapters.export import Export
from boilover.adapters.facts import Facts
from boilover.adapters.times import moment

DONE = frozenset({"solved", "closed"})
GOES_ON, ENDED = 1, 2
HOLDERS = frozenset({"group", "assignee"})
FIXED = frozenset({"channel", "language"})
"""What a ticket has from its beginning."""
ENOUGH = 100
"""Of so many tickets, some changed hands, or priority: where no history tells of it, that is not kept."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Today:
    """What a record of a ticket says of its status: ``ended`` are the times and statuses of its end, as it tells them.

    ``was_changed`` is false where the record was never changed since it was made.
    """

    status: str
    raw: str | None
    updated: str | None
    ended: Sequence[tuple[str, str]] = ()
    was_changed: bool = True


@dataclass
class Ends:
    """The last change of status of each ticket, kept while the history is told."""

    time_format: str = "iso"
    newest: datetime = LONG_AGO
    changed: set[str] = field(default_factory=set)
    """The parts of the state of which any change is told."""
    _last: dict[str, tuple[datetime, int]] = field(default_factory=dict)

    def note(self, ticket: str, at: str, status: str | None) -> None:
        """Take in one row of the history, and the status that it led to, if it is one of status."""
        time = moment(at, self.time_format)
        if time is None:
            return
        self.newest = max(self.newest, time)
        if status is None:
            return
        latest, before = self._last.get(ticket, (LONG_AGO, 0))
        if time >= latest:
            now = ENDED if status in DONE else GOES_ON
            self._last[ticket] = time, now | (before if time == latest else 0)

    def may_be_first(self, target: str, n_tickets: int, tally: Tally) -> bool:
        """Say whether today's value may stand for the first one; count it where no history of it is kept."""
        kept = self.changed & HOLDERS if target in HOLDERS else target in self.changed | FIXED
        if kept or n_tickets < ENOUGH:
            return True
        tally.note(f"{target} of today, which no history tells since when, left out")
        return False

    def tell(self, export: Export, facts: Facts, ticket: str, today: Today, *, has_history: bool) -> None:
        """Tell the status of today, or when the ticket ended where no history tells that.

        Where other tickets have a history of status and this one's leads elsewhere, it is cut: `Export.cut`. A ticket
        that changed after the newest row of the history is not judged, nor is a record that is older than the history,
        as overlapping exports hold them.
        """
        last = self._last.get(ticket)
        is_done = today.status in DONE
        untold = last is None and is_done and today.was_changed
        differs = last is not None and not last[1] & (ENDED if is_done else GOES_ON)
        updated = moment(today.updated, self.time_format)
        is_covered = updated is not None and (last is None or last[0] <= updated) and updated <= self.newest
        if has_history and self._last and is_covered and (untold or differs):
            export.cut(
                ticket,
                f"its last change of status does not lead to '{today.raw or today.status}', as it is now",
            )
        if has_history and not untold:
            facts.today(ticket, "status", today.status, raw=today.raw, at=today.updated)
            return
        for at, status in today.ended:
            facts.seen(ticket, "status", status, today.raw if status == today.status else None, at=at)
        if not has_history:
            facts.today(ticket, "status", today.status, raw=today.raw, at=today.updated)


@dataclass
class Firsts:
    """What attributes held before their earliest change: an export's own record holds what they are today."""

    time_format: str = "iso"
    old: dict[tuple[str, str], tuple[datetime, str | None]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    """The attributes of which a history is kept."""

    def note(self, ticket: str, attribute: str, at: str, old: str | None) -> None:
        """Take in one change; of changes at one time the first told counts."""
        time = moment(at, self.time_format)
        self.kept.add(attribute)
        if time is not None and (
            (ticket, attribute) not in self.old or time < self.old[ticket, attribute][0]
        ):
            self.old[ticket, attribute] = time, old

    def tells(self, ticket: str, attribute: str, today: str | None) -> bool:
        """Say whether the history tells what a ticket had at first: of what is kept, also by telling of no change."""
        return (ticket, attribute) in self.old or (today is not None and attribute in self.kept)

    def at_creation(self, ticket: str, attribute: str, today: str | None) -> str | None:
        """Return what the attribute held at creation: what its earliest change left, or else today's value."""
        told = self.old.get((ticket, attribute))
        return today if told is None else told[1]
