"""Who did something, as adapters hand it on."""

from __future__ import annotations

from typing import TypedDict


class Actor(TypedDict):
    """The arguments ``by`` and ``role`` of a fact; None where the source does not tell."""

    by: str | None
    role: str | None
