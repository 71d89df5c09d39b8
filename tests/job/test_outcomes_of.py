"""Outcomes read from a log against a plain walk over its events, under each rule of who is at risk."""

from __future__ import annotations

from datetime import timedelta

import pytest

from boilover.annotations import Annotations
from boilover.history import History
from boilover.job.outcomes import outcomes_of
from boilover.schema import AtRiskUntil
from oracle_annotations import EPOCH, walk
from random_logs import AT_RISK_UNTIL, DAY, log_at_risk_until


@pytest.mark.parametrize("until", AT_RISK_UNTIL)
@pytest.mark.parametrize("seed", range(2))
def test_outcomes_equal_a_plain_walk(seed: int, until: AtRiskUntil) -> None:
    log = log_at_risk_until(until, seed, n_tickets=60, mean_events=8)
    notes = Annotations(History.from_log(log))
    facts: dict[str, list[tuple[int, dict[str, object]]]] = {}
    for event in walk(log):
        at = (event["time"] - EPOCH) // timedelta(microseconds=1)
        facts.setdefault(event["ticket_id"], []).append((at, event))
    for as_of in (notes.history.end, notes.history.end - 40 * DAY):
        expected = []
        for ticket in sorted(facts):
            seen = [(at, event) for at, event in facts[ticket] if at <= as_of]
            if not seen:
                continue
            escalated = [at for at, event in seen if event["event_type"] == "escalated"]
            over = [at for at, event in seen if event["over"]]
            is_over = not seen[-1][1]["at_risk"] and not escalated
            if escalated or is_over:
                expected.append((ticket, escalated[0] if escalated else 0, over[-1] if is_over else 0))
        found = outcomes_of(notes, as_of).sort_values("ticket_id")
        assert list(found.itertuples(index=False, name=None)) == expected
        assert (found["escalated_at"] > 0).any()
        assert (found["resolved_at"] > 0).any()
