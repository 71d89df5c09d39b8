"""What the changelog of a Jira issue tells.

A history is one save: ``{"id", "author", "created", "items": [{"field", "fieldId"?, "fieldtype", "from", "fromString",
"to", "toString"}]}``; ``from`` and ``to`` are ids, the strings are names. Old servers leave ``fieldId`` out. The newest
save comes first from Cloud, last from servers; ids grow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cached_property
from typing import Any

from boilover.adapters.ends import DONE
from boilover.adapters.export import Export
from boilover.adapters.facts import Facts
from boilover.adapters.jira_pages import in_order
from boilover.adapters.jira_words import (
    JiraOptions,
    People,
    StatusWords,
    Survey,
    fold,
    person,
    word_of,
)
from boilover.adapters.nested import dicts_at
from boilover.adapters.words import TARGETS, Words, ident

NAMES = {
    "issue type": "issuetype",
    "type": "issuetype",
    "component/s": "component",
    "components": "component",
    "key": "project",
}
"""What older servers call a field, and the fields that are told in another way."""
BOOKKEEPING = ("worklogid", "timespent", "issuelinks", "remoteworkitemlink")
SETS = frozenset(
    {
        "component", "version", "versions", "fixversions", "fix version", "epic child", "parent", "sprint",
        *BOOKKEEPING,
    }
)  # fmt: skip
"""Fields that change one member at a time, and bookkeeping: that it happened is what counts."""
PROSE = frozenset(
    ("summary", "description", "environment", "comment", "link", "attachment", "remoteissuelink", "rank")
)
LONGEST_VALUE = 60


@dataclass(frozen=True)
class Desk:
    """What reading an issue takes beside the issue."""

    export: Export
    facts: Facts
    options: JiraOptions
    survey: Survey
    statuses: StatusWords
    priorities: Words
    people: People
    names: dict[tuple[str, str, bool], str] = dataclass_field(default_factory=dict)
    """Names of fields that were met."""

    @cached_property
    def groups(self) -> frozenset[str]:
        """The fields that hold the group, folded."""
        return frozenset(fold(name) for name in self.options.group)

    def field(self, item: Mapping[str, Any]) -> str:
        """Return the name of the field that an item changes: Jira's own id of a system field, a custom one's name."""
        key = str(item.get("fieldId") or ""), str(item.get("field") or ""), item.get("fieldtype") == "custom"
        name = self.names.get(key)
        if name is None:
            name = self.names[key] = self._name(*key)
        return name

    def _name(self, field_id: str, name: str, is_custom: bool) -> str:
        if is_custom or field_id.startswith("customfield_"):
            name = self.options.fields.get(field_id, name)
            return f"{name} (custom)" if fold(name) in TARGETS else name
        return NAMES.get(fold(field_id), field_id) if field_id else NAMES.get(fold(name), fold(name))


def ordered(issue: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the histories of an issue from the oldest to the newest."""
    return in_order(dicts_at(issue, "changelog", "histories"))


def first_changes(desk: Desk, histories: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the first change of each field, whose old value is that at creation."""
    first: dict[str, Mapping[str, Any]] = {}
    for history in histories:
        for item in dicts_at(history, "items"):
            first.setdefault(desk.field(item), item)
    return first


def tell_changes(
    desk: Desk, ticket: str, histories: Sequence[Mapping[str, Any]], reporter: str | None
) -> None:
    """Tell every change of an issue."""
    status: str | None = None
    for history in histories:
        author = history.get("author")
        items = dicts_at(history, "items")
        who: dict[str, Any] = {"by": person(author), "role": desk.people.role(author, reporter)}
        for position, item in enumerate(items):
            told = {**who, "event_id": f"{ident(history.get('id'))}.{position}" if "id" in history else None}
            _tell_item(desk, ticket, history.get("created"), item, told)
        moved = next((item for item in items if desk.field(item) == "status"), None)
        if moved is not None:
            status = desk.statuses.read(word_of(moved.get("toString")), ident(moved.get("to")))[0]
        elif status in DONE and _clears_resolution(desk, items):
            told = {**who, "event_id": f"{ident(history.get('id'))}.reopened"}
            desk.facts.change(ticket, history.get("created"), "status", "open", raw="unresolved", **told)
            status = "open"


def _clears_resolution(desk: Desk, items: Sequence[Mapping[str, Any]]) -> bool:
    return any(desk.field(item) == "resolution" and not item.get("to") for item in items)


def _tell_item(desk: Desk, ticket: str, at: Any, item: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    name, facts = desk.field(item), desk.facts
    before, after = word_of(item.get("fromString")), word_of(item.get("toString"))
    if name == "status":
        old, old_raw = desk.statuses.read(before, ident(item.get("from")))
        status = desk.statuses.read(after, ident(item.get("to")))
        facts.change(ticket, at, "status", *status, old=old, old_raw=old_raw, **told)
    elif name == "priority":
        old, old_raw = desk.priorities.read(before)
        facts.change(ticket, at, "priority", *desk.priorities.read(after), old=old, old_raw=old_raw, **told)
    elif name in ("assignee", "reporter"):
        old, value = (
            ident(item.get(f"tmp{side}AccountId") or item.get(side.lower())) for side in ("From", "To")
        )
        facts.change(ticket, at, name, value, old=old, **told)
    elif name == "labels":
        facts.change(ticket, at, "tags", tags(after), old=tags(before), **told)
    elif name == "project":
        _tell_move(desk, ticket, at, item, told)
    elif fold(name) in desk.groups:
        facts.change(ticket, at, "group", after, old=before, **told)
    elif fold(name) in PROSE or _is_prose(before) or _is_prose(after):
        facts.event(ticket, at, "field_changed", field=name, **told)
    elif fold(name) in SETS:
        facts.event(ticket, at, "field_changed", field=name, value=after, **told)
    else:
        target = "type" if name == "issuetype" else name
        facts.change(ticket, at, target, after, old=before, **told)


def _tell_move(desk: Desk, ticket: str, at: Any, item: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    """Tell the move to another project by the change of the key; its twin, of the project's name, says no more."""
    if item.get("field") != "Key":
        return
    old, value = (project_of(item.get(side)) for side in ("fromString", "toString"))
    desk.facts.change(ticket, at, "group" if "project" in desk.groups else "project", value, old=old, **told)


def project_of(key: object) -> str | None:
    """Return the project in the key of an issue."""
    return str(key).rpartition("-")[0] or None if key else None


def tags(labels: str | None) -> str | None:
    """Return labels, parted by blanks, in order."""
    return " ".join(sorted(labels.split())) or None if labels else None


def _is_prose(value: str | None) -> bool:
    return value is not None and (len(value) > LONGEST_VALUE or "\n" in value)
