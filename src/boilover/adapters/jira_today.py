"""What the fields of a Jira issue hold today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boilover.adapters.ends import DONE
from boilover.adapters.jira_changes import Desk, project_of, tags
from boilover.adapters.jira_words import fold, person, word_of
from boilover.adapters.nested import dict_at
from boilover.adapters.words import ident


def tell_today(desk: Desk, ticket: str, fields: Mapping[str, Any]) -> None:
    """Tell the state that the fields show, as of the last update; a status that is done, as of the resolution."""
    facts, seen = desk.facts, fields.get("updated")
    status = dict_at(fields, "status")
    if status:
        value, raw = desk.statuses.read(word_of(status.get("name")), ident(status.get("id")))
        at = fields.get("resolutiondate") if value in DONE else None
        facts.today(ticket, "status", value, raw=raw, at=at or seen)
    if "priority" in fields:
        priority = word_of(dict_at(fields, "priority").get("name"))
        facts.today(ticket, "priority", *desk.priorities.read(priority), at=seen)
    if "assignee" in fields:
        facts.today(ticket, "assignee", person(fields["assignee"]), at=seen)
    if "issuetype" in fields:
        facts.today(ticket, "type", shown(fields["issuetype"]), at=seen)
    if isinstance(fields.get("labels"), list):
        facts.today(ticket, "tags", tags(" ".join(map(str, fields["labels"]))), at=seen)
    if "project" in desk.groups:
        facts.today(ticket, "group", project_of(ticket), at=seen)
    for field_id, name in (desk.survey.names | desk.options.fields).items():
        if fold(name) in desk.groups and field_id in fields:
            facts.today(ticket, "group", shown(fields[field_id]), at=seen)


def shown(value: object) -> str | None:
    """Return what a field shows: a word or number itself, of an object its name, value, title or key."""
    while told := dict_at(value):
        value = next((told[name] for name in ("name", "value", "title", "key") if told.get(name)), None)
    return word_of(value)
