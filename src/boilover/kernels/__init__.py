"""Compiled kernels: each is one linear pass over the events of a stream and the points asked of it.

A *stream* holds the events that pass a filter, sorted by (key, time), with the offsets of each key. *Points* are
sorted by (key, as_of). A point's visible events are the half-open range ``lo:hi`` of the stream, and that is all that
a kernel reads. Sums are prefix sums that begin anew with each key, so that a result depends neither on the other keys
nor on the other points.
"""

from boilover.kernels.aggregates import (
    distinct,
    greatest,
    keys_at,
    keys_of,
    last,
    mean,
    running_distinct,
    running_greatest,
    running_sum,
    shrunk,
    since_last,
    starts_of,
    sum_between,
)
from boilover.kernels.base import compiled
from boilover.kernels.decoding import looked_up
from boilover.kernels.fading import decayed
from boilover.kernels.ordering import in_key_order
from boilover.kernels.picking import Picked, set_rows
from boilover.kernels.running import before, carried, count_until, so_far
from boilover.kernels.sorting import (
    ascends,
    different,
    in_order,
    kept,
    offsets_of,
    put,
    run_ends,
    take,
    taken_or,
)
from boilover.kernels.visibility import newest, visible, within

__all__ = [
    "Picked",
    "ascends",
    "before",
    "carried",
    "compiled",
    "count_until",
    "decayed",
    "different",
    "distinct",
    "greatest",
    "in_key_order",
    "in_order",
    "kept",
    "keys_at",
    "keys_of",
    "last",
    "looked_up",
    "mean",
    "newest",
    "offsets_of",
    "put",
    "run_ends",
    "running_distinct",
    "running_greatest",
    "running_sum",
    "set_rows",
    "shrunk",
    "since_last",
    "so_far",
    "starts_of",
    "sum_between",
    "take",
    "taken_or",
    "visible",
    "within",
]
