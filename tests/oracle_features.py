"""Features computed anew, one point at a time: look at every event, keep what the point may see, aggregate.

`value_of` dispatches on the feature's class, so that a new default feature is covered by being there, and
a new primitive fails until it has a line here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd

from boilover.features import base, columns, filters, lift, primitives, valued
from boilover.log import EventLog
from oracle_annotations import EPOCH, HOUR, Event, told, walk

NAN = math.nan


def span(text: str) -> timedelta:
    """Return the duration that a text such as 90m, 24h or 7d tells."""
    unit = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}[text[-1]]
    return timedelta(**{unit: float(text[:-1])})


@dataclass
class Truth:
    """A log as a list of events with their facts, and its tickets' attributes."""

    log: EventLog
    events: list[Event] = field(default_factory=list)
    tickets: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sort by time, then ticket, then arrival: the order in which the desk learned of things."""
        self.events = sorted(
            walk(self.log), key=lambda event: (event["time"], event["ticket_id"], event["arrival"])
        )
        frame = self.log.tickets.to_pandas()
        self.tickets = {
            row["ticket_id"]: {name: told(cell) for name, cell in row.items()}
            for row in frame.to_dict("records")
        }
        self._kept: dict[Any, list[Event]] = {}

    def reads(self, where: filters.Filter, key: str, whose: str) -> list[Event]:
        """Return the events of the whole log that pass a filter and are ``whose``; kept, to be quicker."""
        if where not in self._kept:
            self._kept[where] = [event for event in self.events if passes(where, event)]
        asked = (where, key, whose)
        if asked not in self._kept:
            self._kept[asked] = [
                event for event in self._kept[where] if key_of_event(self, key, event) == whose
            ]
        return self._kept[asked]


@dataclass(frozen=True)
class Point:
    ticket_id: str | None
    as_of: datetime


def passes(where: filters.Filter, event: Event) -> bool:
    match where:
        case filters.Flag(flag):
            return bool(event[flag])
        case filters.Known(value):
            return not math.isnan(event[value])
        case filters.Match(event_type, value, name, role):
            return all(
                wanted is None or event.get(column) == wanted
                for column, wanted in (
                    ("event_type", event_type),
                    ("value", value),
                    ("field", name),
                    ("role", role),
                )
            )
        case filters.Both(left, right):
            return passes(left, event) and passes(right, event)
        case filters.Either(left, right):
            return passes(left, event) or passes(right, event)
        case filters.Not(inner):
            return not passes(inner, event)
    raise NotImplementedError(f"no oracle for the filter {type(where).__name__}")


def own(truth: Truth, point: Point) -> list[Event]:
    """Return the ticket's events that the point may see."""
    return [] if point.ticket_id is None else seen(truth, point, filters.Flag("any_event"), "ticket", None)


def text_of(cell: Any) -> str | None:
    return None if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)


def key_of_point(truth: Truth, key: str, point: Point) -> str | None:
    if key == "ticket":
        return point.ticket_id
    if key == "desk":
        return "the desk"
    if key in ("assignee", "group"):
        seen = own(truth, point)
        return seen[-1][key] if seen else None
    return text_of(truth.tickets.get(point.ticket_id or "", {}).get(key))


def key_of_event(truth: Truth, key: str, event: Event) -> str | None:
    if key == "ticket":
        return str(event["ticket_id"])
    if key == "desk":
        return "the desk"
    if key in ("assignee", "group", "assignee_before", "group_before"):
        return event[key]  # type: ignore[no-any-return]
    return text_of(truth.tickets.get(event["ticket_id"], {}).get(key))


def seen(
    truth: Truth,
    point: Point,
    where: filters.Filter,
    key: str,
    window: str | None,
    event_key: str | None = None,
) -> list[Event]:
    whose = key_of_point(truth, key, point)
    if whose is None:
        return []
    since = datetime.min.replace(tzinfo=UTC) if window is None else point.as_of - span(window)
    return [
        event for event in truth.reads(where, event_key or key, whose) if since < event["time"] <= point.as_of
    ]


