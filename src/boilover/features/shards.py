"""Shards: some tickets with all of their events and the points that ask of them, the work of one thread at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from boilover import kernels
from boilover.annotations import Annotations
from boilover.features.crossing import Rows
from boilover.features.view import Sight
from boilover.points import Points

SHARD = 800_000
"""Events and points of a shard at the most, where tickets are not larger."""
WORTH = 300_000
"""Events and points that are worth a thread: of fewer, threads mostly wait for each other's Python."""


@dataclass(frozen=True)
class Shard:
    """A sight of some tickets, the first of which is the log's ``first``; its points stand at ``rows`` among all."""

    sight: Sight
    rows: Rows
    first: int


def shards_of(notes: Annotations, points: Points, n_shards: int) -> Iterator[Shard]:
    """Part the tickets of a log into shards of about equal work, in their order.

    Points on unknown tickets go to the first shard. What is computed of a point does not depend on the shards.
    """
    history = notes.history
    load = history.offsets[1:] + kernels.offsets_of(points.ticket, history.n_tickets)[1:]
    marks = np.searchsorted(load, load[-1] * np.arange(1, n_shards) / n_shards, side="left") + 1
    marks = marks[history.offsets[np.minimum(marks, history.n_tickets)] < history.offsets[-1]]
    bounds = np.unique(np.concatenate(([0], marks, [history.n_tickets])))
    # No shard is without events: tickets without any stand with those that have some.
    bounds = bounds[np.append(True, np.diff(history.offsets[bounds]) > 0)]
    if len(bounds) == 2:
        yield Shard(Sight(notes, points), slice(0, len(points)), 0)
        return
    order = None
    if (np.diff(points.ticket) < 0).any():
        order = np.argsort(points.ticket, kind="stable")
    ticket = points.ticket if order is None else points.ticket[order]
    starts = np.searchsorted(ticket, bounds)
    starts[0] = 0
    for first, last, start, stop in zip(bounds[:-1], bounds[1:], starts[:-1], starts[1:], strict=True):
        rows: Rows = slice(int(start), int(stop)) if order is None else order[start:stop]
        # An unknown ticket, −1, is asked of the first shard alone, whose first ticket is 0.
        local = points.ticket[rows] - np.int32(first)
        yield Shard(
            Sight(notes.part(int(first), int(last)), Points(local, points.as_of[rows])), rows, int(first)
        )
