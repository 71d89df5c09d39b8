"""The default features, family by family. Adding one is adding a line; its column name is derived."""

from __future__ import annotations

from boilover.features.base import Feature
from boilover.features.columns import Calendar, Difference, Ratio, State
from boilover.features.filters import Filter, Flag
from boilover.features.lift import Lift
from boilover.features.primitives import Count, Decayed, Distinct, SinceLast
from boilover.features.valued import Last, Max, Mean, Min, Slope, Sum

EVENT = Flag("any_event")
CREATED = Flag("created")
CLOSED = Flag("ceased_open")
ESCALATED = Flag("escalated")
HANDOFF = Flag("handoff")
REOPENED = Flag("reopened")
CUSTOMER = Flag("customer_message")
REPLY = Flag("agent_reply")
RAISED = Flag("priority_raised")
SLA = Flag("sla_moved")

AGE: tuple[Feature, ...] = (
    SinceLast(CREATED),
    SinceLast(EVENT),
    Count(EVENT),
    Count(EVENT, "24h"),
    Count(EVENT, "7d"),
    Decayed(EVENT, half_life="24h"),
    Calendar("hour"),
    Calendar("weekday"),
    Calendar("hour", "creation"),
    Calendar("weekday", "creation"),
)

STATUS: tuple[Feature, ...] = (
    State("status"),
    SinceLast(Flag("status_entered")),
    Count(Flag("status_entered")),
    Count(Flag("status_entered"), "24h"),
    Distinct(Flag("status_entered"), of="status"),
    Count(REOPENED),
    Count(REOPENED, "7d"),
    SinceLast(REOPENED),
    Count(Flag("waits_on_customer")),
)

HANDOFFS: tuple[Feature, ...] = (
    State("assignee"),
    State("group"),
    Count(HANDOFF),
    Count(HANDOFF, "24h"),
    Count(HANDOFF, "7d"),
    SinceLast(HANDOFF),
    Count(Flag("assignee_handoff")),
    Count(Flag("group_handoff")),
    Count(Flag("assignee_return")),
    Count(Flag("group_return")),
    Distinct(EVENT, of="assignee"),
    Distinct(EVENT, of="group"),
    Distinct(EVENT, "7d", of="group"),
)

WAITING: tuple[Feature, ...] = (
    SinceLast(Flag("wait_began"), until=Flag("wait_ended")),
    Last(EVENT, value="unanswered"),
    Mean(value="response_gap"),
    Max(value="response_gap"),
    Last(value="response_gap"),
    Slope(value="response_gap"),
    Count(CUSTOMER),
    Count(CUSTOMER, "24h"),
    Count(CUSTOMER, "7d"),
    Decayed(CUSTOMER, half_life="24h"),
    SinceLast(CUSTOMER),
    Count(REPLY),
    SinceLast(REPLY),
    SinceLast(CREATED, until=Flag("first_reply")),
    Count(Flag("internal_note")),
    Count(Flag("bot_message")),
    SinceLast(Flag("agent_action")),
    Distinct(EVENT, of="actor"),
)

PRIORITY: tuple[Feature, ...] = (
    State("priority"),
    Last(value="priority_level"),
    Max(value="priority_level"),
    Count(RAISED),
    Count(Flag("priority_lowered")),
    SinceLast(RAISED),
)

PROMISES: tuple[Feature, ...] = (
    SinceLast(SLA, at="sla_due"),
    Last(SLA, value="sla_hours"),
    Ratio(SinceLast(SLA, at="sla_start"), Last(SLA, value="sla_hours")),
)
SLA_SHARE = PROMISES[-1]
"""Share of the running target's time that is used: 1 when it falls due."""

SENTIMENT: tuple[Feature, ...] = (
    Last(value="sentiment"),
    Mean(value="sentiment"),
    Min(value="sentiment"),
    Mean(value="sentiment", window="7d"),
    Slope(value="sentiment"),
)

TEXT: tuple[Feature, ...] = (
    Last(value="words"),
    Sum(value="words"),
    Sum(value="exclamations"),
    Sum(value="questions"),
    Max(value="shouting"),
    Sum(value="urgency"),
    Last(value="urgency"),
)


def outcomes(key: str, among: Filter = CREATED) -> tuple[Feature, ...]:
    """Return how often a key's tickets escalate, ever and lately, against the desk's rate."""
    return (
        Lift(ESCALATED, key=key, among=among),
        Lift(ESCALATED, "30d", key=key, among=among),
    )


def customer(key: str) -> tuple[Feature, ...]:
    """Return the features of a customer or an account, over all of their tickets."""
    return (
        Count(CREATED, "7d", key=key),
        Count(CREATED, "90d", key=key),
        Difference(Count(Flag("became_open"), key=key), Count(CLOSED, key=key)),
        Count(ESCALATED, "90d", key=key),
        SinceLast(ESCALATED, key=key),
        Mean(value="csat", key=key),
        Mean(value="sentiment", window="90d", key=key),
        *outcomes(key),
    )


def holder(key: str) -> tuple[Feature, ...]:
    """Return the features of the present assignee or group: its backlog, tempo and outcomes."""
    joined, left = Flag(f"joined_{key}"), Flag(f"left_{key}")
    return (
        Difference(Count(joined, key=key), Count(left, key=key, event_key=f"{key}_before")),
        Count(joined, "24h", key=key),
        Count(joined, "7d", key=key),
        Count(ESCALATED, "7d", key=key),
        SinceLast(joined, key=key),
        *outcomes(key, joined),
    )


DESK: tuple[Feature, ...] = (
    Difference(Count(Flag("became_open"), key="desk"), Count(CLOSED, key="desk")),
    Count(CREATED, "24h", key="desk"),
    Count(CREATED, "7d", key="desk"),
    Count(ESCALATED, "7d", key="desk"),
    Mean(value="outcome", window="30d", key="desk"),
)

FAMILIES: dict[str, tuple[Feature, ...]] = {
    "age and calendar": AGE,
    "status and reopens": STATUS,
    "handoffs and returns": HANDOFFS,
    "response gaps and waiting": WAITING,
    "priority": PRIORITY,
    "service levels": PROMISES,
    "sentiment": SENTIMENT,
    "text": TEXT,
    "customer history": customer("customer_id"),
    "account history": customer("account_id"),
    "assignee": holder("assignee"),
    "group": holder("group"),
    "desk": DESK,
}
