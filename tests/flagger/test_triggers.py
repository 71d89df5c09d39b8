"""Triggers against plain loops over the events that a point may see, and blind to the future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from oracle_triggers import Ticket, fires

from boilover import Annotations, EventLog, History, future_edit_test
from boilover.errors import LeakError
from boilover.flagger import FlagPolicy, Trigger, fire, parse_flag_policy, trigger_features
from boilover.flagger.policy import Triggers
from boilover.flagger.triggers import Look, Scene
from boilover.text import with_measures
from oracle_annotations import told, walk
from random_logs import points_of_seed, random_frames

SAYS: dict[str, set[str]] = {
    "It is still broken.": {"failed"},
    "I want to speak to a manager, please!": {"manager"},
    "Our lawyer will hear of this. The whole production is down!": {"legal", "outage"},
    "We will cancel our subscription, and that did not help either.": {"churn", "failed"},
    "The charger caught fire.": {"safety"},
    "Thanks, we look at it.\n> I want to speak to a manager": set(),
    "Automatic reply: I am out of the office until Monday. Our lawyer answers meanwhile.": set(),
    "Ich möchte sofort mit einem Vorgesetzten sprechen!": {"manager"},
    "Where is the button?": set(),
}
TABLES: dict[str, dict[str, Any]] = {
    "sla_used": {"share": 0.75},
    "no_public_update": {"hours": 24.0, "statuses": ["new", "open", "on_hold"]},
    "unresolved": {"hours": {"urgent": 6.0, "High": 24, "3 - Moderate": 72}, "otherwise": 168},
    "reopened": {"times": 1, "within": "7d"},
    "handoffs": {"times": 2},
    "returns": {},
    "falling_sentiment": {"fall": 0.5, "to": -0.1, "within": "7d"},
    "asks_for_manager": {},
    "legal": {"within": "24h"},
    "safety": {},
    "outage": {"messages": 2, "within": "7d"},
    "churn": {},
    "failed_attempts": {"messages": 2},
    "vip": {"attribute": "vip", "values": ["true"]},
}


def policy_of(tables: dict[str, Any], **others: Any) -> FlagPolicy:
    return parse_flag_policy({"triggers": tables, **others})


def talking_log(seed: int) -> EventLog:
    """Return a random log whose messages speak of the topics."""
    events, tickets = random_frames(seed)
    rng = np.random.default_rng(seed)
    is_message = (events["event_type"] == "message").to_numpy()
    texts = rng.choice([*SAYS, ""], len(events))
    events["text"] = np.where(is_message & (texts != ""), texts, None)
    return EventLog.from_pandas(events, tickets)


@pytest.mark.parametrize("seed", range(4))
def test_triggers_fire_where_plain_loops_say(seed: int) -> None:
    assert set(TABLES) == set(Triggers.model_fields)
    log = talking_log(seed)
    notes = Annotations(History.from_log(log))
    points = points_of_seed(notes.history, seed)
    fired = fire(policy_of(TABLES), notes, points)
    assert fired.names == tuple(TABLES)
    by_ticket: dict[str, list[dict[str, Any]]] = {}
    for event in walk(log):
        by_ticket.setdefault(event["ticket_id"], []).append(event)
    attributes = {
        row["ticket_id"]: {name: told(cell) for name, cell in row.items()} for row in log.tickets.to_pylist()
    }
    ids = notes.history.ticket_ids.to_pylist()
    for row, (code, as_of) in enumerate(zip(points.ticket, points.as_of, strict=True)):
        name = ids[code] if code >= 0 else ""
        now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(as_of))
        ticket = Ticket(by_ticket.get(name, []), attributes.get(name, {}), now, SAYS)
        expected = {trigger for trigger, table in TABLES.items() if fires(trigger, table, ticket)}
        assert set(fired.evidence(row)) == expected, (name, now)
        assert {each for each, fire in zip(fired.names, fired.fires[row], strict=True) if fire} == expected
        assert all(any(sign.isalnum() for sign in sentence) for sentence in fired.evidence(row).values())


def test_every_trigger_fires_somewhere_in_these_logs() -> None:
    some = np.zeros(len(TABLES), dtype=bool)
    for seed in range(4):
        notes = Annotations(History.from_log(talking_log(seed)))
        some |= fire(policy_of(TABLES), notes, points_of_seed(notes.history, seed)).fires.any(axis=0)
    assert [name for name, fires in zip(TABLES, some, strict=True) if not fires] == []


@pytest.mark.parametrize("seed", range(2))
def test_no_trigger_reads_the_future(seed: int) -> None:
    future_edit_test(trigger_features(policy_of(TABLES)), talking_log(seed), seed=seed, trials=2)


def test_a_trigger_that_reads_the_future_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(self: Trigger, scene: Scene) -> Look:
        history, tickets = scene.sight.notes.history, scene.sight.points.ticket
        return Look(history.offsets[tickets + 1] - history.offsets[tickets] > 9, lambda row: "is long")

    monkeypatch.setattr("boilover.flagger.triggers_course.Vip.look", look)
    with pytest.raises(LeakError, match="'trigger_vip'"):
        future_edit_test(trigger_features(policy_of({"vip": TABLES["vip"]})), talking_log(0))


def test_messages_of_a_measured_log_are_heard_as_before() -> None:
    log = talking_log(0)
    notes, measured = (Annotations(History.from_log(each)) for each in (log, with_measures(log)))
    policy = policy_of({name: TABLES[name] for name in ("legal", "churn", "failed_attempts")})
    points = points_of_seed(notes.history, 0)
    np.testing.assert_array_equal(fire(policy, notes, points).fires, fire(policy, measured, points).fires)
