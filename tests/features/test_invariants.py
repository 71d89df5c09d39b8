"""What must not matter to a row: other points, their order, the order of the log, the future, the jobs."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import boilover
from boilover.annotations import Annotations
from boilover.errors import MismatchError, UsageError
from boilover.features import (
    Attribute,
    Calendar,
    Count,
    Decayed,
    Difference,
    Feature,
    Flag,
    Lift,
    Match,
    Mean,
    Ratio,
    Sight,
    SinceLast,
    Sum,
    compute,
    default_features,
    from_json,
    to_json,
)
from boilover.features.families import FAMILIES
from boilover.history import HOUR, History
from boilover.log import EventLog, read_log, write_log
from boilover.observation import observed
from boilover.points import Points
from random_logs import log_of_seed, points_of_seed, random_frames

SEEDS = range(3)


def notes_of(log):
    return Annotations(History.from_log(log))


@pytest.fixture(scope="module", params=SEEDS)
def case(request):
    notes = notes_of(log_of_seed(request.param))
    return default_features(notes), notes, points_of_seed(notes.history, request.param, 100)


def assert_same_rows(left, right):
    """Assert that two frames hold the same bits and words."""
    assert list(left.columns) == list(right.columns)
    for name in left.columns:
        one, other = left[name].reset_index(drop=True), right[name].reset_index(drop=True)
        if isinstance(one.dtype, pd.CategoricalDtype):
            assert one.astype(object).equals(other.astype(object)), name
        else:
            assert one.dtype == other.dtype == np.float32
            bits = one.to_numpy().view(np.int32), other.to_numpy().view(np.int32)
            missing = one.isna().to_numpy() & other.isna().to_numpy()
            assert ((bits[0] == bits[1]) | missing).all(), name


def asked_of(points, old, new):
    """Return the same questions in the codes of another history."""
    ids = old.history.ticket_ids.take(pa.array(points.ticket, mask=points.ticket < 0))
    return Points(new.history.find(ids), points.as_of)


def test_a_point_alone_equals_itself_among_others(case):
    features, notes, points = case
    together = compute(features, notes, points)
    for row in range(0, len(points), 9):
        assert_same_rows(compute(features, notes, points.take(np.array([row]))), together.iloc[[row]])


def test_order_and_repetition_of_points_do_not_matter(case):
    features, notes, points = case
    rows = np.random.default_rng(0).integers(0, len(points), 150)
    assert_same_rows(compute(features, notes, points.take(rows)), compute(features, notes, points).iloc[rows])


def test_the_number_of_jobs_does_not_matter(case):
    features, notes, points = case
    fresh = notes_of(notes.history.log)
    assert_same_rows(compute(features, fresh, points, n_jobs=1), compute(features, notes, points, n_jobs=2))


@pytest.mark.parametrize("n_shards", [2, 7, 1000])
def test_the_number_of_shards_does_not_matter(case, n_shards):
    features, notes, points = case
    fresh = notes_of(notes.history.log)
    rows = np.random.default_rng(1).permutation(len(points))
    assert_same_rows(
        compute(features, fresh, points.take(rows), n_shards=n_shards),
        compute(features, notes, points, n_shards=1).iloc[rows],
    )


def test_the_order_of_rows_does_not_matter(case):
    """Rows may come in any order, as long as simultaneous events of one ticket keep theirs."""
    features, notes, points = case
    log = notes.history.log
    rng = np.random.default_rng(0)
    order = rng.permutation(len(log.events))
    keys = np.array(log.events["ticket_id"].to_pylist()) + observed(log.events).astype(str)
    for key in np.unique(keys):
        places = np.flatnonzero(keys[order] == key)
        order[places] = np.sort(order[places])
    tickets = log.tickets.take(pa.array(rng.permutation(len(log.tickets))))
    shuffled = notes_of(EventLog(log.events.take(pa.array(order)), tickets))
    assert_same_rows(
        compute(features, notes, points), compute(features, shuffled, asked_of(points, notes, shuffled))
    )


def test_a_log_cut_at_the_moment_gives_the_same_rows(case):
    features, notes, points = case
    log = notes.history.log
    for as_of in np.unique(points.as_of)[10::30]:
        n_tickets = notes.history.n_tickets
        here = Points(np.arange(n_tickets, dtype=np.int32), np.full(n_tickets, as_of))
        cut = notes_of(EventLog(log.events.filter(pa.array(observed(log.events) <= as_of)), log.tickets))
        assert_same_rows(compute(features, notes, here), compute(features, cut, asked_of(here, notes, cut)))


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_log_from_disk_gives_the_same_rows(case, tmp_path, form):
    features, notes, points = case
    write_log(notes.history.log, tmp_path / "log", format=form)
    read = notes_of(read_log(tmp_path / "log"))
    assert read.history.log.is_sorted == (form == "parquet")
    assert read.history._rows is None
    assert_same_rows(compute(features, notes, points), compute(features, read, asked_of(points, notes, read)))


def test_the_text_column_may_be_left_out(case, tmp_path):
    features, notes, points = case
    write_log(notes.history.log, tmp_path / "log")
    read = notes_of(read_log(tmp_path / "log", leave_out=["text"]))
    assert "text" not in read.history.log.events.column_names
    assert_same_rows(compute(features, notes, points), compute(features, read, asked_of(points, notes, read)))


def test_no_points_give_no_rows(case):
    features, notes, _ = case
    rows = compute(features, notes, Points(np.empty(0, np.int32), np.empty(0, np.int64)))
    assert rows.shape == (0, len(features))


def test_a_log_of_one_event_has_rows():
    frame = pd.DataFrame({"ticket_id": ["a"], "occurred_at": [pd.Timestamp("2026-01-01", tz="UTC")]})
    notes = notes_of(EventLog.from_pandas(frame.assign(event_type="created")))
    shipped = tuple(dict.fromkeys(feature for family in FAMILIES.values() for feature in family))
    points = Points(np.array([0, -1], dtype=np.int32), np.repeat(notes.history.time, 2))
    rows = compute(shipped, notes, points)
    assert rows["count_any_event"].tolist() == [1.0, 0.0]
    assert rows["hour_of_creation"].isna().tolist() == [False, True]


def test_a_creation_that_is_not_told_is_the_first_event():
    """A created event that is observed later changes nothing: a ticket comes into being once."""
    features = (
        SinceLast(Flag("created")),
        SinceLast(Flag("created"), until=Flag("first_reply")),
        Count(Flag("created"), "24h", key="desk"),
        Lift(Flag("escalated"), key="desk", among=Flag("created")),
        Calendar("hour", "creation"),
    )
    at = [pd.Timestamp("2026-03-02", tz="UTC") + pd.Timedelta(hours=hours) for hours in (1, 4, 30)]
    events = pd.DataFrame({"ticket_id": "a", "occurred_at": at, "event_type": "message"})
    born = events.tail(1).assign(event_type="created")
    moment = at[1].value // 1000
    points = Points(np.zeros(2, dtype=np.int32), np.array([moment, moment + 28 * HOUR]))
    never, late = (
        compute(features, notes_of(EventLog.from_pandas(log)), points).to_numpy()
        for log in (events, pd.concat([events, born]))
    )
    assert never[:, 0].tolist() == [3.0, 31.0]
    assert never[:, 2].tolist() == [1.0, 0.0]
    assert never[:, 4].tolist() == [1.0, 1.0]
    assert np.array_equal(late, never, equal_nan=True)


@pytest.mark.parametrize(
    "feature",
    [
        Attribute("chanel"),
        Count(Flag("created"), "7d", key="chanel"),
        Ratio(Count(Flag("created")), Difference(Attribute("chanel"), Attribute("seats"))),
    ],
)
def test_features_of_an_attribute_that_the_log_lacks_are_refused(case, feature):
    """A model that learned by a key finds it missing in a later log, and is not refused."""
    _, notes, points = case
    with pytest.raises(
        UsageError, match=r"features read 'chanel', which is no attribute of the log\. It has 'channel', "
    ):
        boilover.compute([feature], notes, points)
    if isinstance(feature, Count):
        assert len(compute([feature], notes, points)) == len(points)
    bare = notes_of(EventLog.from_pandas(notes.history.log.to_pandas()[0]))
    with pytest.raises(UsageError, match="It has no attributes"):
        boilover.compute([feature], bare, points)


def test_public_features_are_the_same(case):
    features, notes, points = case
    assert_same_rows(boilover.compute(features, notes, points), compute(features, notes, points))


def test_features_survive_json(case):
    features, _, _ = case
    for feature in features:
        assert from_json(json.loads(json.dumps(to_json(feature)))) == feature


def test_an_unknown_class_in_json_is_refused():
    with pytest.raises(MismatchError, match="feature of class 'Oracle', which is not known here"):
        from_json({"is": "Oracle"})


@dataclass(frozen=True)
class Weighed(Feature):
    """A feature as a user may write it."""

    words: tuple[str, ...] | None = None
    some: tuple = ()
    weight: float = 1.0


@pytest.mark.parametrize(
    "feature",
    [
        Mean(value="csat", shrink=5),
        Lift(Flag("escalated"), shrink=5),
        Weighed(weight=2),
        Weighed(words=("a",)),
    ],
)
def test_fields_of_any_annotation_and_whole_numbers_are_read(feature):
    read = from_json(json.loads(json.dumps(to_json(feature))))
    assert to_json(read) == json.loads(json.dumps(to_json(feature)))


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"is": "Count", "where": "created"}, "class Count cannot be made: 'where' holds 'created'"),
        ({"is": "Flag", "flag": None}, "class Flag cannot be made: 'flag' holds None"),
        ({"is": "Count", "window": 7}, "'window' holds 7"),
        ({"is": "Count", "window": "soon"}, "'soon' is no duration"),
        ({"is": "Calendar", "part": "year"}, "'part' holds 'year'"),
        ({"is": "Difference", "left": {"is": "State", "of": "status"}, "right": 1}, "'right' holds 1"),
        ({"is": "Mean", "weight": 1}, "unexpected keyword argument 'weight'"),
        ({"is": "State"}, "missing 1 required positional argument: 'of'"),
    ],
)
def test_features_that_cannot_be_made_of_json_are_refused(told, message):
    with pytest.raises(MismatchError, match=message):
        from_json(told)


def test_names_are_unique_and_derived(case):
    features, _, _ = case
    names = [feature.name for feature in features]
    assert len(set(names)) == len(names)
    assert Count(Flag("handoff"), "7d").name == "count_handoff_7d"
    assert Mean(value="csat", key="customer_id", window="90d").name == "customer_id_mean_csat_90d"
    assert Decayed(Flag("any_event"), half_life="24h").name == "decayed_any_event_24h"
    both = Flag("escalated") & ~Flag("created")
    assert Sum(both, value="csat").name == "sum_csat_of_escalated_and_not_created"
    assert Count(Match("chime")).name == "count_event_chime"
    assert Count(Match("status_changed", "open")).name == "count_status_changed_open"


def test_two_features_of_one_name_are_refused(case):
    _, notes, points = case
    with pytest.raises(UsageError, match="same name: count_created"):
        compute([Count(Flag("created")), Count(Flag("created"))], notes, points)


@pytest.mark.parametrize("word", ["handoff", "reopened", "agent_reply", "any_event"])
def test_an_unknown_type_may_be_called_like_a_flag(word):
    """A desk's own event type must not clash with a shipped feature."""
    events, tickets = random_frames(0)
    events["event_type"] = events["event_type"].replace("chime", word)
    notes = notes_of(EventLog.from_pandas(events, tickets))
    features = default_features(notes)
    assert Count(Match(word)) in features
    assert len({feature.name for feature in features}) == len(features)


