"""Exports of GitHub issues, as the REST API or ``gh`` gives them.

Issues ``{"number", "title", "body", "user", "author_association", "labels", "state", "created_at", "comments", …}``,
events ``{"id", "event", "actor", "created_at", "label"?, "assignee"?, "rename"?, "state_reason"?, "issue"?}`` and
comments ``{"id", "issue_url", "user", "author_association", "created_at", "body"}``: lists of a repository, timelines
of issues, or issues that hold them (``timeline``, ``events``, ``comments``), as pages, arrays or one record a line.

What an issue tells of itself is true today; events tell how it came about, see `boilover.adapters.github_course`.
Everything is read twice: which numbers are pull requests is told only by the export as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from boilover.adapters.export import Export
from boilover.adapters.github_course import CLOSED_AS, Walk, seconds, tell_course
from boilover.adapters.github_events import Desk, tell_comment, tell_event
from boilover.adapters.github_records import HELD, Place, Record, is_comment, is_pull, records, survey
from boilover.adapters.github_words import GitHubOptions, login_of, named
from boilover.adapters.streams import marks_in
from boilover.log import EventLog

MARKS = (
    rb'"author_?[aA]ssociation"\s*:',
    rb'"(?:issue|repository|labels|timeline|events)_url"\s*:',
    rb'"event"\s*:\s*"(?:(?:un)?labeled|(?:un)?assigned|closed|reopened|commented|renamed|cross-referenced|mentioned)"',
    rb'"(?:commit_url|performed_via_github_app|state_reason|stateReason)"\s*:',
    rb'"(?:url|html_url)"\s*:\s*"https?://[^"\s/]+/[^"\s/]+/[^"\s/]+/(?:issues|pull)/\d+',
    rb'"(?:url|html_url)"\s*:\s*"https?://[^"\s]+/repos/[^"\s/]+/[^"\s/]+/issues',
    rb'"state"\s*:\s*"(?:OPEN|CLOSED)"',
)
"""What no other system's export holds several of."""
NOTHING = 0.05
"""An empty list is what the API gives for an issue without events."""


class GitHubAdapter:
    """Reads exports of GitHub issues."""

    name = "github"

    def sniff(self, head: bytes) -> float:
        """Return how many marks of an export of GitHub are there."""
        start = head.strip()
        if start[:1] not in (b"{", b"["):
            return 0.0
        if start == b"[]":
            return NOTHING
        found = marks_in(head, MARKS)
        return min(0.95, 0.3 * found) if found > 1 else 0.0

    def read(self, export: Export) -> Iterator[EventLog]:
        """Tell the issues, events and comments of all members to the facts."""
        options = export.options(GitHubOptions)
        found = survey(export)
        pulls = {found.ticket(place) for place in found.pulls}
        with export.facts() as facts:
            whole = {found.ticket(place) for place in found.timelines} - pulls
            desk = Desk(export, facts, options, found, whole)
            for member in export.members:
                for place, record, is_timeline in records(member):
                    desk.read += 1
                    _tell_record(desk, place, record, pulls, is_timeline=is_timeline)
            _close(desk)
            yield from facts.logs()


def _tell_record(
    desk: Desk, place: Place | None, record: Record, pulls: set[str], *, is_timeline: bool
) -> None:
    tally = desk.export.tally
    if place is None or not (is_comment(record) or "event" in record or "title" in record or _holds(record)):
        tally.rows += 1
        tally.drop(
            "records that are of no issue", 1, record.get("event") or record.get("id") or "one without an id"
        )
        return
    ticket = desk.survey.ticket(place)
    if ticket in pulls or is_pull(record):
        if "title" in record:
            tally.drop("pull requests", 1, ticket, lost=False)
        else:
            tally.drop("events and comments of pull requests", 1, ticket, lost=False)
        return
    if is_comment(record):
        desk.seen[ticket] += 1
        tell_comment(desk, ticket, record)
    elif "event" in record:
        tell_event(desk, ticket, record, is_timeline=is_timeline)
    elif "title" in record:
        _tell_issue(desk, ticket, place, record)


def _holds(record: Record) -> bool:
    return any(isinstance(record.get(name), list) for name in HELD)


