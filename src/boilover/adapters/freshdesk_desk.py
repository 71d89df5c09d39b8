"""What all readers of a Freshdesk export share: options, words, and who is who."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from boilover.adapters.export import Export
from boilover.adapters.facts import Facts
from boilover.adapters.freshdesk_words import PRIORITIES, SOURCES, STATUSES, Options
from boilover.adapters.words import Words, ident, state_word


@dataclass
class Desk:
    """One reading of an export: where facts go, and what the tickets do not tell themselves."""

    export: Export
    facts: Facts
    options: Options
    has_messages: bool
    """Whether the export holds conversations."""
    statuses: Words = field(init=False)
    priorities: Words = field(init=False)
    sources: Words = field(init=False)
    groups: dict[str, str] = field(init=False)
    staff: set[str] = field(default_factory=set)
    requesters: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    """Tickets whose creation the activities hold."""
    partial: set[str] = field(default_factory=set)
    """Tickets of whose activities some are held."""
    listed: set[str] = field(default_factory=set)
    """Tickets that have a record of their own."""

    def __post_init__(self) -> None:
        tally = self.export.tally
        self.statuses = Words(STATUSES | self.options.statuses, kind="status", tally=tally)
        self.priorities = Words(PRIORITIES, kind="priority", tally=tally)
        self.sources = Words(SOURCES, kind="source", tally=tally)
        self.groups = dict(self.options.groups)

    def knows(self, ticket_id: str) -> bool:
        """Return whether the export holds the ticket, and not only something that happened to it."""
        return ticket_id in self.listed or ticket_id in self.whole or ticket_id in self.partial

    def value(self, target: str, told: Any) -> tuple[str | None, str | None]:
        """Return what ``target`` is set to, and the source's word where that was put in other words."""
        if target == "status":
            return self.statuses.read(ident(told))
        if target == "priority":
            return self.priorities.read(ident(told))
        if target == "group":
            group = ident(told)
            return (self.groups.get(group, group) if group is not None else None), None
        return state_word(told), None

    def close(self) -> None:
        """Tell who is who, and which histories are whole; refuse those that are not.

        Whoever holds tickets or replies to them is an agent, whatever tickets they ask for themselves.
        """
        for user in sorted(self.requesters - self.staff):
            self.facts.person(user, "customer")
        for user in sorted(self.staff):
            self.facts.person(user, "agent")
        for ticket_id in self.whole:
            self.facts.history(ticket_id)
        for ticket_id in sorted(self.partial - self.whole):
            self.export.cut(ticket_id, "the activity of its creation is missing")
