"""The status of incidents in ``sys_audit``: two columns may tell one change, and another row the reason of a hold."""

from __future__ import annotations

from typing import Any

from boilover.adapters.servicenow_desk import Desk

HOLD = "3"
Moment = tuple[str, str]
"""A ticket and a time: rows of one update have the same."""
Told = dict[str, Any]
"""Who did it, and what else goes with a fact."""
Change = tuple[str, str | None, str | None, Told]
"""A column, its old and its new word."""


class States:
    """Tells changes of status; what waits for other rows of its update is told by `close`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._columns: dict[Moment, str] = {}
        """The column that told of the state at a time: ``incident_state`` says again what ``state`` says."""
        self._unknown: dict[Moment, list[Change]] = {}
        """Changes in words that are not known, which the other column may tell in words that are."""
        self._holds: dict[Moment, Told] = {}
        """Changes to On Hold that wait for the reason of the same update."""
        self._reasons: dict[Moment, tuple[str, int]] = {}

    def tell(self, update: Moment, column: str, old: str | None, new: str | None, told: Told) -> None:
        """Tell a change that a column of the state holds, once of both columns."""
        if self._knows(old) and self._knows(new):
            self._take(update, (column, old, new, told))
        else:
            self._unknown.setdefault(update, []).append((column, old, new, told))

    def tell_reason(self, update: Moment, old: str | None, new: str | None, told: Told) -> None:
        """Join the reason of a hold to the state of the same update; both rows have its time, in either order."""
        if new is None:
            return
        if old is not None:
            self._change(update, {"value": self._held(new), "raw": f"hold_reason {new}", **told})
        elif (hold := self._holds.pop(update, None)) is not None:
            self._change(update, hold | {"value": self._held(new)})
        else:
            self._reasons[update] = new, told["order"]

    def close(self) -> None:
        """Tell what still waits: words that are not known, holds without a reason, and new reasons of a hold."""
        for update, changes in self._unknown.items():
            for change in sorted(changes, key=lambda each: not self._knows(each[2])):
                self._take(update, change)
        for update, hold in self._holds.items():
            self._change(update, hold)
        for update, (reason, order) in self._reasons.items():
            self._change(
                update, {"value": self._held(reason), "raw": f"hold_reason {reason}", "order": order}
            )

    def _knows(self, word: str | None) -> bool:
        return word is None or self._desk.words["status"].knows(word)

    def _take(self, update: Moment, change: Change) -> None:
        desk, (column, old, new, told) = self._desk, change
        value, raw = desk.value("status", new)
        if self._columns.get(update, column) != column:
            desk.export.tally.note("audit that tells a change of state again, in its other column")
            return
        if value is None:
            return
        self._columns[update] = column
        desk.ends.note(*update, value)
        before, before_raw = desk.value("status", old)
        told = {"value": value, "raw": raw, "old": before, "old_raw": before_raw, **told}
        if new == HOLD and update in self._reasons:
            told["value"] = self._held(self._reasons.pop(update)[0])
        elif new == HOLD and update not in self._holds:
            self._holds[update] = told
            return
        self._change(update, told)

    def _change(self, update: Moment, told: Told) -> None:
        ticket, at = update
        self._desk.facts.change(ticket, at, "status", **told)

    def _held(self, reason: str) -> str:
        return "pending" if reason.casefold() in self._desk.pending_reasons else "on_hold"
