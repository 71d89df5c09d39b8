"""The rows that a night writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, select, update

from boilover.flagger.ledger.life import Happening, Life, step
from boilover.flagger.ledger.memory import life_of, save_lives
from boilover.flagger.ledger.rows import chunks, next_id, number, put, rewrite
from boilover.flagger.ledger.schema import COUNTS, flags, history, lots, nights, streaks
from boilover.flagger.ledger.texts import clean
from boilover.flagger.night import Decision, Night, Objects, State, Times, Verdict, WhyNot

CLEARED = int(Verdict.CLEARED)


def see(connection: Connection, standing: Mapping[int, Any], as_of: int, decision: Decision) -> None:
    """Count the night on every open flag of its tickets, in a statement for all that are counted alike."""
    places = list(standing)
    counts = zip(
        decision.nights_below[places].tolist(), (decision.verdict[places] != CLEARED).tolist(), strict=True
    )
    alike: dict[tuple[int, bool], list[int]] = {}
    for place, count in zip(places, counts, strict=True):
        alike.setdefault(count, []).append(standing[place].id)
    for (below, stays), ids in alike.items():
        seen = {
            "nights": flags.c.nights + int(stays),
            "seen_before": flags.c.last_seen,
            "last_seen": as_of,
            "below_before": flags.c.nights_below,
            "nights_below": below,
        }
        for some in chunks(ids):
            connection.execute(update(flags).where(flags.c.id.in_(some)).values(seen))


def raise_flags(
    connection: Connection,
    row: Mapping[str, Any],
    night: Night,
    decision: Decision,
    why: Objects,
    ids: Times,
) -> None:
    """Make the new flags, in order of ticket id; a flag that a replaced record of this night raised keeps its id."""
    asked = select(flags.c.ticket_id, flags.c.id).where(
        flags.c.desk == row["desk"], flags.c.raised_at == row["as_of"], flags.c.state == int(State.NONE)
    )
    withdrawn = {each.ticket_id: each.id for each in connection.execute(asked)}
    free = next_id(connection, flags.c.id)
    fresh: list[dict[str, Any]] = []
    again: dict[int, dict[str, Any]] = {}
    happened: list[dict[str, Any]] = []
    for place in sorted(np.flatnonzero(decision.verdict == Verdict.NEW), key=lambda at: night.ticket_id[at]):
        tier = int(decision.tier[place])
        flag = {
            "night_id": row["id"],
            "by": int(decision.by[place]),
            "risk": number(night.risk[place]),
            "threshold": number(decision.threshold[place]),
            "why": clean(str(why[place])),
            **asdict(step(Life(), Happening.RAISED, row["as_of"], tier=tier)),
            "nights": 1,
            "last_seen": row["as_of"],
            "nights_below": int(decision.nights_below[place]),
            "seen_before": 0,
            "below_before": 0,
        }
        name = night.ticket_id[place]
        if name in withdrawn:
            ids[place] = withdrawn[name]
            again[withdrawn[name]] = flag
        else:
            ids[place] = free + len(fresh)
            named = {"desk": row["desk"], "ticket_id": name, "raised_at": row["as_of"]}
            fresh.append({"id": int(ids[place]), **named, **flag})
        happened.append(happening(int(ids[place]), Happening.RAISED, row["as_of"], row["id"], tier=tier))
    put(connection, flags, fresh)
    rewrite(connection, flags, again)
    tell(connection, happened)


def change(
    connection: Connection,
    row: Mapping[str, Any],
    standing: Mapping[int, Any],
    decision: Decision,
    why: Objects,
) -> None:
    """Change the open flags that rise, end, or stand again after a snooze."""
    lives, happened = {}, []
    moved = np.flatnonzero(np.isin(decision.verdict, (Verdict.RAISED_TIER, Verdict.CLEARED))).tolist()
    woken = [place for place, flag in standing.items() if 0 < flag.snoozed_until <= row["as_of"]]
    for place in sorted({*moved, *woken}, key=lambda each: standing[each].id):
        flag, tier, reason = standing[place], 0, ""
        life = life_of(flag)
        match Verdict(decision.verdict[place]):
            case Verdict.RAISED_TIER:
                kind, tier, reason = Happening.TIER, int(decision.tier[place]), clean(str(why[place]))
            case Verdict.CLEARED:
                kind = Happening.CLEARED
            case Verdict.STILL:
                kind = Happening.STILL
            case _:
                continue
        lives[flag.id] = step(life, kind, row["as_of"], tier=tier)
        happened.append(happening(flag.id, kind, row["as_of"], row["id"], tier=tier, reason=reason))
    save_lives(connection, lives)
    tell(connection, happened)


def happening(
    flag_id: int,
    kind: Happening,
    at: int,
    night_id: int | None = None,
    *,
    tier: int = 0,
    until: int = 0,
    who: str = "",
    reason: str = "",
) -> dict[str, Any]:
    """Return a row of the history."""
    return {
        "flag_id": int(flag_id),
        "night_id": night_id,
        "at": int(at),
        "kind": str(kind),
        "tier": tier,
        "until": int(until),
        "who": who,
        "reason": reason,
    }


def tell(connection: Connection, happened: list[dict[str, Any]]) -> None:
    """Append rows to the history, in their order."""
    first = next_id(connection, history.c.id) if happened else 0
    put(connection, history, [{"id": first + place, **each} for place, each in enumerate(happened)])


def keep_streaks(connection: Connection, row: Mapping[str, Any], night: Night, decision: Decision) -> None:
    """Keep the streaks of this night, and those of the one before it, which a replacement asks for."""
    kept = (
        select(nights.c.id)
        .where(nights.c.desk == row["desk"], COUNTS)
        .order_by(nights.c.as_of.desc())
        .limit(2)
    )
    keep = list(connection.execute(kept).scalars())
    held = select(nights.c.id).where(nights.c.desk == row["desk"], nights.c.id.not_in(keep))
    connection.execute(delete(streaks).where(streaks.c.night_id.in_(held)))
    rows = [
        {
            "night_id": row["id"],
            "ticket_id": night.ticket_id[place],
            "nights_above": int(decision.nights_above[place]),
        }
        for place in np.flatnonzero(decision.nights_above > 0)
    ]
    put(connection, streaks, rows)


def keep_lots(
    connection: Connection, row: Mapping[str, Any], night: Night, decision: Decision, lots_below: int
) -> None:
    """Keep the tickets that lots were drawn for, from the first night on which they were to be flagged."""
    suppressed = decision.verdict == Verdict.SUPPRESSED
    held = suppressed & (decision.why_not == WhyNot.HOLDOUT)
    waits = suppressed & np.isin(decision.why_not, (WhyNot.CAPACITY, WhyNot.QUIET_HOURS))
    others = (decision.verdict == Verdict.NEW) | waits
    places = {
        night.ticket_id[place]: place
        for place in np.flatnonzero(held | (others & (decision.tier < lots_below)))
    }
    for names in chunks(sorted(places)):
        asked = select(lots.c.ticket_id).where(lots.c.desk == row["desk"], lots.c.ticket_id.in_(names))
        known = set(connection.execute(asked).scalars())
        rows = [
            {
                "desk": row["desk"],
                "ticket_id": name,
                "night_id": row["id"],
                "is_held_out": bool(held[places[name]]),
                "as_of": row["as_of"],
                "tier": int(decision.tier[places[name]]),
                "risk": number(night.risk[places[name]]),
                "outcome": "",
                "outcome_at": 0,
            }
            for name in names
            if name not in known
        ]
        put(connection, lots, rows)
