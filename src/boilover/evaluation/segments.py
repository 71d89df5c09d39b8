"""Which group each point is in, for states and attributes that have few groups."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover.annotations import Annotations
from boilover.features.view import Sight
from boilover.points import Points

MAX_SEGMENTS = 6
MAX_GROUPS = 30
STATES = ("priority", "group", "status")


def segments_of(notes: Annotations, points: Points) -> dict[str, npt.NDArray[np.object_]]:
    """Return the group of each point, object (n_points), by the name of the state or attribute.

    Never by assignee: figures are about tickets, not people.
    """
    sight = Sight(notes, points)
    coded = {name: sight.state(name) for name in STATES}
    coded |= {
        name: sight.attribute(name) for name in notes.history.attributes.column_names if name != "subject"
    }
    few = {name: each for name, each in coded.items() if 2 <= len(np.unique(each.codes)) <= MAX_GROUPS}
    return {
        name: np.array([*few[name].words, "(none)"], dtype=object)[few[name].codes]
        for name in list(few)[:MAX_SEGMENTS]
    }
