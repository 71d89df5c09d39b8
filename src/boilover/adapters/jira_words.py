"""What the words of a Jira mean: statuses by their category, priorities, and who is on which side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from boilover.adapters.ends import DONE
from boilover.adapters.jira_pages import CHANGELOGS, COMMENTS, Pages
from boilover.adapters.nested import dict_at, dicts_at
from boilover.adapters.settings import Status, TimeFormat, Zone
from boilover.adapters.words import Words, ident

USUAL_STATUSES = {
    "backlog": "new", "to do": "new", "new": "new", "received": "new",
    "open": "open", "reopened": "open", "accepted": "open", "in progress": "open", "in review": "open",
    "work in progress": "open", "waiting for support": "open", "escalated": "open",
    "waiting for customer": "pending", "waiting for reporter": "pending", "more details needed": "pending",
    "pending": "on_hold", "on hold": "on_hold", "blocked": "on_hold", "waiting for vendor": "on_hold",
    "waiting for third party": "on_hold", "waiting for approval": "on_hold",
    "done": "solved", "resolved": "solved", "completed": "solved",
    "closed": "closed", "canceled": "closed", "cancelled": "closed", "declined": "closed",
}  # fmt: skip
OF_CATEGORY = {"new": "new", "indeterminate": "open", "done": "solved"}
USUAL_PRIORITIES = {
    "highest": "urgent",
    "high": "high",
    "medium": "normal",
    "low": "low",
    "lowest": "lowest",
    "blocker": "blocker",
    "critical": "critical",
    "major": "major",
    "minor": "minor",
    "trivial": "trivial",
    **{f"p{level}": f"p{level}" for level in range(1, 6)},
}
"""Jira's own scale; the older one keeps its words, whose order is known."""
SIDES = {"app": "bot", "customer": "customer"}
"""Cloud's accountType to role; ``atlassian`` may be either side."""


class JiraOptions(BaseModel, frozen=True, extra="forbid"):
    """The ``[options]`` of a recipe for Jira."""

    statuses: dict[str, Status] = {}
    """Status to one of STATUSES, where neither its category nor its name tells it rightly."""
    priorities: dict[str, str] = {}
    group: tuple[str, ...] = ("Team", "Assigned group", "Assignment group", "Support group")
    """The fields, by name, that hold the queue or team; ``project`` stands for the project's key."""
    fields: dict[str, str] = {}
    """Id of a custom field to its name, where the changelog does not tell it."""
    attributes: dict[str, str] = {}
    """Attribute to the id of a field (a column of the CSV) that is fixed when the issue is created."""
    agents: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    bots: tuple[str, ...] = ()
    """People by id or shown name, where account type and reporter do not tell their side."""
    csat: str | None = None
    csat_time: str | None = None
    """Ids of the fields with the customer's rating, 1 to 5, and its time: only both are read."""
    columns: dict[str, str] = {}
    """Name of a column of the CSV in English to its name in the export."""
    time_format: TimeFormat | None = None
    """Of the CSV, as for strptime; without it, Jira's own formats with a month in letters."""
    timezone: Zone = "UTC"
    """Where the person lives who exported the CSV, whose times have no offset."""
    comments_public: bool = True
    """Of the CSV, which does not tell internal comments."""


@dataclass
class Survey:
    """What only the whole export tells; gathered before the first issue is read."""

    categories: dict[str, str] = field(default_factory=dict)
    """``id:`` and the id of a status, or its name, to the key of its category."""
    moved: dict[str, str] = field(default_factory=dict)
    """Key of an issue before it was moved to another project, to the key that it got."""
    names: dict[str, str] = field(default_factory=dict)
    """Id of a custom field to its name."""
    pages: dict[str, Pages] = field(default_factory=lambda: {CHANGELOGS: Pages(), COMMENTS: Pages()})
    """By kind, what goes on where a search cuts it."""

    def meet(self, issue: Mapping[str, Any], histories: Iterable[Mapping[str, Any]]) -> None:
        """Take from one issue what it tells of all."""
        status = dict_at(issue, "fields", "status")
        category = word_of(dict_at(status, "statusCategory").get("key"))
        if category in OF_CATEGORY:
            self.categories[f"id:{ident(status.get('id'))}"] = category
            self.categories[fold(status.get("name"))] = category
        for item in (item for history in histories for item in dicts_at(history, "items")):
            keys = [word_of(item.get(side)) for side in ("fromString", "toString")]
            if item.get("field") == "Key" and keys[0] is not None and keys[1] is not None:
                self.moved[keys[0]] = keys[1]
            elif str(item.get("fieldId", "")).startswith("customfield_"):
                self.names[item["fieldId"]] = str(item.get("field"))

    def key_today(self, key: str) -> str:
        """Return the last key of the issue that once had ``key``."""
        met = {key}
        while (later := self.moved.get(key)) is not None and later not in met:
            met.add(key := later)
        return key


class StatusWords:
    """Statuses: the recipe's word first, then category and usual name, where they agree that it is done."""

    def __init__(self, told: Mapping[str, str], categories: Mapping[str, str], usual: Words) -> None:
        self.told = {fold(word): value for word, value in told.items()}
        self.categories = categories
        self.usual = usual
        self._met: dict[tuple[str | None, str | None], tuple[str | None, str | None]] = {}

    def read(self, name: str | None, status_id: str | None = None) -> tuple[str | None, str | None]:
        """Return the status and the source's word; a word of unknown meaning is open, and counted."""
        found = self._met.get((name, status_id))
        if found is not None:
            return found
        word = fold(name)
        if word in self.told:
            return self.told[word], name
        category = self.categories.get(f"id:{status_id}") or self.categories.get(word)
        if category is None:
            return self.usual.read(name)
        value = USUAL_STATUSES.get(word, "")
        agrees = value and (value in DONE) == (category == "done")
        self._met[name, status_id] = found = (value if agrees else OF_CATEGORY[category]), name
        return found


class People:
    """Who is on which side. Jira tells no roles: those of today's account types and the reporter must do."""

    def __init__(self, options: JiraOptions) -> None:
        named = (("agent", options.agents), ("customer", options.customers), ("bot", options.bots))
        self.named = {fold(name): role for role, names in named for name in names}

    def role(self, user: object, reporter: str | None) -> str:
        """Return the role of the author of something that happened to an issue of ``reporter``."""
        told = dict_at(user)
        if not told:
            return "system"
        known = self._known(told) if self.named else None
        side = known or SIDES.get(str(told.get("accountType")))
        return side or ("customer" if person(told) == reporter else "agent")

    def _known(self, told: Mapping[str, Any]) -> str | None:
        shown = (person(told), *(told.get(name) for name in ("name", "displayName", "emailAddress")))
        return next((self.named[fold(name)] for name in shown if fold(name) in self.named), None)


def person(user: object) -> str | None:
    """Return the id of a user: that of Cloud, or the key that the changelog of a server uses."""
    told = dict_at(user)
    for name in ("accountId", "key", "name", "displayName"):
        found = ident(told.get(name))
        if found is not None:
            return found
    return None


def word_of(value: object) -> str | None:
    """Return a word or number as it is written. Unlike an id, ``1.0`` is not ``1``."""
    return value.strip() or None if isinstance(value, str) else ident(value)


def fold(word: object) -> str:
    """Return ``word`` without regard of case and blanks."""
    return _fold(word) if isinstance(word, str) else ""


@lru_cache(maxsize=4096)
def _fold(word: str) -> str:
    return " ".join(word.split()).casefold()
