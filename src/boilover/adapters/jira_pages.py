"""Pages of Jira's changelogs and comments, which go on where a search cuts them.

::

    {"self": ".../rest/api/3/issue/HELP-1/changelog?...", "total", "values": [history, ...]}
    {"issueChangeLogs": [{"issueId", "changeHistories": [history, ...]}, ...], "nextPageToken"}
    {"startAt", "total", "comments": [{"self": ".../rest/api/3/issue/10010/comment/10000", ...}, ...]}

They are held in memory until their issues are told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from boilover.adapters.nested import dicts_at
from boilover.adapters.times import epoch_iso
from boilover.adapters.words import ident, serial

OF_ISSUE = re.compile(r"/issue/([^/?#]+)/(?:changelog|comment)")
CHANGELOGS, COMMENTS = "changelogs", "comments"
Entry = dict[str, Any]
"""A history or a comment."""


class Page(NamedTuple):
    """Some ``entries`` of the issue of an id or a key, None where it is not named; 0 is a total that is not told."""

    kind: str
    issue: str | None
    entries: list[Entry]
    total: int


def page_of(record: Mapping[str, Any]) -> Page | None:
    """Return the page that a record is, None for an issue or anything else."""
    total = record["total"] if isinstance(record.get("total"), int) else 0
    if isinstance(record.get("comments"), list) and "fields" not in record:
        comments = dicts_at(record, "comments")
        named = (_issue_in(each) for each in comments)
        return Page(COMMENTS, next(filter(None, named), None), comments, total)
    if isinstance(record.get("changeHistories"), list):
        return Page(CHANGELOGS, ident(record.get("issueId")), _histories(record, "changeHistories"), 0)
    if not isinstance(record.get("values"), list):
        return None
    histories = _histories(record, "values")
    issue = _issue_in(record)
    if issue is None and not any("items" in each for each in histories):
        return None
    return Page(CHANGELOGS, issue, histories, total)


def _issue_in(record: Mapping[str, Any]) -> str | None:
    found = OF_ISSUE.search(str(record.get("self")))
    return None if found is None else found[1]


def _histories(record: Mapping[str, Any], key: str) -> list[Entry]:
    return [each | {"created": as_iso(each.get("created"))} for each in dicts_at(record, key)]


def as_iso(told: object) -> object:
    """Return a time, which some pages tell in milliseconds since 1970, as ISO."""
    is_number = isinstance(told, int | float) and not isinstance(told, bool)
    return epoch_iso(told, 1000) if is_number else told


@dataclass
class Pages:
    """The pages of one kind, by the id or the key of their issue."""

    held: dict[str, list[Entry]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    """How many entries an issue has, as its pages say; of many issues at once they do not."""
    used: set[str] = field(default_factory=set)
    nameless: dict[str, list[Entry]] = field(default_factory=dict)
    """By file, those of pages that do not say whose they are."""

    def add(self, page: Page, file: str) -> None:
        """Take a page of a file in."""
        if page.issue is None:
            self.nameless.setdefault(file, []).extend(page.entries)
            return
        self.held.setdefault(page.issue, []).extend(page.entries)
        self.totals[page.issue] = max(page.total, self.totals.get(page.issue, 0))

    def with_pages(self, issue: Mapping[str, Any], own: Sequence[Entry]) -> list[Entry]:
        """Return the entries that an issue tells itself and those of its pages, each once, in their order."""
        names = self._of(issue)
        self.used.update(names)
        every = [*own, *(each for name in names for each in self.held[name])]
        distinct = {ident(each.get("id")) or f"#{place}": each for place, each in enumerate(every)}
        return in_order(list(distinct.values())) if names else every

    def missing(self, issue: Mapping[str, Any], own: object, held: Sequence[Entry]) -> int | None:
        """Return how many entries are told of and not ``held``; None where neither issue nor pages tell of any."""
        told = [self.totals[name] for name in self._of(issue)]
        if isinstance(own, dict):
            total = own.get("total")
            told.append(total if isinstance(total, int) else 0)
        return max(0, max(told) - len(held)) if told else None

    def _of(self, issue: Mapping[str, Any]) -> list[str]:
        """Return the names by which pages call an issue; none where no page is of it."""
        told = (ident(issue.get(name)) for name in ("id", "key"))
        return [name for name in told if name is not None and name in self.held]


def in_order(entries: list[Entry]) -> list[Entry]:
    """Return entries from the oldest to the newest, as their ids tell; as they stand where these are no numbers."""
    is_numbered = all(serial(ident(each.get("id"))) is not None for each in entries)
    return sorted(entries, key=lambda each: serial(ident(each["id"])) or 0) if is_numbered else entries
