"""Why a ticket is at risk: which of its facts are told.

What a feature adds to the risk decides whether it is told; what is told is its value, see `boilover.sentences`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from boilover.annotations import Annotations
from boilover.annotations.priority import LEVELS
from boilover.features import (
    Aggregate,
    Attribute,
    Count,
    Decayed,
    Difference,
    Feature,
    FieldState,
    Last,
    Lift,
    Mean,
    Ratio,
    SinceLast,
    State,
)
from boilover.features.families import DESK
from boilover.features.valued import Valued
from boilover.features.view import DESK as DESK_KEY
from boilover.features.view import HOLDERS, TICKET, Sight
from boilover.history import Floats
from boilover.points import Points
from boilover.sentences import HALF, decaying, sentence, shown_column
from boilover.standing import is_held

TOP = 3
LEAST = 0.001
"""Log-odds: what adds less, a thousandth of the odds, is no reason to anybody."""
PRIORITY, LEVEL = State("priority"), Last(value="priority_level")
Keyed = Mapping[str, npt.NDArray[np.bool_]]
"""Which of n points have each key, such as ``customer_id``."""
NOTED_LIFT = 1.1
"""Below it, tickets of a customer or queue escalate about as often as the desk's."""
AWAITED = ("agent_reply", "agent_action")
"""What warns where there is none of it."""
SAME = {
    "assignee_handoff": "handoff",
    "group_handoff": "handoff",
    "assignee_of_any_event": "handoff",
    "group_of_any_event": "handoff",
    "status_changed_solved": "reopened",
    "status_changed_closed": "reopened",
    "status_changed_pending": "waits_on_customer",
    "status_of_status_entered": "status_entered",
}
"""Subjects of which the first tells a part of the second: a ticket at risk that was solved has been reopened since."""
SAME_HOURS, SAME_SHARE = 0.25, 0.01
"""Spans that differ by less began at the same time: they tell of one event."""
DESK_RATE = next(feature.name for feature in DESK if isinstance(feature, Mean))


def keys_of(features: Sequence[Feature], notes: Annotations, points: Points) -> Keyed:
    """Return which of n points have each key that ``features`` go by, bool (n_points) by the name of the key."""
    sight = Sight(notes, points)

    def has(key: str) -> npt.NDArray[np.bool_]:
        if key in HOLDERS:
            return is_held(notes.history, points.ticket, sight.now, key)
        return sight.attribute(key).codes >= 0

    return {key: has(key) for key in dict.fromkeys(map(_key, features)) if key not in (TICKET, DESK_KEY)}


def reasons(
    features: Sequence[Feature],
    rows: pd.DataFrame,
    contributions: Floats,
    top: int = TOP,
    keyed: Keyed | None = None,
) -> list[list[str]]:
    """Return up to ``top`` sentences per row, the strongest first, of what adds `LEAST` or more.

    ``rows`` holds the features of n points, ``contributions`` float64 (n, n_features) what each adds to the
    log-odds. Of features about the same matter the strongest speaks for all, and of spans that began at the same time:
    a ticket that nobody touched is open, and its customer waits, for three days. What goes by a key that a row does not
    have, see `keys_of`, is not told of it: a ticket without a customer has no history of one.
    """
    members: dict[str, list[int]] = {}
    for column, feature in enumerate(features):
        members.setdefault(matter_of(feature), []).append(column)
    groups = list(members.values())
    summed = np.zeros((len(rows), len(groups)))
    for place, columns in enumerate(groups):
        for column in columns:
            summed[:, place] += contributions[:, column]
    order = np.argsort(-summed, axis=1, kind="stable")
    values = [rows.iloc[:, column].tolist() for column in range(len(features))]
    desk_rates = rows[DESK_RATE].tolist() if DESK_RATE in rows else [0.0] * len(rows)
    found = []
    for row in range(len(rows)):
        sentences: list[str] = []
        spans: list[float] = []
        measured: set[tuple[str, float]] = set()
        known, added = [each[row] for each in values], contributions[row].tolist()
        for group in order[row].tolist():
            if summed[row, group] < LEAST or len(sentences) == top:
                break
            for column in sorted(groups[group], key=lambda each: -added[each]):
                told = added[column] > 0 and _warns(features[column], known[column], desk_rates[row])
                told = told and (not keyed or has_key(features[column], keyed, row))
                said = clause(features, known, column) if told else ""
                if not said or said in sentences:
                    continue
                if isinstance(features[column], SinceLast):
                    hours = float(known[column])
                    if any(abs(hours - each) <= SAME_HOURS + SAME_SHARE * abs(each) for each in spans):
                        continue
                    spans.append(hours)
                if isinstance(features[column], Valued):
                    # The mean of a ticket's messages is its customer's where he has no other ticket.
                    fact = (features[column].value, round(float(known[column]), 4))
                    if fact in measured:
                        continue
                    measured.add(fact)
                sentences.append(said)
                break
        found.append(sentences)
    return found


def clause(features: Sequence[Feature], values: Sequence[object], place: int) -> str:
    """Return what the value of the feature at ``place`` says of a ticket whose features have ``values``.

    As `sentence`, but a level of priority is told by the desk's own word for it, where that is among the features.
    """
    feature = features[place]
    if feature == LEVEL and PRIORITY in features:
        word = values[features.index(PRIORITY)]
        if isinstance(word, str):
            return sentence(PRIORITY, word)
    return sentence(feature, values[place])


def has_key(feature: Feature, keyed: Keyed, row: int) -> bool:
    """Return whether the ticket of a row has the key that the feature goes by."""
    key = _key(feature)
    return key not in keyed or bool(keyed[key][row])


def _key(feature: Feature) -> str:
    if isinstance(feature, (Difference, Ratio)):
        return _key(feature.left)
    return feature.key if isinstance(feature, Aggregate) else TICKET


def _warns(feature: Feature, value: object, desk_rate: float) -> bool:
    """Return whether the value is one that a reader takes as a warning.

    What a feature adds depends on the others, so that a low rate or a friendly message may add to the risk: true, and
    no reason to anybody.
    """
    if not isinstance(value, (int, float)):
        return True
    if isinstance(feature, Count):
        return value > 0 or feature.subject in AWAITED
    if isinstance(feature, Decayed) and feature.value is None:
        return value >= HALF or decaying(feature) in AWAITED
    if isinstance(feature, Valued) and feature.value == "outcome":
        return value > desk_rate
    if isinstance(feature, Lift):
        return value >= NOTED_LIFT
    if isinstance(feature, Valued) and feature.value == "sentiment":
        return value < 0
    if isinstance(feature, Valued) and feature.value == "priority_level":
        return value > LEVELS["normal"]
    return True


def matter_of(feature: Feature) -> str:
    """Return what a feature is about, the same for features that differ in verb or window alone.

    Which queue it is and how often that queue's tickets escalate are one matter, and so are all ways of handing it on.
    """
    if isinstance(feature, (Difference, Ratio)):
        return f"{matter_of(feature.left)} {type(feature).__name__}"
    if isinstance(feature, Aggregate):
        subject = decaying(feature) if isinstance(feature, Decayed) else feature.subject
        if feature.key == TICKET:
            return PRIORITY.name if subject == "priority_level" else f"{TICKET} {SAME.get(subject, subject)}"
        rates = subject.startswith("escalated") or (
            isinstance(feature, Valued) and feature.value == "outcome"
        )
        return feature.key if rates else f"{feature.key} {subject}"
    if isinstance(feature, (Attribute, FieldState)):
        return shown_column(feature)
    return feature.name
