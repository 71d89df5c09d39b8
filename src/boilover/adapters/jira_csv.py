"""The CSV that Jira's search page exports: one row per issue as it is today, with comments and without a history.

``Issue key, Issue Type, Status, Priority, Assignee, Reporter, Created, Updated, Resolved, Summary, Description, Labels,
Labels, Comment, Comment, …``; a comment is ``01/Feb/26 3:04 PM;author;text``. Times are local to whoever exported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from boilover.adapters.cells import csv_rows
from boilover.adapters.ends import DONE
from boilover.adapters.jira_changes import Desk, project_of, tags
from boilover.adapters.jira_text import plain_text
from boilover.adapters.members import Member
from boilover.adapters.times import local_iso
from boilover.adapters.words import ident
from boilover.errors import InputError

HEADER = re.compile(rb'^[^\n]*?"?Issue key"?[,;\t|\r\n]', re.IGNORECASE)
FORMATS = ("%d/%b/%y %I:%M %p", "%d/%b/%y %H:%M", "%d/%b/%Y %I:%M %p", "%d/%b/%Y %H:%M", "%d/%b/%y")
"""Those that Jira writes unless told otherwise. Months in digits may be days as well, so they are never guessed."""
ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d|$)")


def has_header(head: bytes) -> bool:
    """Say whether a table begins with a header of Jira's in English."""
    return HEADER.match(head) is not None


@dataclass(frozen=True)
class _Row:
    desk: Desk
    file: str
    number: int
    cells: dict[str, str]

    def all(self, column: str) -> Iterator[str]:
        """Yield the cells that are not empty of a column that may be repeated."""
        name = self.desk.options.columns.get(column, column)
        repeat = 0
        while (cell := self.cells.get(f"{name}.{repeat}" if repeat else name)) is not None:
            if cell.strip():
                yield cell.strip()
            repeat += 1

    def one(self, column: str) -> str | None:
        return next(self.all(column), None)

    def person(self, column: str) -> str | None:
        """Return a person's id, which newer exports write beside the name."""
        return self.one(f"{column} Id") or self.one(column)

    def time(self, column: str) -> str | None:
        told = self.one(column)
        if told is None or (read := to_iso(told, self.desk.options.time_format)) is not None:
            return read if told is not None else None
        mend = "Declare time_format in the [options] of the recipe, for instance '%d.%m.%Y %H:%M'"
        raise InputError(
            "the format of the time is not known",
            file=self.file,
            column=column,
            row=self.number,
            value=told,
            mend=mend,
        )


def tell_rows(desk: Desk, member: Member) -> None:
    """Tell the issues of one CSV; raise `InputError` for times in a format that Jira does not write by itself."""
    for number, cells in enumerate(csv_rows(member), start=1):
        row = _Row(desk, member.name, number, cells)
        key = ident(row.one("Issue key"))
        if key is None:
            desk.export.tally.rows += 1
            desk.export.tally.drop("rows without an issue key", 1, f"row {number}")
            continue
        ticket = desk.survey.key_today(key)
        _tell_creation(row, ticket)
        _tell_today(row, ticket)
        for cell in row.all("Comment"):
            _tell_comment(row, ticket, cell)


def _tell_creation(row: _Row, ticket: str) -> None:
    created, reporter = row.time("Created"), row.person("Reporter")
    by = row.person("Creator") or reporter
    role = row.desk.people.role({"name": by}, reporter) if by else None
    told: dict[str, Any] = {"customer_id": reporter, "subject": row.one("Summary")}
    told |= {name: row.one(column) for name, column in row.desk.options.attributes.items()}
    row.desk.facts.ticket(ticket, created=created, by=by, role=role, **told)
    text = plain_text(row.one("Description"))
    row.desk.facts.opening(ticket, created, text, public=True, by=by, role=role)


def _tell_today(row: _Row, ticket: str) -> None:
    facts, seen = row.desk.facts, row.time("Updated")
    value, raw = row.desk.statuses.read(row.one("Status"))
    if value is not None:
        at = row.time("Resolved") if value in DONE else None
        facts.today(ticket, "status", value, raw=raw, at=at or seen)
    facts.today(ticket, "priority", *row.desk.priorities.read(row.one("Priority")), at=seen)
    facts.today(ticket, "assignee", row.person("Assignee"), at=seen)
    facts.today(ticket, "type", row.one("Issue Type"), at=seen)
    if (labels := tags(" ".join(row.all("Labels")))) is not None:
        facts.today(ticket, "tags", labels, at=seen)
    for name in row.desk.options.group:
        group = project_of(ticket) if name == "project" else row.one(f"Custom field ({name})")
        if group is not None:
            facts.today(ticket, "group", group, at=seen)


def _tell_comment(row: _Row, ticket: str, cell: str) -> None:
    """Tell a comment, whose cell holds time, author and text."""
    time, _, rest = cell.partition(";")
    author, _, text = rest.partition(";")
    at = to_iso(time, row.desk.options.time_format)
    body = plain_text(text)
    if at is None or body is None:
        row.desk.export.tally.rows += 1
        row.desk.export.tally.drop("comments without a time, an author and a text", 1, f"issue {ticket}")
        return
    public = row.desk.options.comments_public
    role = row.desk.people.role({"name": author}, row.person("Reporter"))
    row.desk.facts.message(ticket, at, body, public=public, by=author, role=role)


def to_iso(told: str, time_format: str | None) -> str | None:
    """Return a time as ISO without an offset; None for one in another format."""
    known = FORMATS if time_format is None else (time_format,)
    return local_iso(told, *known) or (told if ISO.match(told) else None)
