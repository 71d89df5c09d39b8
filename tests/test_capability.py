"""What a log can tell: what is said to be lost says nothing when it is computed, and the reasons name what lacks."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from boilover.annotations import Annotations
from boilover.capability import Survey
from boilover.capability.needs import FED_BY, WORDS, Given, needs
from boilover.capability.table import render
from boilover.escalation import parse_rule
from boilover.features import compute, default_features
from boilover.features.families import FAMILIES
from boilover.history import History
from boilover.log import EventLog
from boilover.nouns import NOUNS
from boilover.points import fixed_ages
from boilover.schema import EVENT_TYPES
from boilover.synthetic import synthetic_desk
from boilover.text import with_measures

STATES = ["status_changed", "assignee_changed", "group_changed", "priority_changed"]


@pytest.fixture(scope="module")
def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    return with_measures(synthetic_desk(n_tickets=250, seed=5)).to_pandas()


def capability_of(events, tickets, rule=None):
    survey = Survey(rule)
    survey.look(EventLog.from_pandas(events, tickets))
    return survey.capability()


def without(*types):
    return lambda events, tickets: (events[~events["event_type"].isin(types)], tickets)


def snapshot(events, tickets):
    """Return tickets as they are today, without their history."""
    first = events[events["event_type"] == "created"]
    last = events[events["event_type"].isin(STATES)].drop_duplicates(["ticket_id", "event_type"], keep="last")
    return pd.concat([first, last]), tickets


CHANGES = {
    "whole": without(),
    "no messages": without("message"),
    "no status": without("status_changed"),
    "no holders": without("assignee_changed", "group_changed"),
    "no priority": without("priority_changed"),
    "no targets": without("sla_due"),
    "no escalations": without("escalated"),
    "snapshot": snapshot,
    "no customers": lambda events, tickets: (events, tickets.drop(columns="customer_id")),
    "only tickets": lambda events, tickets: (
        events[events["event_type"] == "created"],
        tickets[["ticket_id"]],
    ),
    "one language": lambda events, tickets: (events.assign(sentiment=np.nan), tickets),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_lost_is_constant_and_what_is_not_is_there(frames, change):
    events, tickets = CHANGES[change](*frames)
    found = capability_of(events, tickets)
    notes = Annotations(History.from_log(EventLog.from_pandas(events, tickets)))
    points = fixed_ages(notes.history)
    rows = compute([feature for each in FAMILIES.values() for feature in each], notes, points)
    names = set(rows.columns)
    lost = {name for family in found.families for name in family.lost}
    assert lost <= names
    varying = {name for name in names if len(rows[name].dropna().unique()) > 1}
    chosen = {feature.name for feature in default_features(notes)} & names
    assert lost & varying & chosen == set()
    assert len(varying - lost) > 0.8 * len(names - lost)
    assert names - lost <= chosen


def test_the_whole_desk_can_tell_nearly_everything(frames):
    found = capability_of(*frames)
    assert found.catalogue == sum(map(len, FAMILIES.values()))
    assert found.available > 100
    assert found.has_history
    assert "channel" in found.attributes
    assert found.escalated == (frames[0]["event_type"] == "escalated").sum()


def test_without_history_that_is_what_is_said_first(frames):
    found = capability_of(*snapshot(*frames))
    assert not found.has_history
    assert (
        found.sentences[0] == f"Scores would rest on {found.available} of {found.catalogue} default features."
    )
    assert found.sentences[1].startswith("No history: ")
    assert "Nothing about sentiment: no message events." in found.sentences
    assert found.available < found.catalogue / 2


def test_reasons_name_the_type_that_lacks_or_what_never_happens(frames):
    events, tickets = frames
    why = {each.name: each.why for each in capability_of(*without("sla_due")(events, tickets)).families}
    assert why["service levels"] == ("no sla_due events",)
    quiet = events[~((events["event_type"] == "message") & (events["actor_role"] == "bot"))]
    why = {each.name: each.why for each in capability_of(quiet, tickets).families}
    assert why["response gaps and waiting"] == ("no automatic messages",)
    why = {each.name: each.why for each in capability_of(events, tickets.drop(columns="account_id")).families}
    assert why["account history"] == ("no account_id",)


def test_pieces_add_up_to_the_whole(frames):
    events, tickets = frames
    survey = Survey()
    ids = tickets["ticket_id"].to_numpy()
    for part in np.array_split(ids, 4):
        piece = EventLog.from_pandas(
            events[events["ticket_id"].isin(part)], tickets[tickets["ticket_id"].isin(part)]
        )
        assert survey.seen(piece) is piece
    assert survey.capability() == capability_of(events, tickets)


def test_text_that_is_not_measured_yet_is_read_in_a_sample(frames):
    events, tickets = frames
    raw = events.drop(columns=["sentiment", "words", "exclamations", "questions", "shouting", "urgency"])
    found = {each.name: each for each in capability_of(raw, tickets).families}
    assert found["sentiment"].lost == found["text"].lost == ()
    foreign = {each.name: each for each in capability_of(raw, tickets.assign(language="fi")).families}
    assert foreign["sentiment"].available == ()
    assert foreign["sentiment"].why == ("no customer messages in a language that is scored",)


def test_tickets_that_escalate_by_a_rule_are_counted(frames):
    events, tickets = without("escalated")(*frames)
    assert "No ticket escalates" in capability_of(events, tickets).sentences[-1]
    found = capability_of(events, tickets, parse_rule({"any": [{"reassignments": 1}]}))
    assert found.escalated > 10
    assert f"{found.escalated:,} of 250 tickets escalate." in found.sentences
    rule = parse_rule({"any": [{"reopened": 1}], "only_tickets": {"group_not_matches": "."}})
    assert capability_of(events, tickets, rule).escalated == 0


def test_every_need_of_the_catalogue_has_a_name_in_words():
    asked = {need for family in FAMILIES.values() for feature in family for need in needs(feature)}
    unnamed = (
        {need.name for need in asked if not isinstance(need, Given)} - set(FED_BY) - set(WORDS) - set(NOUNS)
    )
    assert unnamed <= {"became_open"}
    assert {kind for kinds in FED_BY.values() for kind in kinds} <= set(EVENT_TYPES)


def test_the_account_is_told_as_a_table(frames):
    found = capability_of(*without("sla_due")(*frames)).to_dict()
    export = {
        "format": "zendesk", "recipe": "zendesk", "events": 12, "tickets": 3, "time_zone": "UTC", "first": None,
        "last": None, "truncated": 2, "truncated_examples": ["7", "\x1b[2J8"], "dropped": {"no id": 4},
        "examples": {"no id": "'[red]x[/red]'"}, "unknown": {"status": {"'odd'": 3}}, "notes": {"mended": 1},
    }  # fmt: skip
    log = {"new": 10, "known": 2, "changed": ["2026-01"], "partitions": 4, "warnings": ["warning: events"]}
    account = json.loads(json.dumps({"export": export, "log": log, "capability": found}))
    text = render(account)
    assert text.startswith("zendesk export: 12 events of 3 tickets")
    for told in (
        "10 events are new, 2 were known; 1 of 4",
        "no sla_due events",
        "[red]x[/red]",
        "'odd' (3)",
        "mended",
    ):
        assert told in text
    assert "\x1b" not in text
    assert "\x1b[1m" in render(account, terminal=True)


def test_names_of_attributes_are_foreign_text_and_may_be_many(frames):
    events, tickets = frames
    found = capability_of(
        events, tickets.assign(**{"\x1b[2Jevil": "x"} | {f"field {n}": "x" for n in range(30)})
    )
    (said,) = (each for each in found.sentences if each.startswith("Attributes"))
    assert "\x1b" not in said
    assert "\N{REPLACEMENT CHARACTER}[2Jevil, field 0" in said
    assert said.endswith(f" and {len(found.attributes) - 20} more.")
