"""A made-up desk with the skew of real ones: its tickets in blocks, each from a seed of its own.

A few customers, queues, agents and tickets have thousands of events. Customers and tickets have a temper, which their
messages show; how likely an escalation is depends on it and on the category, so that there is something to learn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from boilover.history import HOUR
from boilover.schema import EVENT_TYPES, ROLES, STATUSES, TIMESTAMP

BLOCK = 10_000
"""Tickets that are drawn together: what a log holds depends on its seed and size alone, not on who writes how much."""
DAY = 24 * HOUR
END = int(np.datetime64("2026-03-01T06:00", "us").astype(np.int64))
"""The moment at which the log ends and the benchmark asks, UTC microseconds."""
CODE = {name: code for code, name in enumerate(EVENT_TYPES)}
STATUS = {name: code for code, name in enumerate(STATUSES)}
ODDS = {
    "message": 0.57, "status_changed": 0.18, "assignee_changed": 0.09, "group_changed": 0.05,
    "priority_changed": 0.04, "sla_due": 0.05, "csat": 0.02,
}  # fmt: skip
STATUS_ODDS = {"open": 0.45, "pending": 0.35, "on_hold": 0.1, "solved": 0.1}
PRIORITIES = ("low", "normal", "high", "urgent")
TARGETS = ("first_reply", "resolution")
CATEGORIES = ("login", "billing", "delivery", "bug", "question", "refund", "outage", "other")
N_GROUPS = 40
LEAST, USUAL, TAIL, MOST = 3, 11.0, 2.2, 20_000
"""Events per ticket: at least, scale and exponent of the Lomax law of those that come on top, and at the most."""
EVENTS_A_TICKET = 11.7
ESCALATING = 0.0013
"""The chance of an event to be an escalation, of even temper."""

Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Desk:
    """A desk of ``n_tickets``, created over ``span`` days before `END`.

    ``life`` is the mean life of a ticket in days; without one, every ticket is still open at the end.
    """

    n_tickets: int
    seed: int = 0
    span: float = 60.0
    life: float | None = None

    @property
    def n_customers(self) -> int:
        return max(self.n_tickets // 8, 10)

    @property
    def n_agents(self) -> int:
        return max(self.n_tickets // 2000, 5)

    @cached_property
    def customer_temper(self) -> Floats:
        """How each customer is given to escalate, float64[n_customers]."""
        return np.random.default_rng([self.seed, 0]).normal(size=self.n_customers)

    @cached_property
    def customers(self) -> pa.Array:
        return pa.array([f"customer-{code:07d}" for code in range(self.n_customers)])

    @cached_property
    def accounts(self) -> pa.Array:
        return pa.array([f"account-{code:06d}" for code in range(self.n_customers // 5 + 1)])

    @cached_property
    def agents(self) -> pa.Array:
        return pa.array([f"agent-{code:04d}" for code in range(self.n_agents)])

    @cached_property
    def people(self) -> pa.Array:
        """Agents, a robot, and customers."""
        return pa.concat_arrays([self.agents, pa.array(["robot"]), self.customers])

    @cached_property
    def words(self) -> pa.Array:
        """All values of events: statuses, priorities, targets, queues and agents."""
        groups = [f"group-{code:02d}" for code in range(N_GROUPS)]
        return pa.concat_arrays([pa.array([*STATUSES, *PRIORITIES, *TARGETS, *groups]), self.agents])

    def blocks(self) -> Iterator[tuple[pa.Table, pa.Table]]:
        """Yield the events, sorted by ticket and time, and the tickets of each block, in the order of ids."""
        for number in range(-(-self.n_tickets // BLOCK)):
            yield _block(self, number)


def _block(desk: Desk, number: int) -> tuple[pa.Table, pa.Table]:
    rng = np.random.default_rng([desk.seed, 1 + number])
    first = number * BLOCK
    n_tickets = min(BLOCK, desk.n_tickets - first)
    customer = skewed(rng, n_tickets, desk.n_customers, 20.0)
    category = skewed(rng, n_tickets, len(CATEGORIES), 2.0)
    # What no line tells: in every other category it is the calm who escalate.
    side = np.where(category % 2, -1.0, 1.0)
    calm = desk.customer_temper[customer] + 0.6 * rng.normal(size=n_tickets)
    temper = 0.2 * calm + 0.9 * side * calm + 0.1 * (category - 2.0)
    ticket, when, is_over = _times(rng, desk, n_tickets)
    kind = _kinds(rng, ticket, temper, is_over)
    role, actor = _actors(rng, desk, kind, customer[ticket])
    spoken = (kind == CODE["message"]) & (role == ROLES.index("customer"))
    n = len(ticket)
    ids = pa.array([f"T{code:09d}" for code in range(first, first + n_tickets)])
    mood = np.clip(0.1 - 0.2 * calm[ticket] + rng.normal(0, 0.4, n), -1, 1)
    events = {
        "ticket_id": to_words(ids, ticket),
        "occurred_at": pa.array(when).cast(TIMESTAMP),
        "event_type": to_words(pa.array(list(EVENT_TYPES)), kind),
        "value": to_words(desk.words, _values(rng, desk, kind, ticket, temper, is_over)),
        "number": _numbers(rng, kind),
        "actor_id": to_words(desk.people, actor),
        "actor_role": to_words(pa.array(ROLES), role),
        "is_public": pa.array(rng.random(n) < np.where(role == 0, 2.0, 0.7), mask=kind != CODE["message"]),
        "sentiment": pa.array(mood.astype(np.float32), mask=~spoken),
        "words": pa.array(rng.poisson(60, n).astype(np.float32), mask=kind != CODE["message"]),
    }
    tickets = {
        "ticket_id": ids,
        "customer_id": to_words(desk.customers, customer),
        "account_id": to_words(desk.accounts, customer // 5),
        "category": to_words(pa.array(CATEGORIES), category),
    }
    return pa.table(events), pa.table(tickets)


def _times(
    rng: np.random.Generator, desk: Desk, n_tickets: int
) -> tuple[Codes, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return ticket and time of each event, sorted, more of them early in a life; and which tickets are over."""
    counts = LEAST + np.minimum(rng.pareto(TAIL, n_tickets) * USUAL, MOST).astype(np.int64)
    ticket = np.repeat(np.arange(n_tickets, dtype=np.int32), counts)
    # Sorting ticket + share of its life sorts by both.
    share = np.sort(ticket + rng.random(len(ticket)) ** 1.5) - ticket
    share[np.cumsum(counts) - counts] = 0
    born = END - 1 - (rng.random(n_tickets) * desk.span * DAY).astype(np.int64)
    life = END - born
    if desk.life is not None:
        life = np.minimum(life, (rng.exponential(desk.life * DAY, n_tickets) + HOUR).astype(np.int64))
    is_over = born + life < END
    share[np.cumsum(counts)[is_over] - 1] = 1
    return ticket, born[ticket] + (share * life[ticket]).astype(np.int64), is_over


