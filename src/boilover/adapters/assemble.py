"""Turn the rows of a table into the event log, as a mapping declares it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.adapters.base import Tally
from boilover.adapters.changes import Flags, normalise, rule_steps, state_block, state_steps
from boilover.adapters.recipe import TableMapping
from boilover.adapters.times import to_utc
from boilover.errors import InputError
from boilover.log import EventLog

AT_CREATION, LATER = 1, 2
COLUMNS = (
    "ticket_id", "occurred_at", "event_type", "value", "raw_value", "field", "number", "actor_id", "actor_role",
    "is_public", "text", "observed_at", "event_id",
)  # fmt: skip


@dataclass(frozen=True)
class Births:
    """How each ticket began. ``frame`` is indexed by ticket id; ``code`` is the position in it of each row."""

    frame: pd.DataFrame
    code: npt.NDArray[np.intp]


def build_log(
    rows: pd.DataFrame, tickets: pd.DataFrame | None, mapping: TableMapping, tally: Tally
) -> EventLog:
    """Return the log of ``rows`` (and of the second table, one row per ticket), counting in ``tally`` what is lost."""
    rows = _prepare(rows, mapping, tally)
    is_first = np.ones(len(rows), dtype=bool)
    ids = rows[mapping.ticket_id].to_numpy()
    is_first[1:] = ids[1:] != ids[:-1]
    if tickets is not None:
        tickets = _one_per_ticket(tickets, mapping, tally)
    births = _births(rows, is_first, tickets, mapping, tally)
    steps = _steps(rows, is_first, births, mapping, tally)
    if tickets is not None:
        steps = pd.concat([_rebuilt(steps, tickets, births, mapping, tally), steps], ignore_index=True)
    steps = steps.sort_values(["ticket", "phase", "row", "step"], kind="stable", ignore_index=True)
    steps = _without_repeats(steps, tally)
    attributes = _attributes(steps, tickets, births, mapping)
    events = pd.concat([_created(births), _opened(steps, mapping)], ignore_index=True)
    events = events.sort_values(["ticket", "phase", "row", "step"], kind="stable", ignore_index=True)
    return EventLog.from_pandas(
        _finish(events, births, attributes, mapping), attributes.reset_index(names="ticket_id")
    )


def _prepare(rows: pd.DataFrame, mapping: TableMapping, tally: Tally) -> pd.DataFrame:
    """Drop rows without ticket or time, sort by (ticket, declared order, time, arrival), add ``_time``, ``_seen``."""
    times = to_utc(rows[mapping.time], mapping.time_format, mapping.timezone, tally)
    nameless, timeless = rows[mapping.ticket_id].isna(), times.isna() & rows[mapping.ticket_id].notna()
    for reason, odd, column in (
        ("no ticket id", nameless, mapping.time),
        (f"no time in format {mapping.time_format}", timeless, mapping.time),
    ):
        tally.drop(reason, int(odd.sum()), rows.loc[odd, column].iloc[0] if odd.any() else None)
    usable = ~(nameless | timeless)
    if not usable.any():
        lost = ", ".join(f"{reason}: {n}" for reason, n in tally.dropped.items()) or "no row"
        raise InputError(
            f"no row can be used ({lost})", mend="Check ticket_id, time and time_format of the [mapping]"
        )
    rows = rows.assign(_time=times)[usable]
    if mapping.event_id is not None:
        doubled = rows.duplicated([mapping.ticket_id, mapping.event_id]) & rows[mapping.event_id].notna()
        tally.drop(
            "event id seen before", int(doubled.sum()), rows.loc[doubled, mapping.event_id].head(1).tolist()
        )
        rows = rows[~doubled]
    keys = [rows["_time"].astype("int64").to_numpy()]
    keys += [pd.to_numeric(rows[column], errors="coerce").to_numpy() for column in reversed(mapping.order)]
    rows = rows.iloc[np.lexsort([*keys, pd.factorize(rows[mapping.ticket_id])[0]])].reset_index(drop=True)
    rows["_seen"] = rows.groupby(mapping.ticket_id, sort=False)["_time"].cummax()
    tally.note(
        "rows whose time runs against their declared order", int((rows["_seen"] != rows["_time"]).sum())
    )
    return rows


def _one_per_ticket(tickets: pd.DataFrame, mapping: TableMapping, tally: Tally) -> pd.DataFrame:
    """Index the second table by ticket id; of several rows the first stays."""
    assert mapping.tickets is not None
    ids = tickets[mapping.tickets.ticket_id]
    tally.drop("ticket row without id", int(ids.isna().sum()), None)
    doubled = ids.duplicated() & ids.notna()
    tally.drop("second row of a ticket", int(doubled.sum()), ids[doubled].head(1).tolist())
    return tickets[~doubled & ids.notna()].set_index(mapping.tickets.ticket_id)


def _births(
    rows: pd.DataFrame, is_first: Flags, tickets: pd.DataFrame | None, mapping: TableMapping, tally: Tally
) -> Births:
    firsts = rows[is_first].set_index(mapping.ticket_id, drop=False)
    index = firsts.index
    if tickets is not None:
        tally.note("tickets with events and no row of their own", int((~index.isin(tickets.index)).sum()))
        index = index.append(tickets.index.difference(index, sort=False))
    frame = firsts.reindex(index)
    created = pd.Series(pd.NaT, index=index, dtype="datetime64[us, UTC]")
    if mapping.created is not None:
        created = to_utc(frame[mapping.created], mapping.time_format, mapping.timezone, tally)
    actor = frame[mapping.actor] if mapping.actor is not None else pd.Series(None, index=index, dtype="str")
    creator = frame[mapping.creator] if mapping.creator is not None else actor
    if tickets is not None and mapping.tickets is not None:
        second = tickets.reindex(index)
        if mapping.tickets.created is not None:
            created = to_utc(second[mapping.tickets.created], mapping.time_format, mapping.timezone, tally)
        if mapping.tickets.creator is not None:
            creator = second[mapping.tickets.creator]
    late = created > frame["_time"]
    tally.note("tickets with a row before their creation, taken as created then", int(late.sum()))
    frame = frame.assign(_created=created.mask(late, frame["_time"]).fillna(frame["_time"]), _creator=creator)
    unborn = frame["_created"].isna()
    tally.drop("ticket without a time of creation", int(unborn.sum()), frame.index[unborn][:1].tolist())
    return Births(frame[~unborn], (np.cumsum(is_first) - 1).astype(np.intp))


def _steps(
    rows: pd.DataFrame, is_first: Flags, births: Births, mapping: TableMapping, tally: Tally
) -> pd.DataFrame:
    """Return the steps of all rows with their ticket, times, actor and phase."""
    states = state_steps(rows, is_first, mapping, tally)
    rules = rule_steps(rows, mapping, tally)
    parts = [part.assign(phase=np.where(is_first[part["row"]], AT_CREATION, LATER)) for part in states]
    parts += [part.assign(phase=LATER) for part in rules]
    if not parts:
        raise InputError("no row says that anything happened", mend="Check the rules of the [mapping]")
    steps = pd.concat(parts, ignore_index=True)
    row = steps["row"].to_numpy()
    steps["ticket"] = births.code[row]
    initial = steps["phase"] == AT_CREATION
    created = births.frame["_created"].reset_index(drop=True).reindex(steps["ticket"]).reset_index(drop=True)
    time = rows["_time"].iloc[row].reset_index(drop=True)
    steps["occurred_at"] = time.mask(initial, created)
    steps["observed_at"] = rows["_seen"].iloc[row].reset_index(drop=True)
    actor = rows[mapping.actor].iloc[row].reset_index(drop=True) if mapping.actor else None
    steps["actor_id"] = pd.Series(actor, index=steps.index, dtype="str")
    if mapping.creator is not None:
        creator = (
            births.frame["_creator"].reset_index(drop=True).reindex(steps["ticket"]).reset_index(drop=True)
        )
        steps["actor_id"] = steps["actor_id"].mask(initial, creator)
    if mapping.event_id is not None:
        ids = rows[mapping.event_id].iloc[row].reset_index(drop=True)
        steps["event_id"] = ids + "/" + steps["step"].astype("str")
    return steps


def _rebuilt(
    steps: pd.DataFrame, tickets: pd.DataFrame, births: Births, mapping: TableMapping, tally: Tally
) -> pd.DataFrame:
    """Return the state at creation: the old value of a target's first change, or today's if it never changed."""
    assert mapping.tickets is not None
    parts = []
    for step, (target, column) in enumerate(mapping.tickets.final.items()):
        raw = tickets[column].reindex(births.frame.index).reset_index(drop=True)
        firsts = steps[steps["target"] == target].sort_values("row", kind="stable").drop_duplicates("ticket")
        raw.loc[firsts["ticket"].to_numpy()] = firsts["old"].to_numpy()
        value = normalise(target, raw, mapping, tally)
        at = np.flatnonzero(value.notna())
        part = state_block(at, step, target, value.iloc[at], raw.iloc[at])
        hidden = steps.loc[steps["target"] == target, "hidden"].any()
        parts.append(part.assign(ticket=at, row=-1, phase=AT_CREATION, hidden=bool(hidden)))
    if not parts:
        return steps.iloc[:0]
    rebuilt = pd.concat(parts, ignore_index=True)
    start = births.frame.iloc[rebuilt["ticket"].to_numpy()]
    return rebuilt.assign(
        occurred_at=start["_created"].to_numpy(), observed_at=start["_created"].to_numpy(),
        actor_id=start["_creator"].to_numpy(),
    ).astype({"occurred_at": "datetime64[us, UTC]", "observed_at": "datetime64[us, UTC]"})  # fmt: skip


def _without_repeats(steps: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Leave out steps that set what is set already; what was never set counts as empty."""
    code = pd.Series(pd.factorize(steps["value"])[0], index=steps.index)
    before = code.groupby([steps["ticket"], steps["target"]], sort=False).shift(fill_value=-1)
    again = (code == before) & steps["target"].notna() & ~steps["repeat"].astype(bool)
    tally.note(
        "events that set what was set already, left out", int((again & (steps["phase"] == LATER)).sum())
    )
    return steps[~again]


