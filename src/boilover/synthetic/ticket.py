"""One ticket of the synthetic desk: its state at a moment, and the record of how it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp
from random import Random

from boilover.synthetic.hazard import standing_hazard
from boilover.synthetic.voice import Voice
from boilover.synthetic.world import CATEGORIES, PLAN_HAZARD, PRODUCT_HAZARD, PRODUCTS, Agent, Customer, World

Row = tuple[int, float, str, str | None, float | None, str | None, str | None, bool | None, str | None]
"""ticket, working hours, event_type, value, number, actor_id, actor_role, is_public, text."""

MOMENT = 1 / 600
"""Working hours between two things done in one go."""
FIRST_REPLY_TARGETS = {"low": 24.0, "normal": 8.0, "high": 4.0, "urgent": 1.0}
RESOLUTION_TARGETS = {"low": 240.0, "normal": 120.0, "high": 48.0, "urgent": 12.0}
PATIENCE_SHAPE = 2.0
"""Patience is gamma distributed with mean 1; the larger the shape, the less is luck."""
LUCK = 0.2
"""Spread of the luck of a ticket in its log-hazard."""


@dataclass(frozen=True)
class Desk:
    """What all tickets share."""

    world: World
    hour_of_day: Callable[[float], int]
    load: Callable[[str, float], float]
    """How many times slower than usual a group answers, by group and working hours."""
    wall_per_working: float
    end: float
    """Working hours at which the log ends."""


@dataclass(frozen=True)
class Request:
    """What is known of a ticket when it is created."""

    ticket: int
    created: float
    customer: Customer
    category: int
    product: int
    luck: float
    """Standard normal, which nobody can see."""
    related: int | None
    """The customer's previous ticket."""


class Ticket:
    """A ticket now; each method changes it and appends the event to ``rows``."""

    def __init__(self, desk: Desk, request: Request, random: Random, rows: list[Row]) -> None:
        self.desk, self.request, self.random, self.rows = desk, request, random, rows
        self.voice = Voice(random)
        self.category = CATEGORIES[request.category]
        self.product = PRODUCTS[request.product]
        customer = request.customer
        self.standing = standing_hazard(
            temper=customer.temper,
            luck=LUCK * request.luck,
            category=self.category.hazard,
            product=PRODUCT_HAZARD[request.product],
            plan=PLAN_HAZARD[customer.plan],
        )
        self.now = request.created
        self.status, self.group, self.priority = "new", self.category.group, "normal"
        self.agent: Agent | None = None
        self.work = 1 + int(random.expovariate(1.0 / self.category.work))
        self.hops = self.reopens = 0
        self.waiting_since: float | None = request.created
        self.anger = 0.0
        self.due = float("inf")
        self.patience_left = random.gammavariate(PATIENCE_SHAPE, 1.0 / PATIENCE_SHAPE)
        self.escalated = self.ended = False

    def emit(
        self,
        kind: str,
        value: str | None = None,
        *,
        number: float | None = None,
        by: str | None = "system",
        role: str = "system",
        public: bool | None = None,
        text: str | None = None,
    ) -> None:
        """Record that something happens now."""
        self.rows.append((self.request.ticket, self.now, kind, value, number, by, role, public, text))

    def message(self, by: str, role: str, text: str, *, public: bool = True) -> None:
        """Record a message."""
        self.emit("message", by=by, role=role, public=public, text=text)

    def wait(self, hours: float = MOMENT) -> None:
        """Let working hours pass."""
        self.now += hours

    def set_status(self, status: str, *, by: Agent | None = None) -> None:
        """Change the status; nothing happens when it stays the same."""
        if status != self.status or status == "new":
            self.status = status
            self.emit(
                "status_changed", status, by=by.id if by else "system", role="agent" if by else "system"
            )

    def set_priority(self, priority: str, *, by: Agent | None) -> None:
        """Change the priority, and the targets with it; the first time, nobody does it (``by`` is empty)."""
        self.priority, self.due = priority, RESOLUTION_TARGETS[priority]
        self.emit(
            "priority_changed", priority, by=by.id if by else "system", role="agent" if by else "system"
        )
        if by is None:
            self.emit("sla_due", "first_reply", number=FIRST_REPLY_TARGETS[priority])
        self.emit("sla_due", "resolution", number=RESOLUTION_TARGETS[priority])

    def on_duty(self, group: str) -> Agent:
        """Draw one of the agents of a group who are at work now."""
        team = self.desk.world.on_duty[group][self.desk.hour_of_day(self.now)]
        return team[int(self.random.random() * len(team))]

    def take(self) -> Agent:
        """Let an agent of the group pick the ticket up."""
        agent = self.on_duty(self.group)
        self.assign(agent, by=agent)
        self.set_status("open", by=agent)
        self.wait()
        return agent

    def assign(self, agent: Agent, *, by: Agent) -> None:
        """Change the assignee; after the first one, that is a handoff."""
        if agent is self.agent:
            return
        if self.agent is not None:
            self.hops += 1
        self.agent = agent
        self.emit("assignee_changed", agent.id, by=by.id, role="agent")

    def hand_on(self, group: str, *, by: Agent) -> None:
        """Move the ticket to another group, which has yet to pick it up."""
        if group == self.group:
            return
        self.hops += 1
        self.message(by.id, "agent", self.voice.note(), public=False)
        self.group = group
        self.emit("group_changed", group, by=by.id, role="agent")
        if self.agent is not None:
            self.agent = None
            self.emit("assignee_changed", by=by.id, role="agent")

    def reply(self, agent: Agent, parts: tuple[str, ...]) -> None:
        """Let an agent write to the customer, who then waits no more."""
        self.message(agent.id, "agent", self.voice.reply(parts, self.product))
        self.waiting_since = None
        self.anger = max(0.0, self.anger - 0.25)
        self.wait()

    def grow_angry(self, by: float) -> None:
        """Anger the customer, a hot-tempered one more."""
        self.anger = min(4.5, self.anger + by * exp(0.3 * self.request.customer.temper))
