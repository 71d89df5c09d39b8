"""How urgent the desk holds a ticket: priority as a level, rises and falls."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates
from boilover.history import KINDS, Coded, Values

Flags = npt.NDArray[np.bool_]

LEVELS = {
    "planning": 0,
    "trivial": 0,
    "lowest": 0,
    "enhancement": 0,
    "low": 1,
    "minor": 1,
    "normal": 2,
    "medium": 2,
    "moderate": 2,
    "major": 3,
    "high": 3,
    "critical": 4,
    "urgent": 4,
    "highest": 4,
    "blocker": 5,
    "emergency": 5,
}
"""The usual words, from least to most urgent."""

NUMBERED = re.compile(r"^\s*p?(\d)\b", re.IGNORECASE)


def priority_level(word: str) -> float:
    """Return the urgency of a priority word, greater is more urgent, NaN where it is not known.

    A numbered priority (``1``, ``P1``, ``1 - Critical``) counts down from 5, as service desks number: 1 is the most
    urgent. An adapter whose source counts up writes words instead.
    """
    numbered = NUMBERED.match(word)
    if numbered:
        return float(5 - int(numbered.group(1)))
    return float(LEVELS.get(word.strip().lower(), np.nan))


@annotates("priority", "priority_level", "priority_raised", "priority_lowered")
def priority(notes: Annotations) -> dict[str, Flags | Values | Coded]:
    """Follow the priority of each ticket; only known levels are compared, so the first one is no rise."""
    history = notes.history
    starts, n = history.starts, len(history.time)
    told = history.coded("value")
    changed = history.kind == KINDS["priority_changed"]
    rows = kernels.set_rows(changed)
    given = told.translated(priority_level, np.nan, np.float32)[told.codes[rows]]
    understood = ~np.isnan(given)
    rows, given = rows[understood], given[understood]
    levels = np.zeros(n, dtype=np.float32)
    known, raised, lowered = (np.zeros(n, dtype=bool) for _ in range(3))
    levels[rows], known[rows] = given, True
    levels = kernels.carried(levels, known, starts, np.nan)
    # The first row of all begins a ticket, so that none is before it.
    held = np.where(starts[rows], np.nan, levels[rows - 1])
    raised[rows], lowered[rows] = given > held, given < held
    return {
        "priority": Coded(kernels.carried(told.codes, changed, starts, -1), told.words),
        "priority_level": levels,
        "priority_raised": raised,
        "priority_lowered": lowered,
    }