@pytest.mark.parametrize("word", ["group", "assignee", "desk", "ticket", "group_before"])
def test_an_attribute_may_be_called_like_a_key(word):
    """The attribute is followed as a category, and is not taken for the holder or the desk."""
    events, tickets = random_frames(1)
    tickets = tickets.rename(columns={"channel": word})
    notes = notes_of(EventLog.from_pandas(events, tickets))
    features = default_features(notes)
    assert Attribute(word) in features
    assert len({feature.name for feature in features}) == len(features)
    rows = compute(features, notes, Points(np.zeros(1, np.int32), notes.history.time[:1]))
    told = tickets.set_index("ticket_id")[word].get(notes.history.ticket_ids[0].as_py())
    assert rows[f"ticket_{word}"].iloc[0] == told or (pd.isna(told) and rows[f"ticket_{word}"].isna().all())


@pytest.mark.parametrize("word", ["now", "visible", "offsets"])
def test_an_attribute_may_be_called_like_what_is_kept_of_points(word):
    log = log_of_seed(3)
    log = EventLog(log.events, log.tickets.append_column(word, log.tickets["ticket_id"]))
    notes = notes_of(log)
    points = points_of_seed(notes.history, 3)
    asked = [SinceLast(Flag("any_event")), Count(Flag("any_event")), Count(Flag("any_event"), key=word)]
    sight = Sight(notes, points)
    own, of_ticket, of_word = (feature.compute(sight) for feature in asked)
    assert sight.now.dtype == np.int32
    # Each ticket that is listed has its own word.
    listed = sight.attribute(word).codes >= 0
    assert of_word.tolist() == np.where(listed, of_ticket, 0).tolist()
    assert listed.any()
    assert np.isnan(own).tolist() == (of_ticket == 0).tolist()


