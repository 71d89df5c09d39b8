"""Whom figures are never about: those who answer tickets."""

from __future__ import annotations

from boilover.errors import UsageError
from boilover.nouns import is_about_people


def refuse_people(attribute: str) -> None:
    """Raise `UsageError` for a column that tells who of the desk worked on a ticket."""
    if is_about_people(attribute):
        raise UsageError(
            f"figures by '{attribute}' would rate people, and whoever takes the hard tickets has the escalations:"
            " Boilover makes none. Take queue, category, channel, priority, month or another attribute of the ticket"
        )
