"""The records of a GitHub export, in one form, and to which issue each belongs.

Only comments, and events listed for a whole repository, name their issue. An event of a timeline does not: it belongs
to the issue that holds it, or to the one that its file is named by (``1234.json``, ``issue-1234.json``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from boilover.adapters.export import Export
from boilover.adapters.members import Member
from boilover.adapters.nested import dict_at, text_at
from boilover.adapters.streams import json_records
from boilover.adapters.words import ident

Place = tuple[str | None, str]
"""Repository, where it is told, and number."""
Record = dict[str, Any]
LISTS = ("items",)
HELD = ("timeline", "timeline_items", "events", "comments")
"""The lists that an issue may hold."""
IN_API = re.compile(r"/repos/([^/]+/[^/]+)(?:/issues/(\d+))?")
IN_BROWSER = re.compile(r"^https?://[^/]+/([^/]+/[^/]+)/(?:issues|pull)/(\d+)")
LINKS = (
    ("issue_url", IN_API),
    ("repository_url", IN_API),
    ("html_url", IN_BROWSER),
    ("url", IN_API),
    ("url", IN_BROWSER),
)
NUMBERED_FILE = re.compile(r"^(?:issue[-_])?(\d+)(?:\.[a-z]+)*$", re.IGNORECASE)
CAPITAL = re.compile(r"(?<=[a-z])([A-Z])")
PULL = "/pull/"


@dataclass
class Survey:
    """What only the whole export tells; gathered before the first issue is read."""

    repositories: set[str] = field(default_factory=set)
    pulls: set[Place] = field(default_factory=set)
    titles: dict[Place, tuple[str, str]] = field(default_factory=dict)
    """When each issue was first renamed, and what it was called before."""
    timelines: set[Place] = field(default_factory=set)
    """Issues that hold their own history."""
    has_events: bool = False
    """Whether the events of the whole repository are there."""

    def meet(self, place: Place | None, record: Record, *, is_timeline: bool) -> None:
        """Take from one record what it tells of all."""
        if place is None:
            return
        if place[0] is not None:
            self.repositories.add(place[0])
        lists = "title" in record and any(isinstance(record.get(name), list) for name in HELD[:3])
        if is_pull(record):
            self.pulls.add(place)
        elif lists or (is_timeline and record.get("held") != "comments"):
            self.timelines.add(place)
        elif not is_timeline:
            self.has_events |= "event" in record and not is_comment(record)
        old, at = dict_at(record, "rename").get("from"), text_at(record, "created_at")
        if old and at and (place not in self.titles or at < self.titles[place][0]):
            self.titles[place] = at, old

    def ticket(self, place: Place) -> str:
        """Return the id of an issue: its number, with the repository where the export holds several."""
        return place[1] if len(self.repositories) < 2 or place[0] is None else f"{place[0]}#{place[1]}"


def survey(export: Export) -> Survey:
    """Read an export once for its `Survey`."""
    found = Survey()
    for member in export.members:
        # Only the second reading is shown as progress.
        for place, record, is_timeline in records(replace(member, told=None)):
            found.meet(place, record, is_timeline=is_timeline)
    return found


def records(member: Member) -> Iterator[tuple[Place | None, Record, bool]]:
    """Yield each record, those that an issue holds after it, with its place; and whether it is part of a timeline."""
    named = NUMBERED_FILE.match(member.name.replace("\\", "/").rpartition("/")[2])
    number = named[1] if named else None
    for _, value in json_records(member, LISTS):
        for each in value if isinstance(value, list) else (value,):
            record = plain(each) if isinstance(each, dict) else {}
            place = place_of(record)
            is_timeline = place is None and number is not None
            if is_timeline and number is not None and "event" in record:
                place = (_links(record)[0], number)
            yield place, record, is_timeline
            for name in HELD if "event" not in record else ():
                for held in record[name] if isinstance(record.get(name), list) else ():
                    if isinstance(held, dict):
                        yield place, {**plain(held), "held": name}, True


def place_of(record: Record) -> Place | None:
    """Return to which issue a record belongs, as far as it tells."""
    repository, number = _links(record)
    return None if number is None else (repository, number)


def _links(record: Record) -> tuple[str | None, str | None]:
    """Return the repository and the number that a record names."""
    issue = record.get("issue")
    about = issue if isinstance(issue, dict) else record
    number = ident(about.get("number")) or ident(record.get("issue_number")) or ident(issue)
    repository = None
    for name, form in LINKS:
        found = form.search(str(about.get(name) or record.get(name) or ""))
        if found is not None:
            repository = repository or found[1]
            number = number or found[2]
    return repository, number


def is_pull(record: Record) -> bool:
    """Say whether a record is, or belongs to, a pull request, which GitHub lists among the issues."""
    issue = record.get("issue")
    if any(isinstance(each, dict) and each.get("pull_request") for each in (record, issue)):
        return True
    return record.get("is_pull_request") is True or PULL in str(
        record.get("html_url") or record.get("url") or ""
    )


def is_comment(record: Record) -> bool:
    """Say whether a record is a comment."""
    return record.get("event", "commented") == "commented" and "body" in record and "title" not in record


def plain(record: Mapping[str, Any]) -> Record:
    """Return a record in the words of the REST API; ``gh issue list --json`` writes ``createdAt`` and ``author``."""
    if "createdAt" not in record and "authorAssociation" not in record:
        return dict(record)
    told = {CAPITAL.sub(r"_\1", name).lower(): value for name, value in record.items()}
    if "user" not in told and "author" in told:
        told["user"] = told["author"]
    for name in ("state", "state_reason"):
        told[name] = str(told[name]).lower() if told.get(name) else None
    return told
