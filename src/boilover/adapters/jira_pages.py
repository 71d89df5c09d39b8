"""Pages of Jira's changelogs, which go on where a search cuts them: of one issue, or of many at once.

::

    {"self": ".../rest/api/3/issue/HELP-1/changelog?...", "total", "values": [history, ...]}
    {"issueChangeLogs": [{"issueId", "changeHistories": [history, ...]}, ...], "nextPageToken"}

They are held in memory until their issues are told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from boilover.adapters.nested import dicts_at
from boilover.adapters.words import ident

OF_ISSUE = re.compile(r"/issue/([^/?#]+)/changelog")
History = dict[str, Any]


class Page(NamedTuple):
    """Some histories of the issue of an id or a key; None where the page names none."""

    issue: str | None
    histories: list[History]
    total: int


def page_of(record: Mapping[str, Any]) -> Page | None:
    """Return the page that a record is, None for an issue or anything else."""
    if isinstance(record.get("changeHistories"), list):
        return Page(ident(record.get("issueId")), _histories(record, "changeHistories"), 0)
    if not isinstance(record.get("values"), list):
        return None
    named = OF_ISSUE.search(str(record.get("self")))
    if named is None:
        return None
    total = record.get("total")
    return Page(named[1], _histories(record, "values"), total if isinstance(total, int) else 0)


def _histories(record: Mapping[str, Any], key: str) -> list[History]:
    return [dict(each) | {"created": _as_iso(each.get("created"))} for each in dicts_at(record, key)]


def _as_iso(told: object) -> object:
    """Return a time, which some pages tell in milliseconds since 1970, as ISO."""
    if isinstance(told, bool) or not isinstance(told, int):
        return told
    try:
        return datetime.fromtimestamp(told / 1000, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


@dataclass
class Pages:
    """The pages of an export, by the id or the key of their issue."""

    held: dict[str, list[History]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    """How many histories an issue has, as its pages say; of many issues at once they do not."""
    used: set[str] = field(default_factory=set)

    def add(self, page: Page) -> None:
        """Take a page in."""
        issue = page.issue or ""
        self.held.setdefault(issue, []).extend(page.histories)
        self.totals[issue] = max(page.total, self.totals.get(issue, 0))

    def of(self, issue: Mapping[str, Any]) -> list[str]:
        """Return the names by which pages call an issue; none where no page is of it."""
        told = (ident(issue.get(name)) for name in ("id", "key"))
        return [name for name in told if name is not None and name in self.held]

    def with_pages(self, issue: Mapping[str, Any], histories: Sequence[History]) -> list[History]:
        """Return the histories of an issue and those of its pages, each once, in their order."""
        names = self.of(issue)
        self.used.update(names)
        every = [*histories, *(each for name in names for each in self.held[name])]
        distinct = {ident(each.get("id")) or f"#{place}": each for place, each in enumerate(every)}
        return in_order(list(distinct.values())) if names else every


def in_order(histories: list[History]) -> list[History]:
    """Return histories from the oldest to the newest, as their ids tell; as they stand where these are no numbers."""
    if all(str(each.get("id", "")).isdecimal() for each in histories):
        return sorted(histories, key=lambda each: int(each["id"]))
    return histories
