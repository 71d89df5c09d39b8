"""The edges of a decision: levels, cooldown, snooze, nights and quiet hours at equality; what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from decide_nights import DAY, START, THRESHOLD, one_ticket
from oracle_decide import Life

from boilover.errors import InputError, MismatchError, UsageError
from boilover.flagger import By, Memory, Night, Tier, Verdict, decide, parse_flag_policy
from boilover.times import parse_moment


def test_a_risk_at_the_level_of_raising_is_above_and_at_that_of_clearing_not_below() -> None:
    levels = {"hysteresis": {"raise": 1.0, "clear": 0.5}}
    assert one_ticket(levels, 0.5)[0] == "new"
    assert one_ticket(levels, np.nextafter(0.5, 0))[0] == "quiet"
    raised = Life("raised", 1, START - DAY)
    assert one_ticket(levels, 0.25, raised)[0] == "still"
    assert one_ticket(levels, np.nextafter(0.25, 0), raised)[0] == "cleared"
    assert one_ticket(levels, float("nan"), raised)[0] == "still"
    assert one_ticket(levels, 0.1, raised, fired=["legal"])[0] == "still"


def test_the_cooldown_ends_at_its_very_last_microsecond() -> None:
    rests = {"hysteresis": {"cooldown": "2d", "unless": "critical"}, "tiers": {"critical": 0.9}}
    life = Life("cleared", 1, START - 9 * DAY, START)
    assert one_ticket(rests, 0.8, life, START + 2 * DAY - 1) == ("suppressed", "cooldown")
    assert one_ticket(rests, 0.8, life, START + 2 * DAY) == ("new", "")
    assert one_ticket(rests, 0.9, life, START + DAY) == ("new", "")


def test_a_snooze_ends_at_its_moment_and_a_disagreement_with_its_flag() -> None:
    snoozed = Life("snoozed", 1, START, snoozed_until=START + DAY)
    assert one_ticket({}, 0.8, snoozed, START + DAY - 1) == ("suppressed", "snoozed")
    assert one_ticket({}, 0.8, snoozed, START + DAY) == ("still", "")
    assert one_ticket({}, 0.1, snoozed, START + 1)[0] == "cleared"
    disagreed = Life("disagreed", 1, START)
    assert one_ticket({}, 1.0, disagreed, START + 99 * DAY) == ("suppressed", "disagreed")
    assert one_ticket({}, 0.1, disagreed)[0] == "cleared"


@pytest.mark.parametrize(("before", "verdict"), [(1, "suppressed"), (2, "new"), (7, "new")])
def test_nights_are_counted_in_a_row_and_triggers_do_not_wait(before: int, verdict: str) -> None:
    waits = {"hysteresis": {"nights": 3}}
    assert one_ticket(waits, 0.8, Life(nights_above=before))[0] == verdict
    assert one_ticket(waits, 0.8, Life(nights_above=before), fired=["legal"])[0] == "new"


BERLIN = {"quiet": {"from": "22:00", "until": "06:00", "zone": "Europe/Berlin", "unless": "critical"}}


@pytest.mark.parametrize(
    ("moment", "is_quiet"),
    [
        ("2026-02-10T20:59:59.999999Z", False),
        ("2026-02-10T21:00Z", True),
        ("2026-02-10T23:00Z", True),
        ("2026-02-11T04:59:59.999999Z", True),
        ("2026-02-11T05:00Z", False),
        # In the night of 29 March 2026 the clock goes from 2 to 3: quiet ends an hour earlier in UTC.
        ("2026-03-28T21:00Z", True),
        ("2026-03-29T03:59Z", True),
        ("2026-03-29T04:00Z", False),
        ("2026-03-29T20:00Z", True),
        ("2026-03-29T19:59Z", False),
        # In the night of 25 October 2026 it goes back from 3 to 2.
        ("2026-10-25T04:30Z", True),
        ("2026-10-25T05:00Z", False),
    ],
)
def test_quiet_hours_follow_the_clock_across_midnight_and_daylight_saving(
    moment: str, is_quiet: bool
) -> None:
    as_of = parse_moment(moment)
    expected = ("suppressed", "quiet hours") if is_quiet else ("new", "")
    assert one_ticket(BERLIN, 0.8, as_of=as_of) == expected
    tiers = {**BERLIN, "tiers": {"critical": 0.9}}
    assert one_ticket(tiers, 0.9, as_of=as_of) == ("new", "")
    raised = Life("raised", 1, START)
    warned = {**BERLIN, "tiers": {"warn": 0.6}}
    risen = one_ticket(warned, 0.8, raised, as_of=as_of)
    assert risen == (("still", "quiet hours") if is_quiet else ("raised_tier", ""))


def test_days_are_quiet_from_midnight_to_midnight_of_the_zone() -> None:
    quiet = {
        "quiet": {
            "from": "03:00",
            "until": "04:00",
            "zone": "America/New_York",
            "days": ["saturday", "sunday"],
        }
    }
    # New York is five hours behind UTC in February; the 14th was a Saturday.
    assert one_ticket(quiet, 0.8, as_of=parse_moment("2026-02-14T04:59Z"))[0] == "new"
    assert one_ticket(quiet, 0.8, as_of=parse_moment("2026-02-14T05:00Z"))[1] == "quiet hours"
    assert one_ticket(quiet, 0.8, as_of=parse_moment("2026-02-16T04:59Z"))[1] == "quiet hours"
    assert one_ticket(quiet, 0.8, as_of=parse_moment("2026-02-16T05:00Z"))[0] == "new"


def test_a_weight_moves_the_threshold_as_the_cost_of_a_miss_does() -> None:
    """With miss and false alarm at the threshold's odds, a flag pays from fa / (fa + miss · weight) on."""
    miss, false_alarm, weight = 3.0, 1.0, 4.0
    policy = parse_flag_policy({"threshold": {"kind": "cost", "miss": miss, "false_alarm": false_alarm}})
    ids = np.array(["heavy", "usual"], dtype=object)
    fired = np.zeros((2, 0), dtype=bool)
    night = Night(START, ids, np.array([0.2, 0.2]), {}, np.array([weight, 1.0]), fired, ())
    decision = decide(night, Memory.empty(2), policy, false_alarm / (false_alarm + miss))
    assert decision.threshold == pytest.approx([1 / (1 + 3 * 4), 0.25])
    assert decision.verdict.tolist() == [Verdict.NEW, Verdict.QUIET]
    silence, alarm = 0.2 * miss * weight, 0.8 * false_alarm
    assert silence > alarm


