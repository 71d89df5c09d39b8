"""A ticket's course: risks are those of a score, moves are differences of the score, words are shortened."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from boilover import EventLog, cut, load_model, open_log, score
from boilover.errors import MismatchError, UsageError
from boilover.explaining import Explanation, explain_ticket
from boilover.explaining.course import MAX_TEXT, happenings
from boilover.explaining.frames import WHY
from boilover.explaining.moments import MAX_NIGHTS
from boilover.explaining.table import render
from boilover.features import from_json
from boilover.model.saved import SavedModel
from boilover.observation import observed
from boilover.points import Points
from boilover.scoring import feature_frame, notes_for
from boilover.sentences import sentence

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "\x1b[31mred \u202eturned [bold]markup[/bold] \n next " + "secret " * 30


@pytest.fixture(scope="module")
def saved() -> SavedModel:
    return load_model(ROOT / "models" / "demo")


@pytest.fixture(scope="module")
def log() -> EventLog:
    return open_log(ROOT / "data" / "samples" / "zendesk").log


@pytest.fixture(scope="module")
def ticket(log: EventLog) -> str:
    """The ticket with the most events among those that escalate late in their lives."""
    events, _ = log.to_pandas()
    escalated = events[events["event_type"] == "escalated"].groupby("ticket_id")["occurred_at"].min()
    before = events[events["ticket_id"].map(escalated) > events["occurred_at"]]
    return str(before["ticket_id"].value_counts().index[0])


@pytest.fixture(scope="module")
def explained(log: EventLog, saved: SavedModel, ticket: str) -> Explanation:
    return explain_ticket(log, saved, ticket)


def test_risks_are_those_that_score_gives(
    log: EventLog, saved: SavedModel, ticket: str, explained: Explanation
) -> None:
    frame = explained.frame
    asked = pd.DataFrame({"ticket_id": ticket, "as_of": frame["at"]})
    scores = score(log, saved, points=asked)
    pd.testing.assert_series_equal(frame["risk"], scores["risk"], check_exact=True)
    assert frame["note"].tolist() == scores["note"].tolist()
    assert frame["risk"].notna().sum() > 5
    assert frame["note"].iloc[-1] == "already escalated"
    np.testing.assert_array_equal(frame["change"].iloc[1:], frame["risk"].diff().iloc[1:])


def test_what_comes_later_changes_nothing(
    log: EventLog, saved: SavedModel, ticket: str, explained: Explanation
) -> None:
    for row in (1, len(explained.frame) // 2):
        until = explained.frame["at"].iloc[row]
        for known in (log, cut(log, until)):
            early = explain_ticket(known, saved, ticket, as_of=until)
            pd.testing.assert_frame_equal(early.frame, explained.frame.iloc[: row + 1], check_exact=True)
            assert early.moves == explained.moves[: row + 1]


def test_every_event_and_night_at_risk_is_a_moment(
    log: EventLog, ticket: str, explained: Explanation
) -> None:
    events, _ = log.to_pandas()
    times = pd.to_datetime(observed(log.events), unit="us", utc=True)[events["ticket_id"] == ticket]
    frame = explained.frame
    assert set(frame.loc[frame["kind"] == "event", "at"]) == set(times)
    nights = frame.loc[frame["kind"] == "night", "at"]
    assert len(nights) > 1
    assert (nights.dt.strftime("%H:%M:%S") == "06:00:00").all()
    escalated = frame.loc[frame["note"] == "already escalated", "at"].min()
    every = pd.date_range(
        frame["at"].iloc[0].ceil("D") - pd.Timedelta("1D"), escalated, freq="D"
    ) + pd.Timedelta("6h")
    at_risk = [night for night in every if frame["at"].iloc[0] <= night < escalated]
    solved = scores_solved(frame)
    assert set(nights) == {night for night in at_risk if night not in solved}


def scores_solved(frame: pd.DataFrame) -> set[pd.Timestamp]:
    """Return the nights between a moment at which the ticket is solved and the next one at which it is not."""
    found: set[pd.Timestamp] = set()
    for here, there in zip(frame.itertuples(), list(frame.itertuples())[1:], strict=False):
        if here.note == "solved":
            found |= set(pd.date_range(here.at.normalize(), there.at, freq="D") + pd.Timedelta("6h"))
    return found


def test_moves_and_the_rest_add_up_to_the_difference_of_the_score(
    log: EventLog, saved: SavedModel, ticket: str, explained: Explanation
) -> None:
    frame = explained.frame[explained.frame["risk"].notna()]
    notes = notes_for(log, saved)
    code = notes.history.ticket_ids.to_pylist().index(ticket)
    at = frame["at"].dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    features = feature_frame(notes, Points(np.full(len(at), code, np.int32), at), saved)
    raw = saved.model.primary.raw_scores(features)
    moved = np.array([sum(move.change for move in explained.moves[row]) for row in frame.index])
    np.testing.assert_allclose(np.diff(raw), (moved + frame["rest"])[1:], atol=1e-6)
    assert explained.moves[frame.index[0]] == ()
    assert max(len(each) for each in explained.moves) == len(WHY)


def test_moves_are_told_in_the_sentences_of_reasons(
    log: EventLog, saved: SavedModel, ticket: str, explained: Explanation
) -> None:
    frame = explained.frame[explained.frame["risk"].notna()]
    notes = notes_for(log, saved)
    code = notes.history.ticket_ids.to_pylist().index(ticket)
    at = frame["at"].dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    rows = feature_frame(notes, Points(np.full(len(at), code, np.int32), at), saved)
    features = [from_json(spec) for spec in saved.manifest.features]
    told = [
        {sentence(feature, value) for feature, value in zip(features, row, strict=True)}
        for row in rows.astype(object).where(rows.notna(), None).itertuples(index=False)
    ]
    own = {"the hour and the load of the desk"}
    for place, row in enumerate(frame.index):
        for move in explained.moves[row]:
            was = move.words.removeprefix("no longer: ")
            assert move.words in told[place] | own or (was in told[place - 1] and was not in told[place])
    shown = explained.frame.loc[frame.index[3], WHY[0]]
    move = explained.moves[frame.index[3]][0]
    assert shown == f"{'up' if move.change > 0 else 'down'}: {move.words}"
    assert set(explained.reasons) <= told[-1]


def test_the_dictionary_is_json_and_the_table_names_everything(explained: Explanation) -> None:
    told = json.loads(json.dumps(explained.to_dict(), allow_nan=False))
    assert [row["risk"] for row in told["moments"]] == [
        None if np.isnan(risk) else risk for risk in explained.frame["risk"]
    ]
    assert told["moments"][0]["at"].endswith("Z")
    text = render(explained, width=400)
    assert f"Ticket {explained.ticket_id}" in text
    assert "already escalated" in text
    for moves in explained.moves:
        assert all(move.said in text for move in moves)
    assert explained.reasons[0] in text.splitlines()[-1]


def small(texts: list[str], days: int = 0) -> EventLog:
    """Return a log of one ticket with messages an hour apart, and of another one that is still to come."""
    born = pd.Timestamp("2026-01-05T08:00", tz="UTC")
    rows = [{"ticket_id": "a b", "occurred_at": born, "event_type": "created"}]
    for hour, text in enumerate(texts, start=1):
        told = {"event_type": "message", "actor_role": "customer", "text": text, "is_public": True}
        rows.append({"ticket_id": "a b", "occurred_at": born + pd.Timedelta(hours=hour), **told})
    later = born + pd.Timedelta(days=max(days, 10))
    rows.append({"ticket_id": "later", "occurred_at": later, "event_type": "created"})
    tickets = pd.DataFrame({"ticket_id": ["a b", "later", "silent"]})
    return EventLog.from_pandas(pd.DataFrame(rows), tickets)


def test_texts_are_shortened_and_cannot_write_the_terminal(saved: SavedModel) -> None:
    found = explain_ticket(small([HOSTILE]), saved, "a b")
    said = found.frame["what"].iloc[1]
    assert said.startswith(
        "customer: ‘\N{REPLACEMENT CHARACTER}[31mred \N{REPLACEMENT CHARACTER}turned [bold]markup"
    )
    assert len(said) < MAX_TEXT + len("customer: ‘’") + 1
    text = render(found, terminal=False, width=200)
    assert "[bold]markup[/bold]" in text
    assert "\x1b" not in text
    assert text.count("secret") < 5
    assert json.dumps(found.to_dict()).count("secret") < 5


def test_a_ticket_that_is_still_open_is_asked_now_too_and_nights_are_bounded(saved: SavedModel) -> None:
    frame = explain_ticket(small(["help"]), saved, "a b", as_of="2026-01-07T09:30").frame
    assert frame["kind"].tolist() == ["event", "event", "night", "night", "now"]
    assert frame["what"].tolist()[2:] == ["night", "night", "now"]
    long = explain_ticket(small(["help"], days=3 * MAX_NIGHTS), saved, "a b").frame
    assert MAX_NIGHTS / 2 < (long["kind"] == "night").sum() <= MAX_NIGHTS
    assert "nights on which nothing moved it are left out" in render(
        explain_ticket(small([], 60), saved, "a b")
    )
    course = explain_ticket(small([], 60), saved, "a b")
    quiet = course.frame.assign(kind=["night"] + ["now"] * (len(course.frame) - 1), change=0.0, why_1="")
    assert "1 night on which nothing moved it is left out" in render(replace(course, frame=quiet))


@pytest.mark.parametrize(
    ("ticket", "as_of", "words"),
    [
        ("nobody", None, "'nobody'"),
        ("silent", None, "no event"),
        ("later", "2026-01-08", "after 2026-01-08T00:00:00Z"),
        ("x" * 500, None, "…"),
        ("later", "yesterday", "no time"),
    ],
)
def test_a_ticket_that_cannot_be_explained_is_named(
    saved: SavedModel, ticket: str, as_of: str | None, words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        explain_ticket(small(["help"]), saved, ticket, as_of=as_of)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_model_of_other_columns_is_refused(saved: SavedModel) -> None:
    from dataclasses import replace

    other = replace(
        saved,
        manifest=saved.manifest.model_copy(
            update={"features": (*saved.manifest.features, {"is": "Attribute", "column": "plan"})}
        ),
    )
    with pytest.raises(MismatchError, match="'plan'"):
        explain_ticket(small(["help"]), other, "a b")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"event_type": "status_changed", "value": "pending"}, "status: pending"),
        ({"event_type": "assignee_changed", "value": None}, "assignee: (none)"),
        ({"event_type": "field_changed", "field": "root_cause", "value": "disk"}, "root cause: disk"),
        ({"event_type": "sla_due", "value": "first_reply", "number": 4.0}, "service level, first reply: 4 h"),
        ({"event_type": "csat", "number": 0.25}, "satisfaction 25%"),
        ({"event_type": "escalated", "value": "functional"}, "escalated: functional"),
        ({"event_type": "message", "actor_role": "agent", "is_public": False, "text": "note"}, "internal note: ‘note’"),
        ({"event_type": "message", "actor_role": "bot"}, "automatic message"),
        ({"event_type": "called_back", "value": None}, "called back"),
    ],
)  # fmt: skip
def test_each_event_has_words(event: dict[str, Any], words: str) -> None:
    moment = pd.Timestamp("2026-01-05T08:00", tz="UTC")
    frame = pd.DataFrame([{"ticket_id": "1", "occurred_at": moment, **event}])
    found = happenings(EventLog.from_pandas(frame, pd.DataFrame({"ticket_id": ["1"]})), "1", 2**62)
    assert [(each.what, each.types) for each in found] == [(words, (event["event_type"],))]


def test_many_events_of_one_moment_are_counted() -> None:
    moment = pd.Timestamp("2026-01-05T08:00", tz="UTC")
    values = ["a", "a", "b", "c", "d", "e", "f"]
    frame = pd.DataFrame(
        {"ticket_id": "1", "occurred_at": moment, "event_type": "group_changed", "value": values}
    )
    found = happenings(EventLog.from_pandas(frame, pd.DataFrame({"ticket_id": ["1"]})), "1", 2**62)
    assert found[0].what == "group: a; group: b; group: c; group: d; and 2 more"
