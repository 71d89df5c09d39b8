"""The history of incidents: ``sys_audit`` and ``sys_journal_field`` of ServiceNow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from boilover.adapters.servicenow_desk import Desk, cell
from boilover.adapters.servicenow_words import ATTRIBUTES, BOOKKEEPING, PROSE
from boilover.adapters.words import html_to_text

JOURNALS = {"comments": True, "work_notes": False}
"""Element of the journal to whether the customer sees it."""
HOLD = "3"
CODE = re.compile(r"\[/?code\]", re.IGNORECASE)
LONGEST = 80
"""A longer value is prose: that it changed is told, and not to what."""


class Audit:
    """Tells the changes of ``sys_audit``; ``with_messages`` where no journal tells them."""

    def __init__(self, desk: Desk, *, with_messages: bool) -> None:
        self._desk, self._with_messages = desk, with_messages
        self._told = 0
        self._holds: dict[tuple[str, str], dict[str, Any]] = {}
        """Changes to On Hold that wait for the reason of the same update."""
        self._reasons: dict[tuple[str, str], tuple[str, int]] = {}
        self._columns: dict[tuple[str, str], str] = {}
        """The column that told of the state at a time: ``incident_state`` says again what ``state`` says."""

    def tell(self, row: Mapping[str, Any]) -> None:
        """Tell one row."""
        desk = self._desk
        table, key, at = (cell(row, column) for column in ("tablename", "documentkey", "sys_created_on"))
        if table is not None and table not in desk.options.tables:
            desk.export.tally.drop("audit of another table", 1, table, lost=False)
            return
        ticket = desk.ticket_of(key)
        if ticket is None or at is None:
            reason = (
                "audit without its time"
                if at is None
                else "audit of an incident that the export does not hold"
            )
            desk.export.tally.drop(reason, 1, key, lost=at is None)
            return
        login, column = cell(row, "user"), (cell(row, "fieldname") or "").casefold()
        actor = desk.person(login)
        self._told += 1
        desk.ends.note(ticket, at, None)
        told = {
            "by": actor,
            "role": desk.role(actor, login, ticket),
            "event_id": cell(row, "sys_id"),
            "order": self._told,
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
            self._tell_reason(ticket, at, old, new, told)
        elif column == "deleted":
            desk.deleted[ticket] = max(at, desk.deleted.get(ticket, ""))
            desk.facts.change(ticket, at, "status", "closed", raw="deleted", **told)
        elif column in ATTRIBUTES or column in PROSE:
            self._tell_attribute(ticket, at, column, old, new, told)
        elif desk.targets.get(column) == "status" and self._columns.get((ticket, at), column) != column:
            desk.export.tally.note("audit that tells a change of state again, in its other column")
        elif column in desk.targets:
            self._tell_state(ticket, at, column, old, new, told)
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

    def _tell_state(
        self, ticket: str, at: str, column: str, old: str | None, new: str | None, told: dict[str, Any]
    ) -> None:
        desk, target = self._desk, self._desk.targets[column]
        value, raw = desk.value(target, new)
        told["old"], told["old_raw"] = desk.value(target, old)
        desk.ends.changed.add(target)
        if target == "status":
            if value is None:
                return
            self._columns[ticket, at] = column
            desk.ends.note(ticket, at, value)
            if new == HOLD:
                self._tell_hold(ticket, at, value, raw, told)
                return
        desk.facts.change(ticket, at, target, value, raw=raw, **told)

    def _tell_hold(self, ticket: str, at: str, value: str, raw: str | None, told: dict[str, Any]) -> None:
        reason = self._reasons.pop((ticket, at), None)
        if reason is not None:
            value = self._held(reason[0])
        elif (ticket, at) not in self._holds:
            self._holds[ticket, at] = {"value": value, "raw": raw, **told}
            return
        self._desk.facts.change(ticket, at, "status", value, raw=raw, **told)

    def _tell_reason(
        self, ticket: str, at: str, old: str | None, new: str | None, told: dict[str, Any]
    ) -> None:
        """Join the reason to the state of the same update; both rows have its time, in either order."""
        if new is None:
            return
        if old is not None:
            self._desk.facts.change(ticket, at, "status", self._held(new), raw=f"hold_reason {new}", **told)
        elif (hold := self._holds.pop((ticket, at), None)) is not None:
            self._desk.facts.change(ticket, at, "status", **hold | {"value": self._held(new)})
        else:
            self._reasons[ticket, at] = new, told["order"]

    def _held(self, reason: str) -> str:
        return "pending" if reason.casefold() in self._desk.pending_reasons else "on_hold"

    def close(self) -> bool:
        """Tell what still waits, holds without a reason and new reasons of a hold; return whether there is history."""
        facts = self._desk.facts
        for (ticket, at), hold in self._holds.items():
            facts.change(ticket, at, "status", **hold)
        for (ticket, at), (reason, order) in self._reasons.items():
            facts.change(ticket, at, "status", self._held(reason), raw=f"hold_reason {reason}", order=order)
        if self._told:
            facts.history()
        return self._told > 0


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
        role=desk.role(actor, login, ticket),
        event_id=cell(row, "sys_id"),
    )


def message_text(value: str | None) -> str | None:
    """Return a journal entry as plain text: HTML stands between ``[code]`` marks."""
    if value is None or CODE.search(value) is None:
        return value
    return html_to_text(CODE.sub("", value))
