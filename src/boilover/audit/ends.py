"""Facts of a ticket's end, each with the moment at which it became known: nothing told earlier may know it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from boilover.annotations import Annotations
from boilover.audit.columns import Flags
from boilover.history import HOUR, KINDS, Codes, Floats, History, Ints
from boilover.standing import NEVER

STATES = ("status", "priority", "assignee", "group")
COUNTED = {
    "reopened": "reopenings",
    "handoff": "handoffs",
    "customer_message": "customer messages",
    "agent_reply": "agent replies",
    "status_entered": "changes of status",
}


@dataclass(frozen=True)
class Moment:
    """When something last happened to each ticket that has ended: ``known`` int64 (n_tickets), −1 never."""

    name: str
    known: Ints


@dataclass(frozen=True)
class Amount:
    """A number of each ticket, float64 (n_tickets), final at ``known``; −1 where it never came to be."""

    name: str
    value: Floats
    known: Ints
    counts: bool


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words of a column of events, and where each stands."""

    words: tuple[str, ...]

    @cached_property
    def places(self) -> dict[str, int]:
        """Word to its code."""
        return {word: code for code, word in enumerate(self.words)}


@dataclass(frozen=True)
class Word:
    """What a column or the last actor is in the end: codes (n_tickets), of changes since the first row only."""

    name: str
    final: Codes
    vocabulary: Vocabulary
    known: Ints

    def of(self, ticket: int) -> str:
        """Return the final word of a ticket."""
        return self.vocabulary.words[self.final[ticket]]


@dataclass(frozen=True)
class Ends:
    """All facts of the ends of a log's tickets."""

    moments: tuple[Moment, ...]
    amounts: tuple[Amount, ...]
    words: tuple[Word, ...]


def ends_of(notes: Annotations) -> Ends:
    """Return the facts of the ends; tickets that are alive at the log's end have none but their words."""
    history = notes.history
    some = np.diff(history.offsets) > 0
    last = np.maximum(history.offsets[1:] - 1, 0)
    over = some & ~notes.flag("alive")[last]
    solved, status = np.flatnonzero(notes.flag("solved")), notes.codes("status")
    closed = np.flatnonzero(notes.flag("status_entered") & (status.codes == status.where("closed")))
    moments = [
        Moment("the first solution", _last(history, solved[::-1], over)),
        Moment("the last solution", _last(history, solved, over)),
        Moment("the closing", _last(history, closed, over)),
        Moment("the last event", np.where(over, history.time[last], -1)),
    ]
    amounts = [
        Amount(f"hours to {each.name}", _hours(history, each.known), each.known, counts=False)
        for each in moments
    ]
    amounts += list(_counts(notes, over))
    return Ends(tuple(moments), tuple(amounts), tuple(_words(notes, over)))


def _counts(notes: Annotations, over: Flags) -> Iterator[Amount]:
    history = notes.history
    changes = history.time > history.created[history.ticket]
    for flag, name in ({"any_event": "later events"} | COUNTED).items():
        rows = changes if flag == "any_event" else notes.flag(flag)
        if rows.any():
            yield _counted(history, rows, over, name)
    # Updates: different moments at which something happened, which is what an export of updates counts.
    fresh = np.ones(len(history.time), dtype=bool)
    fresh[1:] = (np.diff(history.time) != 0) | (np.diff(history.ticket) != 0)
    yield _counted(history, changes & fresh, over, "later moments of change")
    for kind in ("message", "field_changed"):
        rows = history.kind == KINDS[kind]
        if rows.any():
            yield _counted(history, rows, over, f"{kind} events")


def _counted(history: History, rows: Flags, over: Flags, name: str) -> Amount:
    counts = np.bincount(history.ticket[rows], minlength=history.n_tickets).astype(np.float64)
    return Amount(name, counts, _last(history, np.flatnonzero(rows), over), counts=True)


def _words(notes: Annotations, over: Flags) -> Iterator[Word]:
    history, fields = notes.history, notes.history.coded("field")
    kinds = [(state, history.kind == KINDS[f"{state}_changed"]) for state in STATES]
    changed = history.kind == KINDS["field_changed"]
    kinds += [(field, changed & (fields.codes == code)) for code, field in enumerate(fields.words)]
    for told in (history.coded("value"), history.coded("raw_value")):
        vocabulary = Vocabulary(told.words)
        for name, mask in kinds:
            rows = np.flatnonzero(mask & (told.codes >= 0))
            if len(rows):
                yield _word(history, name, vocabulary, told.codes, rows[::-1], rows, over)
    actor = history.coded("actor_id")
    rows = np.flatnonzero(notes.flag("solved") & (actor.codes >= 0))
    if len(rows):
        by = np.flatnonzero((actor.codes >= 0) & (history.kind == KINDS["created"]))
        yield _word(history, "who solved it", Vocabulary(actor.words), actor.codes, by, rows, over)


def _word(
    history: History, name: str, vocabulary: Vocabulary, codes: Codes, begin: Ints, rows: Ints, over: Flags
) -> Word:
    """Return the last word that ``rows`` tell, of tickets in which it is another one than that of ``begin``."""
    first, final = (np.full(history.n_tickets, -1, dtype=np.int32) for _ in range(2))
    first[history.ticket[begin]] = codes[begin]
    final[history.ticket[rows]] = codes[rows]
    return Word(name, final, vocabulary, np.where(final != first, _last(history, rows, over), -1))


def _last(history: History, rows: Ints, over: Flags) -> Ints:
    """Return when the last of ``rows`` of each ticket was, the first if they descend; −1 for none or an open one."""
    known = np.full(history.n_tickets, -1)
    known[history.ticket[rows]] = history.time[rows]
    return np.where(over, known, -1)


def _hours(history: History, known: Ints) -> Floats:
    hours = (known - np.where(history.created < NEVER, history.created, 0)) / HOUR
    return np.where(known >= 0, hours, np.nan)
