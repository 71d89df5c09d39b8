"""Why a ticket is at risk: which of its facts are told.

What a feature adds to the risk decides whether it is told; what is told is its value, see `boilover.sentences`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from boilover.features import Aggregate, Attribute, Count, Difference, Feature, FieldState, Mean, Ratio
from boilover.features.families import DESK
from boilover.features.primitives import Valued
from boilover.history import Floats
from boilover.sentences import sentence, shown_column

TOP = 3
DESK_RATE = next(feature.name for feature in DESK if isinstance(feature, Mean))


def reasons(
    features: Sequence[Feature], rows: pd.DataFrame, contributions: Floats, top: int = TOP
) -> list[list[str]]:
    """Return up to ``top`` sentences per row, the strongest first.

    ``rows`` holds the features of n points, ``contributions`` float64 (n, n_features) what each adds to the
    log-odds. Of features about the same matter the strongest speaks for all.
    """
    matters = [_matter(feature) for feature in features]
    groups = {matter: place for place, matter in enumerate(dict.fromkeys(matters))}
    summed = np.zeros((len(rows), len(groups)))
    for column, matter in enumerate(matters):
        summed[:, groups[matter]] += contributions[:, column]
    values = [rows.iloc[:, column].tolist() for column in range(len(features))]
    desk_rates = rows[DESK_RATE].tolist() if DESK_RATE in rows else [0.0] * len(rows)
    found = []
    for row in range(len(rows)):
        sentences: list[str] = []
        for group in np.argsort(-summed[row], kind="stable"):
            if summed[row, group] <= 0 or len(sentences) == top:
                break
            members = [column for column, matter in enumerate(matters) if groups[matter] == group]
            for column in sorted(members, key=lambda each: -contributions[row, each]):
                told = contributions[row, column] > 0
                told = told and _warns(features[column], values[column][row], desk_rates[row])
                said = sentence(features[column], values[column][row]) if told else ""
                if said and said not in sentences:
                    sentences.append(said)
                    break
        found.append(sentences)
    return found


def _warns(feature: Feature, value: object, desk_rate: float) -> bool:
    """Return whether the value is one that a reader takes as a warning.

    What a feature adds depends on the others, so that a low rate or a friendly message may add to the risk: true, and
    no reason to anybody.
    """
    if not isinstance(value, (int, float)):
        return True
    if isinstance(feature, Count):
        return value > 0 or feature.subject in ("agent_reply", "agent_action")
    if isinstance(feature, Valued) and feature.value == "outcome":
        return value > desk_rate
    if isinstance(feature, Valued) and feature.value == "sentiment":
        return value < 0
    return True


def _matter(feature: Feature) -> str:
    """Return what a feature is about, the same for features that differ in verb or window alone."""
    if isinstance(feature, (Difference, Ratio)):
        return f"{_matter(feature.left)} {type(feature).__name__}"
    if isinstance(feature, Aggregate):
        return f"{feature.key} {feature.subject}"
    if isinstance(feature, (Attribute, FieldState)):
        return shown_column(feature)
    return feature.name
