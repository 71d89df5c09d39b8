"""A last night that should not have been is taken back: the ledger goes on as one that never had it."""

from __future__ import annotations

import itertools

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
    Told,
    recall,
    record,
)
from sqlalchemy import select
from test_ledger_oracle import NIGHT, STEPS, TICKETS, WORD, Replay

from boilover.delivery import happenings, parse_channels
from boilover.delivery.deliver import deliver
from boilover.errors import InputError, UsageError
from boilover.flagger.beside import outbox
from boilover.flagger.ledger import Ledger
from boilover.flagger.ledger.connection import transaction
from boilover.flagger.ledger.schema import flags, history, lots, metadata, nights, streaks
from boilover.flagger.night import State, WhyNot
from boilover.flagger.taking_back import take_back

FAR = BEGIN + 36 * 365 * DAY
NAMES = list("abcdefg")
BEFORE = {
    "a": Told(NEW, tier=2, above=3),
    "b": Told(NEW, above=1),
    "c": Told(NEW),
    "d": Told(NEW),
    "e": Told(SUPPRESSED, why_not=WhyNot.MINIMUM_NIGHTS, above=1),
}
LAST = {
    "a": Told(STILL, above=4),
    "b": Told(STILL, below=1),
    "e": Told(SUPPRESSED, why_not=WhyNot.HOLDOUT, above=2),
}
WRONG = {
    "a": Told(RISEN, tier=3, above=5),
    "b": Told(CLEARED, below=2),
    "e": Told(NEW, above=3),
    "f": Told(NEW),
    "g": Told(SUPPRESSED, why_not=WhyNot.HOLDOUT),
}


def rows(ledger: Ledger, table) -> list[dict]:
    with transaction(ledger.engine) as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]


def whole(ledger: Ledger) -> dict[str, list[dict]]:
    return {name: rows(ledger, table) for name, table in metadata.tables.items()}


def two_nights(ledger: Ledger) -> None:
    record(ledger, BEGIN, BEFORE)
    ledger.acknowledge("c", who="kim", when=BEGIN + HOUR, reason="mine")
    ledger.snooze("b", who="kim", when=BEGIN + HOUR, until=BEGIN + 30 * DAY)
    record(ledger, BEGIN + DAY, LAST)


def wrong_night(ledger: Ledger) -> None:
    """Flags c and d, which the last night did not ask about, run out; then the night is recorded."""
    assert ledger.expire("desk", unseen_since=FAR - 30 * DAY, when=FAR) == 2
    record(ledger, FAR, WRONG | {"b": Told(STILL, below=2)})


def test_the_whole_ledger_is_as_it_was_but_for_what_tells_of_the_night(ledger):
    two_nights(ledger)
    before, known = whole(ledger), recall(ledger, NAMES)
    wrong_night(ledger)
    done = take_back(ledger, "desk", FAR)
    assert (done.new, done.risen, done.cleared, done.expired) == (2, 1, 0, 2)
    assert (done.sent, done.latest) == (0, BEGIN + DAY)
    after = whole(ledger)
    assert recall(ledger, NAMES) == known
    assert ledger.check() == ()
    # Rows are added that count no more, or say that flags stand again; none is gone, none changed ...
    night = after[nights.name].pop()
    assert (night["as_of"], night["replaced"]) == (FAR, True)
    added = after[flags.name][len(before[flags.name]) :]
    assert [(row["ticket_id"], row["state"], row["nights"]) for row in added] == [("e", 0, 0), ("f", 0, 0)]
    del after[flags.name][len(before[flags.name]) :]
    told = after[history.name][len(before[history.name]) :]
    own = [(row["kind"], row["who"], row["reason"]) for row in told if row["night_id"] is None]
    back = "the night of 2059-11-05T22:13:20Z was taken back"
    assert own == [
        ("expired", "", ""),
        ("expired", "", ""),
        ("raised", "", back),
        ("acknowledged", "kim", "mine"),
        ("raised", "", back),
    ]
    del after[history.name][len(before[history.name]) :]
    # ... but for what serves to ask the last night again, which is refused, and streaks that none reads any more.
    for row in (*before[flags.name], *after[flags.name]):
        del row["seen_before"], row["below_before"]
    last = before[nights.name][-1]["id"]
    before[streaks.name] = [row for row in before[streaks.name] if row["night_id"] == last]
    assert after == before


