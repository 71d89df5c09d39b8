"""What flags come to, ticket by ticket, against a slow and plain replay of random histories."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from replayed_desk import sixes

from boilover.annotations import Annotations
from boilover.backtest.asked import Nights
from boilover.backtest.book import End, Ends
from boilover.backtest.figures import FIGURES, Costs, resample
from boilover.backtest.measures import Outcomes, Tickets, Window, outcomes, standing, tickets_of
from boilover.backtest.rules import PRIORITY, UNRESOLVED, replay_matched, replay_rule, rules
from boilover.errors import UsageError
from boilover.features import Sight
from boilover.history import History
from boilover.log import EventLog
from boilover.points import AGES_HOURS, DAY, Points, ages_of, landmarks
from boilover.synthetic import synthetic_desk

HOUR = DAY // 24
NEVER = np.iinfo(np.int64).max
SEEDS = range(25)


@dataclass
class Course:
    """One ticket: the nights at risk and whether a rule holds then; when it escalates and is solved."""

    at_risk: dict[int, bool] = field(default_factory=dict)
    escalated: int = NEVER
    solved: list[int] = field(default_factory=list)


def random_courses(seed: int, nights: np.ndarray) -> list[Course]:
    """Return tickets that come, go, come back and escalate, with times on the nights themselves among them."""
    rng = np.random.default_rng(seed)
    courses = []
    for _ in range(30):
        born = int(rng.integers(nights[0] - 3 * DAY, nights[-1] + DAY))
        course = Course()
        if rng.random() < 0.4:
            course.escalated = born + int(rng.integers(1, 9 * 24)) * HOUR
            if rng.random() < 0.3:
                course.escalated = int(rng.choice(nights))
        open_now, moment = True, born
        spans = []
        while moment < nights[-1] + DAY:
            length = int(rng.integers(2, 8 * 24)) * HOUR
            spans.append((moment, moment + length, open_now))
            if open_now:
                course.solved.append(moment + length)
            moment, open_now = moment + length, not open_now
        for place, night in enumerate(nights.tolist()):
            state = [is_open for begin, end, is_open in spans if begin <= night < end]
            if state == [True] and night < course.escalated:
                course.at_risk[place] = bool(rng.random() < 0.45)
        courses.append(course)
    return courses


def asked_of(courses: list[Course], nights: np.ndarray) -> tuple[Nights, Ends, np.ndarray]:
    rows = sorted((night, ticket) for ticket, each in enumerate(courses) for night in each.at_risk)
    ticket = np.array([ticket for _, ticket in rows], dtype=np.int32)
    place = np.array([night for night, _ in rows], dtype=np.int64)
    points = Points(ticket, nights[place])
    starts = np.searchsorted(place, np.arange(len(nights) + 1))
    holds = np.array([courses[ticket].at_risk[night] for night, ticket in rows])
    escalated = np.array([each.escalated for each in courses])
    solved = [(ticket, time) for ticket, each in enumerate(courses) for time in each.solved]
    ends = Ends.of(escalated, *(np.array(column) for column in zip(*solved, strict=True)), nights)
    return Nights(nights, points, starts), ends, holds


def by_hand(course: Course, nights: np.ndarray, window: Window) -> dict[str, float]:
    """Return what becomes of one ticket's flags under the rule, night after night."""
    flags: list[list[int]] = []
    standing, stood = False, 0
    ended: list[End] = []
    for place, night in enumerate(nights.tolist()):
        if standing and place not in course.at_risk:
            ended[-1] = End.ESCALATED if course.escalated <= night else End.RESOLVED
            standing = False
        if place in course.at_risk:
            if standing and not course.at_risk[place]:
                ended[-1], standing = End.CLEARED, False
            elif not standing and course.at_risk[place]:
                flags.append([night])
                ended.append(End.STANDS)
                standing = True
            stood += standing
    if standing and course.escalated <= window.close:
        ended[-1] = End.ESCALATED
    caught = End.ESCALATED in ended
    lead = (course.escalated - flags[-1][0]) / HOUR if caught else 0.0
    pending = sum(
        end is End.STANDS and window.close - flag[0] < window.horizon
        for flag, end in zip(flags, ended, strict=True)
    )
    first = flags[0][0] if flags else None
    known = first is not None and first + window.horizon <= window.known
    told = {
        "caught": caught,
        "lead": lead,
        "early": caught and lead >= 24,
        "flags": len(flags),
        "stood": stood,
        "false": len(flags) - caught - pending,
        "pending": pending,
        "flips": ended.count(End.CLEARED) + max(len(flags) - 1, 0),
        "flagged": bool(flags),
        "first_known": known,
        "first_right": known and course.escalated - first <= window.horizon,
    }
    return {name: float(value) for name, value in told.items()}


