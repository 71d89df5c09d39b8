"""Exports of Jira and Jira Service Management.

JSON, as the search of the REST API gives it (versions 2 and 3): pages ``{"issues": [...]}``, an array, or one issue a
line. An issue is ``{"id", "key", "fields": {"created", "status", "comment": {"comments": [...]}, ...}, "changelog":
{"total", "histories": [...]}}``. ``fields`` hold what is true today; the changelog tells how it came about, see
`boilover.adapters.jira_changes`; where a search cuts it, its pages go on, see `boilover.adapters.jira_pages`. Fields of
shape ``{"completedCycles", "ongoingCycle"}`` are service levels.

CSV, as the search page of the browser gives it: see `boilover.adapters.jira_csv`.

Everything is read twice: which statuses are done, which issues were moved and what custom fields are called is
told only by the export as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from boilover.adapters.export import Export
from boilover.adapters.facts import Facts
from boilover.adapters.jira_changes import SETS, Desk, first_changes, ordered, tell_changes
from boilover.adapters.jira_csv import has_header, tell_rows
from boilover.adapters.jira_pages import CHANGELOGS, COMMENTS, page_of
from boilover.adapters.jira_service import tell_comments, tell_rating, tell_service_levels
from boilover.adapters.jira_text import plain_text
from boilover.adapters.jira_today import shown, tell_today
from boilover.adapters.jira_words import (
    USUAL_PRIORITIES,
    USUAL_STATUSES,
    JiraOptions,
    People,
    StatusWords,
    Survey,
    fold,
    person,
)
from boilover.adapters.members import Member
from boilover.adapters.nested import dict_at, dicts_at
from boilover.adapters.streams import is_json, json_records, marks_in
from boilover.adapters.words import Words, ident
from boilover.errors import shorten
from boilover.log import EventLog

MARKS = (
    rb'"(?:issues|issueChangeLogs)"\s*:\s*\[',
    rb'"fields"\s*:\s*\{',
    rb'"(?:changelog"\s*:\s*\{|changeHistories"\s*:\s*\[)',
    rb'"(?:issuetype|statusCategory|fromString|jsdPublic)"\s*:',
    rb'"customfield_\d+"\s*:',
    rb'"(?:startAt|maxResults|nextPageToken)"\s*:',
    rb'"[a-z]+://[^"\s]+/rest/api/(?:\d|latest)/issue/',
)
"""What no other system's export holds several of."""


LISTS = ("issues", "issueChangeLogs")
PARTS = {CHANGELOGS: ("entries of the changelog", "changelog"), COMMENTS: ("comments", "comment")}
"""Kinds of pages to what they hold and how the API calls them."""
OF_HISTORY = {"customer_id": "reporter", "subject": "summary"}
"""What is fixed at creation to the field whose first change tells it."""
NAMELESS = "on pages without 'self', which names their issue"


class JiraAdapter:
    """Reads exports of Jira."""

    name = "jira"

    def sniff(self, head: bytes) -> float:
        """Return how many marks of an export of Jira are there."""
        if not is_json(head):
            return 0.9 if has_header(head) else 0.0
        found = marks_in(head, MARKS)
        return min(0.95, 0.3 * found) if found > 1 else 0.0

    def read(self, export: Export) -> Iterator[EventLog]:
        """Tell the issues of all members to the facts."""
        options = export.options(JiraOptions)
        survey = _survey(export)
        with export.facts(timezone=options.timezone) as facts:
            desk = _desk(export, facts, options, survey)
            for member in export.members:
                if is_json(member.head):
                    _tell_issues(desk, member)
                else:
                    tell_rows(desk, member)
            for kind, pages in survey.pages.items():
                unused = len(pages.held.keys() - pages.used)
                export.tally.note(f"{kind} of issues that the export does not hold, left out", unused)
                _drop_nameless(export, kind, [*chain.from_iterable(pages.nameless.values())])
            yield from facts.logs()


def _drop_nameless(export: Export, kind: str, entries: Sequence[Mapping[str, Any]]) -> None:
    """Count what is on pages that were saved without telling of which issue they are."""
    export.tally.rows += len(entries)
    example = next((f"id {ident(each.get('id'))}" for each in entries), None)
    export.tally.drop(f"{kind} {NAMELESS}", len(entries), example)


