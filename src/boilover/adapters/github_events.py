"""What the events and comments of GitHub issues tell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from boilover.adapters.export import Export
from boilover.adapters.facts import Facts
from boilover.adapters.github_course import (
    ASSIGNED,
    CLOSED,
    LABELED,
    REOPENED,
    UNASSIGNED,
    UNLABELED,
    Part,
    seconds,
)
from boilover.adapters.github_records import Record, Survey
from boilover.adapters.github_words import GitHubOptions, Labels, People, login_of, named
from boilover.adapters.words import ident, serial

LABELS = {"labeled": LABELED, "unlabeled": UNLABELED}
ASSIGNEES = {"assigned": ASSIGNED, "unassigned": UNASSIGNED}
STATES = {"closed": CLOSED, "reopened": REOPENED, "converted_to_discussion": CLOSED}
FIELDS = {"milestoned": "milestone", "demilestoned": "milestone", "locked": "locked", "unlocked": "locked"}
TYPES = ("issue_type_added", "issue_type_changed", "issue_type_removed")
OF_PROJECTS = (
    "added_to_project", "moved_columns_in_project", "removed_from_project", "converted_note_to_issue",
    "added_to_project_v2", "project_v2_item_status_changed", "removed_from_project_v2",
)  # fmt: skip
OF_OTHERS = tuple(
    f"{relation}_{what}"
    for relation in ("sub_issue", "parent_issue", "blocked_by", "blocking")
    for what in ("added", "removed")
)
HAPPENED = frozenset(
    {
        "renamed", "referenced", "cross-referenced", "transferred", "pinned", "unpinned", "connected", "disconnected",
        "marked_as_duplicate", "unmarked_as_duplicate", "comment_deleted", "user_blocked", *OF_PROJECTS, *OF_OTHERS,
    }
)  # fmt: skip
"""Events of which only that they happened is told on."""
NOISE = frozenset(("mentioned", "subscribed", "unsubscribed"))
"""Events that come with others and say nothing more."""


@dataclass
class Desk:
    """One reading of an export."""

    export: Export
    facts: Facts
    options: GitHubOptions
    survey: Survey
    whole: set[str]
    """Issues that hold their own history."""
    labels: Labels = field(init=False)
    people: People = field(init=False)
    course: dict[str, list[Part]] = field(default_factory=dict)
    """What came and went, by issue, in any order."""
    born: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    """When and by whom each issue was opened."""
    today: dict[str, Record] = field(default_factory=dict)
    has_types: bool = False
    """Whether any event tells of the type of an issue."""
    comments: dict[str, int] = field(default_factory=dict)
    """How many comments each issue says that it has."""
    seen: Counter[str] = field(default_factory=Counter)
    read: int = 0

    def __post_init__(self) -> None:
        self.labels, self.people = Labels(self.options), People(self.options)

    def role(self, user: object, at: object, association: object = None) -> str | None:
        """Return the role of an account and tell it for what it does without being introduced.

        What an account is by itself it always is; its association is told of what it said ``at`` a time.
        """
        account = user if isinstance(user, dict) else {}
        own, login = self.people.role(account, None), login_of(account)
        role = own or self.people.role(account, association)
        if own is not None and login is not None:
            self.facts.person(login, own)
        elif role is not None:
            self.facts.acted(login, role, at)
        return role


def tell_comment(desk: Desk, ticket: str, comment: Record) -> None:
    """Tell a comment; all are public."""
    user = comment.get("user") or comment.get("actor")
    number = ident(comment.get("id"))
    text = str(comment.get("body") or "").strip()
    if comment.get("updated_at") not in (None, comment.get("created_at")):
        desk.export.tally.note("messages edited after they were written, read as they stand today")
    role = desk.role(user, comment.get("created_at"), comment.get("author_association"))
    order = serial(number)
    event_id = None if number is None else f"comment-{number}"
    who: dict[str, Any] = {"by": login_of(user), "role": role, "event_id": event_id}
    desk.facts.message(ticket, comment.get("created_at"), text, public=True, order=order, **who)


def tell_event(desk: Desk, ticket: str, event: Record, *, is_timeline: bool) -> None:
    """Tell one event; those that change the state in parts go to the course."""
    kind, actor, at = str(event.get("event")), event.get("actor"), event.get("created_at")
    desk.role(actor, at)
    part = _part(kind, event)
    number = ident(event.get("id"))
    who: dict[str, Any] = {"by": login_of(actor), "event_id": number}
    if part is not None:
        _keep_part(desk, ticket, event, part, is_timeline=is_timeline)
    elif kind in FIELDS:
        _tell_field(desk, ticket, kind, event, who)
    elif kind in TYPES:
        desk.has_types = True
        old, new = (named(event.get(name)) for name in ("prev_issue_type", "issue_type"))
        old, new = (new, None) if kind == "issue_type_removed" else (old, new)
        desk.facts.change(ticket, at, "type", new, old=old, **who)
    elif kind in HAPPENED:
        desk.facts.event(ticket, at, "field_changed", field=kind, **who)
    elif kind in NOISE:
        desk.export.tally.note("mentions and subscriptions, left out")
    else:
        desk.export.tally.meet_one("event type", kind)


def _keep_part(desk: Desk, ticket: str, event: Record, part: tuple[int, str], *, is_timeline: bool) -> None:
    """Put a part away until all is read."""
    desk.export.tally.rows += 1
    time, event_id, actor = (
        seconds(event.get("created_at")),
        serial(ident(event.get("id"))),
        event.get("actor"),
    )
    if time is None:
        desk.export.tally.drop("no readable time", 1, f"ticket {ticket}")
        return
    # A timeline is in order; ids are, of events listed for a repository, whose newest come first.
    order = desk.read if is_timeline or event_id is None else event_id
    kind, word = part
    # The same words and people come again and again, and each is kept once.
    held = Part(time, order, kind, intern(word), intern(login_of(actor) or "") or None, event_id)
    desk.course.setdefault(ticket, []).append(held)


def _part(kind: str, event: Record) -> tuple[int, str] | None:
    """Return what came or went, where the event is of that kind and tells it."""
    if kind in LABELS:
        name = named(event.get("label"))
        return None if name is None else (LABELS[kind], name)
    if kind in ASSIGNEES:
        login = login_of(event.get("assignee"))
        return None if login is None else (ASSIGNEES[kind], login)
    if kind in STATES:
        reason = kind if kind == "converted_to_discussion" else event.get("state_reason")
        return STATES[kind], str(reason or kind)
    return None


def _tell_field(desk: Desk, ticket: str, kind: str, event: Record, who: dict[str, Any]) -> None:
    if FIELDS[kind] == "locked":
        value: str | None = "true" if kind == "locked" else "false"
    else:
        value = named(event.get("milestone"), "title") if kind == "milestoned" else None
    desk.facts.change(ticket, event.get("created_at"), FIELDS[kind], value, **who)
