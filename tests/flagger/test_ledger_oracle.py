"""Random nights, answers, outcomes, re-runs and replacements: the ledger tells what a plain replay tells."""

from __future__ import annotations

import copy
import itertools

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from ledger_nights import (
    BEGIN,
    CLEARED,
    DAY,
    HOUR,
    NEW,
    QUIET,
    RISEN,
    STILL,
    SUPPRESSED,
    Plain,
    Told,
    assert_same,
    recall,
    record,
)

from boilover.flagger.ledger import Ledger
from boilover.flagger.night import WhyNot

TICKETS = ("a", "B", "ß", "0x1", "=d")
WORD = {"acknowledge": "acknowledged", "snooze": "snoozed", "disagree": "disagreed"}
ONE = st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(0, 2), st.integers(0, 2), st.booleans())
NIGHT = st.dictionaries(st.sampled_from(TICKETS), ONE)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("night"), NIGHT),
        st.tuples(st.just("night"), NIGHT),
        st.tuples(st.just("replace"), NIGHT),
        st.tuples(st.sampled_from(sorted(WORD)), st.sampled_from(TICKETS)),
        st.tuples(st.sampled_from(["escalated_anyway", "resolved"]), st.sampled_from(TICKETS)),
    ),
    min_size=3,
    max_size=14,
)


class Replay:
    """One desk of the ledger and its plain replay, side by side."""

    def __init__(self, ledger: Ledger, desk: str) -> None:
        self.ledger, self.desk, self.plain = ledger, desk, Plain()
        self.now, self.last, self.before, self.answered, self.inputs = BEGIN, 0, Plain(), False, 0

    def told(self, drawn: dict[str, tuple], as_of: int) -> dict[str, Told]:
        """Return drawn choices as verdicts that can be given, each with an input that no other night has."""
        self.inputs += 1
        night = {}
        for name, (choice, tier, above, below, held) in drawn.items():
            flag = self.plain.open(name)
            if flag is None:
                verdict = (NEW, QUIET, SUPPRESSED, NEW)[choice]
            else:
                rises = flag["tier"] < tier and flag["until"] <= as_of
                verdict = (STILL, SUPPRESSED, CLEARED, RISEN if rises else STILL)[choice]
            why = WhyNot.HOLDOUT if held and flag is None else WhyNot.CAPACITY
            night[name] = Told(verdict, tier, above, below, why, risk=self.inputs / 1000)
        return night

    def night(self, drawn: dict[str, tuple]) -> None:
        self.now += DAY
        self.before, self.answered, self.last = copy.deepcopy(self.plain), False, self.now
        self.record(drawn)

    def replace(self, drawn: dict[str, tuple]) -> None:
        if self.answered or not self.last:
            return
        self.plain = copy.deepcopy(self.before)
        self.record(drawn, replace=True)

    def record(self, drawn: dict[str, tuple], *, replace: bool = False) -> None:
        told = self.told(drawn, self.last)
        known = recall(self.ledger, list(TICKETS), self.desk, before=self.last)
        assert known == self.before.memory(list(TICKETS))
        first = record(self.ledger, self.last, told, self.desk, replace=replace)
        again = record(self.ledger, self.last, dict(reversed(told.items())), self.desk)
        assert not first.again or not told
        assert again.again
        assert first.ids.tolist() == again.ids.tolist()[::-1]
        self.plain.night(self.last, told)

    def answer(self, kind: str, name: str) -> None:
        self.now += HOUR
        if self.plain.flag(name) is None or (kind == "snooze" and self.plain.open(name) is None):
            return
        until = {"until": self.now + 2 * DAY} if kind == "snooze" else {}
        given = {"who": "kim", "when": self.now, "reason": "seen", "desk": self.desk, **until}
        assert getattr(self.ledger, kind)(name, **given)
        assert not getattr(self.ledger, kind)(name, **given)
        self.plain.answer(name, WORD[kind], self.now, until.get("until", 0))
        self.answered = True

    def outcome(self, kind: str, name: str) -> None:
        self.now += HOUR
        if not self.last:
            return
        column = {"escalated_anyway": "escalated_at", "resolved": "resolved_at"}[kind]
        told = self.ledger.outcomes(self.desk, pd.DataFrame({"ticket_id": [name], column: [self.now]}))
        self.plain.outcome(name, kind, self.now)
        self.answered = True
        if kind == "escalated_anyway":
            assert told.share == float(self.plain.flag(name) is not None)


@pytest.fixture
def desks(ledger):
    """Return a function to a replay on a desk of its own."""
    numbers = itertools.count()
    return lambda: Replay(ledger, f"desk {next(numbers)}")


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_the_ledger_equals_a_plain_replay(desks, steps):
    replay = desks()
    for kind, what in steps:
        if kind in ("night", "replace"):
            getattr(replay, kind)(what)
        elif kind in WORD:
            replay.answer(kind, what)
        else:
            replay.outcome(kind, what)
    assert_same(replay.ledger, replay.plain, list(TICKETS), replay.desk)


def test_the_oracle_sees_a_lost_answer(ledger):
    """A replay that knows more than the ledger is not the same."""
    replay = Replay(ledger, "desk")
    replay.night({"a": (0, 1, 0, 0, False)})
    assert_same(ledger, replay.plain, ["a"])
    replay.plain.answer("a", "disagreed", replay.now)
    with pytest.raises(AssertionError):
        assert_same(ledger, replay.plain, ["a"])