def test_nothing_tells_of_it_any_more(ledger):
    two_nights(ledger)
    tables = ("flags", "sheet", "holdouts", "lots")
    before, feedback = {name: ledger.export(name) for name in tables}, ledger.feedback()
    wrong_night(ledger)
    take_back(ledger, "desk", FAR)
    for name in tables:
        pd.testing.assert_frame_equal(ledger.export(name), before[name])
    pd.testing.assert_frame_equal(ledger.feedback(), feedback)
    assert ledger.latest("desk")["as_of"] == BEGIN + DAY
    assert ledger.ended("desk", BEGIN + 2 * DAY).empty


def test_only_the_last_night_and_only_once_in_a_row(ledger):
    two_nights(ledger)
    record(ledger, FAR, WRONG)
    with pytest.raises(InputError, match=r"is not the last night of desk 'desk'.*That is 2059-11-05"):
        take_back(ledger, "desk", BEGIN + DAY)
    with pytest.raises(UsageError, match="no night of desk 'west'"):
        take_back(ledger, "west", FAR)
    take_back(ledger, "desk", FAR)
    state = whole(ledger)
    with pytest.raises(InputError, match="is not the last night"):
        take_back(ledger, "desk", FAR)
    for ask in (
        lambda: take_back(ledger, "desk", BEGIN + DAY),
        lambda: recall(ledger, NAMES, before=BEGIN + DAY),
        lambda: record(ledger, BEGIN + DAY, LAST | {"z": Told(QUIET)}, replace=True),
    ):
        with pytest.raises(
            InputError, match=r"the night after it was taken back.*Record a later night first"
        ):
            ask()
    assert whole(ledger) == state
    # A night later all is as ever.
    record(ledger, BEGIN + 2 * DAY, {"a": Told(STILL, above=5)})
    record(ledger, BEGIN + 2 * DAY, {"a": Told(CLEARED, below=1)}, replace=True)
    take_back(ledger, "desk", BEGIN + 2 * DAY)
    assert recall(ledger, ["a"])["a"][:2] == (State.RAISED, 2)
    assert ledger.check() == ()


def test_the_only_night_is_taken_back_and_can_be_recorded_again(ledger):
    record(ledger, FAR, BEFORE)
    assert take_back(ledger, "desk", FAR).latest is None
    assert ledger.latest("desk") is None
    assert ledger.export().empty
    with pytest.raises(InputError, match="It has none"):
        take_back(ledger, "desk", FAR)
    assert not record(ledger, BEGIN, BEFORE).again
    assert not record(ledger, FAR, LAST).again
    assert ledger.check() == ()


def test_a_night_whose_new_flags_were_answered_stays(ledger):
    two_nights(ledger)
    record(ledger, FAR, WRONG)
    ledger.acknowledge("f", who="kim", when=FAR + HOUR)
    with pytest.raises(InputError, match=r"raised 1 flag\(s\) that were answered since, first \d"):
        take_back(ledger, "desk", FAR)
    assert ledger.latest("desk")["as_of"] == FAR


def test_answers_and_outcomes_that_were_told_since_stay(ledger):
    two_nights(ledger)
    wrong_night(ledger)
    ledger.disagree("a", who="kim", when=BEGIN + DAY + HOUR, reason="no")
    told = pd.DataFrame({"ticket_id": ["c", "d"], "escalated_at": [BEGIN + DAY + HOUR, None]})
    assert ledger.outcomes("desk", told.astype({"escalated_at": "Int64"})).escalated_anyway == 1
    assert take_back(ledger, "desk", FAR).expired == 2
    shown = ledger.export().set_index("ticket_id")
    assert shown["state"].to_dict() == {"a": "disagreed", "b": "snoozed", "c": "cleared", "d": "raised"}
    assert shown["outcome"].to_dict() == {"a": "", "b": "", "c": "escalated_anyway", "d": ""}
    assert shown.loc["c", "cleared_at"] == shown.loc["c", "outcome_at"]
    assert shown.loc["c", "cleared_at"].value == (BEGIN + DAY + HOUR) * 1000
    assert ledger.check() == ()


