"""Whom figures are never about: those who answer tickets."""

from __future__ import annotations

import re

from boilover.audit.names import parted
from boilover.errors import UsageError

PEOPLE = re.compile(
    r"(^|_)(assignee|assigned|agent|agents|owner|actor|operator|rep|resolver|responder|handler|technician|engineer"
    r"|employee|staff|worker|admin)(_|$)|_by($|_id$)"
)
"""Names of columns that tell who of the desk did something: assignee, agent_id, Owner Name, resolvedBy, …"""


def is_about_people(attribute: str) -> bool:
    """Whether a column tells who of the desk worked on a ticket."""
    return PEOPLE.search(parted(attribute)) is not None


def refuse_people(attribute: str) -> None:
    """Raise `UsageError` for a column that tells who of the desk worked on a ticket."""
    if is_about_people(attribute):
        raise UsageError(
            f"figures by '{attribute}' would rate people, and whoever takes the hard tickets has the escalations:"
            " Boilover makes none. Take queue, category, channel, priority, month or another attribute of the ticket"
        )