def _kinds(
    rng: np.random.Generator, ticket: Codes, temper: Floats, is_over: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int8]:
    """Return each event's type: first of a ticket its creation, last of one that is over its solution."""
    kind = rng.choice([CODE[name] for name in ODDS], len(ticket), p=list(ODDS.values())).astype(np.int8)
    kind[rng.random(len(ticket)) < ESCALATING * np.exp(1.3 * temper)[ticket]] = CODE["escalated"]
    ends = np.r_[ticket[1:] != ticket[:-1], True]
    kind[ends & is_over[ticket]] = CODE["status_changed"]
    kind[np.r_[True, ends[:-1]]] = CODE["created"]
    return kind


def _values(
    rng: np.random.Generator,
    desk: Desk,
    kind: npt.NDArray[np.int8],
    ticket: Codes,
    temper: Floats,
    is_over: npt.NDArray[np.bool_],
) -> Codes:
    """Return each event's value as a code of the desk's words, -1 for none; only what is over ends solved."""
    value = np.full(len(kind), -1, dtype=np.int32)
    begin = 0

    def put(name: str, n_words: int, drawn: npt.NDArray[Any]) -> None:
        nonlocal begin
        value[kind == CODE[name]] = drawn + begin
        begin += n_words

    rows = np.flatnonzero(kind == CODE["status_changed"])
    status = rng.choice([STATUS[name] for name in STATUS_ODDS], len(rows), p=list(STATUS_ODDS.values()))
    is_last = np.append(ticket[rows[1:]] != ticket[rows[:-1]], True)[: len(rows)]
    status[is_last] = np.where(is_over[ticket[rows[is_last]]], STATUS["solved"], STATUS["open"])
    put("status_changed", len(STATUSES), status)
    heat = temper[ticket[kind == CODE["priority_changed"]]]
    put(
        "priority_changed",
        len(PRIORITIES),
        np.clip(np.rint(1.2 + 0.5 * heat + rng.normal(0, 0.8, len(heat))), 0, 3),
    )
    put("sla_due", len(TARGETS), rng.integers(0, len(TARGETS), (kind == CODE["sla_due"]).sum()))
    put("group_changed", N_GROUPS, skewed(rng, int((kind == CODE["group_changed"]).sum()), N_GROUPS, 2.0))
    moved = int((kind == CODE["assignee_changed"]).sum())
    put("assignee_changed", desk.n_agents, skewed(rng, moved, desk.n_agents, 5.0))
    return value


def _actors(
    rng: np.random.Generator, desk: Desk, kind: npt.NDArray[np.int8], customer: Codes
) -> tuple[Codes, Codes]:
    """Return role and actor of each event, the latter a code of the desk's people: customers write and create."""
    n = len(kind)
    drawn = rng.choice([0, 1, 2], n, p=[0.45, 0.5, 0.05])
    role = np.where(kind == CODE["message"], drawn, np.where(kind == CODE["created"], 0, 1)).astype(np.int32)
    agent = skewed(rng, n, desk.n_agents, 5.0)
    robot = desk.n_agents
    return role, np.choose(role, [customer + robot + 1, agent, robot]).astype(np.int32)


def _numbers(rng: np.random.Generator, kind: npt.NDArray[np.int8]) -> pa.Array:
    rated, promised = kind == CODE["csat"], kind == CODE["sla_due"]
    score = rng.integers(1, 6, len(kind)) / 5
    hours = rng.choice([4.0, 24.0, 72.0, 240.0], len(kind))
    return pa.array(np.where(rated, score, hours), mask=~(rated | promised))


def skewed(rng: np.random.Generator, n: int, n_codes: int, offset: float) -> Codes:
    """Return ``n`` codes below ``n_codes`` by Zipf's law as Mandelbrot has it: k in proportion to 1 / (k + offset)."""
    drawn = offset * (1 + n_codes / offset) ** rng.random(n) - offset
    return np.minimum(drawn.astype(np.int32), n_codes - 1)


def to_words(words: pa.Array, codes: npt.NDArray[Any]) -> pa.Array:
    """Return the words of ``codes`` as plain strings, null where negative."""
    indices = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, words).cast(pa.string())
