"""What an event changes something to, in the source's words."""

from __future__ import annotations

from boilover.annotations.base import Annotations, annotates
from boilover.history import Coded


@annotates("new_value")
def new_value(notes: Annotations) -> dict[str, Coded]:
    """Tell the ``value`` of each event as it stands in the log: the field's new value, the status, the assignee."""
    return {"new_value": notes.history.coded("value")}
