"""Every feature against its oracle, on random logs full of ties and points on the edge of windows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from boilover.annotations import Annotations
from boilover.features import (
    Count,
    Decayed,
    Distinct,
    Feature,
    Flag,
    Last,
    Lift,
    Match,
    Max,
    Mean,
    Min,
    SinceLast,
    Slope,
    Sum,
    compute,
    default_features,
)
from boilover.features.base import Aggregate
from boilover.features.families import FAMILIES
from boilover.features.valued import Valued
from boilover.history import HOUR, History
from oracle_annotations import EPOCH
from oracle_features import Point, Truth, value_of
from random_logs import log_of_seed, points_of_seed

SEEDS = range(3)
KEYS = (
    ("ticket", None),
    ("desk", None),
    ("customer_id", None),
    ("channel", None),
    ("vip", None),
    ("assignee", None),
    ("group", None),
    ("group", "group_before"),
    ("assignee", "assignee_before"),
)
WINDOWS = (None, "1h", "24h", "7d")
EVENT, MESSAGE = Flag("any_event"), Match("message")
WHERES = (
    EVENT,
    ~Match(role="customer") & MESSAGE,
    Flag("handoff") | Match("chime"),
    Match("field_changed", "yes", "impact"),
)


def of_every_kind() -> list[Feature]:
    """Return each primitive with every key and window, and filters in turn."""
    made: list[Feature] = []
    for place, (key, event_key) in enumerate(KEYS):
        for turn, window in enumerate(WINDOWS):
            at = {"key": key, "event_key": event_key, "window": window}
            where = WHERES[(place + turn) % len(WHERES)]
            made += [Count(where, **at), SinceLast(where, **at), Distinct(where, of="actor", **at)]
            made += [SinceLast(Flag("wait_began"), until=Flag("wait_ended"), **at)]
            made += [SinceLast(Flag("sla_moved"), at="sla_due", **at)]
            made += [kind(value="sentiment", **at) for kind in (Sum, Mean, Max, Min, Last)]
            made += [kind(where, value="unanswered", **at) for kind in (Sum, Mean, Max, Min, Last)]
            made += [Mean(value="outcome", shrink=3.0, **at), Distinct(EVENT, of="group", **at)]
            made += [Lift(where, among=Flag("created"), shrink=3.0, **at)]
        made += [
            Slope(value="sentiment", key=key, event_key=event_key),
            Decayed(EVENT, half_life="24h", key=key, event_key=event_key),
            Decayed(where, half_life="7d", value="sentiment", key=key, event_key=event_key),
            Decayed(value="words", half_life="90m", key=key, event_key=event_key),
        ]
    made += [SinceLast(Flag("sla_moved"), at="sla_due", until=Flag("agent_reply"))]
    return made


@pytest.fixture(scope="module", params=SEEDS)
def case(request):
    return case_of(log_of_seed(request.param), request.param)


def case_of(log, seed):
    notes = Annotations(History.from_log(log))
    points = points_of_seed(notes.history, seed, 50)
    ids = notes.history.ticket_ids.to_pylist()
    asked = [
        Point(ids[ticket] if ticket >= 0 else None, EPOCH + timedelta(microseconds=int(as_of)))
        for ticket, as_of in zip(points.ticket, points.as_of, strict=True)
    ]
    return notes, points, asked, Truth(log)


def assert_equals_oracle(features, case):
    notes, points, asked, truth = case
    for feature in features:
        # One column at a time: features of this suite may share a name.
        column = compute([feature], notes, points, n_jobs=1)[feature.name]
        for point, value in zip(asked, column, strict=True):
            expected = value_of(feature, truth, point)
            assert same(feature, value, expected), (
                f"{feature} of {point.ticket_id} as of {point.as_of}: {value!r}, not {expected!r}"
            )


def same(feature, value, expected):
    if expected is None or isinstance(expected, str):
        return (expected is None and pd.isna(value)) or value == expected
    if math.isnan(expected) or math.isnan(value):
        return math.isnan(expected) and math.isnan(value)
    if isinstance(feature, Count | Distinct):
        return value == expected
    return math.isclose(value, expected, rel_tol=2e-6, abs_tol=2e-7)


def test_default_features_equal_their_oracle(case):
    features = dict.fromkeys(
        (*default_features(case[0]), *(f for family in FAMILIES.values() for f in family))
    )
    assert len(features) > 100
    assert_equals_oracle(features, case)


def test_each_primitive_equals_its_oracle_with_every_key_and_window(case, request):
    share = request.node.callspec.params["case"] % 3
    assert_equals_oracle(of_every_kind()[share::3], case)


def test_windowed_slopes_equal_their_oracle():
    """On steps of hours: prefix sums lose the slope of a window far shorter than its past."""
    steps = np.array([0, HOUR, 6 * HOUR, 24 * HOUR])
    slopes = [
        Slope(value="sentiment", window=window, key=key)
        for window in WINDOWS[2:]
        for key in ("ticket", "customer_id", "group")
    ]
    for seed in range(3):
        assert_equals_oracle(slopes, case_of(log_of_seed(seed, steps=steps), seed))


def test_the_suite_covers_every_primitive():
    kinds = {kind for kind in every_subclass(Aggregate) if kind.__module__.startswith("boilover.")} - {Valued}
    assert kinds == {type(feature) for feature in of_every_kind()}


def every_subclass(kind):
    return {kind}.union(*(every_subclass(each) for each in kind.__subclasses__())) - {Aggregate}


def test_a_primitive_without_oracle_is_noticed(case):
    @dataclass(frozen=True)
    class Median(Valued):
        verb = "median"

        def _aggregate(self, view):
            return np.zeros(len(view.hi))

    with pytest.raises(NotImplementedError, match="Median"):
        assert_equals_oracle([Median(value="words")], case)
