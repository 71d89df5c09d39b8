"""A night is recorded once and whole, whatever comes twice, late or in another order; in both databases."""

from __future__ import annotations

import numpy as np
import pytest
from ledger_nights import (
    BEGIN,
    CLEARED,
    DAY,
    FACTS,
    HOUR,
    NEW,
    QUIET,
    RISEN,
    STILL,
    SUPPRESSED,
    Plain,
    Told,
    assert_same,
    night_of,
    recall,
    record,
)
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from boilover.errors import InputError, LockedError, UsageError
from boilover.flagger.ledger import Facts
from boilover.flagger.ledger.connection import transaction
from boilover.flagger.night import State, WhyNot

FIRST = {"b": Told(NEW, above=1), "a": Told(NEW, tier=2, above=3), "c": Told(QUIET)}
SECOND = {
    "a": Told(RISEN, tier=3, above=4),
    "b": Told(STILL, below=1),
    "c": Told(SUPPRESSED, why_not=WhyNot.HOLDOUT, above=1),
}
THIRD = {"a": Told(STILL, above=5), "b": Told(CLEARED, below=2), "d": Told(NEW, above=1)}
NIGHTS = (FIRST, SECOND, THIRD)
NAMES = list("abcde")


def test_three_nights_are_what_a_plain_replay_makes_of_them(ledger):
    plain = Plain()
    for night, told in enumerate(NIGHTS):
        recorded = record(ledger, BEGIN + night * DAY, told)
        plain.night(BEGIN + night * DAY, told)
        assert not recorded.again
        assert_same(ledger, plain, NAMES)
    assert (recorded.new, recorded.still, recorded.cleared, recorded.risen) == (1, 1, 1, 0)


def test_flags_are_numbered_by_ticket_and_keep_their_numbers(ledger):
    assert record(ledger, BEGIN, FIRST).ids.tolist() == [2, 1, 0]
    assert record(ledger, BEGIN + DAY, SECOND).ids.tolist() == [1, 2, 0]
    assert record(ledger, BEGIN + 2 * DAY, THIRD).ids.tolist() == [1, 2, 3]


def test_the_same_night_again_changes_nothing(ledger):
    for night, told in enumerate(NIGHTS):
        first = record(ledger, BEGIN + night * DAY, told)
    tables = [ledger.export(name) for name in ("flags", "history", "nights", "holdouts")]
    again = record(ledger, BEGIN + 2 * DAY, THIRD)
    assert again.again
    assert again.ids.tolist() == first.ids.tolist()
    assert (again.new, again.still, again.cleared) == (first.new, first.still, first.cleared)
    for name, before in zip(("flags", "history", "nights", "holdouts"), tables, strict=True):
        assert ledger.export(name).equals(before)


def test_an_older_night_again_tells_its_flags_and_changes_nothing(ledger):
    first = [record(ledger, BEGIN + night * DAY, told) for night, told in enumerate(NIGHTS)]
    for night, told in enumerate(NIGHTS):
        again = record(ledger, BEGIN + night * DAY, told)
        assert again.again
        assert again.ids.tolist() == first[night].ids.tolist()


def test_the_order_of_tickets_makes_no_other_night(ledger):
    record(ledger, BEGIN, FIRST)
    turned = dict(reversed(FIRST.items()))
    assert record(ledger, BEGIN, turned).again


@pytest.mark.parametrize("facts", [Facts("other", "p1", 0.5), Facts(FACTS.model, "p2", 0.5)])
def test_another_model_or_policy_makes_another_night(ledger, facts):
    record(ledger, BEGIN, FIRST)
    with pytest.raises(InputError, match="another input, model or policy"):
        record(ledger, BEGIN, FIRST, facts=facts)
    assert not record(ledger, BEGIN, FIRST, facts=facts, replace=True).again


@pytest.mark.parametrize("part", ["risk", "weight", "fired", "segments", "ticket_id"])
def test_another_input_makes_another_night(ledger, part):
    record(ledger, BEGIN, FIRST)
    night, decision = night_of(BEGIN, FIRST)
    if part == "segments":
        night.segments["queue"][1] = None
    elif part == "ticket_id":
        night.ticket_id[2] = "ca"
    else:
        getattr(night, part)[1] = {"risk": 0.6, "weight": 2.0, "fired": False}[part]
    with pytest.raises(InputError, match="another input"):
        ledger.record("desk", night, decision, FACTS)


def test_the_latest_night_is_replaced_as_if_it_had_never_been(ledger):
    plain = Plain()
    for night, told in enumerate((FIRST, SECOND)):
        record(ledger, BEGIN + night * DAY, told)
        plain.night(BEGIN + night * DAY, told)
    record(ledger, BEGIN + 2 * DAY, THIRD)
    at = BEGIN + 2 * DAY
    other = {
        "a": Told(CLEARED, below=1),
        "b": Told(STILL),
        "c": Told(NEW, above=2),
        "e": Told(NEW, above=1, risk=0.9),
    }
    with pytest.raises(InputError, match=r"value '2\d{3}-.*Ask for this one to take its place"):
        record(ledger, at, other)
    assert not record(ledger, at, other, replace=True).again
    plain.night(at, other)
    assert_same(ledger, plain, NAMES)
    assert ledger.export("nights")["replaced"].tolist() == [False, False, True, False]


