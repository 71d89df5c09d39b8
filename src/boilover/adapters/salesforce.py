"""Salesforce Service Cloud: tables as CSV of the data export, or as JSON of its API, and reports.

::

    {"records": [{"Id", …}, …]}, or CSV with the same columns:
    Case            Id, CaseNumber, CreatedDate, CreatedById, ContactId, AccountId, Status, Priority, OwnerId, Subject,
                    Description, Origin, IsClosed, ClosedDate, LastModifiedDate, MasterRecordId, IsDeleted
    CaseHistory     Id, CaseId, CreatedById, CreatedDate, Field, OldValue, NewValue
    CaseComment     Id, ParentId, CommentBody, IsPublished, CreatedDate, CreatedById
    EmailMessage    Id, ParentId, Incoming, MessageDate, TextBody, HtmlBody, AutomationType, Status
    CaseMilestone   Id, CaseId, StartDate, TargetDate, IsViolated, MilestoneType
    a report        Case Number, Edit Date, Field / Event, Old Value, New Value, Edited By

Children may be nested in their case (``Histories``, ``CaseComments``, …). Records of ``User`` tell customers of a
portal and automated users, those of ``Group`` name queues. History comes from CaseHistory
(`boilover.adapters.salesforce_history`); a case's own columns are today's, and its IsEscalated is never read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from boilover.adapters.ends import DONE, Today
from boilover.adapters.export import Export
from boilover.adapters.facts import LAST
from boilover.adapters.nested import dicts_at
from boilover.adapters.record_desk import Record
from boilover.adapters.salesforce_desk import Desk, Options
from boilover.adapters.salesforce_history import History
from boilover.adapters.salesforce_messages import tell_comment, tell_email, tell_milestone
from boilover.adapters.salesforce_words import SCHEMA, TODAY, canonical, key
from boilover.adapters.words import ident, is_true
from boilover.log import EventLog

CHILDREN = {
    "Histories": "CaseHistory",
    "CaseComments": "CaseComment",
    "EmailMessages": "EmailMessage",
    "CaseMilestones": "CaseMilestone",
}
"""Lists inside of a case to their tables."""
LINKS = {
    "CaseHistory": "CaseId",
    "CaseComment": "ParentId",
    "EmailMessage": "ParentId",
    "CaseMilestone": "CaseId",
}
PEOPLE = frozenset({"User", "Group"})
BY_MACHINE = frozenset({"email", "web", "email2case", "web2case"})
"""Origins of cases that customers write and the system files."""


class SalesforceAdapter:
    """Reads exports of Salesforce cases."""

    name = "salesforce"

    def sniff(self, head: bytes) -> float:
        """Return 0.95 for a table of cases, 0.2 or 0.3 for one of people or an empty answer of the API."""
        tables = SCHEMA.tables(head)
        if tables - PEOPLE:
            return 0.95
        return 0.3 if "User" in tables or b'"totalSize"' in head[:64] else 0.2 * bool(tables)

    def read(self, export: Export) -> Iterator[EventLog]:
        """Read all tables; raise `InputError` for histories that are cut, unless they may be."""
        options = export.options(Options)
        with export.facts(time_format=options.time_format, timezone=options.timezone) as facts:
            desk = Desk(export, facts, options)
            desk.read({"User": desk.learn_user, "Group": desk.learn_group}, {"Case": desk.learn_case})
            desk.settle()
            tables = SCHEMA.shown(export)
            _tell_history(desk)
            has_emails = "EmailMessage" in tables
            told: set[str] = set()
            for _, case in desk.records("Case" if "Case" in tables else "Report"):
                ticket = desk.ticket_of(ident(case.get("CaseNumber")) or key(case.get("Id")))
                if ticket is not None and ("Case" in tables or ticket not in told):
                    told.add(ticket)
                    _tell_case(desk, ticket, case, has_emails=has_emails)
            yield from facts.logs()


def _tell_history(desk: Desk) -> None:
    """Tell what happened to the cases."""
    history = History(desk)
    readers: dict[str, Callable[[Record], None]] = {
        "Report": history.tell_report,
        "CaseHistory": history.tell,
        "CaseComment": partial(tell_comment, desk),
        "EmailMessage": partial(tell_email, desk),
        "CaseMilestone": partial(tell_milestone, desk),
    }

    def tell_children(case: Record) -> None:
        for child, row in _children(desk, case):
            readers[child](row)

    nests = any(SCHEMA.names(member.head) & CHILDREN.keys() for member in desk.export.members)
    desk.read(readers | ({"Case": tell_children} if nests else {}))
    history.close()
    if desk.has_history:
        desk.facts.history()


def _children(desk: Desk, case: Record) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows nested in a case; a list that goes on elsewhere is cut."""
    case_id = key(case.get("Id"))
    for column, table in CHILDREN.items():
        held = case.get(column)
        if not isinstance(held, dict) or not isinstance(held.get("records"), list):
            continue
        total = held.get("totalSize", len(held["records"]))
        if held.get("done") is False or (isinstance(total, int) and total > len(held["records"])):
            desk.export.cut(desk.ticket_of(case_id) or str(case_id), f"{column} goes on at nextRecordsUrl")
        for row in dicts_at(held, "records"):
            yield table, {LINKS[table]: case_id, **{canonical(name): value for name, value in row.items()}}