def _survey(export: Export) -> Survey:
    survey = Survey()
    for member in export.members:
        if is_json(member.head):
            # Only the second reading is shown as progress.
            for _, record in json_records(replace(member, told=None), LISTS):
                page = page_of(dict_at(record))
                if page is None:
                    survey.meet(dict_at(record), ordered(dict_at(record)))
                else:
                    survey.pages[page.kind].add(page, member.label)
                    survey.meet({}, page.entries if page.kind == CHANGELOGS else ())
    return survey


def _desk(export: Export, facts: Facts, options: JiraOptions, survey: Survey) -> Desk:
    usual = Words(USUAL_STATUSES, kind="status", tally=export.tally)
    return Desk(
        export=export,
        facts=facts,
        options=options,
        survey=survey,
        statuses=StatusWords(options.statuses, survey.categories, usual),
        priorities=Words(USUAL_PRIORITIES | options.priorities, kind="priority", tally=export.tally),
        people=People(options),
    )


def _tell_issues(desk: Desk, member: Member) -> None:
    for _, record in json_records(member, LISTS):
        if page_of(dict_at(record)) is None:
            _tell_issue(desk, dict_at(record))


def _tell_issue(desk: Desk, issue: Mapping[str, Any]) -> None:
    key = ident(issue.get("key"))
    if key is None or not isinstance(issue.get("fields"), dict):
        desk.export.tally.rows += 1
        desk.export.tally.drop("records that are no issue", 1, issue.get("id", "one without an id"))
        return
    ticket = desk.survey.key_today(key)
    histories = desk.survey.pages[CHANGELOGS].with_pages(issue, ordered(issue))
    own = dict_at(issue, "fields", "comment")
    comments = desk.survey.pages[COMMENTS].with_pages(issue, dicts_at(own, "comments"))
    _check(desk, ticket, COMMENTS, desk.survey.pages[COMMENTS].missing(issue, own, comments))
    missing = desk.survey.pages[CHANGELOGS].missing(issue, issue.get("changelog"), histories)
    _check(desk, ticket, CHANGELOGS, missing)
    reporter = _tell_creation(desk, ticket, issue, histories, is_whole=missing == 0)
    if missing == 0:
        desk.facts.history(ticket)
    tell_today(desk, ticket, issue["fields"])
    tell_comments(desk, ticket, comments, reporter)
    tell_changes(desk, ticket, histories, reporter)
    tell_service_levels(desk, ticket, issue)
    tell_rating(desk, ticket, issue)


def _tell_creation(
    desk: Desk,
    ticket: str,
    issue: Mapping[str, Any],
    histories: Sequence[Mapping[str, Any]],
    *,
    is_whole: bool,
) -> str | None:
    """Tell what was fixed at creation; return who reported the issue then.

    A whole history tells all but a desk's own fields also by not telling of them: these may be calculated.
    """
    fields = issue["fields"]
    changed = first_changes(desk, histories)
    first = changed.get("reporter")
    reporter = (
        ident(first.get("tmpFromAccountId") or first.get("from")) if first else person(fields.get("reporter"))
    )
    subject, opening = (
        changed[name].get("fromString") if name in changed else fields.get(name)
        for name in ("summary", "description")
    )
    creator = fields.get("creator") or ({} if first else fields.get("reporter"))
    by = person(creator) or reporter
    role = desk.people.role(creator or {"accountId": reporter}, reporter)
    told = {"customer_id": reporter, "subject": plain_text(subject)}
    known = {name for name, field in OF_HISTORY.items() if is_whole or field in changed}
    for name, field_id in desk.options.attributes.items():
        field = desk.field({"fieldId": field_id, "field": desk.survey.names.get(field_id)})
        if field in changed and fold(field) not in SETS:
            told[name] = shown(changed[field].get("fromString"))
            known.add(name)
        else:
            told[name] = shown(fields.get(field_id))
    desk.facts.ticket(ticket, created=fields.get("created"), by=by, role=role, first=known, **told)
    is_first, text = is_whole or "description" in changed, plain_text(opening)
    desk.facts.opening(ticket, fields.get("created"), text, first=is_first, public=True, by=by, role=role)
    return reporter


def _check(desk: Desk, ticket: str, kind: str, missing: int | None) -> None:
    """Complain where a part of what is told of an issue is not there, and name pages that may hold it."""
    if missing:
        what, page = PARTS[kind]
        files = ", ".join(shorten(file) for file in desk.survey.pages[kind].nameless)
        nameless = f"; there are {kind} {NAMELESS}, in {files}" if files else ""
        told = f"{missing} {what} are missing, which pages of /issue/{ticket}/{page} hold{nameless}"
        desk.export.cut(ticket, told)
