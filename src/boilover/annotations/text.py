"""What messages sound like: the measures of `boilover.schema.MEASURES`, of customers' messages."""

from __future__ import annotations

from functools import partial

from boilover.annotations.base import Annotations, annotates
from boilover.history import Values
from boilover.schema import MEASURES


def measure(name: str, notes: Annotations) -> dict[str, Values]:
    """Return a measure at customers' messages, NaN at other events and where it was not measured."""
    return {name: notes.history.numbers(name, notes.flag("customer_message"))}


for column in MEASURES:
    annotates(column.name)(partial(measure, column.name))
