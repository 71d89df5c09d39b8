"""Nights for tests of the decision: random policies and tickets, and how they are asked about."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from hypothesis import strategies as st
from oracle_decide import Life, Ticket

from boilover.flagger import WHY_NOT, By, Decision, Memory, Night, State, Verdict, decide, parse_flag_policy
from boilover.times import parse_moment

DAY = 86_400_000_000
START = parse_moment("2026-03-24T21:30Z")
QUEUES = ("a", "b", "c", None)
NAMES = ("sla_used", "legal", "vip")
THRESHOLD = 0.5
RISKS = np.array(
    [0.0, 0.2, np.nextafter(0.4, 0), 0.4, 1 / 3, np.nextafter(0.5, 0), 0.5, 0.7, 0.9, 1.0, np.nan]
)
TIER_NAMES = st.sampled_from(["watch", "warn", "critical"])


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def table(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return tables in which any of the keys may be left out."""
    return st.fixed_dictionaries({}, optional=keys)


def trigger(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {}, optional={"tier": TIER_NAMES, "least_risk": st.sampled_from([0.0, 0.2, 0.5]), **keys}
    )


SEGMENT = st.fixed_dictionaries(
    {
        "where": st.sampled_from(
            [{"queue": ["a"]}, {"queue": ["a", "b"], "plan": ["gold"]}, {"plan": ["gold", "tin"]}]
        )
    },
    optional={
        "risk": st.sampled_from([0.2, 0.7, 1.0]),
        "warn": st.just(0.6),
        "critical": st.just(0.8),
        "nights": st.integers(1, 3),
        "cooldown": st.sampled_from(["1d", "3d"]),
        "mute": st.lists(st.sampled_from(["model", *NAMES]), max_size=2),
    },
)
POLICIES = st.fixed_dictionaries(
    {
        "threshold": st.sampled_from(
            [
                {"kind": "fixed", "risk": 0.5},
                {"kind": "capacity", "per_night": 3},
                {"kind": "capacity", "per_night": 3, "of_open": 0.1},
            ]
        ),
        "triggers": st.fixed_dictionaries(
            {"sla_used": trigger(), "legal": trigger(), "vip": trigger(values=st.just(["x"]))}
        ).map(lambda told: {**told, "vip": {"values": ["x"], **told["vip"]}}),
    },
    optional={
        "capacity": table(
            per_night=st.integers(1, 6),
            each_queue=st.integers(0, 2),
            queues=st.just({"a": 1, "b": 0}),
        ),
        "tiers": table(warn=st.just(0.6), critical=st.just(0.8)),
        "hysteresis": table(
            **{"raise": st.sampled_from([1.0, 1.4])},
            clear=st.sampled_from([0.8, 1.0]),
            nights=st.integers(1, 3),
            clear_nights=st.integers(1, 3),
            cooldown=st.sampled_from(["12h", "1d", "2d"]),
            unless=TIER_NAMES,
        ),
        "quiet": st.fixed_dictionaries(
            {
                "from": st.sampled_from(["22:00", "09:00"]),
                "until": st.sampled_from(["06:00", "22:30"]),
                "zone": st.sampled_from(["Europe/Berlin", "UTC", "America/New_York"]),
            },
            optional={"days": st.just(["sunday"]), "unless": TIER_NAMES},
        ),
        "outcome": table(
            holdout=st.sampled_from([0.0, 0.3]), seed=st.sampled_from(["x", "y"]), unless=TIER_NAMES
        ),
        "segments": st.lists(SEGMENT, max_size=3).map(
            lambda told: [{"name": f"segment {place}", **each} for place, each in enumerate(told)]
        ),
    },
)


def random_tickets(rng: np.random.Generator, ids: list[str], lives: dict[str, Life]) -> list[Ticket]:
    return [
        Ticket(
            name,
            float(rng.choice(RISKS)),
            float(rng.choice([1.0, 1.0, 2.0, 0.5])),
            {"queue": QUEUES[rng.integers(4)], "plan": [None, "gold", "tin"][rng.integers(3)]},
            [trigger for trigger in NAMES if rng.random() < 0.12],
            lives.setdefault(name, Life()),
        )
        for name in rng.permutation(ids)
    ]


def night_of_tickets(as_of: int, tickets: list[Ticket]) -> Night:
    words = {
        key: np.array([*(ticket.segments[key] for ticket in tickets), None], dtype=object)[:-1]
        for key in ("queue", "plan")
    }
    return Night(
        as_of,
        np.array([ticket.id for ticket in tickets], dtype=object),
        np.array([ticket.risk for ticket in tickets]),
        words,
        np.array([ticket.weight for ticket in tickets]),
        np.array([[name in ticket.fired for name in NAMES] for ticket in tickets]).reshape(-1, len(NAMES)),
        NAMES,
    )


def memory_of(tickets: list[Ticket]) -> Memory:
    lives = [ticket.life for ticket in tickets]
    types = {"state": np.int8, "tier": np.int8, "nights_above": np.int32, "nights_below": np.int32}
    columns = {each.name: [getattr(life, each.name) for life in lives] for each in dataclasses.fields(Memory)}
    columns["state"] = [State[state.upper()] for state in columns["state"]]
    return Memory(**{name: np.array(values, types.get(name, np.int64)) for name, values in columns.items()})


def as_told(decision: Decision, row: int) -> tuple[Any, ...]:
    return (
        Verdict(decision.verdict[row]).name.lower(),
        int(decision.tier[row]),
        By(decision.by[row]).name.lower(),
        int(decision.nights_above[row]),
        int(decision.nights_below[row]),
        WHY_NOT[decision.why_not[row]],
        float(decision.threshold[row]),
    )


def one_ticket(
    tables: dict[str, Any], risk: float, life: Life | None = None, as_of: int = START, **given: Any
) -> tuple[str, str]:
    """Return the verdict on one ticket, and why not."""
    ticket = Ticket("t", risk, given.get("weight", 1.0), {"queue": "a", "plan": None}, given.get("fired", []))
    ticket.life = life or Life()
    known = {"sla_used": {}, "legal": {}, "vip": {"values": ["x"]}, **tables.get("triggers", {})}
    policy = parse_flag_policy({"threshold": {"kind": "fixed", "risk": 0.5}, **tables, "triggers": known})
    told = as_told(decide(night_of_tickets(as_of, [ticket]), memory_of([ticket]), policy, THRESHOLD), 0)
    return told[0], told[5]
