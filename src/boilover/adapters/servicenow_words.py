"""The words of ServiceNow: labels of columns, codes of values, and which fields are part of the state."""

from __future__ import annotations

from boilover.adapters.record_tables import Schema, Shape

ALIASES = {
    "caller": "caller_id",
    "channel": "contact_type",
    "closed": "closed_at",
    "configuration_item": "cmdb_ci",
    "created": "sys_created_on",
    "created_by": "sys_created_by",
    "document_key": "documentkey",
    "field_name": "fieldname",
    "new_value": "newvalue",
    "old_value": "oldvalue",
    "on_hold_reason": "hold_reason",
    "breach_time": "planned_end_time",
    "opened": "opened_at",
    "resolved": "resolved_at",
    "sla_definition": "sla",
    "table_name": "tablename",
    "update_count": "record_checkpoint",
    "updated": "sys_updated_on",
    "updates": "sys_mod_count",
    "user_id": "user_name",
}
"""Labels, as a list shows them, to the names of the columns."""


def canonical(heading: str) -> str:
    """Return the column's name for its name or its label."""
    name = heading.strip().casefold().replace(" ", "_")
    return ALIASES.get(name, name)


SCHEMA = Schema(
    shapes=(
        Shape.of("sys_audit", "documentkey fieldname", needs="sys_created_on newvalue"),
        Shape.of("sys_journal_field", "element element_id", needs="sys_created_on value"),
        Shape.of("task_sla", "task", "planned_end_time has_breached"),
        Shape.of("sys_user", "user_name"),
        Shape.of("incident", "number", "sys_id sys_created_on opened_at incident_state short_description"),
        Shape.of("sys_user_group", "sys_id name"),
    ),
    canonical=canonical,
    lists=frozenset({"result", "records"}),
)

STATES = {
    "1": "new", "new": "new",
    "2": "open", "in progress": "open", "active": "open", "work in progress": "open",
    "3": "on_hold", "on hold": "on_hold",
    "4": "pending", "awaiting user info": "pending", "awaiting caller": "pending",
    "5": "on_hold", "awaiting evidence": "on_hold", "awaiting problem": "on_hold",
    "awaiting vendor": "on_hold", "awaiting change": "on_hold",
    "6": "solved", "resolved": "solved",
    "7": "closed", "closed": "closed", "closed complete": "closed", "closed incomplete": "closed",
    "8": "closed", "canceled": "closed", "cancelled": "closed",
}  # fmt: skip
"""4 and 5 are of releases that had no reason to hold."""

PRIORITY_WORDS = {
    "1": "urgent", "1 - critical": "urgent", "critical": "urgent",
    "2": "high", "2 - high": "high",
    "3": "normal", "3 - moderate": "normal", "moderate": "normal",
    "4": "low", "4 - low": "low",
    "5": "planning", "5 - planning": "planning",
}  # fmt: skip

ESCALATIONS = {
    "0": "normal", "normal": "normal",
    "1": "moderate", "moderate": "moderate",
    "2": "high", "high": "high",
    "3": "overdue", "overdue": "overdue",
}  # fmt: skip
LEVELS = {
    "1": "high", "1 - high": "high",
    "2": "medium", "2 - medium": "medium",
    "3": "low", "3 - low": "low",
}  # fmt: skip
"""Of impact and urgency."""

TARGETS = {
    "state": "status",
    "incident_state": "status",
    "priority": "priority",
    "assignment_group": "group",
    "assigned_to": "assignee",
    "category": "category",
    "subcategory": "subcategory",
    "contact_type": "channel",
    "cmdb_ci": "product",
    "impact": "impact",
    "urgency": "urgency",
    "escalation": "escalation",
    "business_service": "service",
    "parent_incident": "parent",
    "problem_id": "problem",
    "rfc": "change_request",
    "severity": "severity",
}
"""Column to the part of the state that it tells."""

ATTRIBUTES = {
    "caller_id": "customer_id",
    "company": "account_id",
    "short_description": "subject",
    "location": "location",
}
"""Column to attribute. A record holds today's value: the audit tells what it was at creation."""

PROSE = frozenset({"short_description", "description", "close_notes"})
"""Fields whose changes count and whose words are nobody's business."""

BOOKKEEPING = frozenset(
    {
        "active", "activity_due", "approval_history", "business_duration", "business_stc", "calendar_duration",
        "calendar_stc", "close_code", "closed_at", "closed_by", "comments_and_work_notes", "expected_start",
        "made_sla", "opened_at", "opened_by", "reassignment_count", "reopen_count", "reopened_by",
        "reopened_time", "resolved_at", "resolved_by", "sla_due", "sys_class_name", "sys_created_by",
        "sys_created_on", "sys_domain", "sys_domain_path", "sys_id", "sys_mod_count", "sys_tags",
        "sys_updated_by", "sys_updated_on", "time_worked", "work_end", "work_start",
    }
)  # fmt: skip
"""Fields that tell again what the state tells, or when a record was written."""
