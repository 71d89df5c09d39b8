"""Time the decision of a night over many open tickets; prints seconds.

    python benchmarks/flagging.py                     1 million tickets
    python benchmarks/flagging.py --tickets 100000

The policy uses all that costs: segments, tiers, weights, triggers, a cooldown, a hold-out and capacities by queue.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from boilover.flagger import FlagPolicy, Memory, Night, Verdict, decide, parse_flag_policy

AS_OF = 1_767_247_200_000_000
DAY = 86_400_000_000
TRIGGERS = {"sla_used": {}, "handoffs": {"least_risk": 0.1}, "legal": {"tier": "critical"}, "outage": {}}
POLICY = {
    "threshold": {"kind": "fixed", "risk": 0.3},
    "capacity": {"per_night": 2000, "each_queue": 150},
    "tiers": {"warn": 0.5, "critical": 0.8},
    "hysteresis": {"clear": 0.8, "nights": 2, "cooldown": "3d"},
    "outcome": {"holdout": 0.1},
    "segments": [
        {"name": "gold", "where": {"plan": ["gold"]}, "risk": 0.2, "nights": 1},
        {"name": "slow", "where": {"queue": ["queue 3", "queue 4"]}, "mute": ["sla_used"]},
    ],
    "triggers": TRIGGERS,
}


def a_night(n: int, rng: np.random.Generator) -> tuple[Night, Memory]:
    """Return ``n`` tickets in any order, of which a tenth were flagged before."""
    queues = np.array([f"queue {number}" for number in range(40)], dtype=object)
    plans = np.array(["gold", "tin", None], dtype=object)
    night = Night(
        as_of=AS_OF,
        ticket_id=np.array([f"T-{number:08d}" for number in rng.permutation(n)], dtype=object),
        risk=rng.beta(1, 8, n),
        segments={"queue": queues[rng.integers(0, len(queues), n)], "plan": plans[rng.integers(0, 3, n)]},
        weight=rng.choice([0.5, 1.0, 3.0], n),
        fired=rng.random((n, len(TRIGGERS))) < 0.02,
        trigger_names=tuple(TRIGGERS),
    )
    memory = Memory(
        state=np.where(rng.random(n) < 0.1, rng.integers(1, 6, n), 0).astype(np.int8),
        tier=rng.integers(1, 4, n).astype(np.int8),
        raised_at=np.full(n, AS_OF - 9 * DAY),
        cleared_at=np.where(rng.random(n) < 0.1, AS_OF - rng.integers(0, 6, n) * DAY, 0),
        nights_above=rng.integers(0, 3, n).astype(np.int32),
        nights_below=rng.integers(0, 3, n).astype(np.int32),
        snoozed_until=np.full(n, AS_OF + DAY),
    )
    return night, memory


def timed(policy: FlagPolicy, n: int, seed: int) -> tuple[float, dict[str, int]]:
    """Return the seconds of one decision, and how many tickets got each verdict."""
    night, memory = a_night(n, np.random.default_rng(seed))
    began = time.perf_counter()
    decision = decide(night, memory, policy, 0.3)
    seconds = time.perf_counter() - began
    counts = np.bincount(decision.verdict, minlength=len(Verdict))
    return seconds, {verdict.name.lower(): int(counts[verdict]) for verdict in Verdict}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    seconds, counts = timed(parse_flag_policy(POLICY), given.tickets, given.seed)
    told = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.items())
    print(f"{given.tickets:,} open tickets decided in {seconds:.2f} s: {told}")


if __name__ == "__main__":
    main()
