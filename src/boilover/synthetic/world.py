"""Who and what there is at the synthetic desk: customers, agents, groups, categories, products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LANGUAGES = ("en", "de", "fr", "es")
LANGUAGE_SHARES = (0.78, 0.09, 0.07, 0.06)
PRODUCTS = ("Ledger", "Beacon", "Relay", "Orchard", "Cobalt")
PRODUCT_HAZARD = (0.0, -0.4, 0.2, 0.7, -0.2)
CHANNELS = ("email", "portal", "chat", "phone")
CHANNEL_SHARES = (0.5, 0.28, 0.14, 0.08)
PLANS = ("free", "team", "enterprise")
PLAN_SHARES = (0.35, 0.45, 0.2)
PLAN_HAZARD = {"free": -0.9, "team": 0.0, "enterprise": 0.8}
PRIORITIES = ("low", "normal", "high", "urgent")


@dataclass(frozen=True)
class Group:
    """A queue of the desk."""

    name: str
    gap: float
    """Median working hours until it next acts on a ticket."""
    hop: float
    """Chance that an action hands the ticket on."""
    onward: tuple[str, ...]
    share_of_agents: float


GROUPS = (
    Group("tier1", 1.6, 0.13, ("tier2", "tier2", "platform", "billing"), 0.42),
    Group("tier2", 3.8, 0.11, ("tier3", "tier3", "platform", "tier1"), 0.24),
    Group("tier3", 7.0, 0.07, ("tier2", "platform"), 0.12),
    Group("billing", 3.0, 0.07, ("tier1", "tier2"), 0.12),
    Group("platform", 4.5, 0.10, ("tier3", "tier2"), 0.10),
)
HIGHER = {"tier1": "tier2", "tier2": "tier3", "tier3": "tier3", "billing": "tier2", "platform": "tier3"}


@dataclass(frozen=True)
class Category:
    """A kind of request."""

    name: str
    share: float
    group: str
    work: float
    """Mean number of useful actions that solve it."""
    hazard: float
    """What it adds to the log-hazard of escalation."""
    priorities: tuple[float, float, float, float]
    """Chance of each of PRIORITIES at creation."""


CATEGORIES = (
    Category("how_to", 0.24, "tier1", 1.3, -2.0, (0.35, 0.60, 0.04, 0.01)),
    Category("login", 0.17, "tier1", 1.5, -0.8, (0.10, 0.65, 0.20, 0.05)),
    Category("bug", 0.19, "tier1", 2.8, 0.2, (0.15, 0.60, 0.20, 0.05)),
    Category("billing", 0.14, "billing", 1.8, 0.7, (0.15, 0.65, 0.18, 0.02)),
    Category("performance", 0.10, "tier1", 3.0, 0.6, (0.05, 0.50, 0.35, 0.10)),
    Category("integration", 0.10, "tier2", 3.2, -0.2, (0.10, 0.65, 0.20, 0.05)),
    Category("outage", 0.04, "platform", 2.2, 1.5, (0.00, 0.15, 0.45, 0.40)),
    Category("data_loss", 0.02, "tier2", 3.6, 1.6, (0.00, 0.20, 0.45, 0.35)),
)
OUTAGE = next(place for place, category in enumerate(CATEGORIES) if category.name == "outage")


@dataclass(frozen=True)
class Customer:
    """Someone who writes to the desk."""

    id: str
    account: str
    plan: str
    language: str
    temper: float
    """Standard normal: how soon this customer gets angry and how openly."""
    channel: str


@dataclass(frozen=True)
class Agent:
    """Someone who answers."""

    id: str
    group: str
    shift: int
    """Hour of the day at which an eight-hour shift begins."""
    skill: float
    """Chance that an action brings the ticket forward."""


@dataclass(frozen=True)
class World:
    """Everybody at and around the desk."""

    customers: tuple[Customer, ...]
    volumes: tuple[float, ...]
    """Share of the tickets that each customer writes; sums to 1."""
    on_duty: dict[str, tuple[tuple[Agent, ...], ...]]
    """Agents of each group by hour of the day; never empty."""


def make_world(n_tickets: int, rng: np.random.Generator) -> World:
    """Draw the people of a desk of this size: volumes follow Zipf's law, an account shares a temper."""
    customers = _customers(max(40, n_tickets // 7), rng)
    volumes = 1.0 / (np.arange(len(customers)) + 8.0) ** 0.85
    agents = _agents(min(400, max(14, n_tickets // 250)), rng)
    return World(customers, tuple(volumes / volumes.sum()), _rota(agents))


def _customers(count: int, rng: np.random.Generator) -> tuple[Customer, ...]:
    n_accounts = max(12, count // 4)
    plans = rng.choice(len(PLANS), n_accounts, p=PLAN_SHARES)
    climate = rng.normal(0.0, 0.5, n_accounts)
    account = rng.integers(0, n_accounts, count)
    temper = climate[account] + rng.normal(0.0, 0.87, count)
    language = rng.choice(len(LANGUAGES), count, p=LANGUAGE_SHARES)
    channel = rng.choice(len(CHANNELS), count, p=CHANNEL_SHARES)
    return tuple(
        Customer(
            f"C{i:05d}",
            f"K{account[i]:04d}",
            PLANS[plans[account[i]]],
            LANGUAGES[language[i]],
            t,
            CHANNELS[channel[i]],
        )
        for i, t in enumerate(temper.tolist())
    )


def _agents(count: int, rng: np.random.Generator) -> tuple[Agent, ...]:
    sizes = [max(2, round(group.share_of_agents * count)) for group in GROUPS]
    groups = [group.name for group, size in zip(GROUPS, sizes, strict=True) for _ in range(size)]
    shifts = rng.choice((6, 8, 9, 11, 14, 22), len(groups), p=(0.15, 0.3, 0.25, 0.15, 0.1, 0.05))
    skill = rng.beta(8, 3, len(groups))
    return tuple(Agent(f"A{i:03d}", group, int(shifts[i]), float(skill[i])) for i, group in enumerate(groups))


def _rota(agents: tuple[Agent, ...]) -> dict[str, tuple[tuple[Agent, ...], ...]]:
    rota = {}
    for group in GROUPS:
        team = tuple(agent for agent in agents if agent.group == group.name)
        hours = (tuple(agent for agent in team if (hour - agent.shift) % 24 < 8) for hour in range(24))
        rota[group.name] = tuple(present or team for present in hours)
    return rota