def value_of(feature: base.Feature, truth: Truth, point: Point) -> float | str | None:
    """Return what ``feature`` is at ``point``."""
    match feature:
        case columns.State(of):
            visible = own(truth, point)
            return visible[-1][of] if visible else None
        case columns.FieldState(name):
            where = filters.Match("field_changed", field=name)
            visible = seen(truth, point, where, "ticket", None)
            return visible[-1].get("value") if visible else None
        case columns.Attribute(column):
            return _attribute(truth, column, point)
        case columns.Calendar(part, of):
            return _calendar(truth, part, of, point)
        case columns.Difference(left, right):
            return value_of(left, truth, point) - value_of(right, truth, point)  # type: ignore[operator]
        case columns.Ratio(left, right):
            over, under = value_of(left, truth, point), value_of(right, truth, point)
            return NAN if under == 0 else over / under  # type: ignore[operator]
        case lift.Lift():
            return _lift(feature, truth, point)
        case base.Aggregate():
            return _aggregate(feature, truth, point)
    raise NotImplementedError(f"no oracle for the feature {type(feature).__name__}")


def _attribute(truth: Truth, column: str, point: Point) -> float | str | None:
    cell = truth.tickets.get(point.ticket_id or "", {}).get(column)
    if pd.api.types.is_numeric_dtype(truth.log.tickets[column].to_pandas().dtype):
        return NAN if cell is None else float(cell)
    return text_of(cell)


def _calendar(truth: Truth, part: str, of: str, point: Point) -> float:
    moment = point.as_of
    if of == "creation":
        visible = own(truth, point)
        if not visible:
            return NAN
        moment = visible[0]["time"]
    if part == "weekday":
        return float(moment.weekday())
    return (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)) / HOUR


def _lift(feature: lift.Lift, truth: Truth, point: Point) -> float:
    def count(where: filters.Filter, key: str, event_key: str | None) -> int:
        return len(seen(truth, point, where, key, feature.window, event_key))

    own, desk = (feature.key, feature.event_key), ("desk", None)
    among, all_of_them = count(feature.exposed, *own), count(feature.exposed, *desk)
    expected = among * count(feature.reads, *desk) / all_of_them if all_of_them else 0.0
    return (count(feature.reads, *own) + feature.shrink) / (expected + feature.shrink)


def _aggregate(feature: base.Aggregate, truth: Truth, point: Point) -> float:
    where = feature.where or filters.Flag("any_event")
    value = getattr(feature, "value", None)
    if value and not isinstance(feature, valued.Last):
        where = where & filters.Known(value)
    if isinstance(feature, valued.Last) and feature.where is None:
        where = filters.Known(feature.value)
    visible = seen(truth, point, where, feature.key, feature.window, feature.event_key)
    values = [event[value] for event in visible] if value else []
    ages = [(point.as_of - event["time"]) / HOUR for event in visible]
    match feature:
        case primitives.Count():
            return float(len(visible))
        case primitives.SinceLast(at=at, until=until):
            if not visible or (until is not None and _ended(feature, until, truth, point, visible[-1])):
                return NAN
            return ages[-1] if at is None else (point.as_of - EPOCH) / HOUR - visible[-1][at]
        case valued.Sum():
            return math.fsum(values)
        case valued.Mean(shrink=None):
            return fmean(values) if values else NAN
        case valued.Mean(shrink=float(shrink)):
            desk = [event[value] for event in seen(truth, point, where, "desk", feature.window)]
            if not desk:
                return NAN
            return (math.fsum(values) + shrink * fmean(desk)) / (len(values) + shrink)
        case valued.Max():
            return max(values, default=NAN)
        case valued.Min():
            return min(values, default=NAN)
        case valued.Last():
            return values[-1] if values else NAN
        case valued.Slope():
            return _slope([-age for age in ages], values)
        case primitives.Decayed(half_life=half_life):
            halvings = [age / (span(half_life) / HOUR) for age in ages]
            return math.fsum(v * 0.5**n for v, n in zip(values or [1.0] * len(ages), halvings, strict=True))
        case primitives.Distinct(of=of):
            return float(len({event[of] for event in visible} - {None}))
    raise NotImplementedError(f"no oracle for the primitive {type(feature).__name__}")


def _ended(
    feature: primitives.SinceLast, until: filters.Filter, truth: Truth, point: Point, last: Event
) -> bool:
    """Return whether an event that ends it came after ``last``, or is ``last`` itself."""
    ends = seen(truth, point, until, feature.key, feature.window, feature.event_key)

    def place(event: Event) -> Any:
        return event["time"], event["ticket_id"], event["arrival"]

    return bool(ends) and place(ends[-1]) >= place(last)


def _slope(x: list[float], y: list[float]) -> float:
    if len(set(x)) < 2:
        return NAN
    dx, dy = np.array(x) - fmean(x), np.array(y) - fmean(y)
    return float((dx * dy).sum() / (dx * dx).sum())
