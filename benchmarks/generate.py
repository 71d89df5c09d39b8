"""A seeded event log of any size with the skew of real desks, for timing: every ticket is open at its end.

python benchmarks/generate.py --tickets 1000000 --out FOLDER
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from boilover.history import HOUR
from boilover.log import EventLog, write_log
from boilover.schema import EVENT_TYPES, ROLES, STATUSES, TIMESTAMP

DAY = 24 * HOUR
END = int(np.datetime64("2026-03-01T06:00", "us").astype(np.int64))
"""The moment at which the log ends and the benchmark asks, UTC microseconds."""
SPAN = 60 * DAY
TYPES = tuple(EVENT_TYPES)
CODE = {name: code for code, name in enumerate(TYPES)}
STATUS = {name: code for code, name in enumerate(STATUSES)}
ODDS = {
    "message": 0.56, "status_changed": 0.18, "assignee_changed": 0.09, "group_changed": 0.05,
    "priority_changed": 0.04, "sla_due": 0.05, "csat": 0.02, "escalated": 0.01,
}  # fmt: skip
STATUS_ODDS = {"open": 0.45, "pending": 0.35, "on_hold": 0.1, "solved": 0.1}
PRIORITIES = ("low", "normal", "high", "urgent")
TARGETS = ("first_reply", "resolution")
CATEGORIES = ("login", "billing", "delivery", "bug", "question", "refund", "outage", "other")
N_GROUPS = 40
USUAL, TAIL = 11.0, 2.2
"""Scale and exponent of the Lomax law of events per ticket: some tickets have thousands."""

Codes = npt.NDArray[np.int32]


def generate(n_tickets: int, seed: int = 0) -> EventLog:
    """Return a sorted log of ``n_tickets`` tickets and about 13 events each."""
    rng = np.random.default_rng(seed)
    ticket, when = _times(rng, n_tickets)
    n = len(ticket)
    first = np.r_[True, ticket[1:] != ticket[:-1]]
    kind = rng.choice([CODE[name] for name in ODDS], n, p=list(ODDS.values())).astype(np.int8)
    kind[first] = CODE["created"]
    customer = _skewed(rng, n_tickets, max(n_tickets // 8, 2), 3.0)
    value, words = _values(rng, kind, ticket)
    role, actor = _actors(rng, kind, customer[ticket], n_tickets)
    message = kind == CODE["message"]
    spoken = message & (role == ROLES.index("customer"))
    columns = {
        "ticket_id": _words([f"T{code:08d}" for code in range(n_tickets)], ticket),
        "occurred_at": pa.array(when).cast(TIMESTAMP),
        "event_type": _words(TYPES, kind),
        "value": _words(words, value),
        "number": _numbers(rng, kind),
        "actor_id": actor,
        "actor_role": _words(ROLES, role),
        "is_public": pa.array(rng.random(n) < np.where(role == 0, 2.0, 0.7), mask=~message),
        "sentiment": pa.array(np.clip(rng.normal(0.05, 0.5, n), -1, 1).astype(np.float32), mask=~spoken),
        "words": pa.array(rng.poisson(60, n).astype(np.float32), mask=~message),
    }
    tickets = pa.table(
        {
            "ticket_id": pa.array([f"T{code:08d}" for code in range(n_tickets)]),
            "customer_id": _words([f"customer-{code:07d}" for code in range(customer.max() + 1)], customer),
            "account_id": _words(
                [f"account-{code:06d}" for code in range(customer.max() // 5 + 1)], customer // 5
            ),
            "category": _words(CATEGORIES, _skewed(rng, n_tickets, len(CATEGORIES), 1.5)),
        }
    )
    return replace(EventLog.from_arrow(pa.table(columns), tickets), is_sorted=True)


def _times(rng: np.random.Generator, n_tickets: int) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Return each event's ticket and time, sorted, more of them early in a ticket's life than late."""
    counts = 3 + (rng.pareto(TAIL, n_tickets) * USUAL).astype(np.int64)
    ticket = np.repeat(np.arange(n_tickets, dtype=np.int32), counts)
    # Sorting ticket + share of its life sorts by both.
    share = np.sort(ticket + rng.random(len(ticket)) ** 1.5) - ticket
    share[np.cumsum(counts) - counts] = 0
    born = END - 1 - (rng.random(n_tickets) * SPAN).astype(np.int64)
    return ticket, born[ticket] + (share * (END - born)[ticket]).astype(np.int64)


