"""Ids that count up as records are made."""

from __future__ import annotations

LONGEST = 18
"""Digits that surely fit into 64 bits."""


def serial(record_id: str | None) -> int | None:
    """Return an id as what orders records of one second, in whatever order they are exported; None for no number."""
    if record_id is None or not (record_id.isascii() and record_id.isdecimal()) or len(record_id) > LONGEST:
        return None
    return int(record_id)
