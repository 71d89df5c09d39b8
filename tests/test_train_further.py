"""What a training says: how well each of several horizons ranks, and what a declaration names that is not there."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from boilover.config import Config
from boilover.errors import InputError, UsageError
from boilover.escalation import EscalationRule, declare, parse_rule
from boilover.evaluation.metrics import roc_auc
from boilover.features import Attribute, Count, Feature, FieldState, Flag, Match
from boilover.history import History
from boilover.inputs import Source
from boilover.labels import label
from boilover.log import EventLog
from boilover.pipeline import train_model
from boilover.scoring import feature_frame
from boilover.split import CALIBRATE
from boilover.synthetic import synthetic_desk
from boilover.times import parse_duration, parse_moment
from boilover.training import moment, train
from boilover.training.rows import training_rows

LOG = synthetic_desk(n_tickets=700, days=90, seed=3)


def test_each_horizon_has_figures_of_its_own(tmp_path) -> None:
    said: list[str] = []
    source, config = Source(LOG, EscalationRule(), "log", "log"), Config(horizon=("7d", "3d"))
    saved = train_model(source, tmp_path / "model", config, track=False, say=said.append)
    (line,) = said
    told = re.fullmatch(
        r"held out, 3d: average precision ([\d.]+) at a base rate of ([\d.]+), AUC ([\d.]+)", line
    )
    assert told, line
    rows = training_rows(LOG, ("7d", "3d"))
    held_out = rows.splits["3d"].slices == CALIBRATE
    y = label(rows.notes.history, rows.points, parse_duration("3d"))[held_out]
    assert float(told[2]) == pytest.approx(y.mean(), abs=5e-4)
    risk = saved.model.models["3d"].predict_proba(feature_frame(rows.notes, rows.points, saved)[held_out])[
        :, 1
    ]
    # The final model has learned these rows, the figures are of one that had not.
    assert roc_auc(y, risk) > float(told[3]) > 0.5


def test_one_horizon_has_no_further_ones(tmp_path) -> None:
    said: list[str] = []
    source = Source(LOG, EscalationRule(), "log", "log")
    train_model(source, tmp_path / "model", Config(), track=False, say=said.append)
    assert said == []


def test_a_declaration_that_nothing_meets_is_refused_with_what_there_is() -> None:
    rule = parse_rule({"any": [{"group_in": ["2nd levle"]}, {"field": "Escalated?", "equals": "yes"}]})
    with pytest.raises(InputError, match=r"Name what is there in the \[escalation\] table") as refused:
        training_rows(declare(LOG, rule), ("7d",))
    said = str(refused.value)
    assert said.startswith("no ticket escalates, and no group is '2nd levle'; there are: '")
    assert "no field is 'Escalated?'; there are: none" in said


def test_where_nothing_can_be_told_apart_the_ages_of_escalations_are_told() -> None:
    events, tickets = LOG.to_pandas()
    born = events[events["event_type"] == "created"]
    late = born.assign(event_type="escalated", occurred_at=born["occurred_at"] + pd.Timedelta(days=30))
    end = events["occurred_at"].max()
    told = pd.concat(
        [events[events["event_type"].isin(["created", "message"])], late[late["occurred_at"] <= end]]
    )
    with pytest.raises(
        InputError, match="Quartiles of the age at which tickets escalate: 30 d, 30 d, 30 d"
    ) as refused:
        training_rows(EventLog.from_pandas(told, tickets), ("14d",))
    assert "ask at other ages or nightly" in str(refused.value)
    assert len(training_rows(EventLog.from_pandas(told, tickets), ("14d",), ages=None).points)


def test_rows_to_learn_from_do_not_depend_on_the_order_of_attributes() -> None:
    events, tickets = LOG.to_pandas()
    turned = EventLog.from_pandas(events, tickets[tickets.columns[::-1]])
    rows, others = (training_rows(each, ("7d",)) for each in (LOG, turned))
    assert [feature for feature in rows.features if isinstance(feature, Attribute)]
    assert rows.features == others.features
    pd.testing.assert_frame_equal(rows.frame, others.frame)


def test_no_features_are_refused() -> None:
    with pytest.raises(UsageError, match="features names none"):
        training_rows(LOG, ("7d",), features=[])


@pytest.mark.parametrize("feature", [Attribute("categry"), Count(Flag("created"), key="categry")])
def test_features_of_attributes_that_the_log_lacks_are_refused(feature: Feature) -> None:
    with pytest.raises(UsageError, match="features read 'categry', which is no attribute of the log"):
        training_rows(LOG, ("7d",), features=[Count(Flag("any_event")), feature])
    with pytest.raises(UsageError, match=r"no attribute of the log\. It has .*category"):
        training_rows(LOG, ("7d",), features=[feature])
    known = [Attribute("category"), Count(Flag("created"), key="desk"), Count(Flag("created"), key="group")]
    assert training_rows(LOG, ("7d",), features=known).features == tuple(known)


@pytest.mark.parametrize(
    "feature",
    [
        FieldState("severty"),
        Count(Match("field_changed", field="severty")),
        Count(Flag("any_event") & Match("field_changed", field="severty", value="1")),
    ],
)
def test_features_of_fields_that_no_event_changes_are_refused(feature: Feature) -> None:
    with pytest.raises(
        UsageError, match=r"features read 'severty', which is no field that .* It has no fields"
    ):
        training_rows(LOG, ("7d",), features=[Count(Flag("any_event")), feature])
    events, tickets = LOG.to_pandas()
    told = events[events["event_type"] == "priority_changed"].assign(
        event_type="field_changed", field="severity"
    )
    log = EventLog.from_pandas(pd.concat([events, told]), tickets)
    with pytest.raises(UsageError, match=r"no field that an event of the log changes\. It has 'severity'"):
        training_rows(log, ("7d",), features=[feature])
    known = [FieldState("severity"), Count(Match("field_changed", field="severity"))]
    assert training_rows(log, ("7d",), features=known).features == tuple(known)


def test_the_end_of_training_is_kept_to_the_microsecond() -> None:
    events, tickets = LOG.to_pandas()
    events["occurred_at"] += pd.Timedelta(microseconds=250_001)
    log = EventLog.from_pandas(events, tickets)
    # A point at the whole second before the end would be one that training had seen.
    assert parse_moment(train(log, n_jobs=1).manifest.trained_until) == History.from_log(log).end
    assert moment(1_735_689_600_000_000) == "2025-01-01T00:00:00+00:00"
