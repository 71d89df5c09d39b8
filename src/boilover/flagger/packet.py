"""A handoff packet: all that whoever takes a flagged ticket over needs, so that nobody asks the customer again.

It reads the events that its point may see and no others. Messages are the author's own words: quotes, signatures,
code and markup are cut away. Every text and every list has a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import numpy as np

from boilover.annotations import Annotations
from boilover.errors import InputError
from boilover.features import Sight
from boilover.flagger.kinds import Evidence, Likely
from boilover.flagger.matrix import Destination
from boilover.flagger.packet_words import line
from boilover.flagger.past import LONG, Entry, Past, Said
from boilover.history import HOUR
from boilover.points import Points
from boilover.times import iso

EARLIEST, LATEST = 10, 50
"""Of a longer timeline the first and the last events are told, and how many are left out."""
REPLIES = 5
COURSE = 20
SENTENCE = 500
T = TypeVar("T", Evidence, Destination)


@dataclass(frozen=True)
class Why:
    """Why a ticket is flagged.

    ``tier`` and ``by`` are words, ``by`` empty where nothing asks for the flag tonight; ``risk`` and ``threshold`` None
    where unknown. ``triggers`` has a sentence per trigger that fired, by name; ``reasons`` those of the model.
    """

    tier: str
    by: str
    risk: float | None = None
    threshold: float | None = None
    reasons: tuple[str, ...] = ()
    triggers: tuple[tuple[str, str], ...] = ()
    model: str = ""


@dataclass(frozen=True)
class ServiceLevel:
    """The running target that is due first: ``state`` is ``none``, ``running`` or ``overdue``; ``used`` a share."""

    state: str
    due_at: str | None = None
    hours: float | None = None
    used: float | None = None


@dataclass(frozen=True)
class Packet:
    """One ticket as of one moment. Times are ISO 8601 in UTC: when the desk knew of it. Lists are in order of time."""

    ticket_id: str
    as_of: str
    subject: str
    attributes: dict[str, str]
    status: str
    priority: str
    first_message: Said | None
    timeline: tuple[Entry, ...]
    left_out: int
    """Events of the timeline between the earliest and the latest that are not told."""
    replies: tuple[Said, ...]
    statuses: tuple[Entry, ...]
    hops: tuple[Entry, ...]
    open_question: Said | None
    """The customer's last message, where it has no answer yet."""
    waited_hours: float | None
    """Since the first message without an answer."""
    last_customer_message: Said | None
    sentiment: tuple[tuple[str, float], ...]
    """Of the customer's messages that could be measured, −1 to 1."""
    service_level: ServiceLevel
    why: Why
    likely: Likely
    destination: Destination | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; the same packet gives the same text."""
        told = asdict(self)
        told["why"]["triggers"] = dict(self.why.triggers)
        told["likely"]["points"] = dict(self.likely.points)
        told["sentiment"] = [{"at": at, "value": value} for at, value in self.sentiment]
        return told


ATTRIBUTES = ("customer_id", "account_id", "channel", "category", "product", "language")


def build(
    notes: Annotations,
    points: Points,
    why: Sequence[Why],
    likely: Sequence[Likely],
    destinations: Sequence[Destination | None],
) -> list[Packet]:
    """Return the packets of n points; give only those that are shown, since each reads its ticket's texts.

    Raises `InputError` for arguments that differ in number, and for a point that sees no event.
    """
    if len({len(points), len(why), len(likely), len(destinations)}) > 1:
        raise InputError(f"{len(points)} points and what is told of them differ in number")
    sight = Sight(notes, points)
    if len(points) and (sight.now < 0).any():
        row = int(np.argmax(sight.now < 0)) + 1
        raise InputError("sees no event of its ticket", column="ticket_id", row=row, mend="Leave it out")
    return [
        _packet(
            Past(notes, int(points.ticket[row]), int(sight.now[row])),
            int(points.as_of[row]),
            why[row],
            likely[row],
            destinations[row],
        )
        for row in range(len(points))
    ]


def _packet(past: Past, as_of: int, why: Why, likely: Likely, destination: Destination | None) -> Packet:
    customer, replies = past.rows_of("customer_message"), past.rows_of("agent_reply")
    messages = past.rows_of("message")
    last = past.said(customer[-1], LONG) if len(customer) else None
    waits = past.value("unanswered") > 0
    began = past.rows_of("wait_began")
    kept, left_out = _ends(past.rows)
    return Packet(
        ticket_id=past.ticket_id,
        as_of=iso(as_of),
        subject=past.subject,
        attributes={name: line(word, 200) for name in ATTRIBUTES if (word := past.attribute(name))},
        status=past.state("status"),
        priority=past.state("priority"),
        first_message=past.said(messages[0], LONG) if len(messages) else None,
        timeline=tuple(past.entry(row) for row in kept),
        left_out=left_out,
        replies=tuple(past.said(row, LONG) for row in replies[-REPLIES:]),
        statuses=tuple(past.entry(row) for row in past.rows_of("status_entered")[-COURSE:]),
        hops=tuple(past.entry(row) for row in past.rows_of("holder_changed")[-COURSE:]),
        open_question=last if waits else None,
        waited_hours=round((as_of - past.time(began[-1])) / HOUR, 2) if waits and len(began) else None,
        last_customer_message=last,
        sentiment=past.measured("sentiment")[-COURSE:],
        service_level=_service_level(past, as_of),
        why=_shown_why(why),
        likely=replace(likely, evidence=tuple(_shown(each, "sentence") for each in likely.evidence)),
        destination=None if destination is None else _shown(destination, "team", "contact", "overflow"),
    )


def _shown_why(why: Why) -> Why:
    """Return why with sentences that can be shown: they may quote an attribute or a phrase of the customer."""
    return replace(
        why,
        reasons=tuple(line(each, SENTENCE) for each in why.reasons),
        triggers=tuple((name, line(each, SENTENCE)) for name, each in why.triggers),
    )


def _shown(told: T, *names: str) -> T:
    """Return a value with texts of these names that can be shown."""
    shown: dict[str, Any] = {name: line(getattr(told, name), SENTENCE) for name in names}
    return replace(told, **shown)


def _service_level(past: Past, as_of: int) -> ServiceLevel:
    start, due = past.value("sla_start"), past.value("sla_due")
    if np.isnan(due):
        return ServiceLevel("none")
    now, hours = as_of / HOUR, due - start
    return ServiceLevel(
        "overdue" if now >= due else "running",
        iso(round(due * HOUR)),
        round(hours, 2),
        round((now - start) / hours, 3) if hours > 0 else None,
    )


def _ends(rows: range) -> tuple[Sequence[int], int]:
    if len(rows) <= EARLIEST + LATEST:
        return rows, 0
    return [*rows[:EARLIEST], *rows[-LATEST:]], len(rows) - EARLIEST - LATEST
