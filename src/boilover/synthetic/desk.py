"""`synthetic_desk`: a seeded support desk as an event log."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from boilover.errors import UsageError
from boilover.log import EventLog
from boilover.schema import TIMESTAMP
from boilover.synthetic.clock import WorkClock
from boilover.synthetic.life import Life
from boilover.synthetic.ticket import Desk, Request, Row
from boilover.synthetic.voice import Voice
from boilover.synthetic.world import CATEGORIES, GROUPS, OUTAGE, PRODUCTS, World, make_world

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

START = datetime(2025, 1, 6, tzinfo=UTC)
HOUR_US = 3_600_000_000
INCIDENT_SHARE = 0.06
SEEDS_APART = 1_000_003
LOAD_STEP = 12.0
"""Working hours, about a day, for which the load of a group stays the same."""


def synthetic_desk(
    *, n_tickets: int = 6000, days: int = 180, seed: int = 0, start: datetime = START
) -> EventLog:
    """Return the event log of a made-up support desk, the same for the same arguments.

    Parameters
    ----------
    n_tickets : tickets created, at least 1.
    days : length of the log, which ends this many days after ``start``, with some tickets still open.
    seed : of every random choice, not negative.
    start : first midnight of the log, with a time zone.

    Raises
    ------
    UsageError : an argument is out of range.
    """
    if n_tickets < 1 or days < 1 or seed < 0:
        raise UsageError(f"n_tickets {n_tickets} and days {days} must be at least 1, seed {seed} at least 0")
    if start.tzinfo is None:
        raise UsageError(f"start {start} has no time zone")
    rng = np.random.default_rng(seed)
    clock = WorkClock(start.weekday(), days * 24)
    world = make_world(n_tickets, rng)
    requests = _requests(world, n_tickets, float(clock.working[-1]), rng)
    rows = _live(_desk(world, clock, rng), requests, seed)
    return EventLog.from_arrow(_events(rows, clock, start), _tickets(requests, seed))


def _requests(world: World, count: int, end: float, rng: np.random.Generator) -> list[Request]:
    created = rng.uniform(0.0, end, count)
    category = rng.choice(len(CATEGORIES), count, p=[one.share for one in CATEGORIES])
    product = rng.choice(len(PRODUCTS), count, p=(0.3, 0.25, 0.2, 0.15, 0.1))
    _add_incidents(created, category, product, end, rng)
    order = np.argsort(created, kind="stable")
    customers = rng.choice(len(world.customers), count, p=world.volumes)
    luck = rng.normal(size=count)
    latest: dict[int, int] = {}
    requests = []
    for ticket, place in enumerate(order.tolist(), start=1):
        who = int(customers[place])
        requests.append(
            Request(
                ticket,
                float(created[place]),
                world.customers[who],
                int(category[place]),
                int(product[place]),
                float(luck[place]),
                latest.get(who),
            )
        )
        latest[who] = ticket
    return requests


def _add_incidents(
    created: Floats, category: Ints, product: Ints, end: float, rng: np.random.Generator
) -> None:
    """Turn some requests into bursts about one product, each soon after an incident."""
    struck = np.flatnonzero(rng.random(len(created)) < INCIDENT_SHARE)
    incidents = rng.uniform(0.0, end, max(1, int(end // 90)))
    broken = rng.integers(0, len(PRODUCTS), len(incidents))
    which = rng.integers(0, len(incidents), len(struck))
    at = incidents[which] + rng.exponential(4.0, len(struck))
    inside = at < end
    created[struck[inside]] = at[inside]
    product[struck[inside]] = broken[which[inside]]
    category[struck[inside]] = np.where(rng.random(int(inside.sum())) < 0.6, OUTAGE, category[struck[inside]])


def _desk(world: World, clock: WorkClock, rng: np.random.Generator) -> Desk:
    end = float(clock.working[-1])
    loads = _loads(int(end // LOAD_STEP) + 2, rng)
    last = len(loads[GROUPS[0].name]) - 1

    def load(group: str, now: float) -> float:
        return loads[group][min(last, int(now / LOAD_STEP))]

    return Desk(world, clock.hour_of_day, load, clock.wall_per_working, end)


def _live(desk: Desk, requests: list[Request], seed: int) -> list[Row]:
    """Return what happens before the desk's end, by ticket; each ticket draws from a stream of its own."""
    random = Random()
    rows: list[Row] = []
    for request in requests:
        random.seed(seed * SEEDS_APART + request.ticket)
        Life(desk, request, random, rows).run()
    return [row for row in rows if row[1] < desk.end]


def _loads(steps: int, rng: np.random.Generator) -> dict[str, list[float]]:
    """Return the slowness of each group by `LOAD_STEP`: a log-normal walk that returns to one."""
    loads = {}
    for group in GROUPS:
        level, walk = 0.0, []
        for shock in rng.normal(0.0, 0.17, steps).tolist():
            level = 0.9 * level + shock
            walk.append(float(np.exp(level)))
        loads[group.name] = walk
    return loads


def _events(rows: list[Row], clock: WorkClock, start: datetime) -> pa.Table:
    ticket = np.array([row[0] for row in rows], dtype=np.int64)
    times = (clock.to_wall(np.array([row[1] for row in rows])) * HOUR_US).astype(np.int64)
    first = round(start.timestamp() * 1_000_000)
    # Whole seconds keep what happened in one go in one order and make the times readable.
    times = times // 1_000_000 * 1_000_000 + first
    number = np.empty(len(rows), dtype=np.int64)
    number[np.lexsort((np.arange(len(rows)), times))] = np.arange(1, len(rows) + 1)
    return pa.table(
        {
            "ticket_id": pa.array([f"T{one:06d}" for one in ticket.tolist()]),
            "occurred_at": pa.array(times).cast(TIMESTAMP),
            "event_type": pa.array([row[2] for row in rows]),
            "value": pa.array([row[3] for row in rows], pa.string()),
            "number": pa.array([row[4] for row in rows], pa.float64()),
            "actor_id": pa.array([row[5] for row in rows], pa.string()),
            "actor_role": pa.array([row[6] for row in rows], pa.string()),
            "is_public": pa.array([row[7] for row in rows], pa.bool_()),
            "text": pa.array([row[8] for row in rows], pa.string()),
            "event_id": pa.array([f"E{one:08d}" for one in number.tolist()]),
        }
    )


def _tickets(requests: list[Request], seed: int) -> pa.Table:
    voice = Voice(Random(seed + 1))
    subjects = [
        voice.subject(one.customer.language, CATEGORIES[one.category].name, PRODUCTS[one.product])
        for one in requests
    ]
    return pa.table(
        {
            "ticket_id": [f"T{one.ticket:06d}" for one in requests],
            "customer_id": [one.customer.id for one in requests],
            "account_id": [one.customer.account for one in requests],
            "plan": [one.customer.plan for one in requests],
            "channel": [one.customer.channel for one in requests],
            "category": [CATEGORIES[one.category].name for one in requests],
            "product": [PRODUCTS[one.product] for one in requests],
            "language": [one.customer.language for one in requests],
            "subject": subjects,
        }
    )
