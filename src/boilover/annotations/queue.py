"""Work coming to and leaving a holder: the two flows whose difference is a backlog."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boilover import kernels
from boilover.annotations.base import Annotations, annotates
from boilover.history import Coded

Flags = npt.NDArray[np.bool_]


@annotates("joined_group", "left_group", "group_before")
def group_flow(notes: Annotations) -> dict[str, Flags | Coded]:
    """Tell when an open ticket came to a group and when it left the group in ``group_before``."""
    return _flow(notes, "group")


@annotates("joined_assignee", "left_assignee", "assignee_before")
def assignee_flow(notes: Annotations) -> dict[str, Flags | Coded]:
    """Tell when an open ticket came to an assignee and when it left the one in ``assignee_before``."""
    return _flow(notes, "assignee")


def _flow(notes: Annotations, holder: str) -> dict[str, Flags | Coded]:
    starts = notes.history.starts
    after, alive = notes.codes(holder), notes.flag("alive")
    before = kernels.before(after.codes, starts, -1)
    was_alive = kernels.before(alive, starts, False)
    moved = before != after.codes
    return {
        f"joined_{holder}": alive & (moved | ~was_alive) & (after.codes >= 0),
        f"left_{holder}": was_alive & (moved | ~alive) & (before >= 0),
        f"{holder}_before": Coded(before, after.words),
    }
