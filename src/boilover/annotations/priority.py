"""How urgent the desk holds a ticket: priority as a level, rises and falls."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from boilover.annotations.base import Annotations, annotates
from boilover.history import KINDS, Bytes, Coded, Codes, Floats, Values
from boilover.kernels import compiled

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
    told = history.coded("value")
    levels = told.translated(priority_level, np.nan, np.float64)
    changed = history.kind == KINDS["priority_changed"]
    codes, after, raised, lowered = _follow(changed, told.codes, levels, history.starts)
    return {
        "priority": Coded(codes, told.words),
        "priority_level": after,
        "priority_raised": raised,
        "priority_lowered": lowered,
    }


@compiled
def _follow(changed: Flags, told: Codes, levels: Floats, starts: Bytes) -> tuple[Codes, Values, Flags, Flags]:
    n = len(changed)
    codes = np.empty(n, np.int32)
    after = np.empty(n, np.float32)
    raised = np.empty(n, np.bool_)
    lowered = np.empty(n, np.bool_)
    level = np.nan
    latest = np.int32(-1)
    for row in range(n):
        before = np.nan if starts[row] else level
        latest = told[row] if changed[row] else (np.int32(-1) if starts[row] else latest)
        given = levels[told[row]]
        counts = changed[row] & (given == given)
        raised[row] = counts & (given > before)
        lowered[row] = counts & (given < before)
        level = given if counts else before
        codes[row] = latest
        after[row] = level
    return codes, after, raised, lowered