def test_a_flag_that_the_replacement_raises_again_keeps_its_number(ledger):
    record(ledger, BEGIN, FIRST)
    ids = record(ledger, BEGIN, FIRST | {"c": Told(NEW, risk=0.9)}, replace=True).ids
    assert ids.tolist() == [2, 1, 3]
    record(ledger, BEGIN, {"c": Told(NEW, risk=0.8)}, replace=True)
    assert ledger.export()["flag_id"].tolist() == [3]
    assert ledger.check() == ()


def test_a_replacement_is_replaced(ledger):
    record(ledger, BEGIN, FIRST)
    for risk in (0.1, 0.2, 0.3):
        at, told = BEGIN + DAY, {"a": Told(STILL, risk=risk, above=4), "b": Told(CLEARED, below=1)}
        record(ledger, at, told, replace=True)
    plain = Plain()
    plain.night(BEGIN, FIRST)
    plain.night(at, told)
    assert_same(ledger, plain, NAMES)


def test_only_the_latest_night_is_replaced(ledger):
    record(ledger, BEGIN, FIRST)
    record(ledger, BEGIN + DAY, SECOND)
    with pytest.raises(InputError, match="later nights build on it"):
        record(ledger, BEGIN, FIRST | {"c": Told(NEW, risk=0.9)}, replace=True)
    with pytest.raises(InputError, match="before the last recorded night"):
        record(ledger, BEGIN + HOUR, {"z": Told(NEW)}, replace=True)


def test_a_night_whose_flag_was_answered_is_not_replaced(ledger):
    record(ledger, BEGIN, FIRST)
    record(ledger, BEGIN + DAY, SECOND)
    ledger.acknowledge("b", who="kim", when=BEGIN + DAY + HOUR)
    record(ledger, BEGIN + DAY, SECOND | {"e": Told(NEW)}, replace=True)
    assert recall(ledger, ["b"])["b"][0] == State.ACKNOWLEDGED
    ledger.acknowledge("e", who="kim", when=BEGIN + DAY + HOUR)
    with pytest.raises(InputError, match="were answered since"):
        record(ledger, BEGIN + DAY, SECOND, replace=True)
    assert ledger.check() == ()


def test_memory_before_a_recorded_night_is_as_it_was(ledger):
    record(ledger, BEGIN, FIRST)
    for night, told in enumerate((SECOND, THIRD), start=1):
        before = recall(ledger, NAMES)
        at = BEGIN + night * DAY
        assert recall(ledger, NAMES, before=at) == before
        record(ledger, at, told)
        assert recall(ledger, NAMES) != before
        assert recall(ledger, NAMES, before=at) == before
        assert ledger.check() == ()
    with pytest.raises(InputError, match="before the last recorded night"):
        recall(ledger, NAMES, before=BEGIN)


def test_a_streak_ends_with_a_night_that_does_not_ask(ledger):
    record(ledger, BEGIN, {"a": Told(SUPPRESSED, above=1, why_not=WhyNot.MINIMUM_NIGHTS)})
    assert recall(ledger, ["a"])["a"][4] == 1
    record(ledger, BEGIN + DAY, {"b": Told(QUIET)})
    assert recall(ledger, ["a"])["a"][4] == 0


def test_desks_know_nothing_of_each_other(ledger):
    record(ledger, BEGIN, FIRST, desk="north")
    record(ledger, BEGIN - DAY, {"a": Told(NEW)}, desk="south")
    assert recall(ledger, ["b"], "south")["b"] == (0,) * 7
    assert ledger.export(desk="south")["flag_id"].tolist() == [3]
    assert ledger.latest("north")["as_of"] == BEGIN
    assert ledger.latest("west") is None
    assert ledger.check() == ()


@pytest.mark.parametrize(
    "told",
    [
        {"a": Told(NEW)},
        {"c": Told(STILL)},
        {"c": Told(CLEARED)},
        {"c": Told(RISEN, tier=3)},
        {"a": Told(QUIET)},
        {"a": Told(RISEN, tier=2)},
    ],
)
def test_a_decision_that_the_flags_do_not_fit_is_refused_whole(ledger, told):
    record(ledger, BEGIN, FIRST)
    with pytest.raises(LockedError, match="Decide the night again"):
        record(ledger, BEGIN + DAY, {"z": Told(NEW), **told})
    assert ledger.latest("desk")["as_of"] == BEGIN
    assert recall(ledger, ["z"])["z"] == (0,) * 7


def test_an_empty_night_is_a_night(ledger):
    assert record(ledger, BEGIN, {}).new == 0
    assert record(ledger, BEGIN, {}).again
    assert ledger.export("nights")["tickets"].tolist() == [0]
    for table in ("flags", "sheet", "history", "holdouts"):
        assert ledger.export(table).empty
    assert ledger.feedback()["flags"].tolist() == [0] * 5


