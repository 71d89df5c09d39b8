"""Turn the rows of a table into the event log, as a mapping declares it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from boilover.adapters.base import Tally
from boilover.adapters.beginnings import AT_CREATION, LATER, created, defaults, rebuilt
from boilover.adapters.changes import Flags, rule_steps, state_block, state_steps
from boilover.adapters.dates import dated
from boilover.adapters.repeats import set_again
from boilover.adapters.rows import Births, find_births, one_per_ticket, prepare, without_copies
from boilover.adapters.shards import Shards
from boilover.adapters.table_mapping import TableMapping
from boilover.errors import InputError
from boilover.log import EventLog
from boilover.schema import EVENTS, TIMESTAMP

COLUMNS = tuple(column.name for column in EVENTS)


def assemble(rows: Shards, tickets: Shards | None, mapping: TableMapping, tally: Tally) -> Iterator[EventLog]:
    """Yield the log of each shard of ``rows`` and ``tickets``, the second table; ``tally`` counts what is lost."""
    tally.time_zone = mapping.timezone
    happened = False
    for number in range(rows.n_shards):
        frame = rows.frame(number)
        tally.rows += len(frame)
        frame = without_copies(frame, tally)
        second = None if tickets is None else without_copies(tickets.frame(number), tally)
        is_empty = not len(frame) and (second is None or not len(second))
        log = None if is_empty else build_log(frame, second, mapping, tally)
        if log is not None:
            happened = happened or len(log.events) > len(log.tickets)
            yield log
    if not happened:
        lost = (
            ", ".join(f"{reason}: {n}" for reason, n in tally.dropped.items())
            or "none says that anything happened"
        )
        mend = "Check ticket_id, time, time_format and the rules of the [mapping]"
        raise InputError(f"no row can be used ({lost})", mend=mend)


def build_log(
    rows: pd.DataFrame, tickets: pd.DataFrame | None, mapping: TableMapping, tally: Tally
) -> EventLog | None:
    """Return the log of whole tickets; None where there is none."""
    rows = prepare(rows, mapping, tally)
    is_first = np.ones(len(rows), dtype=bool)
    ids = rows[mapping.ticket_id].to_numpy()
    is_first[1:] = ids[1:] != ids[:-1]
    if tickets is not None:
        tickets = one_per_ticket(tickets, mapping, tally)
    births = find_births(rows, is_first, tickets, mapping, tally)
    if not len(births.frame):
        return None
    steps = [created(births), _steps(rows, is_first, births, mapping, tally)]
    if tickets is not None:
        steps.append(rebuilt(steps[-1], tickets, births, mapping, tally))
        steps.append(dated(steps[1], tickets, births, mapping, tally))
    steps.append(defaults(pd.concat(steps[1:], ignore_index=True), births, mapping))
    events = _in_order(pd.concat([part for part in steps if len(part)], ignore_index=True))
    events = _without_repeats(events, tally)
    attributes = _attributes(events, tickets, births, mapping)
    events = _finish(_opened(events, mapping), births, attributes, mapping)
    return EventLog.from_arrow(_to_arrow(events), _to_arrow(attributes.reset_index(names="ticket_id")))


def _to_arrow(frame: pd.DataFrame) -> pa.Table:
    """Convert column by column: pandas 3.1 warns where Arrow takes a whole frame with zoned times."""
    columns = {}
    for name, column in frame.items():
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            times = column.dt.tz_convert(None).to_numpy()
            columns[name] = pa.array(times, type=pa.timestamp("us"), from_pandas=True).cast(TIMESTAMP)
        else:
            columns[name] = pa.array(column, from_pandas=True)
    return pa.table(columns)


def _no_steps() -> pd.DataFrame:
    nothing = pd.Series([], dtype="str")
    return state_block(np.array([], dtype=np.intp), 0, None, nothing, nothing)


def _steps(
    rows: pd.DataFrame, is_first: Flags, births: Births, mapping: TableMapping, tally: Tally
) -> pd.DataFrame:
    """Return the steps of all rows with their ticket, times, actor and phase.

    The state that a ticket's first row shows is the state at creation, even where that row comes later: then
    it occurred at creation and was observed with the row.
    """
    states = state_steps(rows, is_first, mapping, tally)
    parts = [part.assign(initial=is_first[part["row"].to_numpy()]) for part in states]
    parts += [part.assign(initial=False) for part in rule_steps(rows, mapping, tally)]
    if not parts:
        parts.append(_no_steps().assign(initial=is_first[:0]))
    steps = pd.concat(parts, ignore_index=True)
    row = steps["row"].to_numpy()
    initial = steps.pop("initial").astype(bool)
    steps["ticket"] = births.code[row]
    born = births.of("_created", steps["ticket"].to_numpy())
    steps["occurred_at"] = _take(rows["_time"], row).mask(initial, born)
    steps["observed_at"] = _take(rows["_seen"], row)
    at_creation = initial | (steps["observed_at"] <= born)
    steps["phase"] = np.where(at_creation, AT_CREATION, LATER)
    creator = births.of("_creator", steps["ticket"].to_numpy())
    if mapping.actor is None:
        steps["actor_id"] = creator.where(at_creation)
    else:
        actor = _take(rows[mapping.actor], row)
        steps["actor_id"] = actor.mask(initial, creator) if mapping.creator is not None else actor
    if mapping.role is not None:
        steps["role"] = _take(rows["_role"], row)
    if mapping.event_id is not None:
        steps["event_id"] = _take(rows[mapping.event_id], row) + "/" + steps["step"].astype("str")
    return steps


def _take(column: pd.Series, row: npt.NDArray[np.intp]) -> pd.Series:
    return column.take(row).reset_index(drop=True)


def _in_order(events: pd.DataFrame) -> pd.DataFrame:
    keys = [events[name].to_numpy(dtype=np.int64) for name in ("step", "row", "phase", "ticket")]
    return events.take(np.lexsort(keys)).reset_index(drop=True)


def _without_repeats(steps: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Leave out steps that set what is set already; what was never set counts as empty."""
    target, value = (pd.factorize(steps[name])[0] for name in ("target", "value"))
    again = set_again(steps["ticket"].to_numpy(dtype=np.int64), target, value)
    again &= (steps["target"].notna() & ~steps["repeat"].astype(bool)).to_numpy()
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
    at_creation = steps[(steps["phase"] == AT_CREATION) & steps["target"].isin(list(mapping.first.values()))]
    for name, target in mapping.first.items():
        firsts = at_creation[at_creation["target"] == target].drop_duplicates("ticket")
        values = pd.Series(firsts["value"].to_numpy(), index=firsts["ticket"].to_numpy(), dtype="str")
        attributes[name] = values.reindex(range(len(attributes))).to_numpy()
    return attributes


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
    ticket, actor = events["ticket"].to_numpy(), events["actor_id"]
    role = pd.Series(mapping.actor_role, index=events.index, dtype="str").where(actor.notna())
    if mapping.requester is not None:
        requester = attributes[mapping.requester].take(ticket).to_numpy()
        role = role.mask(actor.notna() & (actor == requester), "customer")
    if mapping.roles:
        role = actor.map(mapping.roles).astype("str").fillna(role)
    if mapping.role is not None:
        role = events["role"].fillna(role)
    events = events.assign(
        ticket_id=births.frame.index.take(ticket),
        field=events["target"].where(events["event_type"] == "field_changed"),
        actor_role=role,
        observed_at=events["observed_at"].where(events["observed_at"] > events["occurred_at"]),
    )
    return events[[column for column in COLUMNS if column in events]]
