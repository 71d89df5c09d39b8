"""Due times of Freshdesk's tickets: each record tells today's, and they move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from boilover.adapters.facts import Facts
from boilover.adapters.times import moment

UNSEEN = datetime.max.replace(tzinfo=UTC)
"""A due time that is seen at no readable time comes after the others."""


class Sight(NamedTuple):
    """A due time, and the update at which it was seen, as the source writes both."""

    due: str
    seen: Any


@dataclass
class Promises:
    """The due times that the records of all members tell, in any order."""

    _sights: dict[tuple[str, str, str], list[Sight]] = field(default_factory=dict)
    """By ticket, the name of the due time and its target."""

    def see(self, ticket_id: str, name: str, target: str, due: str, seen: Any) -> None:
        """Keep what one record tells."""
        self._sights.setdefault((ticket_id, name, target), []).append(Sight(due, seen))

    def tell(self, facts: Facts) -> None:
        """Tell each due time as of its earliest sight, and again where it moved away and came back."""
        for (ticket_id, name, target), sights in self._sights.items():
            known: set[str] = set()
            for due, seen in _moves(sights):
                event_id = f"{ticket_id}/{name}/{due}"
                # An export that tells the same promise again, as of a later update, must meet it by its id.
                event_id = f"{event_id}/{seen}" if due in known else event_id
                known.add(due)
                facts.event(ticket_id, due, "sla_due", value=target, seen=seen, event_id=event_id)


def _moves(sights: Iterable[Sight]) -> list[Sight]:
    """Return the sights that tell another due time than the one before, in order of time."""
    moves: list[Sight] = []
    for sight in sorted(sights, key=lambda each: moment(str(each.seen)) or UNSEEN):
        if not moves or moves[-1].due != sight.due:
            moves.append(sight)
    return moves
