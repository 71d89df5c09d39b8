"""What is simpler than a model, on rows that it has not seen: its linear part alone, and the age of a ticket alone."""

from __future__ import annotations

from collections.abc import Mapping

from boilover.history import Floats
from boilover.model.linear import LinearPartner
from boilover.model.rows import Rows
from boilover.model.tuning import AGE_ONLY

AGE_ALONE, LINEAR_PART = "age_alone", "linear_part"


def simpler_scores(linear: LinearPartner, age: str | None, early: Rows, later: Rows) -> dict[str, Floats]:
    """Return raw log-odds of ``later`` rows by what is simpler, by its name; age as the ``early`` ones tell it."""
    scores = {LINEAR_PART: linear.decision(later.frame)}
    if age in early.frame.columns:
        alone = LinearPartner(AGE_ONLY, age).fit(early.frame[[age]], early.labels)
        scores[AGE_ALONE] = alone.decision(later.frame)
    return scores


def to_fall_back_on(simpler: Mapping[str, Floats], scores: Floats, later: Rows) -> str | None:
    """Return what is simpler and yet clearly better on ``later`` rows than ``scores`` of the model, age before all."""
    for name in (AGE_ALONE, LINEAR_PART):
        if name in simpler and later.is_better(simpler[name], scores):
            return name
    return None
