"""One night in one transaction: what was decided becomes flags, history and counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, insert, select

from boilover.errors import InputError, LockedError
from boilover.flagger.ledger.memory import answered_since, latest_night, open_flags, undo
from boilover.flagger.ledger.rows import next_id
from boilover.flagger.ledger.schema import COUNTS, WAS_RAISED, flags, nights
from boilover.flagger.ledger.texts import check_night, checked_id, input_hash
from boilover.flagger.ledger.writing import change, keep_lots, keep_streaks, raise_flags, see
from boilover.flagger.night import Decision, Night, Objects, Times, Verdict
from boilover.times import iso

COUNTED = {
    "new": Verdict.NEW,
    "still": Verdict.STILL,
    "risen": Verdict.RAISED_TIER,
    "cleared": Verdict.CLEARED,
    "suppressed": Verdict.SUPPRESSED,
}


@dataclass(frozen=True)
class Facts:
    """What a night was decided with. ``policy`` is the policy's hash, ``threshold`` None where none was chosen.

    ``lots_below``: flags of a lower tier, a code of `Tier`, were drawn lots for; 0 where the policy holds none out.
    """

    model: str
    policy: str
    threshold: float | None = None
    lots_below: int = 0


@dataclass(frozen=True)
class Recorded:
    """A recorded night. ``ids`` int64 (n), aligned to the tickets: the flag that the night told of, 0 where none."""

    night_id: int
    again: bool
    """The night was recorded before with the same input, model and policy; nothing was changed."""
    new: int
    still: int
    risen: int
    cleared: int
    suppressed: int
    ids: Times = field(compare=False)


def record(
    connection: Connection,
    desk: str,
    night: Night,
    decision: Decision,
    facts: Facts,
    *,
    why: Objects | None = None,
    replace: bool = False,
) -> Recorded:
    """Record a night of a desk as a whole.

    The same night again (input, model and policy) changes nothing, and ``again`` says so. Another input for a recorded
    night is refused; ``replace`` lets it take the place of the latest one, as long as nobody has answered a flag that
    that one changed. ``why`` is a sentence per ticket, kept with flags that are raised or rise. Raises `InputError` for
    a night out of order or bad ids, `LockedError` where the flags changed between memory and record, so that the
    decision does not fit them.
    """
    checked_id(desk, column="desk")
    check_night(night, decision)
    told = {"model": facts.model, "policy": facts.policy, "input_hash": input_hash(night)}
    known = _known(connection, desk, night.as_of)
    if known is not None:
        if all(getattr(known, name) == value for name, value in told.items()):
            return _recorded(known._asdict(), _ids_again(connection, known, night), again=True)
        _take_back(connection, known, replace=replace)
    check_order(latest_night(connection, desk), night.as_of)
    standing = _standing(connection, desk, night, decision)
    row = {
        "id": next_id(connection, nights.c.id),
        "desk": desk,
        "as_of": night.as_of,
        **told,
        "threshold": facts.threshold,
        "tickets": len(night),
        **{name: int((decision.verdict == verdict).sum()) for name, verdict in COUNTED.items()},
        "held": int((decision.verdict[list(standing)] == Verdict.SUPPRESSED).sum()),
        "replaced": False,
    }
    connection.execute(insert(nights), row)
    texts = np.full(len(night), "", dtype=object) if why is None else why
    ids = np.zeros(len(night), dtype=np.int64)
    ids[list(standing)] = [each.id for each in standing.values()]
    see(connection, standing, night.as_of, decision)
    raise_flags(connection, row, night, decision, texts, ids)
    change(connection, row, standing, decision, texts)
    keep_streaks(connection, row, night, decision)
    keep_lots(connection, row, night, decision, facts.lots_below)
    return _recorded(row, ids, again=False)


def _recorded(row: Mapping[str, Any], ids: Times, *, again: bool) -> Recorded:
    return Recorded(night_id=row["id"], again=again, ids=ids, **{name: row[name] for name in COUNTED})


def _ids_again(connection: Connection, known: Row[Any], night: Night) -> Times:
    """Return the flags that a recorded night told of: raised by then, and seen on it."""
    asked = select(flags.c.ticket_id, flags.c.id).where(
        flags.c.desk == known.desk,
        WAS_RAISED,
        flags.c.raised_at <= known.as_of,
        flags.c.last_seen >= known.as_of,
    )
    ids = {row.ticket_id: row.id for row in connection.execute(asked)}
    return np.fromiter((ids.get(each, 0) for each in night.ticket_id), np.int64, len(night))


def _known(connection: Connection, desk: str, as_of: int) -> Row[Any] | None:
    asked = select(nights).where(nights.c.desk == desk, nights.c.as_of == as_of, COUNTS)
    return connection.execute(asked).first()


def _take_back(connection: Connection, known: Row[Any], *, replace: bool) -> None:
    latest = latest_night(connection, known.desk)
    problem = "is recorded with another input, model or policy"
    as_of = iso(known.as_of)
    if latest is None or latest.id != known.id:
        mend = "Take a later moment, or another ledger"
        raise InputError(f"{problem}, and later nights build on it", column="as_of", value=as_of, mend=mend)
    if not replace:
        mend = "Ask for this one to take its place (--again)"
        raise InputError(problem, column="as_of", value=as_of, mend=mend)
    answered = answered_since(connection, known)
    if answered:
        raise InputError(
            f"{problem}, and {len(answered)} flag(s) that it changed were answered since, first {answered[0]}",
            column="as_of",
            value=as_of,
            mend="Keep it, and let the next night tell",
        )
    undo(connection, known)


def check_order(latest: Any, as_of: int) -> None:
    """Raise `InputError` where the ``latest`` night of a desk, None where there is none, is later than a moment."""
    if latest is not None and latest.as_of > as_of:
        raise InputError(
            f"is before the last recorded night, {iso(latest.as_of)}",
            column="as_of",
            value=iso(as_of),
            mend="Nights are recorded in order of time: take a later moment, or another ledger, or take that night back"
            " where it should not have been (boilover ledger take-back)",
        )


def _standing(connection: Connection, desk: str, night: Night, decision: Decision) -> dict[int, Any]:
    """Return the open flags by their ticket's place in the night; `LockedError` where they are not as decided."""
    places = {name: place for place, name in enumerate(night.ticket_id)}
    standing = {places[row.ticket_id]: row for row in open_flags(connection, desk) if row.ticket_id in places}
    verdicts = decision.verdict
    has_flag = np.zeros(len(night), dtype=np.bool_)
    has_flag[list(standing)] = True
    asks_for_flag = np.isin(verdicts, (Verdict.STILL, Verdict.RAISED_TIER, Verdict.CLEARED))
    asks_for_none = np.isin(verdicts, (Verdict.NEW, Verdict.QUIET))
    wrong = (asks_for_flag & ~has_flag) | (asks_for_none & has_flag)
    for place in np.flatnonzero(verdicts == Verdict.RAISED_TIER):
        flag = standing.get(int(place))
        wrong[place] |= flag is not None and (
            flag.tier >= decision.tier[place] or flag.snoozed_until > night.as_of
        )
    if wrong.any():
        raise LockedError(
            f"the ledger changed after its memory was read: {int(wrong.sum())} of {len(night)} decisions do not fit"
            " the flags that stand. Decide the night again"
        )
    return standing