def _tell_issue(desk: Desk, ticket: str, place: Place, issue: Record) -> None:
    user, created = issue.get("user"), issue.get("created_at")
    role, login = desk.role(user, created, issue.get("author_association")), login_of(user)
    _, title = desk.survey.titles.get(place, ("", issue.get("title")))
    customer = login if role not in ("agent", "bot") else None
    # A history tells what an issue was called also by telling of no new name.
    first = {"subject"} if desk.survey.has_events or ticket in desk.whole else ()
    desk.facts.ticket(
        ticket, created=created, by=login, role=role, first=first, customer_id=customer, subject=title or None
    )
    if (text := str(issue.get("body") or "").strip()) != "":
        who: dict[str, Any] = {"by": login, "role": role, "event_id": f"issue-{ticket}"}
        # Members are read in any order: what opened the issue goes before answers of the same second.
        desk.facts.message(ticket, created, text, public=True, order=-1, **who)
    if (time := seconds(created)) is not None:
        desk.born[ticket] = time, login
    count = issue.get("comments")
    if isinstance(count, int):
        desk.comments[ticket] = max(count, desk.comments.get(ticket, 0))
    names = ("state", "state_reason", "closed_at", "updated_at", "labels", "assignees", "assignee", "type")
    newer = {name: issue.get(name) for name in names}
    if str(newer["updated_at"] or "") >= str(desk.today.get(ticket, {}).get("updated_at") or ""):
        desk.today[ticket] = newer


def _close(desk: Desk) -> None:
    """Tell what is known only when all is read: the course of each issue, and what is missing."""
    if desk.survey.has_events:
        desk.facts.history()
    for ticket in desk.whole:
        desk.facts.history(ticket)
    untold = set(desk.today)
    for ticket, today in desk.today.items():
        _tell_type(desk, ticket, today)
    for ticket, parts in desk.course.items():
        untold.discard(ticket)
        walk = tell_course(desk.facts, ticket, parts, desk.labels, desk.born.get(ticket))
        _check_end(desk, ticket, walk.closed is not None)
    for ticket in sorted(untold):
        if desk.survey.has_events or ticket in desk.whole:
            tell_course(desk.facts, ticket, [], desk.labels, desk.born.get(ticket))
            _check_end(desk, ticket, is_closed=False)
        else:
            _tell_today(desk, ticket, desk.today[ticket])
    _check_comments(desk)


def _tell_type(desk: Desk, ticket: str, today: Record) -> None:
    """Tell today's type; a history that tells of no types does not say since when an issue has it."""
    if (kind := named(today["type"])) is None:
        return
    if desk.has_types or not (desk.survey.has_events or ticket in desk.whole):
        desk.facts.today(ticket, "type", kind, at=today["updated_at"])
    else:
        desk.export.tally.note("type of today, which no history tells since when, left out")


def _check_end(desk: Desk, ticket: str, is_closed: bool) -> None:
    """Complain where an issue is closed and no event says so: the list of events is cut."""
    today = desk.today.get(ticket, {})
    if today.get("state") == "closed" and not is_closed:
        desk.export.cut(ticket, "it is closed, and the event of its closing is missing")
        desk.facts.change(ticket, today.get("closed_at"), "status", *_closed_as(today))


def _check_comments(desk: Desk) -> None:
    """Complain of issues with fewer comments than they say, where the export holds comments at all."""
    if desk.seen:
        for ticket, count in desk.comments.items():
            if desk.seen[ticket] < count:
                desk.export.cut(ticket, f"{count - desk.seen[ticket]} comments are missing")


def _tell_today(desk: Desk, ticket: str, today: Record) -> None:
    """Tell what an issue without a history is as of its last update."""
    labels = (named(each) for each in _listed(today["labels"]))
    walk = Walk(desk.labels, labels=dict.fromkeys(each for each in labels if each is not None))
    assignees = _listed(today["assignees"]) or ([today["assignee"]] if today["assignee"] else [])
    walk.assignees = dict.fromkeys(login for each in assignees if (login := login_of(each)) is not None)
    for target, told in walk.state().items():
        if target != "status" or today["state"] != "closed":
            desk.facts.today(ticket, target, *told, at=today["updated_at"])
    if today["state"] == "closed":
        desk.facts.today(ticket, "status", *_closed_as(today), at=today["closed_at"] or today["updated_at"])


def _listed(held: object) -> list[Any]:
    return held if isinstance(held, list) else []


def _closed_as(today: Record) -> tuple[str, str]:
    reason = str(today.get("state_reason") or "closed")
    return CLOSED_AS.get(reason, "solved"), reason
