"""What all readers of a Zendesk export share: options, words, and who is who."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from boilover.adapters.settings import Status, TimeFormat, Zone
from boilover.adapters.ticket_desk import TicketDesk
from boilover.adapters.words import ident

STATUSES = {
    "new": "new",
    "open": "open",
    "pending": "pending",
    "hold": "on_hold",
    "on-hold": "on_hold",
    "solved": "solved",
    "closed": "closed",
    "deleted": "closed",
}
ROLES = {"end-user": "customer", "agent": "agent", "admin": "agent"}
BOT_CHANNELS = ("answer_bot", "answer_bot_for_web_widget", "answer_bot_for_agents", "answer_bot_for_slack")
BY_HAND = ("web", "mobile")
"""Channels of people at work in Zendesk itself, where only agents hand tickets on, write notes or ask for others.

By mail, notes are also what people write who are no part of the ticket."""
LABELS = {"mail": "email", "web form": "web", "web service": "api"}
"""Label of a channel to its name, where they differ."""
FIELDS = {
    "status": "status",
    "priority": "priority",
    "group_id": "group",
    "assignee_id": "assignee",
    "tags": "tags",
    "type": "type",
    "requester_id": "requester",
    "organization_id": "organization",
    "brand_id": "brand",
    "ticket_form_id": "form",
    "custom_status_id": "custom_status",
    "problem_id": "problem",
    "due_at": "due_at",
}
"""Field of a ticket to target. Custom fields go by their number, or by the name that an option gives."""
PROSE = frozenset({"subject", "description", "comment_count", "satisfaction_score", "current_tags"})
"""Fields that are no state, or that other events tell better."""


class Options(BaseModel, frozen=True, extra="forbid"):
    """The ``[options]`` of a Zendesk recipe."""

    timezone: Zone = "UTC"
    """Where the times of a CSV view were written; JSON tells its offsets."""
    csv_time_format: TimeFormat | None = None
    """A strptime format, where a CSV view's times are not ISO."""
    columns: dict[str, str] = {}
    """Column of a CSV view to what it holds; see `boilover.adapters.zendesk_view.COLUMNS`."""
    statuses: dict[str, Status] = {}
    """A desk's own status words to the contract's."""
    fields: dict[str, str] = {}
    """Number of a custom field to the name that it gets."""
    bots: tuple[str, ...] = ()
    """Users whose messages are a bot's."""
    bot_channels: tuple[str, ...] = BOT_CHANNELS
    """Channels whose messages are a bot's, beside those of triggers and automations."""


@dataclass
class Desk(TicketDesk[Options]):
    """One reading of an export of Zendesk."""

    roles: dict[str, str] = field(default_factory=dict)
    """Role of each user that the export lists, as it is today."""
    written: set[str] = field(default_factory=set)
    """Tickets of which the history holds what was written."""
    opened_elsewhere: set[str] = field(default_factory=set)
    """Tickets whose history says that they began with a message, and not which."""

    def __post_init__(self) -> None:
        self.know("status", STATUSES | self.options.statuses)
        self.know("priority", {})

    def target(self, name: str) -> str | None:
        """Return the target that a field is; None for one that is not followed."""
        if name in PROSE:
            return None
        return FIELDS.get(name) or self.options.fields.get(name, name)

    def value(self, target: str, told: Any) -> tuple[str | None, str | None]:
        """Return what ``target`` is set to, and the source's word where that was put in other words."""
        if target == "tags" and isinstance(told, str):
            told = told.replace(",", " ").split()
        return super().value(target, told)

    def role_of_author(
        self, author: str | None, channel: str | None, requester: str | None, *, public: bool, at: Any
    ) -> str | None:
        """Return the role that a message tells by itself; None where the list of users must.

        Who requested the ticket is its customer, whatever they are elsewhere and have become since.
        """
        if channel == "rule" or channel in self.options.bot_channels or author in self.options.bots:
            return "bot"
        if author is None:
            return None
        if author.startswith("-"):
            return "system"
        if author == requester:
            return "customer"
        if not public:
            self.meet_agent(author, channel, at)
        return None

    def meet_agent(self, user: str | None, channel: str | None, at: Any) -> None:
        """Tell who did what only agents do, if it was done by hand."""
        if user is not None and not user.startswith("-") and channel in BY_HAND:
            self.facts.acted(user, "agent", at)

    def role_of_actor(self, actor: str | None, channel: str | None) -> str | None:
        """Return the role of who changed something; a trigger or automation changes as the system."""
        if channel == "rule" or (actor is not None and actor.startswith("-")):
            return "system"
        return "bot" if actor in self.options.bots else None

    def close(self) -> None:
        """Tell who is who, and which histories are whole; refuse those that are not.

        Users whom no list names are agents from what agents do on, else customers from their first request on. Others
        may be either: colleagues of a customer, in copy, write as well.
        """
        self.roles |= dict.fromkeys(self.options.bots, "bot")
        for user, role in self.roles.items():
            self.facts.person(user, role)
        for ticket_id in (self.written & self.whole.keys()) - self.opened_elsewhere:
            self.facts.opening(ticket_id, None, None, first=True)
        self.tell_histories("audit")


def channel_of(record: dict[str, Any], fallback: str | None = None) -> str | None:
    """Return the channel of a record's ``via``, which ticket events write as a label."""
    via = record.get("via")
    channel = ident(via.get("channel") if isinstance(via, dict) else via)
    if channel is None:
        return fallback
    return LABELS.get(channel.lower(), channel.lower())
