"""Who is at risk under a rule that asks about solved tickets, from the configuration to outcomes and from Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import boilover
from boilover import Annotations, EventLog, History
from boilover.errors import UsageError
from boilover.escalation import declare, parse_rule
from boilover.features import Count, Flag, Mean, compute
from boilover.inputs import open_log, serving
from boilover.job.outcomes import outcomes_of
from boilover.log import write_log
from boilover.model.saved import SavedModel
from boilover.points import tonight
from boilover.scoring import notes_for
from desks import small_desk, small_tickets

LONGER = {"at_risk_until": "escalated"}
RECIPE = """
format = "table"
[mapping]
shape = "events"
ticket_id = "case"
time = "at"
[[mapping.rules]]
when = {}
emit = [{ target = "priority", value = "priority" }]
[escalation]
any = [{ priority_raised = true }]
"""
HOURS = pd.Timestamp("2026-03-01T00:00Z")


@pytest.fixture(scope="module")
def log() -> EventLog:
    return EventLog.from_pandas(small_desk(900), small_tickets(900))


@pytest.fixture(scope="module")
def saved(log: EventLog) -> SavedModel:
    rule = parse_rule(LONGER)
    return boilover.train(declare(log, rule), rule)


def log_of(*rows: tuple[str, float, str, str | None]) -> EventLog:
    frame = pd.DataFrame(rows, columns=["ticket_id", "at", "event_type", "value"])
    frame["occurred_at"] = HOURS + pd.to_timedelta(frame.pop("at"), unit="h")
    return EventLog.from_pandas(frame)


def test_the_setting_alone_leaves_to_a_recipe_what_escalated_means(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    rows = "case,at,priority\na,2026-03-01T00:00Z,low\na,2026-03-02T00:00Z,high\n"
    (tmp_path / "export.csv").write_text(rows, encoding="utf-8")
    told = open_log(tmp_path / "export.csv", recipe=str(tmp_path / "recipe.toml"), escalation=LONGER)
    assert told.rule == parse_rule({"any": [{"priority_raised": True}], **LONGER})
    assert told.log.events["event_type"].to_pylist().count("escalated") == 1


def test_a_model_says_who_is_at_risk_and_the_log_what_escalated_means_where_the_model_leaves_it() -> None:
    own = parse_rule({"any": [{"priority_raised": True}], "at_risk_until": "closed"})
    assert serving(parse_rule({}), own) == own.model_copy(update={"at_risk_until": "solved"})
    assert serving(parse_rule(LONGER), own) == own.model_copy(update=LONGER)
    mine = parse_rule({"any": [{"reopened": 1}], **LONGER})
    assert serving(mine, own) == mine


def test_a_rule_and_a_log_that_do_not_agree_train_no_model(log: EventLog) -> None:
    with pytest.raises(
        UsageError, match="asks about tickets until they are escalated, the rule until they are s"
    ):
        boilover.train(declare(log, parse_rule(LONGER)))


def test_scores_follow_the_model_whatever_the_log_says(log: EventLog, saved: SavedModel) -> None:
    assert saved.manifest.escalation == LONGER
    asked = boilover.score(log, saved)
    assert len(asked) == len(boilover.score(declare(log, parse_rule(LONGER)), saved))
    assert len(asked) > len(tonight(History.from_log(log), History.from_log(log).end))
    points = asked[["ticket_id", "as_of"]]
    assert set(boilover.score(log, saved, points=points)["note"]) == {""}
    assert notes_for(log, saved).history.log.at_risk_until == "escalated"


def test_outcomes_follow_the_rule_of_a_model(log: EventLog, saved: SavedModel, tmp_path: Path) -> None:
    write_log(log, tmp_path / "log")
    source = open_log(tmp_path / "log")
    solved, none = (
        outcomes_of(Annotations(History.from_log(each.log)), History.from_log(log).end)
        for each in (source, source.under(saved.rule))
    )
    assert (solved["resolved_at"] > 0).any()
    assert not (none["resolved_at"] > 0).any()


def test_a_ticket_comes_into_being_once_however_late_that_is_told() -> None:
    log = log_of(
        ("a", 0, "created", None),
        ("b", 1, "message", None),
        ("b", 13, "created", None),
        ("c", 20, "created", None),
    )
    notes = Annotations(History.from_log(log))
    points = tonight(notes.history, notes.history.end)
    told = compute([Count(Flag("created"), key="desk")], notes, points)
    assert np.array_equal(told.iloc[:, 0], [3.0, 3.0, 3.0])


@pytest.mark.parametrize(("until", "known"), [("solved", [0.0, 1.0]), ("closed", [1.0]), ("escalated", [])])
def test_an_outcome_is_known_when_it_cannot_change_any_more(until: str, known: list[float]) -> None:
    rows = [
        ("a", 0, "created", None),
        ("a", 5, "status_changed", "solved"),
        ("a", 9, "escalated", None),
        ("b", 20, "created", None),
    ]
    log = declare(log_of(*rows), parse_rule({"at_risk_until": until}))
    notes = Annotations(History.from_log(log))
    assert notes.value("outcome")[notes.flag("outcome_known")].tolist() == known
    points = tonight(notes.history, notes.history.end)
    mean = compute([Mean(Flag("outcome_known"), value="outcome", key="desk")], notes, points).iloc[-1, 0]
    assert np.isnan(mean) if not known else mean == np.mean(known)
