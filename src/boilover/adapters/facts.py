"""What an adapter tells of the tickets of an export; the finish makes the event log of it.

Facts are gathered in batches and spilled to disk by ticket, so that an export of any size is read in bounded memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from boilover.adapters.base import Tally
from boilover.adapters.finish import finish
from boilover.adapters.spill import (
    AT_CREATION,
    ATTRIBUTE,
    CHANGE,
    EVENT,
    FIRST,
    HISTORY,
    MESSAGE,
    TICKET,
    TODAY,
    Fact,
    Spill,
)
from boilover.adapters.story import Story
from boilover.adapters.times import moment
from boilover.adapters.told import OF_TODAY, OPENING, OPENING_TODAY
from boilover.log import EventLog


class Actor(TypedDict):
    """The arguments ``by`` and ``role`` of a fact; None where the source does not tell."""

    by: str | None
    role: str | None


FOREMOST = -(2**63)
"""The order of what opens a ticket, before all else of its moment."""
LAST = 2**63 - 1
"""The order of what comes after all else of its moment, as does what a ticket's record tells of today."""


class Facts:
    """Takes the facts of an export in any order of tickets; `boilover.adapters.export.Export.facts` makes one.

    Times are given as the source writes them and read in the ``time_format`` and ``timezone`` of the export.
    """

    def __init__(
        self, tally: Tally, folder: Path, *, content: int, time_format: str = "iso", timezone: str = "UTC"
    ) -> None:
        self._tally = tally
        self._spill = Spill(tally, folder, content=content, time_format=time_format, timezone=timezone)
        self._story = Story()
        self._clock = time_format, ZoneInfo(timezone)

    def ticket(
        self,
        ticket_id: str,
        *,
        created: Any = None,
        by: str | None = None,
        role: str | None = None,
        first: Collection[str] = (),
        **attributes: Any,
    ) -> None:
        """Say that a ticket exists; ``attributes`` are only what is fixed when it is created, None where untold.

        ``first`` names those that the ticket's history tells, not its record of today: they take the place of what a
        log holds by a record alone, also where they are None.
        """
        self._spill.add(Fact(ticket_id, TICKET, created, by=by, role=role))
        for name, value in attributes.items():
            if value is not None or name in first:
                kind = FIRST if name in first else ATTRIBUTE
                self._spill.add(Fact(ticket_id, kind, None, name, self._story.attribute(name, value)))

    def history(self, ticket_id: str | None = None) -> None:
        """Say that the export holds the whole history of a ticket, or of every ticket."""
        if ticket_id is None:
            self._story.whole = True
        else:
            self._spill.add(Fact(ticket_id, HISTORY))

    def today(
        self, ticket_id: str, target: str, value: str | None, raw: str | None = None, *, at: Any = None
    ) -> None:
        """Say what ``target`` holds now, seen ``at`` the ticket's last update.

        With the ticket's history it only serves to rebuild the value at creation; without, it is known from then on.
        """
        self._state(target)
        self._spill.add(Fact(ticket_id, TODAY, at, target, value, raw=raw))

    def at_creation(self, ticket_id: str, target: str, value: str | None, raw: str | None = None) -> None:
        """Say what ``target`` held when the ticket was created."""
        self._state(target)
        self._spill.add(Fact(ticket_id, AT_CREATION, None, target, value, raw=raw))

    def change(
        self,
        ticket_id: str,
        at: Any,
        target: str,
        value: str | None,
        raw: str | None = None,
        *,
        old: str | None = None,
        old_raw: str | None = None,
        by: str | None = None,
        role: str | None = None,
        event_id: str | None = None,
        order: int | None = None,
    ) -> None:
        """Say that ``target`` was set to ``value``; ``old`` is what it held before, where the source tells.

        ``raw`` and ``old_raw`` are the source's own words for the two.
        """
        self._story.targets.add(target)
        told = by, role, event_id, order, raw, old, old_raw
        self._spill.add(Fact(ticket_id, CHANGE, at, target, value, *told))

    def seen(
        self, ticket_id: str, target: str, value: str | None, raw: str | None = None, *, at: Any = None
    ) -> None:
        """Say that a ticket's record shows ``value`` as of ``at``, whatever its history tells.

        In a log that knows it already, or from a history that is imported later, it is no change.
        """
        told = f"{OF_TODAY}{target}/{value}/{at}"
        self.change(ticket_id, at, target, value, raw, event_id=told, order=LAST)

    def message(
        self,
        ticket_id: str,
        at: Any,
        text: object,
        *,
        public: bool | None,
        by: str | None = None,
        role: str | None = None,
        event_id: str | None = None,
        order: int | None = None,
    ) -> None:
        """Tell a public reply or an internal note; a ``text`` that is none is told as it is written."""
        if text is not None and not isinstance(text, str):
            text = str(text)
        told = None, None, by, role, event_id, order
        self._spill.add(Fact(ticket_id, MESSAGE, at, *told, text=text, public=public, event_type="message"))

    def opening(
        self,
        ticket_id: str,
        at: Any,
        text: str | None,
        *,
        first: bool = False,
        public: bool | None = None,
        by: str | None = None,
        role: str | None = None,
    ) -> None:
        """Tell what a ticket began with, None where that is nothing or a message of its own.

        ``first``: the history tells so, not the record of today, whose words it takes the place of. Of one ticket a log
        holds one such message.
        """
        if first:
            self._spill.add(Fact(ticket_id, FIRST, None, OPENING_TODAY))
        if text is not None:
            event_id = OPENING if first else OPENING_TODAY
            self.message(
                ticket_id, at, text, public=public, by=by, role=role, event_id=event_id, order=FOREMOST
            )

    def event(
        self,
        ticket_id: str,
        at: Any,
        event_type: str,
        *,
        value: str | None = None,
        raw: str | None = None,
        field: str | None = None,
        number: float | None = None,
        by: str | None = None,
        role: str | None = None,
        event_id: str | None = None,
        order: int | None = None,
        seen: Any = None,
    ) -> None:
        """Tell what is neither a change of a target nor a message; ``seen`` is when it became known, if not ``at``."""
        told = field, value, by, role, event_id, order, raw
        self._spill.add(Fact(ticket_id, EVENT, at, *told, event_type=event_type, number=number, seen=seen))

    def person(self, actor_id: str, role: str) -> None:
        """Say which role somebody has in all events that do not tell it themselves."""
        self._story.people[actor_id] = role

    def parties(self) -> None:
        """Say that a person of no told role is the customer of tickets while their customer_id, and else an agent."""
        self._story.parties = True

    def acted(self, actor_id: str | None, role: str, at: Any) -> None:
        """Say that somebody did, or was given, what only a ``role`` does or is given.

        It holds from then on in events that do not tell another, unless `person` does; an agent is one whatever they
        ask for.
        """
        since = None if actor_id is None or at is None else moment(str(at), *self._clock)
        if since is not None and actor_id is not None:
            known = self._story.acted.setdefault(role, {})
            known[actor_id] = min(since, known.get(actor_id, since))

    def logs(self) -> Iterator[EventLog]:
        """Yield the log in pieces of whole tickets; call it once, when everything is told."""
        for table in self._spill.shards():
            log = finish(table, self._story, self._tally)
            if log is not None:
                yield log

    def close(self) -> None:
        """Let go of the files."""
        self._spill.close()

    def _state(self, target: str) -> None:
        self._story.targets.add(target)
        self._story.stated.add(target)
