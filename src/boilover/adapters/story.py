"""What is known of an export as a whole while its facts are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

KINDS = {int: "number", float: "number", bool: "bool"}


@dataclass
class Story:
    """What is known of the export as a whole, so that all pieces of the log have the same columns.

    ``whole``: it holds all histories; ``parties``: whoever is not a ticket's customer is an agent; ``people``: actor to
    role; ``acted``: role to the actors who showed that they have it, with the time at which they first did;
    ``targets``: all that are told of; ``stated``: those of which it tells what they are, also where they never changed;
    ``attributes``: name to type, one of str, number and bool.
    """

    whole: bool = False
    parties: bool = False
    people: dict[str, str] = field(default_factory=dict)
    acted: dict[str, dict[str, datetime]] = field(default_factory=dict)
    targets: set[str] = field(default_factory=set)
    stated: set[str] = field(default_factory=set)
    attributes: dict[str, str] = field(default_factory=dict)

    def attribute(self, name: str, value: Any) -> str | None:
        """Return ``value`` as a word, and keep in mind of which type the attribute is; of several types it is text."""
        if value is None:
            return None
        kind = KINDS.get(type(value), "str")
        if self.attributes.setdefault(name, kind) != kind:
            self.attributes[name] = "str"
        return str(value)
