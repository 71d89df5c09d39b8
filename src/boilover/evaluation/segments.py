"""Which group each point is in, for states and attributes that have few groups."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.annotations import Annotations
from boilover.features.view import Sight
from boilover.history import Coded
from boilover.nouns import is_about_people
from boilover.points import Points

MAX_SEGMENTS = 6
MAX_GROUPS = 30
STATES = ("priority", "group", "status")


def segments_of(notes: Annotations, points: Points) -> dict[str, npt.NDArray[np.object_]]:
    """Return the group of each point, object (n_points), by the name of the state or attribute.

    Never by who of the desk works on tickets: figures are about tickets, not people. An attribute that is called like a
    state gives way to it, where the log tells the state.
    """
    sight = Sight(notes, points)
    coded = {name: each for name in STATES if _groups(each := sight.state(name)) > 1}
    for name in sorted(notes.history.attributes.column_names):
        if name != "subject" and name not in coded and not is_about_people(name):
            coded[name] = sight.attribute(name)
    few = {name: each for name, each in coded.items() if 1 < _groups(each) <= MAX_GROUPS}
    return {
        name: np.array([*few[name].words, "(none)"], dtype=object)[few[name].codes]
        for name in list(few)[:MAX_SEGMENTS]
    }


def _groups(coded: Coded) -> int:
    return len(np.unique(coded.codes))