def _attributes(
    steps: pd.DataFrame, tickets: pd.DataFrame | None, births: Births, mapping: TableMapping
) -> pd.DataFrame:
    attributes = pd.DataFrame(index=births.frame.index)
    for name, column in mapping.attributes.items():
        attributes[name] = births.frame[column]
    if tickets is not None and mapping.tickets is not None:
        for name, column in mapping.tickets.attributes.items():
            attributes[name] = tickets[column].reindex(attributes.index)
    created = births.frame["_created"].to_numpy()[steps["ticket"].to_numpy()]
    at_creation = steps[steps["occurred_at"].to_numpy() <= created]
    for name, target in mapping.first.items():
        firsts = (
            at_creation[at_creation["target"] == target]
            .drop_duplicates("ticket")
            .set_index("ticket")["value"]
        )
        attributes[name] = firsts.reindex(range(len(attributes))).to_numpy()
    return attributes


def _created(births: Births) -> pd.DataFrame:
    frame = births.frame
    return pd.DataFrame({
        "ticket": np.arange(len(frame)), "phase": 0, "row": -1, "step": 0, "event_type": "created",
        "occurred_at": frame["_created"].to_numpy(), "observed_at": frame["_created"].to_numpy(),
        "actor_id": frame["_creator"].to_numpy(),
    }).astype({"occurred_at": "datetime64[us, UTC]", "observed_at": "datetime64[us, UTC]", "actor_id": "str"})  # fmt: skip