def shares_by_hand(courses: list[Course], nights: np.ndarray) -> dict[int, tuple[int, int]]:
    """Return of each night how many tickets have a flag of the rule, and how many are at risk."""
    told = {}
    for place in range(len(nights)):
        held = [each.at_risk[place] for each in courses if place in each.at_risk]
        told[place] = (sum(held), len(held))
    return told


@pytest.mark.parametrize("seed", SEEDS)
def test_tickets_one_by_one(seed: int) -> None:
    nights = sixes("2026-03-02", 12)
    courses = random_courses(seed, nights)
    asked, ends, holds = asked_of(courses, nights)
    window = Window(int(nights[0]), int(nights[-1]) + DAY, int(nights[-1]) + 3 * DAY, 4 * DAY)
    tickets = tickets_of(asked, ends.escalated, window)
    flags = replay_rule(holds, asked, ends, window.close)
    found = outcomes(flags, ends.escalated, tickets, window, asked)
    share = shares_by_hand(courses, nights)
    assert standing(flags, nights) == pytest.approx([held for held, _ in share.values()])
    wanted_tickets = [
        ticket
        for ticket, each in enumerate(courses)
        if each.at_risk or window.begin < each.escalated <= window.close
    ]
    assert tickets.ticket.tolist() == wanted_tickets
    for row, ticket in enumerate(wanted_tickets):
        wanted = by_hand(courses[ticket], nights, window)
        assert {name: getattr(found, name)[row] for name in wanted} == pytest.approx(wanted), courses[ticket]
        assert tickets.nights[row] == len(courses[ticket].at_risk)
        course = courses[ticket]
        before = [place for place, night in enumerate(nights) if night < course.escalated <= window.close]
        held, asked_then = share[before[-1]] if before and before[-1] in course.at_risk else (0, 1)
        assert found.by_chance[row] == pytest.approx(held / asked_then)


def test_random_histories_hold_every_case() -> None:
    nights = sixes("2026-03-02", 12)
    ended, pending = set(), 0
    window = Window(int(nights[0]), int(nights[-1]) + DAY, int(nights[-1]) + 3 * DAY, 4 * DAY)
    for seed in SEEDS:
        asked, ends, holds = asked_of(random_courses(seed, nights), nights)
        flags = replay_rule(holds, asked, ends, window.close)
        ended |= set(flags.end.tolist())
        tickets = tickets_of(asked, ends.escalated, window)
        pending += outcomes(flags, ends.escalated, tickets, window, asked).pending.sum()
        assert np.array_equal(flags.ended_at == 0, flags.end == End.STANDS)
    assert ended == {int(each) for each in End}
    assert pending


def test_figures_are_those_of_plain_sums() -> None:
    nights = sixes("2026-03-02", 12)
    courses = random_courses(7, nights)
    asked, ends, holds = asked_of(courses, nights)
    window = Window(int(nights[0]), int(nights[-1]) + DAY, int(nights[-1]) + 3 * DAY, 4 * DAY)
    tickets = tickets_of(asked, ends.escalated, window)
    flags = replay_rule(holds, asked, ends, window.close)
    found = outcomes(flags, ends.escalated, tickets, window, asked)
    drawn = resample(tickets, {"rule": found}, len(nights), Costs(miss=5, false_alarm=2), rounds=40, seed=1)
    told = {name: drawn["rule"].interval(name).estimate for name in FIGURES}

    within = [each for each in courses if window.begin < each.escalated <= window.close]
    hand = [by_hand(each, nights, window) for each in courses]
    caught = [each["lead"] for each, course in zip(hand, courses, strict=True) if each["caught"]]
    leads = caught + [0.0] * (len(within) - len(caught))
    false = sum(each["false"] for each in hand)
    assert told["recall"] == pytest.approx(len(caught) / len(within))
    assert told["recall_by_chance"] == pytest.approx(found.by_chance.sum() / len(within))
    assert told["lift"] == pytest.approx(len(caught) / found.by_chance.sum())
    assert told["recall_24h_ahead"] == pytest.approx(sum(lead >= 24 for lead in caught) / len(within))
    assert told["lead_lower_quartile"] == pytest.approx(np.quantile(leads, 0.25))
    assert told["lead_median"] == pytest.approx(np.median(leads))
    assert told["lead_upper_quartile"] == pytest.approx(np.quantile(leads, 0.75))
    assert told["flags_per_caught"] == pytest.approx(len(flags) / len(caught))
    assert told["flags_a_night"] == pytest.approx(len(flags) / 12)
    stood = sum(each["stood"] for each in hand)
    assert told["standing_a_night"] == pytest.approx(stood / 12)
    assert told["standing_share"] == pytest.approx(stood / len(asked.points))
    assert told["flags_per_ticket"] == pytest.approx(len(flags) / len(tickets.ticket))
    first = [each for each in hand if each["first_known"]]
    right = sum(each["first_right"] for each in first)
    assert told["first_flag_precision"] == pytest.approx(right / len(first))
    flips, flagged = (sum(each[name] for each in hand) for name in ("flips", "flagged"))
    assert told["flips_per_flagged"] == pytest.approx(flips / flagged)
    assert told["net_benefit"] == pytest.approx(100 * (len(caught) - false * 2 / 5) / len(tickets.ticket))
    assert told["cost_a_night"] == pytest.approx((5 * (len(within) - len(caught)) + 2 * false) / 12)
    for name in FIGURES:
        interval = drawn["rule"].interval(name)
        assert interval.low <= interval.estimate <= interval.high or name.startswith("lead")