def test_default_features_follow_what_the_log_has():
    events, tickets = random_frames(2)
    plain = events[events["event_type"].isin(["created", "message"])]
    plain = plain[["ticket_id", "occurred_at", "event_type", "actor_role"]]
    names = {feature.name for feature in default_features(notes_of(EventLog.from_pandas(plain)))}
    assert "count_customer_message" in names
    marks = {"status", "count_handoff", "priority", "last_sla_hours_of_sla_moved", "mean_sentiment"}
    assert not marks & names
    everything = notes_of(EventLog.from_pandas(events, tickets))
    full = {feature.name for feature in default_features(everything)}
    assert marks <= full
    assert {
        "ticket_channel",
        "ticket_seats",
        "ticket_vip",
        "channel_lift_escalated_per_created",
        "field_impact",
    } <= full
    assert "ticket_subject" not in full
    assert {"count_status_changed_pending", "count_status_changed_escalating"} <= full


def test_attributes_keep_their_kind(case):
    features, notes, points = case
    rows = compute([f for f in features if isinstance(f, Attribute)], notes, points)
    assert rows["ticket_seats"].dtype == rows["ticket_vip"].dtype == np.float32
    assert isinstance(rows["ticket_channel"].dtype, pd.CategoricalDtype)
    unknown = points.ticket < 0
    assert rows[unknown].isna().all(axis=None)
    assert pc.sum(pc.is_valid(notes.history.attributes["vip"])).as_py() > 0
    assert set(rows["ticket_vip"].dropna()) == {0.0, 1.0}


def test_only_how_often_such_tickets_escalated_is_held_to_raise_the_risk():
    features = default_features(notes_of(log_of_seed(0)))
    rises = [feature for feature in features if feature.rises]
    assert rises == [each for each in features if isinstance(each, Lift)]
    assert {each.subject.partition("_per_")[0] for each in rises} == {"escalated"}
    assert not Lift(Flag("reopened"), among=Flag("created")).rises
