"""Time the ledger over many nights: does it stay usable with 5 million flag-nights?

    python benchmarks/ledger.py                            500 nights of 10,000 open flags, in SQLite
    python benchmarks/ledger.py --nights 20 --flags 1000
    python benchmarks/ledger.py --where postgresql://…     a database without a ledger

Each night asks about twice as many tickets as there are open flags. Of the flags, two in a hundred are cleared and one
in a hundred rises; as many are raised as were cleared. Some are answered in between, by a sheet.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import text

from boilover.flagger.ledger import Facts, Ledger
from boilover.flagger.ledger.connection import transaction
from boilover.flagger.night import OPEN_STATES, By, Decision, Memory, Night, Tier, Verdict

DAY = 86_400_000_000
BEGIN = 1_700_000_000_000_000
DESK = "desk"
CLEARED, RISEN, ANSWERED = 0.02, 0.01, 20
FACTS = Facts("7d-benchmark", "policy", 0.5)

Seconds = dict[str, list[float]]


def run(
    where: str, nights: int, flags: int, seed: int = 0, say: Callable[[str], None] = print
) -> dict[str, float]:
    """Record the nights, then read; return flag-nights, flags, seconds (medians, and of the last nights) and bytes."""
    random = np.random.default_rng(seed)
    seconds: Seconds = {}
    ledger = Ledger.open(where)
    tickets = _names(0, 2 * flags)
    for number in range(nights):
        as_of = BEGIN + number * DAY
        with timed(seconds, "memory"):
            memory = ledger.memory(DESK, tickets, before=as_of)
        night, decision = decided(as_of, tickets, memory, flags, random)
        with timed(seconds, "record"):
            recorded = ledger.record(DESK, night, decision, FACTS)
        over = decision.verdict == Verdict.CLEARED
        standing = recorded.ids[(recorded.ids > 0) & ~over]
        _answer(ledger, random.choice(standing, min(ANSWERED, len(standing)), replace=False), as_of, seconds)
        tickets = np.concatenate([tickets[~over], _names(int(2e9) + number * flags, int(over.sum()))])
        if (number + 1) % max(1, nights // 10) == 0:
            say(
                f"  night {number + 1}: record {seconds['record'][-1]:.2f} s, memory {seconds['memory'][-1]:.2f} s"
            )
    return {**_read(ledger, seconds, tickets, as_of, night, decision), **_sizes(ledger, where)}


def decided(
    as_of: int, tickets: np.ndarray, memory: Memory, flags: int, random: np.random.Generator
) -> tuple[Night, Decision]:
    """Return a night on which some open flags end or rise and others are raised, up to ``flags`` open ones."""
    n = len(tickets)
    is_open = np.isin(memory.state, [int(state) for state in OPEN_STATES])
    luck = random.random(n)
    free = np.flatnonzero(~is_open & (memory.cleared_at == 0))
    missing = max(0, flags - int(is_open.sum()) + int((is_open & (luck < CLEARED)).sum()))
    verdict = np.where(is_open, int(Verdict.STILL), int(Verdict.QUIET)).astype(np.int8)
    verdict[is_open & (luck < CLEARED)] = Verdict.CLEARED
    rises = is_open & (luck > 1 - RISEN) & (memory.tier < Tier.CRITICAL) & (memory.snoozed_until <= as_of)
    verdict[rises] = Verdict.RAISED_TIER
    verdict[free[:missing]] = Verdict.NEW
    tier = np.where(rises, memory.tier + 1, np.maximum(memory.tier, 1)).astype(np.int8)
    above = np.where(verdict == Verdict.QUIET, 0, memory.nights_above + 1).astype(np.int32)
    night = Night(as_of, tickets, random.random(n), {}, np.ones(n), np.zeros((n, 0), dtype=np.bool_), ())
    by, below = np.full(n, int(By.MODEL), np.int8), np.zeros(n, np.int32)
    return night, Decision(verdict, tier, by, above, below, np.zeros(n, np.int8), np.full(n, 0.5))


def _answer(ledger: Ledger, ids: np.ndarray, as_of: int, seconds: Seconds) -> None:
    """Answer some flags by a sheet, a third each way."""
    actions = [("acknowledge", "snooze", "disagree")[place % 3] for place in range(len(ids))]
    when = pd.Timestamp(as_of + DAY // 3, unit="us").isoformat()
    until = pd.Timestamp(as_of + 3 * DAY, unit="us").isoformat()
    sheet = pd.DataFrame({"flag_id": ids, "action": actions, "who": "kim", "when": when, "reason": "seen"})
    sheet["until"] = np.where(sheet["action"] == "snooze", until, "")
    with timed(seconds, "feedback"):
        ledger.import_feedback(sheet)


def _read(
    ledger: Ledger, seconds: Seconds, tickets: np.ndarray, as_of: int, night: Night, decision: Decision
) -> dict[str, float]:
    later = as_of + DAY
    some = tickets[:: max(1, len(tickets) // 100)]
    with timed(seconds, "memory of 100 tickets"):
        ledger.memory(DESK, some, before=later)
    with timed(seconds, "memory before the last night"):
        ledger.memory(DESK, tickets, before=as_of)
    with timed(seconds, "the last night again"):
        assert ledger.record(DESK, night, decision, FACTS).again
    for table in ("flags", "sheet", "history", "nights"):
        with timed(seconds, f"export {table}"):
            ledger.export(table)
    with timed(seconds, "counts of feedback"):
        ledger.feedback()
    with timed(seconds, "check"):
        assert ledger.check() == ()
    told = {f"{name}, median s": statistics.median(values) for name, values in seconds.items()}
    return told | {f"{name}, last s": seconds[name][-1] for name in ("record", "memory")}


def _sizes(ledger: Ledger, where: str) -> dict[str, float]:
    counts = {
        "flag-nights": "SELECT sum(nights) FROM ledger_flags",
        "flags": "SELECT count(*) FROM ledger_flags",
        "happenings": "SELECT count(*) FROM ledger_history",
    }
    if ledger.engine.dialect.name == "postgresql":
        counts["bytes"] = "SELECT pg_database_size(current_database())"
    with transaction(ledger.engine) as connection:
        told = {name: float(connection.execute(text(asked)).scalar_one()) for name, asked in counts.items()}
    return told if "bytes" in told else told | {"bytes": float(Path(where).stat().st_size)}


def _names(first: int, count: int) -> np.ndarray:
    return np.array([f"T{number:010d}" for number in range(first, first + count)], dtype=object)


@contextmanager
def timed(seconds: Seconds, name: str) -> Iterator[None]:
    """Add the seconds that the block takes."""
    began = time.perf_counter()
    yield
    seconds.setdefault(name, []).append(time.perf_counter() - began)


def main() -> None:
    """Run with the arguments of the command line and print what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nights", type=int, default=500)
    parser.add_argument("--flags", type=int, default=10_000)
    parser.add_argument("--where", help="a file or a URL; a file in a temporary folder where left out")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = run(given.where or f"{folder}/ledger.db", given.nights, given.flags)
    for name, value in measured.items():
        print(f"{name:34}{value:16,.3f}" if name.endswith(" s") else f"{name:34}{value:16,.0f}")


if __name__ == "__main__":
    main()