def test_rounds_draw_whole_tickets_and_the_same_for_all_methods() -> None:
    nights = sixes("2026-03-02", 12)
    asked, ends, holds = asked_of(random_courses(3, nights), nights)
    window = Window(int(nights[0]), int(nights[-1]) + DAY, int(nights[-1]) + DAY, 4 * DAY)
    tickets = tickets_of(asked, ends.escalated, window)
    found, silent = (
        outcomes(replay_rule(rule, asked, ends, window.close), ends.escalated, tickets, window, asked)
        for rule in (holds, holds & False)
    )
    methods = {"rule": found, "same": found, "silent": silent}
    drawn = resample(tickets, methods, 12, Costs(), rounds=30, seed=4)
    assert drawn["rule"].difference(drawn["same"], "net_benefit") == (0.0, 0.0, 0.0)
    assert drawn["silent"].interval("recall") == (0.0, 0.0, 0.0)
    assert np.isnan(drawn["silent"].interval("flags_per_caught").estimate)
    again = resample(tickets, methods, 12, Costs(), rounds=30, seed=4)
    np.testing.assert_array_equal(again["rule"].rounds, drawn["rule"].rounds)
    assert drawn["rule"].rounds[:, FIGURES.index("recall")].std() > 0
    with pytest.raises(UsageError, match="0 bootstrap rounds"):
        resample(tickets, methods, 12, Costs(), rounds=0, seed=0)
    for costs in ({"miss": 0.0}, {"false_alarm": -1.0}):
        with pytest.raises(UsageError, match="both must be above 0"):
            Costs(**costs)


def test_shares_of_all_or_none_have_exact_intervals() -> None:
    n = 15
    tickets = Tickets(np.arange(40), np.where(np.arange(40) < n, DAY, 0), np.ones(40))
    caught = (np.arange(40) < n).astype(float)
    none = np.zeros(40)
    found = Outcomes(caught, caught, caught, none, caught, caught, none, none, none, caught, caught, caught)
    drawn = resample(tickets, {"rule": found}, 3, Costs(), rounds=20, seed=0)["rule"]
    exact = 0.025 ** (1 / n)
    assert drawn.interval("recall") == pytest.approx((1, exact, 1))
    assert drawn.interval("recall_24h_ahead") == pytest.approx((0, 0, 1 - exact))
    assert drawn.interval("first_flag_precision") == pytest.approx((1, exact, 1))


def test_as_many_flags_go_to_the_riskiest_ages() -> None:
    nights = sixes("2026-03-02", 3)
    rows = [(night, ticket) for night in range(3) for ticket in range(4)]
    ticket = np.array([ticket for _, ticket in rows], dtype=np.int32)
    asked = Nights(nights, Points(ticket, nights[[n for n, _ in rows]]), np.array([0, 4, 8, 12]))
    rate = np.tile([0.1, 0.3, 0.3, 0.2], 3)
    age = np.tile([9.0, 1.0, 5.0, 7.0], 3)
    none = np.empty(0, dtype=np.int64)
    ends = Ends.of(np.full(4, NEVER), none.astype(np.int32), none, nights)
    flags = replay_matched(rate, age, np.array([1, 0, 2]), asked, ends, int(nights[-1]))
    assert flags.ticket.tolist() == [2, 1, 3]
    assert flags.raised_at.tolist() == nights[[0, 2, 2]].tolist()
    assert flags.stood.tolist() == [0, 1, 3, 1]


@pytest.mark.parametrize("told", [True, False])
def test_a_rule_about_age_holds_by_the_age(told: bool) -> None:
    events, tickets = synthetic_desk(n_tickets=200, days=30, seed=1).to_pandas()
    log = EventLog.from_pandas(events[told | (events["event_type"] != "created")], tickets)
    notes = Annotations(History.from_log(log))
    points = landmarks(notes.history, AGES_HOURS)
    held = rules(Sight(notes, points))
    assert held[PRIORITY] is not None
    assert (held[UNRESOLVED] == (ages_of(notes.history, points) >= 24)).all()
