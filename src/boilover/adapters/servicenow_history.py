"""The history of incidents: ``sys_audit`` and ``sys_journal_field`` of ServiceNow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from boilover.adapters.servicenow_desk import Desk, cell
from boilover.adapters.servicenow_states import States
from boilover.adapters.servicenow_words import ATTRIBUTES, BOOKKEEPING, PROSE
from boilover.adapters.words import html_to_text

JOURNALS = {"comments": True, "work_notes": False}
"""Element of the journal to whether the customer sees it."""
CODE = re.compile(r"\[/?code\]", re.IGNORECASE)
LONGEST = 80
"""A longer value is prose: that it changed is told, and not to what."""


class Audit:
    """Tells the changes of ``sys_audit``; ``with_messages`` where no journal tells them."""

    def __init__(self, desk: Desk, *, with_messages: bool) -> None:
        self._desk, self._with_messages = desk, with_messages
        self._states = States(desk)

    def tell(self, row: Mapping[str, Any]) -> None:
        """Tell one row."""
        desk = self._desk
        table, key, at = (cell(row, column) for column in ("tablename", "documentkey", "sys_created_on"))
        if table is not None and table not in desk.options.tables:
            desk.export.tally.drop("audit of another table", 1, table, lost=False)
            return
        place = desk.place_of(key, at, "audit")
        if place is None:
            return
        ticket, at = place
        login, column = cell(row, "user"), (cell(row, "fieldname") or "").casefold()
        actor = desk.person(login)
        told = {
            "by": actor,
            "role": desk.role(actor, login),
            "event_id": cell(row, "sys_id"),
            "order": desk.n_history,
        }
        self._sort_out(ticket, at, column, row, told)

    def _sort_out(
        self, ticket: str, at: str, column: str, row: Mapping[str, Any], told: dict[str, Any]
    ) -> None:
        desk, old, new = self._desk, cell(row, "oldvalue"), cell(row, "newvalue")
        if column in JOURNALS:
            if self._with_messages:
                desk.facts.message(ticket, at, message_text(new), public=JOURNALS[column], **told)
        elif column == "hold_reason":
            self._states.tell_reason((ticket, at), old, new, told)
        elif column == "deleted":
            desk.deleted[ticket] = max(at, desk.deleted.get(ticket, ""))
            desk.facts.change(ticket, at, "status", "closed", raw="deleted", **told)
        elif column in ATTRIBUTES or column in PROSE:
            self._tell_attribute(ticket, at, column, old, new, told)
        elif desk.targets.get(column) == "status":
            desk.ends.changed.add("status")
            self._states.tell((ticket, at), column, old, new, told)
        elif (target := desk.targets.get(column)) is not None:
            desk.ends.changed.add(target)
            value, raw = desk.value(target, new)
            told["old"], told["old_raw"] = desk.value(target, old)
            desk.facts.change(ticket, at, target, value, raw=raw, **told)
        elif column not in BOOKKEEPING:
            desk.export.tally.meet_one("field", column)
            if max(len(old or ""), len(new or "")) > LONGEST:
                desk.facts.event(ticket, at, "field_changed", field=column, **told)
            else:
                desk.facts.change(ticket, at, column, new, old=old, **told)

    def _tell_attribute(
        self, ticket: str, at: str, column: str, old: str | None, new: str | None, told: dict[str, Any]
    ) -> None:
        desk = self._desk
        # A desk may audit inserts, too: they tell what was filled in at creation.
        if old is not None or at != desk.created.get(ticket):
            desk.firsts.note(ticket, column, at, old)
        if column in PROSE:
            desk.facts.event(ticket, at, "field_changed", field=column, **told)
        else:
            name = ATTRIBUTES[column]
            if name == "customer_id":
                old, new = desk.person(old), desk.person(new)
            desk.facts.change(ticket, at, name, new, old=old, **told)

    def close(self) -> None:
        """Tell what still waits."""
        self._states.close()


def tell_journal(desk: Desk, row: Mapping[str, Any]) -> None:
    """Tell a comment, which the customer sees, or a work note."""
    ticket, element = desk.ticket_of(cell(row, "element_id")), cell(row, "element")
    if ticket is None:
        desk.export.tally.drop("message of an incident that the export does not hold", 1, element, lost=False)
        return
    if element not in JOURNALS:
        desk.export.tally.meet_one("journal", element)
        return
    login = cell(row, "sys_created_by")
    actor = desk.person(login)
    desk.facts.message(
        ticket,
        cell(row, "sys_created_on"),
        message_text(cell(row, "value")),
        public=JOURNALS[element],
        by=actor,
        role=desk.role(actor, login),
        event_id=cell(row, "sys_id"),
    )


def message_text(value: str | None) -> str | None:
    """Return a journal entry as plain text: HTML stands between ``[code]`` marks."""
    if value is None or CODE.search(value) is None:
        return value
    return html_to_text(CODE.sub("", value))
