"""What a point sees of its ticket, event by event, in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from boilover.annotations import Annotations
from boilover.flagger.packet_words import cut, line, words
from boilover.history import KINDS
from boilover.schema import ROLES
from boilover.text.clean import MAX_CHARACTERS
from boilover.times import iso

LONG = 1500
SHORT = 200
NAME = 120
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Said:
    """A message: when, by whom (a role), and its author's own words; ``is_cut`` where only the beginning is told."""

    at: str
    by: str
    text: str
    is_cut: bool = False


@dataclass(frozen=True)
class Entry:
    """Something that happened: when, what, by whom (a role, empty where unknown), and the beginning of a message."""

    at: str
    what: str
    by: str = ""
    text: str = ""


@dataclass(frozen=True)
class Past:
    """The events of ``ticket``, a code of the history, up to the row ``now``; later rows are never read."""

    notes: Annotations
    ticket: int
    now: int

    @property
    def rows(self) -> range:
        """The rows of the events."""
        return range(int(self.notes.history.offsets[self.ticket]), self.now + 1)

    @property
    def ticket_id(self) -> str:
        """The ticket's id as it is."""
        return str(self.notes.history.ticket_ids[self.ticket].as_py())

    @property
    def subject(self) -> str:
        """The subject, of the words of its author."""
        return " ".join(words(self.attribute("subject"), SHORT).split())

    def attribute(self, name: str) -> str:
        """Return an attribute fixed at creation, empty where there is none."""
        table = self.notes.history.attributes
        value = table[name][self.ticket].as_py() if name in table.column_names else None
        return "" if value is None else str(value)

    def rows_of(self, name: str) -> Rows:
        """Return the rows of a flag of the annotations, of ``message`` (of people), or of ``holder_changed``."""
        history, place = self.notes.history, slice(self.rows.start, self.rows.stop)
        kind = history.kind[place]
        if name == "message":
            found = (kind == KINDS["message"]) & ~self.notes.flag("bot_message")[place]
        elif name == "holder_changed":
            found = (kind == KINDS["assignee_changed"]) | (kind == KINDS["group_changed"])
        else:
            found = self.notes.flag(name)[place]
        rows: Rows = self.rows.start + np.flatnonzero(found)
        return rows

    def time(self, row: int) -> int:
        """Return when an event became visible."""
        return int(self.notes.history.time[row])

    def value(self, name: str) -> float:
        """Return a value of the annotations now."""
        return float(self.notes.value(name)[self.now])

    def state(self, name: str) -> str:
        """Return a state of the annotations now, empty where there is none."""
        coded = self.notes.codes(name)
        code = int(coded.codes[self.now])
        return line(coded.words[code], NAME) if code >= 0 else ""

    def measured(self, name: str) -> tuple[tuple[str, float], ...]:
        """Return a measure of the customer's messages, with the time of each that has one."""
        values = self.notes.value(name)
        return tuple(
            (iso(self.time(row)), round(float(values[row]), 3))
            for row in self.rows_of("customer_message").tolist()
            if not np.isnan(values[row])
        )

    def said(self, row: int, limit: int) -> Said:
        """Return a message."""
        whole = words(self._text(row), MAX_CHARACTERS)
        text = cut(whole, limit)
        return Said(iso(self.time(row)), self._role(row), text, is_cut=text != whole)

    def entry(self, row: int) -> Entry:
        """Return what happened at an event."""
        is_message = self.notes.history.kind[row] == KINDS["message"]
        text = words(self._text(row), SHORT) if is_message else ""
        return Entry(iso(self.time(row)), self._what(row), self._role(row), " ".join(text.split()))

    def _what(self, row: int) -> str:
        kind, value = self._word("event_type", row), line(self._word("value", row), NAME)
        match kind:
            case "message":
                return "internal note" if self.notes.flag("internal_note")[row] else "message"
            case "status_changed":
                return f"status {value or 'unknown'}"
            case "assignee_changed":
                return f"assigned to {value}" if value else "unassigned"
            case "group_changed":
                return f"moved to group {value}" if value else "taken out of its group"
            case "priority_changed":
                return f"priority {value or 'none'}"
            case "sla_due":
                return f"service level {value} set" if value else "service level set"
            case "csat":
                number = self._number(row)
                return "satisfaction asked" if number is None else f"satisfaction {number:.0%}"
            case "field_changed":
                return f"{line(self._word('field', row), NAME) or 'a field'} is {value or 'empty'}"
            case "created" | "merged" | "escalated":
                return f"{kind} ({value})" if value else kind
            case _:
                return line(f"{kind} {value}", NAME)

    def _number(self, row: int) -> float | None:
        # Of one event: `History.numbers` would read those of the whole log for each ticket.
        number: float | None = self.notes.history.cells("number", np.array([row]))[0].as_py()
        return number

    def _word(self, column: str, row: int) -> str:
        coded = self.notes.history.coded(column)
        code = int(coded.codes[row])
        return coded.words[code] if code >= 0 else ""

    def _role(self, row: int) -> str:
        role = int(self.notes.history.roles[row])
        return ROLES[role] if role >= 0 else ""

    def _text(self, row: int) -> str | None:
        text: str | None = self._texts[row - self.rows.start].as_py()
        return text

    @cached_property
    def _texts(self) -> pa.Array:
        """The texts of the point's events, read once."""
        return self.notes.history.cells("text", np.arange(self.rows.start, self.rows.stop))
