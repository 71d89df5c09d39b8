"""Decisions against a state machine per ticket over many nights; capacity, order and the hold-out."""

from __future__ import annotations

import dataclasses
from hashlib import blake2b
from typing import Any

import numpy as np
import pytest
from decide_nights import (
    DAY,
    POLICIES,
    QUEUES,
    START,
    THRESHOLD,
    as_told,
    memory_of,
    night_of_tickets,
    random_tickets,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_decide import Life, after, decide_all

from boilover.flagger import Decision, Memory, State, Verdict, WhyNot, decide, held_out, parse_flag_policy


def people_answer(rng: np.random.Generator, life: Life, now: int) -> Life:
    """Let the desk acknowledge, snooze or disagree now and then."""
    if life.state != "raised" or rng.random() < 0.6:
        return life
    state = str(rng.choice(["acknowledged", "snoozed", "disagreed"]))
    until = now + int(rng.integers(1, 4)) * DAY // 2 if state == "snoozed" else 0
    return dataclasses.replace(life, state=state, snoozed_until=until)


@settings(deadline=None, max_examples=25)
@given(tables=POLICIES, seed=st.integers(0, 10_000))
def test_many_nights_are_decided_as_by_a_state_machine_per_ticket(tables: dict[str, Any], seed: int) -> None:
    policy = parse_flag_policy(tables)
    rng = np.random.default_rng(seed)
    ids = [f"t{number}" for number in range(24)]
    drawn = dict(zip(ids, held_out(policy, np.array(ids, dtype=object)), strict=True))
    lives: dict[str, Life] = {}
    as_of = START
    for _ in range(12):
        as_of += int(rng.choice([DAY // 2, DAY, DAY - 1]))
        asked = [name for name in ids if rng.random() < 0.9]
        tickets = random_tickets(rng, asked, lives)
        for ticket in tickets:
            ticket.is_drawn = bool(drawn[ticket.id])
        expected = decide_all(tables, as_of, THRESHOLD, tickets)
        decision = decide(night_of_tickets(as_of, tickets), memory_of(tickets), policy, THRESHOLD)
        for row, (ticket, told) in enumerate(zip(tickets, expected, strict=True)):
            assert as_told(decision, row) == dataclasses.astuple(told), ticket
            lives[ticket.id] = people_answer(rng, after(ticket.life, told, as_of), as_of)


@settings(deadline=None, max_examples=25)
@given(tables=POLICIES, seed=st.integers(0, 10_000))
def test_the_capacity_is_never_exceeded_and_never_idle(tables: dict[str, Any], seed: int) -> None:
    policy = parse_flag_policy(tables)
    rng = np.random.default_rng(seed)
    night = night_of_tickets(START, random_tickets(rng, [f"t{number}" for number in range(60)], {}))
    decision = decide(night, Memory.empty(60), policy, THRESHOLD)
    new = decision.verdict == Verdict.NEW
    left_out = decision.why_not == WhyNot.CAPACITY
    most = policy.limit(60)
    assert most is None or new.sum() <= most
    is_full = most is not None and new.sum() == most
    for queue in QUEUES:
        here = np.array([word == queue for word in night.segments["queue"]])
        limit = policy.capacity.queues.get(queue or "", policy.capacity.each_queue)
        if queue is None:
            limit = None
        assert limit is None or (new & here).sum() <= limit
        if (left_out & here).any():
            assert is_full or (limit is not None and (new & here).sum() == limit)


@settings(deadline=None, max_examples=25)
@given(tables=POLICIES, seed=st.integers(0, 10_000))
def test_the_order_of_rows_changes_nothing(tables: dict[str, Any], seed: int) -> None:
    policy = parse_flag_policy(tables)
    rng = np.random.default_rng(seed)
    lives = {
        f"t{number}": Life(str(rng.choice([state.name.lower() for state in State])), int(rng.integers(4)))
        for number in range(40)
    }
    tickets = random_tickets(rng, list(lives), lives)
    for ticket in tickets:
        ticket.risk = 0.7
    order = rng.permutation(40)
    shuffled = [tickets[place] for place in order]
    one = decide(night_of_tickets(START, tickets), memory_of(tickets), policy, THRESHOLD)
    other = decide(night_of_tickets(START, shuffled), memory_of(shuffled), policy, THRESHOLD)
    for each in dataclasses.fields(Decision):
        np.testing.assert_array_equal(getattr(one, each.name)[order], getattr(other, each.name))


def siphash(key: bytes, message: bytes) -> int:
    """Return SipHash-2-4 (Aumasson & Bernstein, INDOCRYPT 2012), written from the paper."""
    mask = (1 << 64) - 1
    k0, k1 = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def turn(word: int, bits: int) -> int:
        return ((word << bits) | (word >> (64 - bits))) & mask

    def mix(times: int) -> None:
        for _ in range(times):
            v[0] = (v[0] + v[1]) & mask
            v[2] = (v[2] + v[3]) & mask
            v[1], v[3] = turn(v[1], 13) ^ v[0], turn(v[3], 16) ^ v[2]
            v[0] = turn(v[0], 32)
            v[2] = (v[2] + v[1]) & mask
            v[0] = (v[0] + v[3]) & mask
            v[1], v[3] = turn(v[1], 17) ^ v[2], turn(v[3], 21) ^ v[0]
            v[2] = turn(v[2], 32)

    whole = message + bytes(-(len(message) + 1) % 8) + bytes([len(message) % 256])
    for place in range(0, len(whole), 8):
        word = int.from_bytes(whole[place : place + 8], "little")
        v[3] ^= word
        mix(2)
        v[0] ^= word
    v[2] ^= 0xFF
    mix(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def mixed(word: int) -> int:
    """Return the last step of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014), by which pandas spreads its hashes."""
    mask = (1 << 64) - 1
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & mask
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & mask
    return word ^ (word >> 31)


def test_the_hash_written_here_is_that_of_the_paper() -> None:
    assert siphash(bytes(range(16)), bytes(range(15))) == 0xA129CA6149BE45E5


@pytest.mark.parametrize("seed", ["one", "two"])
def test_the_hold_out_is_a_keyed_hash_of_the_id_alone(seed: str) -> None:
    policy = parse_flag_policy({"outcome": {"holdout": 0.1, "seed": seed}})
    ids = np.array([f"T-{number}é" for number in range(3000)], dtype=object)
    drawn = held_out(policy, ids)
    key = blake2b(seed.encode(), digest_size=8).hexdigest().encode()
    expected = [mixed(siphash(key, str(each).encode())) < 0.1 * 2**64 for each in ids]
    assert drawn.tolist() == expected
    assert 0.08 < drawn.mean() < 0.12
    assert held_out(policy, ids[::-1])[::-1].tolist() == expected
    assert not held_out(parse_flag_policy({}), ids).any()
