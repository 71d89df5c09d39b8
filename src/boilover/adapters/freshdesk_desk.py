"""What all readers of a Freshdesk export share: options, codes and labels, and who is who."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from boilover.adapters.freshdesk_due import Promises
from boilover.adapters.settings import Status, Zone
from boilover.adapters.ticket_desk import TicketDesk
from boilover.adapters.words import ident

STATUSES = {
    "2": "open",
    "3": "pending",
    "4": "solved",
    "5": "closed",
    "6": "pending",
    "7": "on_hold",
    "open": "open",
    "pending": "pending",
    "resolved": "solved",
    "closed": "closed",
    "waiting on customer": "pending",
    "waiting for customer": "pending",
    "waiting on third party": "on_hold",
    "waiting for third party": "on_hold",
    "deleted": "closed",
    "spam": "closed",
}
"""Codes from 6 on are a desk's own; these are the two that a new desk has."""
PRIORITIES = {
    "1": "low",
    "2": "normal",
    "3": "high",
    "4": "urgent",
    "low": "low",
    "medium": "normal",
    "high": "high",
    "urgent": "urgent",
}
SOURCES = {
    "1": "email",
    "2": "portal",
    "3": "phone",
    "5": "twitter",
    "6": "facebook",
    "7": "chat",
    "9": "feedback",
    "10": "outbound",
}
OUTBOUND = "outbound"
"""The channel of tickets that an agent opens by writing to a customer."""
PERFORMERS = {
    "system": "system",
    "automation": "system",
    "bot": "bot",
    "agent": "agent",
    "contact": "customer",
}
"""Kind of performer to role; ``user`` is agent or customer, which people tell."""
RATINGS = {"103": 1.0, "102": 5 / 6, "101": 4 / 6, "100": 0.5, "-101": 2 / 6, "-102": 1 / 6, "-103": 0.0}
"""From extremely happy to extremely unhappy."""
DAY_FIRST = re.compile(
    r"\s*(\d{1,2})-(\d{1,2})-(\d{4})[ T](\d{1,2}:\d{2}(?::\d{2})?)\s*(Z|[+-]\d{2}:?\d{2})?\s*"
)


class Options(BaseModel, frozen=True, extra="forbid"):
    """The ``[options]`` of a Freshdesk recipe."""

    timezone: Zone = "UTC"
    """Where times without an offset were written."""
    statuses: dict[str, Status] = {}
    """A desk's own status, by code and by label, to the contract's."""
    groups: dict[str, str] = {}
    """Number of a group to its name: tickets tell the number, activities the name."""
    fields: dict[str, str] = {}
    """Key of a custom field to the name that it gets."""
    bots: tuple[str, ...] = ()
    """Users whose messages are a bot's."""
    merged_by: tuple[str, ...] = ()
    """Keys of an activity that say that its ticket was merged into another one."""


@dataclass
class Desk(TicketDesk[Options]):
    """One reading of an export of Freshdesk."""

    promises: Promises = field(default_factory=Promises)

    def __post_init__(self) -> None:
        self.know("status", STATUSES | self.options.statuses)
        self.know("priority", PRIORITIES)
        self.know("source", SOURCES)
        self.groups = dict(self.options.groups)

    def value(self, target: str, told: Any) -> tuple[str | None, str | None]:
        """Return what ``target`` is set to, and the source's word where that was put in other words."""
        if target == "group" and (group := ident(told)) is not None:
            return self.groups.get(group, group), group
        return super().value(target, told)

    def may_tell(self, ticket_id: str, target: str) -> bool:
        """Say whether today's value is worth telling: with activities of the ticket, it stands for the first one."""
        tally = self.export.tally
        return ticket_id not in self.whole or self.ends.may_be_first(target, len(self.whole), tally)

    def close(self) -> None:
        """Tell due times, and which histories are whole; refuse those that are not."""
        self.promises.tell(self.facts)
        self.tell_histories("activity")


def iso_time(told: Any) -> Any:
    """Return a time of the activities export, day first whatever it looks like, as ISO; any other as it is."""
    found = DAY_FIRST.fullmatch(told) if isinstance(told, str) else None
    if found is None:
        return told
    day, month, year, clock, offset = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}T{clock:0>5}{offset or ''}"
