"""Answers one by one and by sheet, outcomes, and what they mean for training; in both databases."""

from __future__ import annotations

import time

import pandas as pd
import pytest
from ledger_nights import BEGIN, CLEARED, DAY, HOUR, NEW, STILL, SUPPRESSED, Told, recall, record

from boilover.errors import InputError, UsageError
from boilover.flagger.ledger import read_feedback
from boilover.flagger.night import By, State, WhyNot
from boilover.outputs import write_frame

TOLD = {
    "a": Told(NEW),
    "b": Told(NEW, by=By.TRIGGER),
    "c": Told(NEW, by=By.BOTH),
    "held": Told(SUPPRESSED, why_not=WhyNot.HOLDOUT),
}


def at(micro: int) -> str:
    return pd.Timestamp(micro, unit="us", tz="UTC").isoformat()


def state(ledger, name):
    return State(recall(ledger, [name])[name][0])


def test_each_answer_changes_the_flag_once(ledger):
    ids = record(ledger, BEGIN, TOLD).ids
    assert ledger.acknowledge(ids[0], who="kim", when=BEGIN + HOUR)
    assert not ledger.acknowledge("a", who="kim", when=BEGIN + HOUR)
    assert ledger.snooze("b", who="kim", when=BEGIN + HOUR, until=BEGIN + DAY)
    assert ledger.disagree(int(ids[2]), who="lee", when=BEGIN + HOUR, reason="a test ticket")
    states = [state(ledger, name) for name in "abc"]
    assert states == [State.ACKNOWLEDGED, State.SNOOZED, State.DISAGREED]
    assert len(ledger.export("history")) == 6


def test_answers_that_make_no_sense_are_refused(ledger):
    record(ledger, BEGIN, TOLD)
    later = BEGIN + HOUR
    with pytest.raises(InputError, match="needs a reason"):
        ledger.disagree("a", who="kim", when=later, reason="  ")
    with pytest.raises(InputError, match="ends after it begins"):
        ledger.snooze("a", who="kim", when=later, until=later)
    with pytest.raises(InputError, match="before flag 1 was raised"):
        ledger.acknowledge("a", who="kim", when=BEGIN - 1)
    for unknown in ("none", "held", 0, -1, 99, 2**40):
        with pytest.raises(InputError, match="no flag"):
            ledger.acknowledge(unknown, who="kim", when=later)
    record(ledger, BEGIN + DAY, {"a": Told(CLEARED)})
    with pytest.raises(InputError, match="is over"):
        ledger.snooze("a", who="kim", when=BEGIN + DAY, until=BEGIN + 2 * DAY)
    assert ledger.disagree("a", who="kim", when=BEGIN + DAY, reason="was none")
    assert state(ledger, "a") == State.CLEARED


def test_answers_from_the_future_are_refused_but_for_what_clocks_differ(ledger):
    """A wrong year would let a flag be snoozed, and its points be left out of trainings, from then on."""
    record(ledger, BEGIN, TOLD)
    ahead = round(time.time()) * 1_000_000 + 2 * DAY
    told = rf"column 'when', value '{at(ahead)[:10]}.*lies in the future: it is .* now\. Look at the year"
    with pytest.raises(InputError, match=told):
        ledger.acknowledge("a", who="kim", when=ahead)
    row = {"ticket_id": "a", "action": "snooze", "who": "kim", "when": at(ahead), "until": at(ahead + DAY)}
    with pytest.raises(InputError, match=f"row 1: {told}"):
        ledger.import_feedback(pd.DataFrame([row]))
    # Local time without its offset, read as UTC.
    assert ledger.acknowledge("a", who="kim", when=ahead - 2 * DAY + 14 * HOUR)
    # The log of a made-up desk may lie in the future.
    record(ledger, ahead, {"b": Told(NEW)}, desk="made up")
    assert ledger.acknowledge("b", who="kim", when=ahead + HOUR, desk="made up")


def test_a_ticket_of_two_desks_needs_the_desk(ledger):
    record(ledger, BEGIN, {"a": Told(NEW)}, desk="north")
    record(ledger, BEGIN, {"a": Told(NEW)}, desk="south")
    with pytest.raises(UsageError, match="desks north, south"):
        ledger.acknowledge("a", who="kim", when=BEGIN)
    assert ledger.acknowledge("a", who="kim", when=BEGIN, desk="south")
    assert recall(ledger, ["a"], "north")["a"][0] == State.RAISED


