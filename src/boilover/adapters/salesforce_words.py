"""The words of Salesforce: tables, columns in their spellings, fields of the history, statuses and ids."""

from __future__ import annotations

import re

from boilover.adapters.record_tables import Schema, Shape
from boilover.adapters.words import ident

COLUMNS = (
    "AccountId", "AutomationType", "CaseId", "CaseNumber", "CommentBody", "ContactId", "CreatedById", "CreatedDate",
    "Description", "DeveloperName", "Field", "HtmlBody", "Id", "Incoming", "IsClosed", "ClosedDate", "IsDeleted",
    "IsPublished", "IsViolated", "Language", "LastModifiedDate", "MasterRecordId", "MessageDate", "MilestoneType",
    "MilestoneType.Name", "Name", "NewValue", "OldValue", "Origin", "OwnerId", "ParentId", "Priority", "ProductId",
    "Reason", "StartDate", "Status", "Subject", "SuppliedEmail", "SystemModstamp", "TargetDate", "TextBody", "Type",
    "UserType", "Username", "Histories", "CaseComments", "EmailMessages", "CaseMilestones",
)  # fmt: skip
REPORT = {
    "case number": "CaseNumber",
    "case id": "Id",
    "edit date": "EditDate",
    "field / event": "FieldEvent",
    "old value": "OldValue",
    "new value": "NewValue",
    "edited by": "EditedBy",
    "date/time opened": "CreatedDate",
    "opened date": "CreatedDate",
    "date/time closed": "ClosedDate",
    "closed": "IsClosed",
    "case origin": "Origin",
    "case owner": "OwnerId",
    "contact name": "ContactId",
    "account name": "AccountId",
    "case last modified date": "LastModifiedDate",
}
"""Headings of a report."""
NAMES = {name.casefold(): name for name in COLUMNS} | REPORT


def canonical(heading: str) -> str:
    """Return the column's name; loaders write it in capitals, reports write labels."""
    name = heading.strip()
    return NAMES.get(name.casefold(), name)


SCHEMA = Schema(
    shapes=(
        Shape.of("Report", "CaseNumber EditDate", "FieldEvent NewValue"),
        Shape.of("Case", "CaseNumber", "OwnerId Status CreatedDate"),
        Shape.of("CaseHistory", "CaseId Field", needs="CreatedDate NewValue"),
        Shape.of("CaseMilestone", "CaseId TargetDate"),
        Shape.of("CaseComment", "ParentId CommentBody", needs="CreatedDate"),
        Shape.of("EmailMessage", "ParentId", "Incoming MessageDate TextBody"),
        Shape.of("User", "Id", "UserType Username"),
        Shape.of("Group", "Id Name", "DeveloperName Type"),
    ),
    canonical=canonical,
    lists=frozenset({"records"}),
)

STATUSES = {
    "new": "new",
    "working": "open",
    "in progress": "open",
    "escalated": "open",
    "reopened": "open",
    "waiting on customer": "pending",
    "waiting for customer": "pending",
    "awaiting customer": "pending",
    "on hold": "on_hold",
    "waiting on third party": "on_hold",
    "resolved": "solved",
    "closed": "closed",
    "merged": "closed",
}
PRIORITY_WORDS = {"medium": "normal", "critical": "urgent"}

OWNER = frozenset({"owner", "ownerassignment", "owneraccepted", "ownerescalated"})
FIELDS = {
    "status": "status",
    "priority": "priority",
    "type": "type",
    "reason": "category",
    "origin": "channel",
    "product": "product",
    "productid": "product",
    "language": "language",
    "isescalated": "IsEscalated",
    "contact": "customer_id",
    "account": "account_id",
    "parent": "parent",
}
"""Field of the history, in lower case, to the part of the state that it tells."""
EVENTS_OF_REPORTS = {
    "case owner": "owner",
    "owner (assignment)": "ownerassignment",
    "owner (accepted)": "owneraccepted",
    "owner (escalation)": "ownerescalated",
    "escalated": "isescalated",
    "case origin": "origin",
    "case reason": "reason",
    "case type": "type",
    "contact name": "contact",
    "account name": "account",
}
REFERENCES = OWNER | {"contact", "account", "parent", "product", "productid", "asset", "entitlement"}
"""Fields of which the history holds each change twice, with names and with ids."""
TODAY = {
    "Priority": "priority",
    "Type": "type",
    "Reason": "category",
    "Origin": "channel",
    "ProductId": "product",
    "Language": "language",
}
"""Columns of Case to what they tell."""
SILENT = frozenset(
    {"created", "closed", "created.", "closed.", "isclosed", "subject", "description", "locked", "unlocked"}
)
"""Fields that tell nothing more, or prose; that prose changed is told."""

LONG = 18
CUSTOM = r"a(?=[0-9A-Za-z]*\d)[0-9A-Za-z]{2}"
KEY = re.compile(rf"(?:\d[0-9A-Za-z]{{2}}|{CUSTOM})[0-9A-Za-z]{{12}}")
"""An id of 15 characters begins with a digit, one of a custom object with an a."""
REFERENCE = re.compile(rf"(?:00[135G]|01t|02i|5[05]0|{CUSTOM})[0-9A-Za-z]{{12}}(?:[A-Z0-5]{{3}})?")
"""What changes of a case refer to: accounts, contacts, users, queues, products, assets, cases and entitlements."""
CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def key(value: object) -> str | None:
    """Return an id in its form of 18 characters; what is no id as it is.

    The form of 15 characters tells ids apart by case; three more say which characters are capitals.
    """
    if type(value) is str and len(value) == LONG and value.isalnum():
        return value
    word = ident(value)
    if word is None or KEY.fullmatch(word) is None:
        return word
    parts = (word[start : start + 5] for start in (0, 5, 10))
    return word + "".join(CHECK[sum(c.isupper() << place for place, c in enumerate(part))] for part in parts)


def is_key(word: str | None) -> bool:
    """Say whether a word that may be a name, too, has the form of an id of what cases refer to."""
    return word is not None and REFERENCE.fullmatch(word) is not None
