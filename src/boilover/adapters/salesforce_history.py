"""The history of cases: ``CaseHistory`` of Salesforce, and the report on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boilover.adapters.salesforce_desk import PARTIES, Desk
from boilover.adapters.salesforce_words import (
    EVENTS_OF_REPORTS,
    OWNER,
    REFERENCES,
    SILENT,
    key,
)
from boilover.adapters.words import ident

LONGEST = 80
"""A longer value is prose: that it changed is told, and not to what."""
Change = tuple[str, str, str | None, str | None, dict[str, Any]]
Twins = tuple[str, str, str]


class History:
    """Tells the changes of ``CaseHistory``, the two rows of a reference change as one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ids: dict[Twins, list[None]] = {}
        """(ticket, time, field) to one for each row with ids whose twin with names did not come yet."""
        self._names: dict[Twins, list[Change]] = {}
        """Rows with names whose twin did not come yet."""

    def tell(self, row: Mapping[str, Any]) -> None:
        """Tell a row of the table."""
        name = ident(row.get("Field")) or ""
        reference = key(row.get("CaseId"))
        self._take(row, reference, name, ident(row.get("CreatedDate")), ident(row.get("CreatedById")))

    def tell_report(self, row: Mapping[str, Any]) -> None:
        """Tell a row of a report on the history of cases."""
        event = (ident(row.get("FieldEvent")) or "").strip()
        name = EVENTS_OF_REPORTS.get(event.casefold(), event)
        at = self._desk.report_time(ident(row.get("EditDate")))
        reference = key(row.get("Id")) or ident(row.get("CaseNumber"))
        self._take(row, reference, name, at, ident(row.get("EditedBy")))

    def _take(
        self, row: Mapping[str, Any], reference: str | None, name: str, at: str | None, user: str | None
    ) -> None:
        desk, place = self._desk, self._desk.place_of(reference, at, "history")
        if place is None:
            return
        ticket, at = place
        told = {
            "by": desk.person(user),
            "role": desk.role(user, ticket),
            "event_id": key(row.get("Id")) if "Field" in row else None,
            "order": desk.n_history,
        }
        old, new = ident(row.get("OldValue")), ident(row.get("NewValue"))
        if name.casefold() in REFERENCES and "Field" in row:
            self._tell_twin(ticket, at, name, old, new, told)
        else:
            self._tell(ticket, at, name, (old, new), told)

    def _tell_twin(
        self, ticket: str, at: str, name: str, old: str | None, new: str | None, told: dict[str, Any]
    ) -> None:
        """Tell the row with ids and drop the row with names, in whichever order they come."""
        twins = ticket, at, name.casefold()
        if self._desk.is_id(old) or self._desk.is_id(new):
            self._tell(ticket, at, name, (old, new), told)
            came = _took(self._names, twins)
            if not came:
                self._ids.setdefault(twins, []).append(None)
        else:
            came = _took(self._ids, twins)
            if not came:
                self._names.setdefault(twins, []).append((at, name, old, new, told))
        self._desk.export.tally.note("rows that tell a change of reference again, by name", int(came))

    def _tell(
        self, ticket: str, at: str, name: str, values: tuple[str | None, str | None], told: dict[str, Any]
    ) -> None:
        desk, (old, new) = self._desk, values
        folded = name.casefold()
        if folded in OWNER:
            self._tell_owner(ticket, at, folded, old, new, told)
            return
        target = desk.targets.get(folded)
        if target is None and folded in SILENT:
            if folded in ("subject", "description"):
                desk.firsts.note(ticket, folded, at, old)
                desk.facts.event(ticket, at, "field_changed", field=folded, **told)
            return
        if target is None:
            desk.export.tally.meet_one("field", name)
            if max(len(old or ""), len(new or "")) > LONGEST:
                desk.facts.event(ticket, at, "field_changed", field=name, **told)
                return
        target = target or name
        desk.ends.changed.add(target)
        before, before_raw = desk.value(target, old)
        value, raw = desk.value(target, new)
        if target in PARTIES:
            desk.firsts.note(ticket, target, at, before)
        desk.facts.change(ticket, at, target, value, raw=raw, old=before, old_raw=before_raw, **told)
        if target == "status":
            desk.ends.note(ticket, at, value)
            if "escalat" in (new or "").casefold():
                flag = told | {"event_id": f"{told['event_id']}/word" if told["event_id"] else None}
                desk.facts.event(
                    ticket, at, "field_changed", field="Status", value="Escalated", raw=new, **flag
                )

    def _tell_owner(
        self, ticket: str, at: str, name: str, old: str | None, new: str | None, told: dict[str, Any]
    ) -> None:
        """Tell a new owner: a queue is a group, and what it owns is assigned to nobody; a user is an assignee."""
        facts, event_id = self._desk.facts, told.pop("event_id")
        if name == "ownerescalated":
            flag = f"{event_id}/escalated" if event_id else None
            facts.event(
                ticket, at, "field_changed", field="ownerEscalated", value="true", event_id=flag, **told
            )
        if old is None and new is None:
            return
        self._desk.firsts.note(ticket, "owner", at, old)
        self._desk.ends.changed.add("assignee")
        target, value = self._desk.owner(new)
        facts.change(ticket, at, target, value, raw=new, event_id=event_id, **told)
        if target == "group":
            freed = f"{event_id}/assignee" if event_id else None
            facts.change(ticket, at, "assignee", None, event_id=freed, **told)

    def close(self) -> None:
        """Tell the rows with names that have no twin, and the owners at creation."""
        desk = self._desk
        for (ticket, _, _), rows in self._names.items():
            for at, name, old, new, told in rows:
                self._tell(ticket, at, name, (old, new), told)
        for (ticket, attribute), (_, old) in desk.firsts.old.items():
            if attribute == "owner":
                held, value = desk.owner(old)
                for target in ("group", "assignee"):
                    desk.facts.at_creation(
                        ticket, target, *((value, old) if target == held else (None, None))
                    )


def _took(waiting: dict[Twins, list[Any]], twins: Twins) -> bool:
    """Take the first row that waits for its twin away; say whether there was one."""
    rows = waiting.get(twins)
    if not rows:
        return False
    rows.pop(0)
    if not rows:
        del waiting[twins]
    return True