def test_a_ticket_whose_flag_ran_out_and_was_raised_anew_has_its_own_again(ledger):
    two_nights(ledger)
    ledger.expire("desk", unseen_since=FAR - 30 * DAY, when=FAR)
    record(ledger, FAR, {"c": Told(NEW), "d": Told(QUIET)})
    take_back(ledger, "desk", FAR)
    assert ledger.export("sheet")["ticket_id"].tolist() == list("abcd")
    assert recall(ledger, ["c"])["c"][0] == State.ACKNOWLEDGED


def test_deliveries_go_on_from_the_night_before_and_tell_nothing_of_it(ledger, tmp_path):
    channels = parse_channels({"sheet": {"kind": "csv", "path": "{night}.csv"}}, folder=tmp_path)

    def night(as_of: int, told: dict[str, Told]) -> int:
        record(ledger, as_of, told)
        return deliver(ledger, channels, happenings(ledger, "desk"), {}, desk="desk").sent

    assert night(BEGIN, BEFORE) == 4
    assert night(FAR, {"f": Told(NEW), "a": Told(STILL)}) == 1
    assert take_back(ledger, "desk", FAR).sent == 1
    # A run that was killed before it delivered is made up for by the next one, as ever.
    record(ledger, BEGIN + DAY, {"a": Told(RISEN, tier=3)})
    assert night(BEGIN + 2 * DAY, {"a": Told(CLEARED)}) == 2
    told = [(row["flag_id"], row["happening"], row["state"]) for row in rows(ledger, outbox)]
    assert told == [
        *((flag, "raised", "sent") for flag in (1, 2, 3, 4, 5)),
        (1, "tier", "sent"),
        (1, "cleared", "sent"),
    ]


@pytest.fixture
def twins(ledger):
    """Return a function to two replays, on desks of their own in one ledger."""
    numbers = itertools.count()
    return lambda: [Replay(ledger, f"desk {next(numbers)}") for _ in range(2)]


def play(replay: Replay, steps: list[tuple]) -> None:
    for kind, what in steps:
        if kind in ("night", "replace"):
            getattr(replay, kind)(what)
        elif kind in WORD:
            replay.answer(kind, what)
        else:
            replay.outcome(kind, what)


def mistake(replay: Replay, drawn: dict[str, tuple], *answered: str) -> None:
    """Record a night far ahead, on which flags run out, answer flags that stood before, and take it back."""
    replay.ledger.expire(replay.desk, unseen_since=FAR - DAY, when=FAR)
    known = recall(replay.ledger, list(TICKETS), replay.desk)
    # Of a ticket whose flag ran out, the replay draws what cannot be any more.
    same = [name for name in drawn if (replay.plain.open(name) is None) == (known[name][0] in (0, 5))]
    record(replay.ledger, FAR, replay.told({name: drawn[name] for name in same}, FAR), replay.desk)
    for name in answered:
        replay.answer("acknowledge", name)
    take_back(replay.ledger, replay.desk, FAR)


def state_of(replay: Replay) -> list[object]:
    """Return all that is read of a desk, but for the numbers of flags and nights."""
    ledger, desk = replay.ledger, replay.desk
    mine = [each for each in rows(ledger, nights) if each["desk"] == desk and not each["replaced"]]
    last = max((each["id"] for each in mine), default=0)
    numbers = {"id", "desk", "night_id", "seen_before", "below_before"}
    tables = [
        mine,
        [each for each in rows(ledger, flags) if each["desk"] == desk and each["state"]],
        [each for each in rows(ledger, lots) if each["desk"] == desk],
        [each for each in rows(ledger, streaks) if each["night_id"] == last],
    ]
    bare = [[{key: each[key] for key in each.keys() - numbers} for each in table] for table in tables]
    return [recall(ledger, list(TICKETS), desk), bare]


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS, NIGHT, STEPS)
def test_the_ledger_goes_on_as_one_that_never_had_the_night(twins, first, wrong, then):
    one, other = twins()
    for replay in (one, other):
        replay.night({"a": (0, 1, 0, 0, False)})
        play(replay, first)
    standing = [name for name in TICKETS if one.plain.open(name)]
    mistake(one, wrong, *standing[:2])
    for name in standing[:2]:
        other.answer("acknowledge", name)
    assert state_of(one) == state_of(other)
    for replay in (one, other):
        replay.inputs = 1000
        replay.night({"B": (0, 1, 0, 0, False)})
        play(replay, then)
    assert state_of(one) == state_of(other)
    assert one.ledger.check() == ()