def _opened(steps: pd.DataFrame, mapping: TableMapping) -> pd.DataFrame:
    """Make the opening text a message, and take prose out of the values."""
    at_creation = steps["phase"] == AT_CREATION
    opening = at_creation & (steps["target"] == mapping.opening) if mapping.opening else at_creation & False
    steps = steps.assign(
        event_type=steps["event_type"].mask(opening, "message"),
        text=steps["text"].mask(opening, steps["value"]),
        is_public=steps["is_public"].mask(opening, True),
        target=steps["target"].mask(opening),
    )
    hidden = steps["hidden"].astype(bool)
    steps["value"] = steps["value"].mask(hidden | opening)
    steps["raw_value"] = steps["raw_value"].mask(hidden | opening)
    return steps[~(hidden & at_creation & ~opening)]


def _finish(
    events: pd.DataFrame, births: Births, attributes: pd.DataFrame, mapping: TableMapping
) -> pd.DataFrame:
    """Name tickets, fields and roles, and leave the contract's columns."""
    ticket = events["ticket"].to_numpy()
    events["ticket_id"] = births.frame.index.to_numpy()[ticket]
    events["field"] = events["target"].where(events["event_type"] == "field_changed")
    actor = events["actor_id"]
    role = pd.Series(mapping.actor_role, index=events.index, dtype="str").where(actor.notna())
    if mapping.requester is not None:
        role = role.mask(
            actor.notna() & (actor.to_numpy() == attributes[mapping.requester].to_numpy()[ticket]), "customer"
        )
    told = actor.map(mapping.roles).astype("str") if mapping.roles else role
    events["actor_role"] = told.fillna(role)
    events["observed_at"] = events["observed_at"].where(events["observed_at"] > events["occurred_at"])
    return events[[column for column in COLUMNS if column in events]]
