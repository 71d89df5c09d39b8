"""What people say of a flag: seen, later, wrong. One by one, or as a sheet that comes back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Row, select

from boilover.errors import InputError, UsageError, shorten
from boilover.flagger.ledger.life import ANSWERS, Happening, step
from boilover.flagger.ledger.memory import check_passed, life_of, save_lives
from boilover.flagger.ledger.schema import WAS_RAISED, flags, history
from boilover.flagger.ledger.sheet import AS_SHEET, FLAG
from boilover.flagger.ledger.texts import checked_id, checked_text
from boilover.flagger.ledger.writing import happening, tell
from boilover.spreadsheet import spoken
from boilover.times import iso, parse_moment

SHEET = ("action", "who", "when", "until", "reason")
"""Columns that people fill in."""
ACTIONS = {
    "acknowledge": Happening.ACKNOWLEDGED,
    "snooze": Happening.SNOOZED,
    "disagree": Happening.DISAGREED,
}
ACTIONS |= {str(each): each for each in ANSWERS}
TOLD = 10


@dataclass(frozen=True)
class Answer:
    """One answer to one flag.

    ``flag`` is a flag's id, or as text a ticket's id, which means its latest flag; ``desk`` is needed where several
    desks know that ticket. ``when`` and ``until`` are UTC microseconds. A disagreement needs a ``reason``.
    """

    flag: int | str
    kind: Happening
    who: str
    when: int
    reason: str = ""
    until: int = 0
    desk: str | None = None


def answer(connection: Connection, given: Answer) -> bool:
    """Record an answer; return False where the same was recorded before, which changes nothing.

    An answer to a flag that is over is kept and changes no state; it cannot be snoozed. Raises `InputError`.
    """
    flag = find_flag(connection, given.flag, given.desk)
    life = life_of(flag)
    who, reason = checked_text(given.who, column="who"), checked_text(given.reason, column="reason")
    told = happening(flag.id, given.kind, given.when, until=given.until, who=who, reason=reason)
    same = select(history.c.id).where(*(history.c[name] == value for name, value in told.items()))
    if connection.execute(same.limit(1)).first() is not None:
        return False
    if given.when < flag.raised_at:
        raise InputError(f"is before flag {flag.id} was raised, {iso(flag.raised_at)}", value=iso(given.when))
    check_passed(connection, flag.desk, given.when)
    if given.kind is Happening.DISAGREED and not reason:
        raise InputError("a disagreement needs a reason", column="reason")
    if given.kind is Happening.SNOOZED and not given.until:
        raise InputError(
            "is empty", column="until", mend="Say when the snooze ends, such as 2026-03-05T09:30Z"
        )
    if given.kind is Happening.SNOOZED and given.until <= given.when:
        raise InputError("a snooze ends after it begins", column="until", value=iso(given.until))
    if given.kind is Happening.SNOOZED and not life.is_open:
        raise InputError(f"flag {flag.id} is over, so there is nothing to snooze")
    tell(connection, [told])
    save_lives(connection, {flag.id: step(life, given.kind, given.when, until=given.until)})
    return True


def find_flag(connection: Connection, flag: int | str, desk: str | None = None) -> Row[Any]:
    """Return a flag by its id, or the latest of a ticket; raise `InputError` where there is none."""
    asked = select(flags).where(WAS_RAISED)
    if desk is not None:
        asked = asked.where(flags.c.desk == desk)
    if isinstance(flag, (int, np.integer)):
        if not 0 < flag < 2**31:
            raise InputError("is no flag of the ledger", value=flag)
        asked = asked.where(flags.c.id == int(flag))
    else:
        asked = asked.where(flags.c.ticket_id == checked_id(flag)).order_by(flags.c.raised_at.desc())
    rows = connection.execute(asked).fetchall()
    if not rows:
        raise InputError("has no flag in the ledger", value=flag, mend="Export the ledger to see its flags")
    desks = sorted({row.desk for row in rows})
    if len(desks) > 1:
        raise UsageError(f"ticket {shorten(flag)} has flags at the desks {', '.join(desks)}. Say which")
    return rows[0]


def import_feedback(connection: Connection, frame: pd.DataFrame, *, source: object = None) -> int:
    """Record the answers of a sheet, in order of time; return how many were new.

    Columns: ``flag_id`` or ``ticket_id`` (with ``desk`` where there are several), ``action`` (acknowledge, snooze,
    disagree), ``who``, ``when``, and where they apply ``until`` and ``reason``; times in ISO 8601. Rows without an
    action are passed over. Where any row is wrong nothing is recorded, and the `InputError` tells of all.
    """
    answers, problems = [], []
    for row, values in enumerate(_cells(frame, source), start=1):
        try:
            if values["action"]:
                answers.append((row, _parsed(connection, values)))
        except (InputError, UsageError) as error:
            problems.append(f"row {row}: {error}")
    new = 0
    for row, given in sorted(answers, key=lambda each: each[1].when):
        try:
            new += answer(connection, given)
        except (InputError, UsageError) as error:
            problems.append(f"row {row}: {error}")
    if problems:
        more = f"\n  … and {len(problems) - TOLD} more" if len(problems) > TOLD else ""
        told = "\n  ".join(problems[:TOLD])
        raise InputError(
            f"{len(problems)} row(s) cannot be recorded, and none was:\n  {told}{more}", file=source
        )
    return new


def _cells(frame: pd.DataFrame, source: object) -> Iterable[dict[str, str]]:
    """Yield the rows as texts, empty where a cell or a column is missing."""
    lacks = [name for name in ("action", "who", "when") if name not in frame.columns]
    if not set(FLAG) & set(frame.columns):
        lacks.append(" or ".join(FLAG))
    if lacks:
        raise InputError("required column is missing", file=source, column=lacks[0], mend=AS_SHEET)
    names = [name for name in (*FLAG, "desk", *SHEET) if name in frame.columns]
    empty = {"flag_id": "", "ticket_id": "", "desk": "", **dict.fromkeys(SHEET, "")}
    for row in frame[names].itertuples(index=False, name=None):
        yield empty | {
            name: "" if pd.isna(cell) else str(cell) for name, cell in zip(names, row, strict=True)
        }


def _parsed(connection: Connection, values: dict[str, str]) -> Answer:
    action = values["action"].strip().lower()
    if action not in ACTIONS:
        raise InputError(
            f"is no action. Actions are {', '.join(list(ACTIONS)[:3])}", column="action", value=action
        )
    if not values["when"].strip():
        raise InputError("is empty", column="when", mend="Write ISO 8601 such as 2026-03-03T09:30Z")
    return Answer(
        flag=_flag(connection, values),
        kind=ACTIONS[action],
        who=spoken(values["who"]),
        when=parse_moment(values["when"].strip()),
        reason=spoken(values["reason"]),
        until=parse_moment(values["until"].strip()) if values["until"].strip() else 0,
        desk=spoken(values["desk"]) or None,
    )


def _flag(connection: Connection, values: dict[str, str]) -> int | str:
    """Return the flag's id where it is given and fits the ticket beside it, else the ticket's id."""
    said, ticket = values["flag_id"].strip(), values["ticket_id"]
    if not said:
        return ticket if _has_flag(connection, ticket) else spoken(ticket)
    if not said.isascii() or not said.isdigit():
        raise InputError("is no flag's id, a whole number", column="flag_id", value=said)
    if ticket and find_flag(connection, int(said)).ticket_id not in (ticket, spoken(ticket)):
        raise InputError(f"flag {said} is of another ticket", column="ticket_id", value=ticket)
    return int(said)


def _has_flag(connection: Connection, ticket: str) -> bool:
    asked = select(flags.c.id).where(flags.c.ticket_id == checked_id(ticket))
    return connection.execute(asked.limit(1)).first() is not None
