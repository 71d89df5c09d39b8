"""What one HubSpot portal calls things: its stages, owners and threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from boilover.adapters.export import Export
from boilover.adapters.facts import Facts
from boilover.adapters.nested import dict_at, dicts_at
from boilover.adapters.settings import Status
from boilover.adapters.words import Words, ident
from boilover.casting import BOOLEANS

STATUSES = {
    "new": "new",
    "waiting on contact": "pending",
    "waiting on customer": "pending",
    "waiting for customer": "pending",
    "waiting on us": "open",
    "in progress": "open",
    "on hold": "on_hold",
    "waiting on third party": "on_hold",
    "waiting on vendor": "on_hold",
    "resolved": "solved",
    "solved": "solved",
    "closed": "closed",
}
"""The labels of the pipelines that HubSpot sets up, and the usual ones beside them."""
FIRST_PIPELINE = {"1": "new", "2": "waiting on contact", "3": "waiting on us", "4": "closed"}
"""Stages of the pipeline that every portal begins with; later ones have ids that mean nothing."""
PRIORITIES = {"LOW": "low", "MEDIUM": "normal", "HIGH": "high", "URGENT": "urgent"}


Entry = Mapping[str, Any]
"""A value that a property had, since when, and who wrote it."""


class Options(BaseModel, frozen=True, extra="forbid"):
    """What only the desk can know."""

    statuses: dict[str, Status] = {}
    """Stage, by its id or its label, to status."""
    group: str = "hubspot_team_id"
    """The property that holds the group."""
    fields: tuple[str, ...] = ()
    """Properties whose history is read besides those that the portal itself added."""
    ignore: tuple[str, ...] = ()
    """Properties of the portal's own whose history is not read."""


@dataclass
class Desk:
    """What is known of the portal while its records are told to ``facts``."""

    facts: Facts
    export: Export
    options: Options
    stages: dict[str, tuple[str, bool | None]] = field(default_factory=dict)
    """Stage id to its label and whether tickets in it are closed."""
    owners: dict[str, str] = field(default_factory=dict)
    """User id to owner id: the history names users, and assignments name owners."""
    threads: dict[str, str] = field(default_factory=dict)
    """Thread to ticket."""

    def __post_init__(self) -> None:
        tally = self.export.tally
        known = {**STATUSES, **self.options.statuses}
        self._known = {word.strip().casefold() for word in known} | {"open", "pending", "on_hold"}
        self._statuses = Words(known, kind="status", tally=tally)
        self.priorities = Words(PRIORITIES, kind="priority", tally=tally)

    def label(self, stage: str) -> str:
        """Return what the portal calls a stage."""
        return self._stage(stage)[0]

    def status(self, stage: str) -> tuple[str | None, str | None]:
        """Return the status of a stage and its label: as the options say, else its label, else whether it is closed."""
        label, is_closed = self._stage(stage)
        if stage in self.options.statuses:
            return self._statuses.read(stage)[0], label
        if is_closed is None or label.strip().casefold() in self._known:
            return self._statuses.read(label)
        return ("closed" if is_closed else "open"), label

    def _stage(self, stage: str) -> tuple[str, bool | None]:
        return self.stages.get(stage, (FIRST_PIPELINE.get(stage, stage), None))

    def person(self, user_id: object) -> str | None:
        """Return the owner who the user is, or the user."""
        user = ident(user_id)
        return None if user is None else self.owners.get(user, user)


def learn(record: Mapping[str, Any], desk: Desk) -> None:
    """Take note of a pipeline, an owner or a thread; other records say nothing here."""
    for stage in dicts_at(record, "stages"):
        closed = dict_at(stage, "metadata").get("isClosed")
        learn_stage({"stage_id": stage.get("id"), "label": stage.get("label"), "is_closed": closed}, desk)
    if "userId" in record and (owner := ident(record.get("id"))) is not None:
        user = ident(record["userId"]) or ident(record.get("userIdIncludingInactive"))
        if user is not None:
            desk.owners[user] = owner
    associated = dict_at(record, "threadAssociations").get("associatedTicketId")
    thread, ticket = ident(record.get("id")), ident(associated)
    if thread is not None and ticket is not None:
        desk.threads[thread] = ticket


def learn_stage(row: Mapping[str, Any], desk: Desk) -> None:
    """Take note of one stage: ``stage_id``, ``label``, ``is_closed``."""
    stage, label = ident(row.get("stage_id")), row.get("label")
    if stage is None:
        desk.export.tally.drop("stage without id", 1, label)
        return
    closed = str(row.get("is_closed")).strip().casefold()
    desk.stages[stage] = (str(label or stage), BOOLEANS.get(closed))