def test_few_tickets_are_looked_up_and_many_read_alike(ledger):
    names = [f"t{place}" for place in range(300)]
    record(ledger, BEGIN, {name: Told(NEW, tier=place % 3 + 1) for place, name in enumerate(names)})
    record(ledger, BEGIN + DAY, {name: Told(CLEARED) for name in names[::2]})
    record(ledger, BEGIN + 2 * DAY, {name: Told(NEW) for name in names[::4]})
    whole = recall(ledger, names)
    for name in names[:9]:
        assert recall(ledger, [name, "none"])[name] == whole[name]
    assert recall(ledger, []) == {}


def test_a_number_of_the_wrong_length_and_a_ticket_twice_are_refused(ledger):
    night, decision = night_of(BEGIN, FIRST)
    short = night_of(BEGIN, {"a": Told(NEW)})[1]
    with pytest.raises(InputError, match="3 tickets and 1 decisions"):
        ledger.record("desk", night, short, FACTS)
    night.ticket_id[0] = "a"
    with pytest.raises(InputError, match="once about each ticket"):
        ledger.record("desk", night, decision, FACTS)
    night.ticket_id[0] = 7
    with pytest.raises(InputError, match="row 1"):
        ledger.record("desk", night, decision, FACTS)
    assert ledger.latest("desk") is None


@pytest.mark.parametrize("change", ["UPDATE ledger_history SET who = 'x'", "DELETE FROM ledger_history"])
def test_the_history_is_append_only(ledger, change):
    record(ledger, BEGIN, FIRST)
    with (
        pytest.raises(DBAPIError, match="append-only"),
        transaction(ledger.engine, writes=True) as connection,
    ):
        connection.execute(text(change))
    assert len(ledger.export("history")) == 2


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE ledger_flags SET state = 2 WHERE id = 1", "flag 1 stands as"),
        ("UPDATE ledger_flags SET tier = 3 WHERE id = 2", "flag 2 stands as"),
        ("UPDATE ledger_flags SET nights = 9 WHERE id = 1", "flag-nights"),
        ("UPDATE ledger_flags SET last_seen = 5 WHERE id = 1", "not recorded"),
        ("UPDATE ledger_nights SET new = 7 WHERE id = 1", "night 1 counts 7 new, its history 2"),
        ("UPDATE ledger_nights SET replaced = true WHERE id = 2", "stands as"),
    ],
)
def test_what_does_not_add_up_is_told(ledger, damage, said):
    record(ledger, BEGIN, FIRST)
    record(ledger, BEGIN + DAY, SECOND)
    assert ledger.check() == ()
    with transaction(ledger.engine, writes=True) as connection:
        connection.execute(text(damage))
    assert said in " ".join(ledger.check())


def test_the_database_itself_refuses_a_second_open_flag(ledger):
    record(ledger, BEGIN, {"a": Told(NEW)})
    record(ledger, BEGIN + DAY, {"a": Told(CLEARED)})
    record(ledger, BEGIN + 2 * DAY, {"a": Told(NEW)})
    with pytest.raises(DBAPIError), transaction(ledger.engine, writes=True) as connection:
        connection.execute(text("UPDATE ledger_flags SET state = 1"))


def test_export_names_its_tables(ledger):
    with pytest.raises(UsageError, match="flags, sheet, history, nights, holdouts"):
        ledger.export("ticket")


def test_a_decision_from_arrays_of_other_types_is_recorded(ledger):
    night, decision = night_of(BEGIN, FIRST)
    recorded = ledger.record("desk", night, decision, Facts("m", "p", None))
    assert recorded.ids.dtype == np.int64
    assert ledger.latest("desk")["threshold"] is None
    assert ledger.export()["why"].tolist() == ["", ""]


@pytest.mark.parametrize(("verdict", "kind"), [(STILL, "still"), (RISEN, "tier")])
def test_a_flag_stands_again_after_its_snooze(ledger, verdict, kind):
    record(ledger, BEGIN, {"a": Told(NEW)})
    ledger.snooze("a", who="kim", when=BEGIN + HOUR, until=BEGIN + 2 * DAY)
    record(ledger, BEGIN + DAY, {"a": Told(SUPPRESSED, why_not=WhyNot.SNOOZED)})
    assert recall(ledger, ["a"])["a"][0] == State.SNOOZED
    with pytest.raises(LockedError):
        record(ledger, BEGIN + DAY + HOUR, {"a": Told(RISEN, tier=2)})
    record(ledger, BEGIN + 2 * DAY, {"a": Told(verdict, tier=2)})
    known = recall(ledger, ["a"])["a"]
    assert (known[0], known[-1]) == (State.RAISED, 0)
    assert ledger.export("history")["kind"].tolist() == ["raised", "snoozed", kind]
    assert ledger.check() == ()
