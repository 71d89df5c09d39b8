"""Due times of Freshdesk's tickets: each record tells today's, and they move."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from boilover.adapters.facts import Facts
from boilover.adapters.times import moment
from boilover.adapters.told import OF_TODAY

UNSEEN = datetime.max.replace(tzinfo=UTC)
"""A due time that is seen at no readable time comes after the others."""


class Sight(NamedTuple):
    """A due time, and the update at which it was seen, as the source writes both."""

    due: str
    seen: Any


@dataclass
class Promises:
    """The due times that the records of all members tell, in any order."""

    sights: dict[tuple[str, str, str], list[Sight]] = field(default_factory=dict)
    """By ticket, the name of the due time and its target: in order of time, of equal ones in a row first and last."""

    def see(self, ticket_id: str, name: str, target: str, due: str, seen: Any) -> None:
        """Keep what one record tells, unless it stands between two that tell the same."""
        sights = self.sights.setdefault((ticket_id, name, target), [])
        sight = Sight(due, seen)
        place = bisect_right(sights, _time(sight), key=_time)
        sights.insert(place, sight)
        for middle in range(max(place - 1, 1), min(place + 2, len(sights) - 1)):
            if sights[middle - 1].due == sights[middle].due == sights[middle + 1].due:
                del sights[middle]
                break

    def tell(self, facts: Facts) -> None:
        """Tell each due time as of its earliest sight, and again where it moved away and came back.

        A log to which it is told as of a later update knows it by what it holds last.
        """
        for (ticket_id, name, target), sights in self.sights.items():
            for due, seen in _moves(sights):
                event_id = f"{OF_TODAY}{name}/{due}/{seen}"
                facts.event(ticket_id, due, "sla_due", value=target, raw=name, seen=seen, event_id=event_id)


def _moves(sights: Iterable[Sight]) -> list[Sight]:
    """Return the sights that tell another due time than the one before."""
    moves: list[Sight] = []
    for sight in sights:
        if not moves or moves[-1].due != sight.due:
            moves.append(sight)
    return moves


def _time(sight: Sight) -> datetime:
    return moment(str(sight.seen)) or UNSEEN
