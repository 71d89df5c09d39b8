"""What the readers of tickets with a history apart from them share: words, people, and how much of each is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from boilover.adapters.ends import Ends
from boilover.adapters.export import Export
from boilover.adapters.facts import Facts
from boilover.adapters.words import Words, ident, state_word

S = TypeVar("S", bound=BaseModel)


@dataclass
class TicketDesk(Generic[S]):
    """One reading of an export: where facts go, and what the tickets do not tell themselves."""

    export: Export
    facts: Facts
    options: S
    has_messages: bool = False
    """Whether the export holds messages apart from the tickets' descriptions."""
    words: dict[str, Words] = field(default_factory=dict)
    """Vocabularies of parts of the state."""
    whole: dict[str, str | None] = field(default_factory=dict)
    """Tickets whose creation the history holds, and who requested them then."""
    partial: set[str] = field(default_factory=set)
    """Tickets of whose history some is held."""
    listed: set[str] = field(default_factory=set)
    """Tickets that have a record of their own."""
    ends: Ends = field(default_factory=Ends)

    def know(self, kind: str, words: Mapping[str, str]) -> None:
        """Take in a vocabulary."""
        self.words[kind] = Words(words, kind=kind, tally=self.export.tally)

    def knows(self, ticket_id: str) -> bool:
        """Return whether the export holds the ticket, and not only something that happened to it."""
        return ticket_id in self.listed or ticket_id in self.whole or ticket_id in self.partial

    def value(self, target: str, told: Any) -> tuple[str | None, str | None]:
        """Return what ``target`` is set to, and the source's word where that was put in other words."""
        return self.words[target].read(ident(told)) if target in self.words else (state_word(told), None)

    def tell_histories(self, first: str) -> None:
        """Tell which histories are whole; refuse those that lack ``first``, which tells of the creation."""
        for ticket_id in self.whole:
            self.facts.history(ticket_id)
        for ticket_id in sorted(self.partial - self.whole.keys()):
            self.export.cut(ticket_id, f"the {first} of its creation is missing")