@pytest.mark.parametrize("names", [["=1+1", "'=1+1", "+x", "plain"], ["'=1+1", "@SUM(A1)", "-7"]])
def test_a_sheet_goes_out_and_comes_back_through_csv(ledger, tmp_path, names):
    record(ledger, BEGIN, {name: Told(NEW) for name in names})
    sheet = ledger.export("sheet")
    sheet[["action", "who", "reason"]] = ["disagree", "=kim", "=because"]
    sheet["when"] = at(BEGIN + HOUR)
    write_frame(sheet, tmp_path / "sheet.csv")
    assert "\n=" not in (tmp_path / "sheet.csv").read_text()
    back = read_feedback(tmp_path / "sheet.csv")
    assert ledger.import_feedback(back) == len(names)
    assert ledger.import_feedback(back) == 0
    assert ledger.import_feedback(back.drop(columns="flag_id")) == 0 or "=1+1" in names
    said = ledger.export("history").query("kind == 'disagreed'")
    assert set(said["who"]) == {"=kim"}
    assert set(said["reason"]) == {"=because"}
    assert ledger.check() == ()


def test_a_sheet_with_wrong_rows_is_refused_whole_and_all_are_told(ledger):
    record(ledger, BEGIN, TOLD)
    good = {"ticket_id": "a", "action": "acknowledge", "who": "kim", "when": at(BEGIN + HOUR)}
    wrong = [
        good | {"action": "shrug"},
        good | {"when": "yesterday"},
        good | {"when": ""},
        good | {"ticket_id": "none"},
        good | {"flag_id": "x"},
        good | {"flag_id": "2"},
        good | {"action": "disagree"},
        good | {"action": "snooze"},
    ]
    with pytest.raises(InputError, match=r"8 row\(s\) cannot be recorded, and none was") as told:
        ledger.import_feedback(pd.DataFrame([good, *wrong]), source="sheet.csv")
    for row in range(2, 10):
        assert f"row {row}: " in str(told.value)
    assert "row 9: column 'until': is empty. Say when" in str(told.value)
    assert state(ledger, "a") == State.RAISED
    assert ledger.import_feedback(pd.DataFrame([good, good | {"action": ""}])) == 1


@pytest.mark.parametrize("column", ["action", "who", "when", "ticket_id"])
def test_a_sheet_without_a_column_is_refused(ledger, column):
    frame = pd.DataFrame(columns=["ticket_id", "action", "who", "when"]).drop(columns=column)
    with pytest.raises(InputError, match=rf"column '.*{column}.*required column is missing"):
        ledger.import_feedback(frame)


def test_a_sheet_with_semicolons_is_told_how_to_be_saved(ledger):
    with pytest.raises(
        InputError,
        match=r"required column is missing\. Fill in what .*, and save it as CSV in UTF-8, with commas",
    ):
        ledger.import_feedback(pd.DataFrame(columns=["flag_id;action;who;when"]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";"])
def test_a_sheet_is_read_as_a_spreadsheet_in_windows_saves_it(ledger, tmp_path, encoding, mark):
    record(ledger, BEGIN, {"a": Told(NEW)})
    cells = ["a", "disagree", "Jürgen", at(BEGIN + HOUR), '"für uns; nein, ""später""\nwieder"']
    text = "\r\n".join([mark.join(["ticket_id", "action", "who", "when", "reason"]), mark.join(cells), ""])
    (tmp_path / "sheet.csv").write_bytes(text.encode(encoding))
    sheet = read_feedback(tmp_path / "sheet.csv")
    assert sheet["who"].tolist() == ["Jürgen"]
    assert sheet["reason"].tolist() == ['für uns; nein, "später"\nwieder']
    assert ledger.import_feedback(sheet) == 1


def test_a_sheet_of_uneven_rows_is_refused(tmp_path):
    (tmp_path / "sheet.csv").write_text("ticket_id;action\na;b;c\n", "utf-8")
    with pytest.raises(InputError, match="cannot be read as a sheet of answers"):
        read_feedback(tmp_path / "sheet.csv")


