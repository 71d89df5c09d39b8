"""The escalation matrix: the first row that fits, full teams, and every problem of a file at once."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from ledger_nights import BEGIN, CLEARED, DAY, NEW, RISEN, STILL, Told, record

from boilover.errors import UsageError
from boilover.flagger.ledger import Ledger
from boilover.flagger.load import assign
from boilover.flagger.matrix import Asked, Destination, load_matrix, parse_matrix, route

TABLES = {
    "teams": {
        "second": {"contact": "second@desk", "capacity": 2},
        "billing": {"contact": "billing@desk"},
        "lead": {"contact": "lead@desk"},
    },
    "rows": [
        {
            "kind": ["hierarchical"],
            "tier": ["critical"],
            "team": "lead",
            "contact": "+49 1",
            "response": "1h",
        },
        {"category": ["Billing"], "team": "billing"},
        {"group": ["Tier 1"], "kind": ["functional"], "team": "second", "response": "4h", "then": "lead"},
    ],
    "default": {"team": "lead", "response": "8h"},
}
MATRIX = parse_matrix(TABLES)


def asked(flag_id: int = 1, tier: int = 1, risk: float = 0.5, **more: str) -> Asked:
    return Asked(flag_id, f"t{flag_id}", tier, risk, **more)  # type: ignore[arg-type]


FUNCTIONAL = {"group": "tier 1 ", "kind": "functional"}


@pytest.mark.parametrize(
    ("flag", "to"),
    [
        (asked(), Destination("lead", "lead@desk", "8h")),
        (asked(tier=3, kind="hierarchical"), Destination("lead", "+49 1", "1h", "rows.0")),
        (asked(tier=2, kind="hierarchical"), Destination("lead", "lead@desk", "8h")),
        (asked(category="billing"), Destination("billing", "billing@desk", "", "rows.1")),
        (asked(category="billing", **FUNCTIONAL), Destination("billing", "billing@desk", "", "rows.1")),
        (asked(**FUNCTIONAL), Destination("second", "second@desk", "4h", "rows.2")),
        (asked(group="Tier 1"), Destination("lead", "lead@desk", "8h")),
    ],
)
def test_the_first_row_that_fits_counts(flag: Asked, to: Destination) -> None:
    assert route(MATRIX, [flag], {}) == {1: to}


def test_what_is_too_much_for_a_team_overflows() -> None:
    flags = [
        asked(1, risk=0.2, **FUNCTIONAL),
        asked(2, risk=0.9, **FUNCTIONAL),
        asked(3, tier=2, **FUNCTIONAL),
    ]
    overflow = Destination("lead", "lead@desk", "4h", "rows.2", "second")
    for order in permutations(flags):
        placed = route(MATRIX, order, {})
        assert {flag: to.team for flag, to in placed.items()} == {3: "second", 2: "second", 1: "lead"}
        assert placed[1] == overflow
    assert [route(MATRIX, flags[:1], {"second": load})[1].team for load in (0, 1, 2, 3)] == [
        *("second", "second"),
        *("lead", "lead"),
    ]


def test_an_unknown_risk_chooses_last() -> None:
    flags = [
        asked(1, risk=float("nan"), **FUNCTIONAL),
        asked(2, risk=0.0, **FUNCTIONAL),
        asked(3, risk=0.1, **FUNCTIONAL),
    ]
    assert route(MATRIX, flags, {})[1].team == "lead"


def test_without_an_overflow_a_flag_stays_with_a_full_team() -> None:
    tables = {"teams": {"a": {"contact": "x", "capacity": 0}}, "default": {"team": "a"}}
    assert route(parse_matrix(tables), [asked()], {"a": 5}) == {1: Destination("a", "x")}


def test_every_problem_is_told_at_once() -> None:
    tables = {
        "teams": {"a": {"contact": "x"}, "b": {}},
        "rows": [
            {"team": "nobody"},
            {"team": "a", "then": "a", "kind": ["functional"]},
            {"team": "b", "tier": ["warn"]},
        ],
        "default": {"team": "a", "then": "b"},
    }
    with pytest.raises(UsageError) as caught:
        parse_matrix(tables, source="m.toml")
    told = str(caught.value)
    assert told.startswith("m.toml: 8 problem(s)")
    for part in (
        "rows.0.team: there is no team 'nobody'. Teams are a, b",
        "rows.1.then: is the team itself",
        "rows.1.then: nothing overflows, since team 'a' has no capacity",
        "rows.2.contact: neither the row nor team 'b' has one",
        "default.then: nothing overflows",
        "teams.b.contact: is missing, and default overflows there",
        "rows.1: never fits, since rows.0 takes all of it before",
        "rows.2: never fits, since rows.0 takes all of it before",
    ):
        assert part in told


def test_every_wrong_key_is_told_at_once() -> None:
    rows = [{"team": "a", "kind": ["sideways"], "response": "soon", "colour": 1}]
    with pytest.raises(UsageError) as caught:
        parse_matrix({"teams": {"a": {"capacity": -1}}, "rows": rows})
    told = str(caught.value)
    for part in (
        "teams.a.capacity",
        "rows.0.kind.0",
        "rows.0.response",
        "rows.0.colour",
        "default: is required",
    ):
        assert part in told
    assert "5 problem(s)" in told


def test_a_row_that_is_only_partly_taken_before_is_none_of_the_problems() -> None:
    rows = [{"team": "a", "kind": ["functional"], "tier": ["warn"]}, {"team": "a", "kind": ["functional"]}]
    tables = {"teams": {"a": {"contact": "x"}}, "rows": rows, "default": {"team": "a"}}
    assert len(parse_matrix(tables).rows) == 2


@pytest.mark.parametrize(("text", "told"), [("a = [", "is no TOML"), (None, "No such file")])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, text: str | None, told: str) -> None:
    path = tmp_path / "matrix.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match=told):
        load_matrix(path)


def test_flags_stay_where_they_went_and_teams_bear_the_open_ones(ledger: Ledger) -> None:
    names = {f"t{number}": Told(NEW) for number in range(3)}
    ids = [int(each) for each in record(ledger, BEGIN, names).ids]
    first = [asked(flag, risk=0.5 - place / 10, **FUNCTIONAL) for place, flag in enumerate(ids)]
    placed = assign(ledger, MATRIX, first)
    assert [placed[flag].team for flag in ids] == ["second", "second", "lead"]
    assert assign(ledger, MATRIX, first) == placed
    assert assign(ledger, MATRIX, first[::-1]) == placed

    second = {"t0": Told(CLEARED), "t1": Told(STILL), "t2": Told(RISEN, tier=2), "t3": Told(NEW)}
    again = record(ledger, BEGIN + DAY, second)
    new = int(again.ids[3])
    assert [int(each) for each in again.ids[:3]] == ids
    # The flag of t0 is over, so that its team can bear another: the more urgent of the two that ask.
    asks = [asked(ids[1], **FUNCTIONAL), asked(ids[2], tier=2, **FUNCTIONAL), asked(new, **FUNCTIONAL)]
    placed = assign(ledger, MATRIX, asks)
    assert {flag: to.team for flag, to in placed.items()} == {ids[1]: "second", ids[2]: "second", new: "lead"}
    assert ledger.check() == ()


def test_a_flag_that_rises_makes_room_for_itself(ledger: Ledger) -> None:
    tables = {**TABLES, "teams": {**TABLES["teams"], "second": {"contact": "s", "capacity": 1}}}  # type: ignore[dict-item]
    (flag,) = map(int, record(ledger, BEGIN, {"t": Told(NEW)}).ids)
    matrix = parse_matrix(tables)
    assert assign(ledger, matrix, [asked(flag, **FUNCTIONAL)])[flag].team == "second"
    record(ledger, BEGIN + DAY, {"t": Told(RISEN, tier=2)})
    assert assign(ledger, matrix, [asked(flag, tier=2, **FUNCTIONAL)])[flag].team == "second"
    assert assign(ledger, matrix, [asked(flag, tier=3, kind="hierarchical")])[flag].row == "rows.0"
