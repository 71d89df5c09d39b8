"""Thirty nights of real decisions through the ledger: what is decided can be recorded, and decided again."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from ledger_nights import BEGIN, DAY, HOUR

from boilover.flagger.decide import decide
from boilover.flagger.ledger import Facts, Ledger
from boilover.flagger.night import OPEN_STATES, Decision, Night, State, Verdict, WhyNot
from boilover.flagger.policy import parse_flag_policy

NIGHTS, TICKETS, PER_NIGHT = 30, 150, 6
POLICY = parse_flag_policy(
    {
        "threshold": {"kind": "fixed", "risk": 0.6},
        "capacity": {"per_night": PER_NIGHT},
        "tiers": {"warn": 0.75, "critical": 0.9},
        "hysteresis": {"clear": 0.7, "nights": 2, "clear_nights": 2, "cooldown": "3d"},
        "outcome": {"holdout": 0.1},
    }
)
FACTS = Facts("model", "policy", 0.6)


def nights() -> list[Night]:
    """Return nights on which risks wander, tickets come and go, and the order of rows is another each time."""
    random = np.random.default_rng(3)
    names = np.array([f"t{number}" for number in range(TICKETS)], dtype=object)
    risk, made = random.random(TICKETS), []
    for number in range(NIGHTS):
        risk = np.clip(risk + random.normal(0, 0.12, TICKETS), 0, 1)
        rows = random.permutation(TICKETS)[: TICKETS - number]
        unknown = random.random(len(rows)) < 0.02
        n = len(rows)
        told = np.where(unknown, np.nan, risk[rows])
        none = np.zeros((n, 0), dtype=np.bool_)
        made.append(Night(BEGIN + number * DAY, names[rows], told, {}, np.ones(n), none, ()))
    return made


def decided(ledger: Ledger, night: Night) -> Decision:
    return decide(night, ledger.memory("desk", night.ticket_id, before=night.as_of), POLICY, 0.6)


def same(left: Decision, right: Decision) -> bool:
    names = [each.name for each in fields(Decision)]
    return all(
        np.array_equal(getattr(left, name), getattr(right, name), equal_nan=name == "threshold")
        for name in names
    )


@pytest.fixture(scope="module")
def thirty(tmp_path_factory):
    """Return a ledger after thirty nights with answers between them; each night is decided and recorded twice."""
    ledger, alerted = Ledger.open(tmp_path_factory.mktemp("thirty") / "ledger.db"), []
    for night in nights():
        decision = decided(ledger, night)
        recorded = ledger.record("desk", night, decision, FACTS)
        assert same(decided(ledger, night), decision)
        assert ledger.record("desk", night, decided(ledger, night), FACTS).again
        new = recorded.ids[decision.verdict == Verdict.NEW]
        assert len(new) == recorded.new <= PER_NIGHT
        alerted += new.tolist()
        when = night.as_of + HOUR
        for flag, answer in zip(new[:3], ("acknowledge", "snooze", "disagree"), strict=False):
            more = {"until": when + 3 * DAY} if answer == "snooze" else {}
            getattr(ledger, answer)(flag, who="kim", when=when, reason="seen", **more)
    return ledger, alerted


def test_thirty_nights_add_up_and_no_flag_is_alerted_twice(thirty):
    ledger, alerted = thirty
    flags = ledger.export()
    assert ledger.check() == ()
    assert sorted(alerted) == sorted(flags["flag_id"])
    assert len(alerted) == len(set(alerted)) > 30
    open_words = {state.name.lower() for state in OPEN_STATES}
    assert flags[flags["state"].isin(open_words)]["ticket_id"].is_unique
    # Every kind of happening that a night can tell of is in these thirty nights.
    kinds = set(ledger.export("history")["kind"])
    assert kinds == {"raised", "still", "tier", "cleared", "acknowledged", "snoozed", "disagreed"}


def test_held_out_tickets_are_kept_and_never_flagged(thirty):
    ledger, _ = thirty
    held = set(ledger.export("holdouts")["ticket_id"])
    assert held
    assert not held & set(ledger.export()["ticket_id"])


def test_the_memory_holds_a_snooze_and_a_cooldown(thirty):
    ledger, _ = thirty
    night = nights()[-1]
    later = Night(BEGIN + NIGHTS * DAY, *(getattr(night, each.name) for each in fields(Night)[1:]))
    memory = ledger.memory("desk", later.ticket_id, before=later.as_of)
    decision = decide(later, memory, POLICY, 0.6)
    disagreed = (memory.state == State.DISAGREED) & (decision.verdict != Verdict.CLEARED)
    assert disagreed.any()
    assert (decision.why_not[disagreed] == WhyNot.DISAGREED).all()