def test_a_sheet_that_cannot_be_read(tmp_path):
    (tmp_path / "sheet.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="holds bytes that are not utf-8"):
        read_feedback(tmp_path / "sheet.csv")
    (tmp_path / "sheet.csv").write_text("\ufeffflag_id,action\n007,\n", encoding="utf-8")
    assert read_feedback(tmp_path / "sheet.csv").to_dict("list") == {"flag_id": ["007"], "action": [""]}


def test_outcomes_mark_the_latest_flag_before_them_and_count_once(ledger):
    record(ledger, BEGIN, TOLD)
    record(ledger, BEGIN + DAY, {"a": Told(CLEARED)})
    frame = pd.DataFrame(
        {
            "ticket_id": ["a", "b", "held", "unknown", "c", "c"],
            "escalated_at": [at(BEGIN + 2 * DAY), "", at(BEGIN + DAY), at(BEGIN), at(BEGIN), None],
            "resolved_at": ["", at(BEGIN + DAY), "", "", "", at(BEGIN + DAY)],
        }
    )
    told = ledger.outcomes("desk", frame)
    assert (told.escalations, told.flagged_before, told.share) == (2, 1, 0.5)
    assert (told.escalated_anyway, told.resolved, told.held_out) == (1, 2, 1)
    again = ledger.outcomes("desk", frame)
    assert (again.share, again.escalated_anyway, again.resolved, again.held_out) == (0.5, 0, 0, 0)
    flags = ledger.export().set_index("ticket_id")
    assert flags["outcome"].to_dict() == {"a": "escalated_anyway", "b": "resolved", "c": "resolved"}
    assert flags.loc["a", "cleared_at"] == pd.Timestamp(BEGIN + DAY, unit="us", tz="UTC")
    later = pd.DataFrame({"ticket_id": ["c"], "escalated_at": [BEGIN + 3 * DAY]})
    assert ledger.outcomes("desk", later).escalated_anyway == 1
    assert ledger.check() == ()
    with pytest.raises(UsageError, match="no night of desk 'other'"):
        ledger.outcomes("other", frame)
    for number in range(7):
        record(ledger, BEGIN, TOLD, desk=f"north {number}")
    with pytest.raises(UsageError, match=r"'nord 3'\. It has 'north 3', .*, and 3 more$"):
        ledger.outcomes("nord 3", frame)
    assert ledger.outcomes("other", frame.head(0)).share is None
    assert ledger.outcomes("desk", frame.head(0)).share is None


def test_outcomes_that_cannot_be_read(ledger):
    with pytest.raises(InputError, match="escalated_at or resolved_at"):
        ledger.outcomes("desk", pd.DataFrame({"ticket_id": ["a"]}))
    frame = pd.DataFrame({"ticket_id": ["a", "b"], "escalated_at": ["", "soon"]})
    # What the clock says is no time of an outcome.
    read_off = pd.DataFrame({"ticket_id": ["a"], "escalated_at": ["now"]})
    with pytest.raises(InputError, match=r"column 'escalated_at', row 1, value 'now'"):
        ledger.outcomes("desk", read_off)
    with pytest.raises(InputError, match=r"column 'escalated_at', row 2, value 'soon'"):
        ledger.outcomes("desk", frame)


def test_outcomes_from_the_future_are_refused_but_for_what_their_log_tells(ledger):
    record(ledger, BEGIN, TOLD)
    ahead = round(time.time()) * 1_000_000 + 2 * DAY
    frame = pd.DataFrame(
        {"ticket_id": ["b", "a"], "escalated_at": ["", ""], "resolved_at": [at(BEGIN), at(ahead)]}
    )
    told = rf"outcomes\.csv, column 'resolved_at', row 2, value '{at(ahead)[:10]}.*in the future: .*Look at the year"
    with pytest.raises(InputError, match=told):
        ledger.outcomes("desk", frame, source="outcomes.csv")
    # Nanoseconds in the place of microseconds.
    with pytest.raises(InputError, match=r"row 1, value '1780000000000000000'.*in the future"):
        ledger.outcomes(
            "desk", pd.DataFrame({"ticket_id": ["a"], "escalated_at": [1_780_000_000_000_000_000]})
        )
    assert set(ledger.export()["outcome"]) == {""}
    # The log of a made-up desk may lie in the future.
    assert ledger.outcomes("desk", frame, until=ahead).resolved == 1
    record(ledger, ahead, {"b": Told(NEW)}, desk="made up")
    later = pd.DataFrame({"ticket_id": ["b"], "escalated_at": [at(ahead + HOUR)]})
    assert ledger.outcomes("made up", later).escalated_anyway == 1


def test_flags_of_tickets_that_are_gone_expire(ledger):
    record(ledger, BEGIN, TOLD)
    record(ledger, BEGIN + DAY, {"a": Told(CLEARED), "d": Told(NEW)})
    assert ledger.expire("desk", unseen_since=BEGIN + DAY, when=BEGIN + 2 * DAY) == 2
    assert ledger.expire("desk", unseen_since=BEGIN + DAY, when=BEGIN + 2 * DAY) == 0
    with pytest.raises(UsageError, match=r"no night of desk 'desc'\. It has 'desk'$"):
        ledger.expire("desc", unseen_since=BEGIN + DAY, when=BEGIN + 2 * DAY)
    assert [state(ledger, name) for name in "abcd"] == [State.CLEARED] * 3 + [State.RAISED]
    assert ledger.check() == ()


def test_flags_of_the_last_night_do_not_expire_where_no_night_came_after_it(ledger):
    """A job that stood still for weeks has asked about no ticket: that is no sign that none is at risk."""
    record(ledger, BEGIN, TOLD)
    record(ledger, BEGIN + DAY, {"a": Told(STILL), "d": Told(NEW)})
    assert ledger.expire("desk", unseen_since=BEGIN + 40 * DAY, when=BEGIN + 70 * DAY) == 2
    assert [state(ledger, name) for name in "abcd"] == [
        State.RAISED,
        State.CLEARED,
        State.CLEARED,
        State.RAISED,
    ]
    record(ledger, BEGIN + 70 * DAY, {"a": Told(STILL)})
    assert ledger.expire("desk", unseen_since=BEGIN + 41 * DAY, when=BEGIN + 71 * DAY) == 1
    assert ledger.check() == ()


def test_feedback_is_counted_by_who_asked_for_the_flag(ledger):
    record(ledger, BEGIN, TOLD)
    ledger.acknowledge("a", who="kim", when=BEGIN + HOUR)
    ledger.acknowledge("a", who="lee", when=BEGIN + HOUR)
    ledger.disagree("b", who="kim", when=BEGIN + HOUR, reason="no")
    ledger.outcomes("desk", pd.DataFrame({"ticket_id": ["a", "held"], "escalated_at": [BEGIN + DAY] * 2}))
    counts = ledger.feedback().set_index("by")
    assert counts["flags"].to_dict() == {"model": 1, "trigger": 1, "both": 1, "all": 3, "held out": 1}
    assert counts.loc["all", ["open", "unanswered", "acknowledged", "disagreed"]].tolist() == [2, 1, 1, 1]
    assert counts["escalated_anyway"].to_dict() == {
        "model": 1,
        "trigger": 0,
        "both": 0,
        "all": 1,
        "held out": 1,
    }


def test_labels_after_an_answer_are_marked_and_held_out_tickets_are_clean(ledger):
    record(ledger, BEGIN, TOLD)
    ledger.acknowledge("a", who="kim", when=BEGIN + DAY)
    ledger.acknowledge("c", who="kim", when=BEGIN + DAY)
    ledger.outcomes("desk", pd.DataFrame({"ticket_id": ["c"], "escalated_at": [BEGIN + HOUR]}))
    points = pd.DataFrame(
        {
            "ticket_id": ["a", "a", "a", "b", "c", "held", "none"],
            "as_of": [BEGIN - DAY, BEGIN + 1, BEGIN + 9 * DAY] + [BEGIN + 9 * DAY] * 4,
        }
    )
    marked = ledger.contaminated("desk", points, horizon=DAY)
    assert marked["flagged"].tolist() == [False, True, True, True, True, False, False]
    assert marked["contaminated"].tolist() == [False, True, True, False, False, False, False]
    assert marked["holdout"].tolist() == [False] * 5 + [True, False]
    times = points.assign(as_of=pd.to_datetime(points["as_of"], unit="us", utc=True))
    assert ledger.contaminated("desk", times, horizon=DAY).equals(marked)
    for asked in (
        lambda: ledger.contaminated("another", points, horizon=DAY),
        lambda: ledger.export(desk="another"),
        lambda: ledger.feedback(desk="another"),
        lambda: ledger.effect("another"),
    ):
        with pytest.raises(UsageError, match=r"no night of desk 'another'\. It has 'desk'"):
            asked()
    with pytest.raises(InputError, match="column 'as_of': required column is missing"):
        ledger.contaminated("desk", points[["ticket_id"]], horizon=DAY)
