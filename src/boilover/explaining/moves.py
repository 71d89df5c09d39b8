"""What moved a risk from one moment to the next: the difference of what each feature adds to the score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from boilover.features import Feature
from boilover.history import Floats
from boilover.reasons import Keyed, clause, has_key, matter_of
from boilover.sentences import is_common

TOP = 3
LEAST = 0.02
"""Log-odds that move a risk by less than half a per cent of itself are not worth a word."""
COMMON = "the hour and the load of the desk"


class Move(NamedTuple):
    """A fact of the ticket that changed, and by how much that moved the score, in log-odds."""

    words: str
    change: float

    @property
    def said(self) -> str:
        """The fact with the direction in which it moved the risk."""
        return f"{'up' if self.change > 0 else 'down'}: {self.words}"


def moves_of(
    features: Sequence[Feature], rows: pd.DataFrame, added: Floats, keyed: Keyed
) -> tuple[list[tuple[Move, ...]], Floats]:
    """Return up to `TOP` moves at each of n moments, the strongest first, and what else moved the score, float64 (n).

    ``rows`` holds the features of the moments, ``added`` float64 (n, n_features) what each adds to the log-odds. Of
    features about one matter, the one that moved most in its direction speaks for all, if its value changed: what
    weighs more because other things changed is part of the rest. At the first moment there is none, and NaN.
    """
    matters = [COMMON if is_common(feature) else matter_of(feature) for feature in features]
    columns = [rows.iloc[:, place].tolist() for place in range(len(features))]
    values = [list(row) for row in zip(*columns, strict=True)]
    found: list[tuple[Move, ...]] = [()] * len(rows)
    rest = np.full(len(rows), np.nan)
    for row in range(1, len(rows)):
        differences = added[row] - added[row - 1]
        present = [not keyed or has_key(feature, keyed, row) for feature in features]
        telling = _Step(features, values[row - 1], values[row], present)
        found[row] = _strongest(telling, matters, differences)
        rest[row] = differences.sum() - sum(move.change for move in found[row])
    return found, rest


class _Step(NamedTuple):
    """The values of all features at a moment and at the one before it; which go by a key that the ticket has."""

    features: Sequence[Feature]
    before: Sequence[object]
    after: Sequence[object]
    present: Sequence[bool]

    def words(self, place: int) -> str:
        """Return what a feature whose value changed says now, or what it no longer says; empty where neither."""
        if _same(self.before[place], self.after[place]) or not self.present[place]:
            return ""
        now = clause(self.features, self.after, place)
        was = "" if now else clause(self.features, self.before, place)
        return now or (f"no longer: {was}" if was else "")


def _strongest(step: _Step, matters: Sequence[str], differences: Floats) -> tuple[Move, ...]:
    summed: dict[str, float] = dict.fromkeys(matters, 0.0)
    for matter, difference in zip(matters, differences, strict=True):
        summed[matter] += float(difference)
    told: list[Move] = []
    for matter in sorted(summed, key=lambda each: -abs(summed[each])):
        change = summed[matter]
        if len(told) == TOP or abs(change) < LEAST:
            break
        words = COMMON if matter == COMMON else _spokesman(step, matters, matter, differences, change)
        if words and all(words != move.words for move in told):
            told.append(Move(words, change))
    return tuple(told)


def _spokesman(step: _Step, matters: Sequence[str], matter: str, differences: Floats, change: float) -> str:
    """Return what the member of a matter says that moved most in the direction of all of them."""
    toward = np.sign(change) * differences
    members = [place for place, each in enumerate(matters) if each == matter and toward[place] > 0]
    said = (step.words(place) for place in sorted(members, key=lambda each: -toward[each]))
    return next(filter(None, said), "")


def _same(before: Any, after: Any) -> bool:
    return before == after or bool(pd.isna(before) and pd.isna(after))