def test_of_equals_the_lower_id_goes_first_and_higher_tiers_before_all() -> None:
    policy = parse_flag_policy(
        {"threshold": {"kind": "capacity", "per_night": 2}, "triggers": {"legal": {"tier": "critical"}}}
    )
    ids = np.array(["t9", "t10", "t2", "é"], dtype=object)
    fired = np.array([[False], [False], [False], [True]])
    risk = np.array([0.9, 0.9, 0.9, np.nan])
    decision = decide(
        Night(START, ids, risk, {}, np.ones(4), fired, ("legal",)), Memory.empty(4), policy, 0.5
    )
    assert ids[decision.verdict == Verdict.NEW].tolist() == ["t10", "é"]
    assert decision.tier[3] == Tier.CRITICAL
    assert decision.by[3] == By.TRIGGER


def bad_night(**given: Any) -> Night:
    plain: dict[str, Any] = {
        "as_of": START,
        "ticket_id": np.array(["a", "b"], dtype=object),
        "risk": np.array([0.1, 0.9]),
        "segments": {},
        "weight": np.ones(2),
        "fired": np.zeros((2, 0), dtype=bool),
        "trigger_names": (),
    }
    return Night(**{**plain, **given})


@pytest.mark.parametrize(
    ("given", "tables", "error", "match"),
    [
        ({"risk": np.array([0.1, 1.1])}, {}, InputError, r"'risk', row 2, value .*1\.1.*probability"),
        ({"weight": np.array([0.0, 1.0])}, {}, InputError, r"'weight', row 1"),
        ({"weight": np.array([1.0, np.nan])}, {}, InputError, r"'weight', row 2"),
        ({"ticket_id": np.array(["a", "a"], dtype=object)}, {}, InputError, r"'ticket_id', row 2.*Ask once"),
        ({}, {"segments": [{"name": "x", "where": {"plan": ["p"]}}]}, MismatchError, "asks for 'plan'.*none"),
        ({}, {"capacity": {"each_queue": 1}}, MismatchError, "queues"),
        (
            {"fired": np.ones((2, 1), dtype=bool), "trigger_names": ("legal",)},
            {"triggers": {"legal": {"on": False}}},
            MismatchError,
            "switches off: legal",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    given: dict[str, Any], tables: dict[str, Any], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        decide(bad_night(**given), Memory.empty(2), parse_flag_policy(tables), THRESHOLD)


def test_arrays_of_other_lengths_are_refused() -> None:
    with pytest.raises(InputError, match=r"'weight': 2 tickets and 3 values"):
        bad_night(weight=np.ones(3))
    with pytest.raises(InputError, match="1 triggers"):
        bad_night(trigger_names=("legal",))
    with pytest.raises(InputError, match="memory of 3"):
        decide(bad_night(), Memory.empty(3), parse_flag_policy({}), THRESHOLD)
    with pytest.raises(UsageError, match="no number"):
        decide(bad_night(), Memory.empty(2), parse_flag_policy({}), float("nan"))


def test_a_night_without_tickets_is_decided() -> None:
    empty = bad_night(
        ticket_id=np.array([], dtype=object),
        risk=np.empty(0),
        segments={"queue": np.array([], dtype=object)},
        weight=np.empty(0),
        fired=np.zeros((0, 0), dtype=bool),
    )
    policy = parse_flag_policy({"capacity": {"each_queue": 1}, "outcome": {"holdout": 0.5}})
    assert len(decide(empty, Memory.empty(0), policy, THRESHOLD)) == 0