def _tell_case(desk: Desk, ticket: str, case: Record, *, has_emails: bool) -> None:
    """Tell what was fixed at creation, the opening words, and what the case is today."""
    created = _time(desk, case, "CreatedDate")
    today = {"customer_id": key(case.get("ContactId")), "account_id": key(case.get("AccountId"))}
    today |= {name.casefold(): ident(case.get(name)) for name in ("Subject", "Description")}
    held = {name: desk.firsts.at_creation(ticket, name, value) for name, value in today.items()}
    opening = held.pop("description")
    by, role = _opener(desk, ticket, case, held["customer_id"])
    first = {name for name in held if desk.firsts.tells(ticket, name, today[name])}
    desk.facts.ticket(ticket, created=created, by=by, role=role, first=first, **held)
    is_doubled = has_emails and (ident(case.get("Origin")) or "").casefold() == "email"
    if is_doubled:
        desk.facts.opening(ticket, created, None, first=desk.opened_by_mail(ticket, created))
    elif created is not None:
        is_first = desk.firsts.tells(ticket, "description", today["description"])
        public = role == "customer"
        desk.facts.opening(ticket, created, opening, first=is_first, public=public, by=by, role=role)
    updated = _time(desk, case, "SystemModstamp") or _time(desk, case, "LastModifiedDate")
    # Loaders write columns of the desk's own in capitals as well.
    spelt = {column.casefold(): column for column in case}
    for name, target in (TODAY | desk.options.fields).items():
        column = spelt.get(name.casefold())
        if column is not None and desk.may_tell(target):
            desk.facts.today(ticket, target, *desk.value(target, ident(case[column])), at=updated)
    if "OwnerId" in case and desk.may_tell("assignee"):
        owner = ident(case["OwnerId"])
        desk.facts.today(ticket, *desk.owner(owner), raw=owner, at=updated)
    _tell_status(desk, ticket, case, updated)


def _opener(desk: Desk, ticket: str, case: Record, contact: str | None) -> tuple[str | None, str | None]:
    """Return who opened a case and in which role: what a customer wrote, a machine files."""
    user = ident(case.get("CreatedById"))
    role = desk.role(key(user), ticket)
    by_machine = (ident(case.get("Origin")) or "").casefold() in BY_MACHINE or ident(
        case.get("SuppliedEmail")
    ) is not None
    if user is None or (role != "customer" and (by_machine or role in ("system", "bot"))):
        return contact, "customer"
    return desk.person(user), role


def _tell_status(desk: Desk, ticket: str, case: Record, updated: str | None) -> None:
    """Tell the status of today; a case that was merged or deleted ends with its last change."""
    status, raw = desk.value("status", ident(case.get("Status")))
    master = key(case.get("MasterRecordId"))
    if status is not None:
        closed = _time(desk, case, "ClosedDate")
        ended = [(closed, status)] if closed is not None and status in DONE else []
        was_changed = closed is None or closed != _time(desk, case, "CreatedDate")
        today = Today(status, raw, None if master else updated, ended, was_changed)
        desk.ends.tell(desk.export, desk.facts, ticket, today, has_history=desk.has_history)
    if master is not None and updated is not None:
        desk.facts.event(ticket, updated, "merged", value=desk.ticket_of(master) or master)
    elif is_true(case.get("IsDeleted")) and updated is not None:
        desk.facts.change(
            ticket, updated, "status", "closed", raw="deleted", old=status, old_raw=raw, order=LAST
        )


def _time(desk: Desk, case: Record, column: str) -> str | None:
    """Return a time of a case; one in a report is written as its reader's locale does."""
    word = ident(case.get(column))
    from_report = desk.options.report_time_format is not None and word is not None and "/" in word
    return desk.report_time(word) if from_report else word
