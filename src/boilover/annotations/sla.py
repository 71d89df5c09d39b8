"""Promises: the service-level target that runs next, and when it began."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates
from boilover.history import HOUR, KINDS, Bytes, Floats, Ints
from boilover.kernels import compiled

Flags = npt.NDArray[np.bool_]
REPLY, RESOLUTION = 0, 1


@annotates("sla_moved", "sla_start", "sla_due", "sla_hours")
def sla(notes: Annotations) -> dict[str, Flags | Floats]:
    """Follow the running target that falls due first: a first-reply target and one for the resolution may run.

    A first-reply target is met by the first public reply, any target by a solution. ``sla_start`` and ``sla_due``
    are hours since 1970, ``sla_hours`` their difference; NaN while no target runs. ``sla_moved``: the target that
    counts changed at this event.
    """
    history = notes.history
    n = len(history.time)
    target = np.full(n, -1, dtype=np.int8)
    set_at = np.zeros(n)
    due = np.full(n, np.nan)
    rows = kernels.set_rows(history.kind == KINDS["sla_due"])
    if len(rows):
        told = history.coded("value")
        replies = told.translated(_is_reply, False, np.bool_)
        target[rows] = np.where(replies[told.codes[rows]], REPLY, RESOLUTION)
        occurred = history.instants("occurred_at")[rows] / HOUR
        hours = history.numbers("number")[rows]
        given = ~np.isnan(hours)
        set_at[rows] = np.where(given, occurred, history.time[rows] / HOUR)
        due[rows] = np.where(given, occurred + hours, occurred)
    start, end, hours, moved = _follow(
        target, set_at, due, notes.flag("agent_reply"), notes.flag("alive"), history.offsets
    )
    return {"sla_moved": moved, "sla_start": start, "sla_due": end, "sla_hours": hours}


def _is_reply(word: str) -> bool:
    return "reply" in word.lower() or "response" in word.lower()


@compiled
def _follow(
    target: Bytes, set_at: Floats, due: Floats, replied: Flags, alive: Flags, offsets: Ints
) -> tuple[Floats, Floats, Floats, Flags]:
    n = len(target)
    start, end, hours = np.empty(n), np.empty(n), np.empty(n)
    moved = np.zeros(n, np.bool_)
    starts = np.empty(2)
    ends = np.empty(2)
    for ticket in range(len(offsets) - 1):
        ends[:] = np.inf
        since = until = span = np.nan
        before = np.inf
        for row in range(offsets[ticket], offsets[ticket + 1]):
            if target[row] >= 0 or replied[row] or not alive[row]:
                if target[row] >= 0:
                    starts[target[row]] = set_at[row]
                    ends[target[row]] = due[row]
                if replied[row]:
                    ends[REPLY] = np.inf
                if not alive[row]:
                    ends[:] = np.inf
                nearest = REPLY if ends[REPLY] < ends[RESOLUTION] else RESOLUTION
                moved[row] = ends[nearest] != before
                before = ends[nearest]
                since = until = span = np.nan
                if before < np.inf:
                    since, until, span = starts[nearest], before, before - starts[nearest]
            start[row], end[row], hours[row] = since, until, span
    return start, end, hours, moved
