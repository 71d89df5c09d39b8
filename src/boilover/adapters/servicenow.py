"""ServiceNow: tables of its API (JSON) or of its lists (CSV), and the enriched incident log.

::

    {"result": [{"sys_id", …}, …]}, or CSV with the same columns or their labels:
    incident            sys_id, number, sys_created_on, opened_by, caller_id, short_description, description, state,
                        hold_reason, priority, assignment_group, assigned_to, escalation, sys_mod_count, …
    sys_audit           sys_id, tablename, documentkey, fieldname, oldvalue, newvalue, user, sys_created_on
    sys_journal_field   sys_id, element, element_id, value, sys_created_by, sys_created_on
    task_sla            sys_id, task, sla, start_time, planned_end_time, pause_duration, has_breached

Records of ``sys_user`` and ``sys_user_group`` resolve user names and name groups. A cell is a word or
``{"link", "value", "display_value"}``. History comes from the audit (`boilover.adapters.servicenow_history`); an
incident's own columns are today's. Counters of the end (reopen_count, made_sla, …) are never read.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from boilover.adapters.ends import Today
from boilover.adapters.export import Export
from boilover.adapters.mapping import TableAdapter
from boilover.adapters.recipe import Recipe, load_recipe
from boilover.adapters.record_desk import Record
from boilover.adapters.servicenow_desk import Desk, Options, cell
from boilover.adapters.servicenow_history import Audit, message_text, tell_journal
from boilover.adapters.servicenow_sla import tell_sla
from boilover.adapters.servicenow_words import ATTRIBUTES, SCHEMA
from boilover.log import EventLog

UPDATES = frozenset({"number", "incident_state", "sys_updated_at", "sys_mod_count"})
"""The columns by which the enriched log, one row per update, is known."""
STATE = ("state", "incident_state")
ENDS = {"solved": ("resolved_at",), "closed": ("resolved_at", "closed_at")}
"""The columns that tell when a ticket came to its end, by what it is today."""


class ServiceNowAdapter:
    """Reads exports of ServiceNow incidents."""

    name = "servicenow"

    def sniff(self, head: bytes) -> float:
        """Return 0.95 for a table of ServiceNow or the enriched log, 0.3 for an empty answer of its API."""
        tables = SCHEMA.tables(head)
        if tables - {"sys_user_group"} or _is_updates(head):
            return 0.95
        return 0.5 if tables else 0.3 * (b'"result"' in head[:64])

    def read(self, export: Export) -> Iterator[EventLog]:
        """Read all tables; raise `InputError` for histories that are cut, unless they may be."""
        if any(_is_updates(member.head) for member in export.members):
            export.read_with(_updates_recipe(export))
            yield from TableAdapter().read(export)
            return
        options = export.options(Options)
        with export.facts(time_format=options.time_format, timezone=options.timezone) as facts:
            desk = Desk(export, facts, options)
            tables = SCHEMA.shown(export)
            people = {"sys_user": desk.learn_user, "sys_user_group": desk.learn_group}
            desk.read(people, {"incident": desk.learn_incident})
            desk.settle()
            _tell_history(desk, with_messages="sys_journal_field" not in tables)
            for _, incident in desk.records("incident"):
                _tell_incident(desk, incident)
            yield from facts.logs()


def _tell_history(desk: Desk, *, with_messages: bool) -> None:
    """Tell audit, journal and SLAs."""
    audit = Audit(desk, with_messages=with_messages)
    others = {"sys_journal_field": partial(tell_journal, desk), "task_sla": partial(tell_sla, desk)}
    desk.read({"sys_audit": audit.tell, **others})
    audit.close()
    if desk.has_history:
        desk.facts.history()


def _tell_incident(desk: Desk, incident: Record) -> None:
    """Tell what was fixed at creation, the opening words, and what the incident is today."""
    ticket = desk.ticket_of(cell(incident, "number") or cell(incident, "sys_id"))
    if ticket is None:
        return
    created = cell(incident, "sys_created_on") or cell(incident, "opened_at")
    opener = desk.person(cell(incident, "opened_by") or cell(incident, "sys_created_by"))
    role = desk.role(opener, cell(incident, "sys_created_by"))
    attributes = {name: _at_creation(desk, ticket, incident, column) for column, name in ATTRIBUTES.items()}
    first = {
        name
        for column, name in ATTRIBUTES.items()
        if desk.firsts.tells(ticket, column, cell(incident, column))
    }
    desk.facts.ticket(ticket, created=created, by=opener, role=role, first=first, **attributes)
    opening = desk.firsts.at_creation(ticket, "description", cell(incident, "description"))
    if created is not None:
        text = None if opening is None else message_text(opening)
        is_first = desk.firsts.tells(ticket, "description", cell(incident, "description"))
        public = role is None and opener is not None and opener == attributes["customer_id"]
        desk.facts.opening(ticket, created, text, first=is_first, public=public, by=opener, role=role)
    updated = cell(incident, "sys_updated_on")
    for column, target in desk.targets.items():
        if column in incident and target != "status" and desk.may_tell(target):
            desk.facts.today(ticket, target, *desk.value(target, cell(incident, column)), at=updated)
    _tell_status(desk, ticket, incident)


def _at_creation(desk: Desk, ticket: str, incident: Record, column: str) -> str | None:
    value = desk.firsts.at_creation(ticket, column, cell(incident, column))
    return desk.person(value) if column == "caller_id" else value


def _tell_status(desk: Desk, ticket: str, incident: Record) -> None:
    status, raw = _status(desk, incident)
    if status is None:
        return
    updated = cell(incident, "sys_updated_on")
    if ticket in desk.deleted:
        desk.facts.change(ticket, updated or desk.deleted[ticket], "status", status, raw="restored")
        desk.ends.note(ticket, updated or desk.deleted[ticket], status)
    told = [(cell(incident, name), name) for name in ENDS.get(status, ())]
    ended = [(at, "closed" if name == "closed_at" else "solved") for at, name in told if at is not None]
    was_changed = cell(incident, "sys_mod_count") != "0"
    today = Today(status, raw, updated, ended, was_changed)
    desk.ends.tell(desk.export, desk.facts, ticket, today, has_history=desk.has_history)


def _status(desk: Desk, incident: Record) -> tuple[str | None, str | None]:
    """Return the status of today, in the column whose word is known, with the reason where it is on hold."""
    words = [word for column in STATE if (word := cell(incident, column)) is not None]
    known = filter(desk.words["status"].knows, words)
    status, raw = desk.value("status", next(known, words[0] if words else None))
    reason = cell(incident, "hold_reason")
    waits = status == "on_hold" and reason is not None and reason.casefold() in desk.pending_reasons
    return ("pending" if waits else status), raw


def _is_updates(head: bytes) -> bool:
    return SCHEMA.names(head) >= UPDATES


def _updates_recipe(export: Export) -> Recipe:
    """Return the recipe of the enriched log without the columns that this one lacks; a desk's own rules stay."""
    recipe = load_recipe("uci_servicenow")
    present = frozenset[str]().union(*(SCHEMA.names(member.head) for member in export.members))
    kept: dict[str, Any] = {
        part: {name: column for name, column in getattr(recipe.table, part).items() if column in present}
        for part in ("state", "counters", "attributes")
    }
    for name in ("created", "creator", "actor"):
        column = getattr(recipe.table, name)
        kept[name] = column if column in present else None
    changes: dict[str, Any] = {"mapping": recipe.table.model_copy(update=kept)}
    own = export.recipe
    # By what it is, not by its name: a copy of the shipped one is called as it is.
    if own is not None and own is not load_recipe(ServiceNowAdapter.name):
        changes |= {"name": own.name, "escalation": own.escalation}
    return recipe.model_copy(update=changes)
