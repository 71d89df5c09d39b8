"""Messages and promises of cases: ``CaseComment``, ``EmailMessage`` and ``CaseMilestone`` of Salesforce."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from boilover.adapters.salesforce_desk import Desk
from boilover.adapters.salesforce_words import canonical, key
from boilover.adapters.words import html_to_text, ident, is_true

DRAFTS = ("5", "Draft")


def tell_comment(desk: Desk, row: Mapping[str, Any]) -> None:
    """Tell a ``CaseComment``: published ones the customer sees."""
    ticket = _ticket(desk, row, "ParentId")
    if ticket is None:
        return
    user = ident(row.get("CreatedById"))
    desk.facts.message(
        ticket,
        ident(row.get("CreatedDate")),
        ident(row.get("CommentBody")),
        public=is_true(row.get("IsPublished")),
        by=desk.person(user),
        role=desk.role(key(user), ticket),
        event_id=key(row.get("Id")),
    )


def tell_email(desk: Desk, row: Mapping[str, Any]) -> None:
    """Tell an ``EmailMessage``: an incoming one is the customer's, an automatic one no agent's."""
    ticket = _ticket(desk, row, "ParentId")
    if ticket is None:
        return
    if ident(row.get("Status")) in DRAFTS:
        desk.export.tally.note("drafts of e-mails, left out")
        return
    is_incoming = is_true(row.get("Incoming"))
    user = desk.customers.get(ticket) if is_incoming else ident(row.get("CreatedById"))
    role = "customer" if is_incoming else desk.role(key(user), ticket) or "agent"
    if not is_incoming and ident(row.get("AutomationType")) is not None:
        role = "bot"
    text, at = ident(row.get("TextBody")), ident(row.get("MessageDate")) or ident(row.get("CreatedDate"))
    desk.mail(ticket, at)
    desk.facts.message(
        ticket,
        at,
        text if text is not None else html_to_text(ident(row.get("HtmlBody")) or ""),
        public=True,
        by=desk.person(user),
        role=role,
        event_id=key(row.get("Id")),
    )


def tell_milestone(desk: Desk, row: Mapping[str, Any]) -> None:
    """Tell when a milestone falls due, known from its start, and that it was missed."""
    ticket, due = _ticket(desk, row, "CaseId"), ident(row.get("TargetDate"))
    if ticket is None or due is None:
        return
    held = row.get("MilestoneType")
    names = {canonical(column): value for column, value in held.items()} if isinstance(held, dict) else {}
    name = ident(names.get("Name")) or ident(row.get("MilestoneType.Name")) or ident(row.get("Name")) or ""
    target = "first_reply" if re.search(r"respon|reply", name, re.IGNORECASE) else "resolution"
    milestone = key(row.get("Id"))
    seen = ident(row.get("StartDate")) or ident(row.get("CreatedDate"))
    told: dict[str, Any] = {"value": target, "raw": name or None}
    desk.facts.event(ticket, due, "sla_due", seen=seen, event_id=milestone, **told)
    if is_true(row.get("IsViolated")):
        breach = f"{milestone}/breach" if milestone else None
        desk.facts.event(ticket, due, "field_changed", field="sla_breached", event_id=breach, **told)


def _ticket(desk: Desk, row: Mapping[str, Any], column: str) -> str | None:
    ticket = desk.ticket_of(key(row.get(column)))
    if ticket is None:
        reason = "record of a case that the export does not hold"
        desk.export.tally.drop(reason, 1, row.get(column), lost=False)
    return ticket