def _values(rng: np.random.Generator, kind: npt.NDArray[np.int8], ticket: Codes) -> tuple[Codes, list[str]]:
    """Return each event's value as codes into words; the last status of a ticket leaves it open."""
    n = len(kind)
    agents = [f"agent-{code:04d}" for code in range(_n_agents(int(ticket[-1]) + 1))]
    groups = [f"group-{code:02d}" for code in range(N_GROUPS)]
    value = np.full(n, -1, dtype=np.int32)
    words: list[str] = []

    def put(name: str, vocabulary: Any, drawn: npt.NDArray[Any]) -> None:
        rows = kind == CODE[name]
        value[rows] = drawn[rows] + len(words)
        words.extend(vocabulary)

    status = rng.choice([STATUS[name] for name in STATUS_ODDS], n, p=list(STATUS_ODDS.values()))
    rows = np.flatnonzero(kind == CODE["status_changed"])
    is_last = np.r_[ticket[rows[1:]] != ticket[rows[:-1]], True]
    status[rows[is_last]] = STATUS["open"]
    put("status_changed", STATUSES, status)
    put("assignee_changed", agents, _skewed(rng, n, len(agents), 2.0))
    put("group_changed", groups, _skewed(rng, n, N_GROUPS, 2.0))
    put("priority_changed", PRIORITIES, rng.integers(0, len(PRIORITIES), n))
    put("sla_due", TARGETS, rng.integers(0, len(TARGETS), n))
    return value, words


def _actors(
    rng: np.random.Generator, kind: npt.NDArray[np.int8], customer: Codes, n_tickets: int
) -> tuple[Codes, pa.Array]:
    """Return each event's role and actor: customers write and create, agents do the rest."""
    n = len(kind)
    drawn = rng.choice([0, 1, 2], n, p=[0.45, 0.5, 0.05])
    role = np.where(kind == CODE["message"], drawn, np.where(kind == CODE["created"], 0, 1)).astype(np.int32)
    agent = _skewed(rng, n, _n_agents(n_tickets), 2.0)
    names = [f"agent-{code:04d}" for code in range(_n_agents(n_tickets))] + ["robot"]
    n_staff = len(names)
    names += [f"customer-{code:07d}" for code in range(int(customer.max()) + 1)]
    return role, _words(names, np.choose(role, [customer + n_staff, agent, n_staff - 1]).astype(np.int32))


def _numbers(rng: np.random.Generator, kind: npt.NDArray[np.int8]) -> pa.Array:
    rated, promised = kind == CODE["csat"], kind == CODE["sla_due"]
    score = rng.integers(1, 6, len(kind)) / 5
    hours = rng.choice([4.0, 24.0, 72.0, 240.0], len(kind))
    return pa.array(np.where(rated, score, hours), mask=~(rated | promised))


def _n_agents(n_tickets: int) -> int:
    return max(n_tickets // 2000, 5)


def _skewed(rng: np.random.Generator, n: int, n_codes: int, power: float) -> Codes:
    """Return ``n`` codes below ``n_codes``, the low ones far more frequent."""
    return (rng.random(n) ** power * n_codes).astype(np.int32)


def _words(words: Any, codes: npt.NDArray[Any]) -> pa.Array:
    """Return the words of ``codes`` as plain strings, null where negative."""
    indices = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(words))).cast(pa.string())


def main() -> None:
    """Generate a log and write it as a sorted Parquet folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--out", type=Path, help="the folder to write; by default a new one for temporary files"
    )
    options = parser.parse_args()
    out = options.out or Path(tempfile.mkdtemp(prefix="boilover-bench-")) / "log"
    began = time.perf_counter()
    log = generate(options.tickets, options.seed)
    write_log(log, out)
    seconds = time.perf_counter() - began
    print(f"{len(log.events):,} events of {len(log.tickets):,} tickets in {seconds:.0f} s: {out}")


if __name__ == "__main__":
    main()
